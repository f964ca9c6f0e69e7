"""Kill one run twenty times at random moments, restart it each time, and compare what comes out.

    python bench/kills.py --phrase "hey saga" --kills 20

An uninterrupted run and a run that is killed with SIGKILL (the whole process group) work in two
stores. ``--training`` of the kills wait for the training's first step and then a random time, so
short that the training is not over before the last of them. At the end every array of features
must be byte-identical and the models' scores equal to 1e-6; and each restart must have gone on
with the step after the checkpoint that lay in the store when it began: steps beyond it may be
trained twice, none before it.
"""

import argparse
import contextlib
import hashlib
import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wakesmith.runtime.scorer import load_scorer

TOLD_EVERY = 50
"""Steps between two events of progress: a kill may have lost so many more than they tell."""


@dataclass(frozen=True)
class Start:
    """A start of the run that is killed."""

    offset: int
    """Bytes of events that earlier starts had written."""
    checkpoint: int
    """Step of the newest checkpoint in the store when it began; 0 without one."""


def main() -> int:
    """Run both, compare, print the figures; 1 when anything differs."""
    options = _options()
    base, killed = options.folder / "straight", options.folder / "killed"
    killed.mkdir(parents=True)
    base.mkdir(exist_ok=True)  # one that is there, of the same command, is taken as it is
    began = time.monotonic()
    _finish(options, base)
    print(f"uninterrupted: {time.monotonic() - began:.0f} s", flush=True)
    starts = _kill_and_restart(options, killed, _seconds_of_training(base))
    if starts is None:
        return 1
    went_on, lost = resumed(killed / "events.jsonl", starts)
    same = _compare(base / "store", killed / "store")
    difference = _score_difference(base, killed)
    print(f"features byte-identical: {same}; scores differ by {difference:.1e}; {lost}")
    return 0 if same and difference <= 1e-6 and went_on else 1


def _kill_and_restart(
    options: argparse.Namespace, folder: Path, training: float
) -> list[Start] | None:
    """Kill as often as asked, then let the run finish; None when it finished too early."""
    rng = np.random.default_rng(options.seed)
    inside = math.ceil(options.training * options.kills)
    waiting, anywhere = inside, options.kills - inside
    log, starts, hit = folder / "events.jsonl", [], 0
    for kill in range(1, options.kills + 1):
        # A start takes some seconds of planning before it works: the pauses go well beyond that.
        pause = float(rng.uniform(1.0, options.longest)) if anywhere else math.inf
        start = _about_to_start(folder)
        starts.append(start)
        process = _start(options, folder)
        trained = _wait(process, pause, log if waiting else None, start.offset)
        if trained:
            waiting -= 1
            _wait(process, float(rng.uniform(0.0, training / (inside + 1))))
        else:
            anywhere -= 1
        if process.poll() is not None:
            print(f"finished after {kill - 1} kills: start anew with a shorter --longest")
            return None
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        stage = _last(folder)
        hit += stage == "train"
        print(f"kill {kill} in {stage}, checkpoint {_checkpoint(folder)}", flush=True)
    starts.append(_about_to_start(folder))
    _finish(options, folder)
    print(f"{hit} of {options.kills} kills fell into the training, {inside} of them were meant to")
    return starts if hit >= inside else None


def _wait(
    process: "subprocess.Popen[bytes]", seconds: float, log: Path | None = None, offset: int = 0
) -> bool:
    """Until the time is over, the process has ended or, with ``log``, the training has begun:
    only then True."""
    end = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < end:
        if log is not None and _steps(log.read_bytes()[offset:]):
            return True
        time.sleep(min(0.1, max(0.0, end - time.monotonic())))
    return False


def _about_to_start(folder: Path) -> Start:
    log = folder / "events.jsonl"
    return Start(log.stat().st_size if log.exists() else 0, _checkpoint(folder))


def _checkpoint(folder: Path) -> int:
    found = (folder / "store" / "partial").glob("train-*/step-*.pt")
    return max((int(path.stem.removeprefix("step-")) for path in found), default=0)


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


def _events(text: bytes) -> list[dict[str, object]]:
    found = []
    for line in text.decode(errors="replace").splitlines():
        with contextlib.suppress(ValueError):
            found.append(json.loads(line))
    return [e for e in found if isinstance(e, dict)]


def _last(folder: Path) -> str:
    stages = [e for e in _events((folder / "events.jsonl").read_bytes()) if "stage" in e]
    return str(stages[-1]["stage"]) if stages else "start"


def _seconds_of_training(folder: Path) -> float:
    for event in _events((folder / "events.jsonl").read_bytes()):
        if event.get("event") == "StageFinished" and event.get("stage") == "train":
            return float(str(event["seconds"]))
    raise SystemExit(f"{folder} does not say how long the training took: give another --folder")


def _steps(text: bytes) -> list[int]:
    """The steps of the training that events tell of; the first that a start does always is."""
    return [
        int(str(e["done"]))
        for e in _events(text)
        if (e.get("event"), e.get("stage"), e.get("unit")) == ("Progress", "train", "steps")
    ]


def resumed(log: Path, starts: Sequence[Start]) -> tuple[bool, str]:
    """Whether each start went on with the step after its checkpoint, and that in words."""
    text, faults, again, reached = log.read_bytes(), [], 0, 0
    ends = [start.offset for start in starts[1:]] + [len(text)]
    trained = 0
    for start, end in zip(starts, ends, strict=True):
        steps = _steps(text[start.offset : end])
        if not steps:
            continue
        trained += 1
        if steps[0] != start.checkpoint + 1:
            faults.append(f"step {steps[0]} came first after the checkpoint of {start.checkpoint}")
        again = max(again, reached - start.checkpoint)
        reached = steps[-1]
    if faults:
        return False, "; ".join(faults)
    return True, (
        f"{trained} starts trained, each from its checkpoint: no step up to it twice, beyond it "
        f"{again} to {again + TOLD_EVERY} at most"
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
    dice, worst = np.random.default_rng(0), 0.0
    for model in (one / "run").rglob("*.tflite"):
        left, right = (load_scorer(place / model.relative_to(one)) for place in (one, other))
        windows = dice.standard_normal((500, left.window, 96)).astype(np.float32) * 10
        difference = np.abs(left.score(windows) - right.score(windows))
        worst = max(worst, float(difference.max()))
    return worst


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--phrase", default="hey saga")
    parser.add_argument("--preset", default="quick")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--longest", type=float, default=20.0, help="seconds until a kill, at most")
    parser.add_argument("--training", type=float, default=0.25, help="share of kills in training")
    parser.add_argument("--every", type=int, default=250, help="steps between checkpoints")
    parser.add_argument("--set", action="append", default=[], type=lambda s: f"--set={s}")
    parser.add_argument("--folder", type=Path, required=True, help="an empty folder to work in")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
