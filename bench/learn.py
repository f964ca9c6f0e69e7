"""Learning from mistakes on real recordings: what half of them teaches, measured on the other.

    python -m bench.learn --audio ../shared/audio --words "view glass" --seeds 0 --control
    python -m bench.learn --audio ../shared/audio --words "view glass" --family microwakeword

Each model of ``bench.real_speech`` (same words, seeds, training background and store) hears half
of the sayings and half of the measuring negatives. What it misses and what fires, or nearly does,
is learnt as ``wakesmith learn`` does it; the model before and the one after are then measured on
the other halves. Then the halves change places, and both measurements are pooled, so that each
file is heard by a model that never learnt from it. Speakers, where they are known, and files are
never in both halves. ``--control`` trains on as long from the same network without the mistakes.
"""

import argparse
import csv
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench import real_speech
from bench.memory import RememberingFrontend
from bench.real_audio import (
    Row,
    heard_saying,
    heard_stream,
    manifest,
    quiet_background,
    split,
)
from wakesmith import audio
from wakesmith.events import Emit, silent, to_json
from wakesmith.measure import allowed_events, false_accept_curve, poisson, wilson
from wakesmith.pipeline import run
from wakesmith.relearn import Feedback, going_on, relearn
from wakesmith.runtime.detection import AnyDetector, frames_of
from wakesmith.runtime.detector import Detector
from wakesmith.runtime.frontend import Pcm
from wakesmith.runtime.load import load_detector
from wakesmith.store import Store

ASKED = (1.0, 2.0)
"""False accepts per hour at which recall is compared, beside each model's own threshold."""


@dataclass(frozen=True)
class Half:
    """Sayings, and negatives by kind."""

    sayings: tuple[Row, ...]
    negatives: dict[str, tuple[Row, ...]]


@dataclass(frozen=True)
class Measured:
    """One model on one half."""

    sayings: int
    heard: int
    """As shipped."""
    accepts: int
    """As shipped."""
    hours: float
    at: dict[float, int]
    """Sayings heard at each of ``ASKED``, whatever the threshold."""


def main() -> int:
    """Learn on each half in turn, measure on the other, print a table."""
    options = _options()
    emit: Emit = (lambda e: print(to_json(e), flush=True)) if options.verbose else silent
    for word in options.words:
        for seed in options.seeds:
            for name, parts in learnt(options, word, seed, emit).items():
                print(_line(word, seed, name, parts), flush=True)
    return 0


def learnt(
    options: argparse.Namespace, word: str, seed: int, emit: Emit
) -> dict[str, list[Measured]]:
    """Each model's measurements on both halves."""
    rows = manifest(options.audio)
    sets = [f"family={options.family}", *options.set]
    recipe = real_speech.recipe_of(rows, word, seed, options.preset, sets)
    place = options.output / f"{word.replace(' ', '_')}-{seed}"
    store = Store(options.store)
    run(recipe, store, place, emit)
    both = halves(rows, word, options.audio, options.limit)
    found: dict[str, list[Measured]] = {"before": [], "after": []}
    if options.control:
        found["control"] = []
    for number, (teaching, measuring) in enumerate((both, both[::-1])):
        RememberingFrontend.memory.clear()
        feedback = mistakes(place, teaching, place.with_name(f"{place.name}-half{number}"))
        told = relearn(
            place,
            store,
            feedback,
            emit,
            output=place.with_name(f"{place.name}-learnt{number}"),
            overrides=options.set,
        )
        fires = sum(one.fires for one in told.fired)
        print(
            f"half {number}: {len(feedback.misses)} of {len(teaching.sayings)} sayings missed; "
            f"{fires} false accepts and {len(told.fired) - fires} near ones",
            flush=True,
        )
        models = {"before": place, "after": told.folder}
        if options.control:
            models["control"] = place.with_name(f"{place.name}-control")
            run(going_on(recipe, recipe.families, place), store, models["control"], emit)
        for name, model in models.items():
            found[name].append(measured(model, measuring))
    return found


def halves(rows: Sequence[Row], word: str, folder: Path, limit: int) -> tuple[Half, Half]:
    """Two halves of what is measured with, by speaker where one is known, else by file."""
    with (folder / "manifest.csv").open(newline="") as file:
        speakers = {folder / r["path"]: r["speaker"] for r in csv.DictReader(file)}

    def owner(row: Row) -> str:
        return speakers[row.path] or row.path.name

    def halved(found: Iterable[Row]) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
        kept = sorted(found, key=lambda r: r.path)[: limit or None]
        owners = Counter(owner(row) for row in kept)
        order = np.random.default_rng([7]).permutation(len(owners))
        first: set[str] = set()
        held = 0
        for name in (list(owners)[i] for i in order):
            if held < len(kept) / 2:
                first.add(name)
                held += owners[name]
        parts = ([r for r in kept if owner(r) in first], [r for r in kept if owner(r) not in first])
        return tuple(parts[0]), tuple(parts[1])

    sayings = halved(r for r in rows if r.role == "positive" and r.keyword == word)
    kinds = {
        kind: halved(r for r in found if word not in r.transcript.lower())
        for kind, found in split(rows)[1].items()
    }
    return (
        Half(sayings[0], {kind: parts[0] for kind, parts in kinds.items()}),
        Half(sayings[1], {kind: parts[1] for kind, parts in kinds.items()}),
    )


def mistakes(model: Path, half: Half, place: Path) -> Feedback:
    """What the model misses of a half's sayings, and the half's negatives as ambient sound."""
    detector = _detector(model)
    background = _background(half)
    missed = tuple(
        row.path
        for row in half.sayings
        if not heard_saying(detector, audio.read(row.path).pcm, background).fired
    )
    place.mkdir(parents=True, exist_ok=True)
    for kind, rows in half.negatives.items():
        if rows:
            joined = np.concatenate([audio.read(row.path).pcm for row in rows])
            audio.write(place / f"{kind.replace(' ', '_')}.wav", joined)
    # Nothing is held out here: the other half is.
    return Feedback(misses=missed, ambient=(place,), held_out=0.0)


def measured(model: Path, half: Half) -> Measured:
    """One model on what it did not learn from."""
    detector = _detector(model)
    background = _background(half)
    sayings = [heard_saying(detector, audio.read(r.path).pcm, background) for r in half.sayings]
    streams = [heard_stream(detector, rows) for rows in half.negatives.values() if rows]
    hours = sum(len(s.scores) for s in streams) * detector.seconds_per_score / 3600
    rest = frames_of(detector.refractory, detector.seconds_per_score)
    most = allowed_events(hours, max(ASKED))
    curve = false_accept_curve([s.scores for s in streams], rest, most=most)
    peaks = np.array([s.scores.max() for s in sayings])
    return Measured(
        len(sayings),
        sum(s.fired > 0 for s in sayings),
        sum(s.fired for s in streams),
        hours,
        {rate: int((peaks > curve.lowest(allowed_events(hours, rate))).sum()) for rate in ASKED},
    )


def _detector(model: Path) -> AnyDetector:
    """That of a run; embeddings are remembered from model to model."""
    found = load_detector(model)
    if found.family == "openwakeword":
        return Detector(model, frontend=RememberingFrontend())
    return found


def _background(half: Half) -> Pcm:
    return quiet_background(half.negatives)


def _line(word: str, seed: int, name: str, parts: Sequence[Measured]) -> str:
    n, k = sum(p.sayings for p in parts), sum(p.heard for p in parts)
    hours, accepts = sum(p.hours for p in parts), sum(p.accepts for p in parts)
    recall, rate = wilson(k, n), poisson(accepts, hours)
    asked = []
    for at in ASKED:
        hits = sum(p.at[at] for p in parts)
        interval = wilson(hits, n)
        asked.append(f"{hits / n:.3f} ({interval.low:.3f}-{interval.high:.3f})")
    return (
        f"| {word}, seed {seed} | {name} | {k / n:.3f} ({recall.low:.3f}-{recall.high:.3f}) | "
        f"{accepts} in {hours:.2f} h: {rate.value:.2f} ({rate.low:.2f}-{rate.high:.2f}) | "
        + " | ".join(asked)
        + " |"
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--audio", type=Path, required=True, help="folder with manifest.csv")
    parser.add_argument("--words", nargs="+", default=real_speech.WORDS)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--preset", default="standard")
    parser.add_argument(
        "--family", choices=("openwakeword", "microwakeword"), default="openwakeword"
    )
    parser.add_argument("--control", action="store_true", help="train on without mistakes, too")
    parser.add_argument("--set", action="append", default=[], help="recipe override")
    parser.add_argument("--limit", type=int, default=0, help="so many files of a kind at most")
    parser.add_argument("--store", type=Path, default=Path(".wakesmith"))
    parser.add_argument("--output", type=Path, default=Path("runs/bench"))
    parser.add_argument("--verbose", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
