"""How well a verifier made of a few clips tells one speaker from others, on real recordings.

    python -m bench.verifier --audio ../shared/audio --model runs/view_glass

The speakers of speechocean762 are strangers to one another's verifiers: each of ``--speakers`` is
enrolled with ``--clips`` clips against two clips of each of ``--others`` other speakers, and tried
with the clips of their own that are left and with clips of all speakers who were not among these.
Nobody in the audio folder says one phrase often enough with a name to it, so what is said differs
from clip to clip: harder than a wake phrase, which is always the same. Where a clip is judged is
where the model scores highest.
"""

import argparse
import csv
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np

from wakesmith import audio
from wakesmith.events import silent
from wakesmith.measure import wilson
from wakesmith.runtime.frontend import Pcm
from wakesmith.stages.verify import make_verifier, passes


def main() -> int:
    """Enrol, try, and print a line for each number of clips."""
    options = _options()
    clips = _clips(options.audio)
    names = sorted(clips)
    order = [names[i] for i in np.random.default_rng([options.seed]).permutation(len(names))]
    print("| clips enrolled | speakers | own clips that pass | strangers' clips that are refused |")
    print("|---|---|---|---|")
    for count in options.clips:
        own, strange = [0, 0], [0, 0]
        for number in range(options.speakers):
            who, rest = order[number], order[:number] + order[number + 1 :]
            others = [p for name in rest[: options.others] for p in clips[name][:2]]
            made = make_verifier(
                options.model, _heard(clips[who][:count]), _heard(others), "", silent
            )
            tried = _heard(clips[who][-options.tried :])
            strangers = _heard([clips[name][2] for name in rest[options.others :]])
            for tally, sounds in ((own, tried), (strange, strangers)):
                let_in = passes(options.model, made.verifier, sounds)
                tally[0] += sum(let_in) if tally is own else len(let_in) - sum(let_in)
                tally[1] += len(sounds)
        print(f"| {count} | {options.speakers} | {_share(own)} | {_share(strange)} |", flush=True)
    return 0


def _clips(folder: Path) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = defaultdict(list)
    with (folder / "manifest.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if row["source"] == "speechocean762":
                found[row["speaker"]].append(folder / row["path"])
    return {name: sorted(paths) for name, paths in found.items() if len(paths) >= 15}


def _heard(paths: list[Path]) -> list[Pcm]:
    return [audio.read(path).pcm for path in paths]


def _share(tally: list[int]) -> str:
    interval = wilson(*tally)
    return (
        f"{tally[0]} of {tally[1]}: {interval.value:.3f} ({interval.low:.3f}-{interval.high:.3f})"
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--audio", type=Path, required=True, help="folder with manifest.csv")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--speakers", type=int, default=10)
    parser.add_argument("--others", type=int, default=30)
    parser.add_argument("--clips", type=int, nargs="+", default=[3, 5, 10])
    parser.add_argument("--tried", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
