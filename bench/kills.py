"""Kill one run twenty times at random moments, restart it each time, and compare what comes out.

    python bench/kills.py --phrase "hey saga" --kills 20

An uninterrupted run and a run that is killed with SIGKILL (the whole process group) work in two
stores. At the end every array of features must be byte-identical and the models' scores equal to
1e-6; from the events follows that no training step ran twice beyond the last checkpoint.
"""

import argparse
import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from wakesmith.runtime.scorer import load_scorer


def main() -> int:
    """Run both, compare, print the figures; 1 when anything differs."""
    options = _options()
    base, killed = options.folder / "straight", options.folder / "killed"
    killed.mkdir(parents=True)
    base.mkdir(exist_ok=True)  # one that is there, of the same command, is taken as it is
    began = time.monotonic()
    _finish(options, base)
    print(f"uninterrupted: {time.monotonic() - began:.0f} s", flush=True)
    rng = np.random.default_rng(options.seed)
    # A start takes some seconds of planning before it works, so the pauses go well beyond that.
    kills = 0
    while kills < options.kills:
        pause = float(rng.uniform(1.0, options.longest))
        process = _start(options, killed)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(pause)
        if process.poll() is not None:
            print(f"finished after {kills} kills: start anew with a shorter --longest", flush=True)
            return 1
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        kills += 1
        print(f"kill {kills} after {pause:.1f} s in {_last(killed)}", flush=True)
    _finish(options, killed)
    lost = _repeated_steps(killed / "events.jsonl", options.every)
    same = _compare(base / "store", killed / "store")
    difference = _score_difference(base, killed)
    print(f"features byte-identical: {same}; scores differ by {difference:.1e}; {lost}")
    return 0 if same and difference <= 1e-6 and lost.startswith("no step") else 1


def _command(options: argparse.Namespace, folder: Path) -> list[str]:
    return [
        *(sys.executable, "-m", "wakesmith", "train", options.phrase, "--preset", options.preset),
        *("--store", str(folder / "store"), "--output", str(folder / "run"), "--json"),
        *(f"--set=train.validate_every={options.every}", *options.set),
    ]


def _start(options: argparse.Namespace, folder: Path) -> "subprocess.Popen[bytes]":
    with (folder / "events.jsonl").open("ab") as log:
        return subprocess.Popen(
            _command(options, folder), stdout=log, stderr=log, start_new_session=True
        )


def _finish(options: argparse.Namespace, folder: Path) -> None:
    process = _start(options, folder)
    if process.wait() != 0:
        raise SystemExit((folder / "events.jsonl").read_text()[-2000:])


def _events(path: Path) -> list[dict[str, object]]:
    found = []
    for line in path.read_text(errors="replace").splitlines():
        with contextlib.suppress(ValueError):
            found.append(json.loads(line))
    return [e for e in found if isinstance(e, dict)]


def _last(folder: Path) -> str:
    stages = [e for e in _events(folder / "events.jsonl") if "stage" in e]
    return str(stages[-1]["stage"]) if stages else "start"


def _repeated_steps(path: Path, every: int) -> str:
    """Whether each restart of the training went on from the checkpoint before the kill."""
    reached, worst = 0, 0
    for event in _events(path):
        if event.get("event") == "Progress" and event.get("stage") == "train":
            done = int(str(event["done"]))
            if done <= reached:  # a restart: what lies between was done again
                worst = max(worst, reached - done + 1)
            reached = done
    kept = worst <= every
    return (
        f"no step trained twice beyond the last checkpoint (at most {worst} of {every} again)"
        if kept
        else f"{worst} steps were trained again, {every} between checkpoints"
    )


def _compare(one: Path, other: Path) -> bool:
    """Whether both stores hold the same arrays in the same entries."""

    def arrays(store: Path) -> dict[str, str]:
        found = sorted((store / "done").glob("*/*.npy"))
        return {
            f"{p.parent.name}/{p.name}": hashlib.sha256(p.read_bytes()).hexdigest() for p in found
        }

    left, right = arrays(one), arrays(other)
    print(f"{len(left)} arrays compared", flush=True)
    return bool(left) and left == right


def _score_difference(one: Path, other: Path) -> float:
    windows = np.random.default_rng(0).standard_normal((500, 16, 96)).astype(np.float32) * 10
    worst = 0.0
    for model in (one / "run").rglob("*.tflite"):
        twin = other / model.relative_to(one)
        difference = np.abs(load_scorer(model).score(windows) - load_scorer(twin).score(windows))
        worst = max(worst, float(difference.max()))
    return worst


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--phrase", default="hey saga")
    parser.add_argument("--preset", default="quick")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--longest", type=float, default=20.0, help="seconds until a kill, at most")
    parser.add_argument("--every", type=int, default=250, help="steps between checkpoints")
    parser.add_argument("--set", action="append", default=[], type=lambda s: f"--set={s}")
    parser.add_argument("--folder", type=Path, required=True, help="an empty folder to work in")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
