"""Recall and false accepts on real recordings: the figures that Wakesmith is judged by.

Trains each word from the embedded voices with the training part of the recordings as background,
and measures the exported model through the shipped ``Detector`` on all the rest; then again with a
few real recordings of the word, which leave the test.

    python -m bench.real_speech --audio ../shared/audio --seeds 0 1 2 --recordings 0 20
    python -m bench.real_speech --audio ../shared/audio --seeds 0 1 2 --family microwakeword
    python -m bench.real_speech --audio ../shared/audio --model alexa.json

The split is fixed so that figures stay comparable (the audio folder's README): the LibriSpeech
half and the first half by name of the noise and of the music may be trained on; all else is
measured. Every positive is streamed after two seconds of background. Events have the model's own
rest after each (2 s; 1 s for microWakeWord's, as on a device); "at 0.5 per hour" allows
floor(0.5 * hours) events on the pooled negatives. About 3 hours of negatives cannot prove less than
about 1 false accept per hour at 95 %.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch is loaded, as train does

import numpy as np

from bench.memory import RememberingFrontend
from bench.real_audio import (
    Heard,
    Row,
    heard_saying,
    heard_stream,
    manifest,
    quiet_background,
    split,
)
from bench.strangers import of_strangers
from wakesmith import audio
from wakesmith.events import silent, to_json
from wakesmith.measure import allowed_events, events, false_accept_curve, poisson, wilson
from wakesmith.pipeline import run, status
from wakesmith.recipe import Recipe, load
from wakesmith.runtime.detection import AnyDetector, frames_of
from wakesmith.runtime.detector import Detector
from wakesmith.runtime.micro.detector import MicroDetector
from wakesmith.store import Store

WORDS = ("view glass", "computer", "amelia")
RATES = (0.5, 1.0)


@dataclass(frozen=True)
class Result:
    """One model on the measuring part."""

    word: str
    seed: int
    recordings: int
    positives: int
    hits: dict[float, int]
    thresholds: dict[float, float]
    kinds: dict[str, tuple[int, float]]
    """At 0.5 per hour: events and hours by kind."""
    shipped: tuple[int, int, float]
    """By the model's own rule: hits, events, hours."""
    seconds: float


def main() -> int:
    """Train and measure every word, seed and number of recordings; print a table."""
    options = _options()
    rows = manifest(options.audio)
    if options.model:
        print(of_strangers(options.model, rows))
        return 0
    results = []
    for word in options.words:
        for seed in options.seeds:
            for count in options.recordings:
                result = measure(options, rows, word, seed, count)
                results.append(result)
                record(result, options.json)
    print(summary(results))
    return 0


@dataclass(frozen=True)
class Chosen:
    """Which recordings are given, and which sayings are tested."""

    name: str
    """What the model is called in the results."""
    enrolled: frozenset[Path]
    tested: tuple[Path, ...]


def choose(rows: Sequence[Row], word: str, seed: int, count: int) -> Chosen:
    """So many of a word's recordings, by chance; all others are tested."""
    positives = [r.path for r in rows if r.role == "positive" and r.keyword == word]
    rng = np.random.default_rng([seed, count])
    enrolled = frozenset(positives[i] for i in rng.permutation(len(positives))[:count])
    return Chosen(word, enrolled, tuple(path for path in positives if path not in enrolled))


def measure(
    options: argparse.Namespace,
    rows: Sequence[Row],
    word: str,
    seed: int,
    count: int,
    chosen: Chosen | None = None,
) -> Result:
    """Train one model and measure it."""
    chosen = chosen or choose(rows, word, seed, count)
    measuring = split(rows)[1]
    sets = [
        f"recordings.folders={json.dumps(sorted(map(str, chosen.enrolled)))}",
        f"family={options.family}",
        *options.set,
    ]
    recipe = recipe_of(rows, word, seed, options.preset, sets)
    began = time.monotonic()
    folder = options.output / f"{chosen.name.replace(' ', '_')}-{seed}-{count}"
    emit = (lambda event: print(to_json(event), flush=True)) if options.verbose else silent
    store = Store(options.store)
    run(recipe, store, folder, emit, to="calibrate")
    seconds = time.monotonic() - began
    # Of both families' entries the micro family's is the last.
    calibrated = [s for s in status(recipe, store) if s.stage == "calibrate"][-1]
    model = store.root / "done" / calibrated.entry / recipe.file_name
    detector: AnyDetector
    if options.family == "microwakeword":
        detector = MicroDetector(model.with_suffix(".json"))
    else:
        detector = Detector(model.with_suffix(".tflite"), frontend=RememberingFrontend())
    background = quiet_background(measuring)
    sayings = [heard_saying(detector, audio.read(path).pcm, background) for path in chosen.tested]
    kinds = {
        kind: heard_stream(detector, [r for r in found if word not in r.transcript.lower()])
        for kind, found in measuring.items()
    }
    return _judged(chosen.name, seed, count, detector, sayings, kinds, seconds)


def recipe_of(
    rows: Sequence[Row], word: str, seed: int, preset: str, sets: Sequence[str]
) -> Recipe:
    """The recipe of a word, with the training background."""
    chosen = [
        f"seed={seed}",
        f"negatives.background={json.dumps([str(r.path) for r in split(rows)[0]])}",
        # The report's own test is not asked for here.
        "synth.test=1",
        "negatives.test_share=0",
        *sets,
    ]
    return load(None, phrase=word, preset=preset, overrides=chosen)


def _judged(
    word: str,
    seed: int,
    count: int,
    detector: AnyDetector,
    sayings: Sequence[Heard],
    kinds: dict[str, Heard],
    seconds: float,
) -> Result:
    step = detector.seconds_per_score
    hours = {kind: len(heard.scores) * step / 3600 for kind, heard in kinds.items()}
    total, rest = sum(hours.values()), frames_of(detector.refractory, step)
    streams = [heard.scores for heard in kinds.values()]
    curve = false_accept_curve(streams, rest, most=allowed_events(total, max(RATES)))
    thresholds = {rate: curve.lowest(allowed_events(total, rate)) for rate in RATES}
    peaks = np.array([heard.scores.max() for heard in sayings])
    return Result(
        word,
        seed,
        count,
        len(peaks),
        {rate: int((peaks > at).sum()) for rate, at in thresholds.items()},
        thresholds,
        {
            kind: (len(events(heard.scores, thresholds[0.5], rest)), hours[kind])
            for kind, heard in kinds.items()
        },
        (
            sum(heard.fired > 0 for heard in sayings),
            sum(heard.fired for heard in kinds.values()),
            total,
        ),
        seconds,
    )


def record(result: Result, file: Path | None) -> None:
    """Print a result's row of the table, and append it to the file, where there is one."""
    print(line(result), flush=True)
    if file:
        with file.open("a") as lines:
            lines.write(json.dumps(vars(result)) + "\n")


def line(r: Result) -> str:
    """A result in a line."""
    shares = ", ".join(f"{r.hits[rate] / r.positives:.3f} at {rate}/h" for rate in RATES)
    kinds = ", ".join(f"{kind} {n} in {h:.2f} h" for kind, (n, h) in r.kinds.items())
    hits, events_, hours = r.shipped
    return (
        f"{r.word}, seed {r.seed}, {r.recordings} recordings: recall {shares}; at 0.5/h: {kinds}; "
        f"as shipped: recall {hits / r.positives:.3f}, {events_} events in {hours:.2f} h; "
        f"trained in {r.seconds:.0f} s"
    )


def summary(results: Sequence[Result]) -> str:
    """The Markdown table of the bench: a word and number of recordings a row, seeds pooled."""
    lines = [
        "| word | recordings | seeds | recall at 0.5/h | recall at 1/h | per seed at 0.5/h | "
        "false accepts per kind at 0.5/h (95 %) |",
        "|---|---|---|---|---|---|---|",
    ]
    for word, count in dict.fromkeys((r.word, r.recordings) for r in results):
        found = [r for r in results if (r.word, r.recordings) == (word, count)]
        cells = [word, str(count), str(len(found))]
        for rate in RATES:
            hits, n = sum(r.hits[rate] for r in found), sum(r.positives for r in found)
            mean = np.mean([r.hits[rate] / r.positives for r in found])
            # Seeds hear the same clips: the interval is that of one seed's clips.
            interval = wilson(round(float(mean) * n / len(found)), n // len(found))
            cells.append(f"{hits / n:.3f} ({interval.low:.3f}-{interval.high:.3f})")
        cells.append(", ".join(f"{r.hits[0.5] / r.positives:.3f}" for r in found))
        cells.append("; ".join(_kind(found, kind) for kind in found[0].kinds))
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _kind(found: Sequence[Result], kind: str) -> str:
    count = sum(r.kinds[kind][0] for r in found)
    hours = sum(r.kinds[kind][1] for r in found)
    interval = poisson(count, hours)
    return f"{kind} {count / hours:.2f}/h ({interval.low:.2f}-{interval.high:.2f})"


def parser_of(words: Sequence[str], recordings: Sequence[int]) -> argparse.ArgumentParser:
    """The options of a bench that trains words with so many recordings."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--audio", type=Path, required=True, help="folder with manifest.csv")
    parser.add_argument("--words", nargs="+", default=words)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--recordings", nargs="+", type=int, default=recordings)
    parser.add_argument("--preset", default="standard")
    parser.add_argument(
        "--family", choices=("openwakeword", "microwakeword"), default="openwakeword"
    )
    parser.add_argument("--set", action="append", default=[], help="recipe override")
    parser.add_argument("--store", type=Path, default=Path(".wakesmith"))
    parser.add_argument("--output", type=Path, default=Path("runs/bench"))
    parser.add_argument("--json", type=Path, help="append each result as a line")
    parser.add_argument("--verbose", action="store_true")
    return parser


def _options() -> argparse.Namespace:
    parser = parser_of(WORDS, [0, 20])
    parser.add_argument(
        "--model", type=Path, help="measure this model (or ESPHome manifest) on the negatives only"
    )
    options = parser.parse_args()
    if not (options.audio / "manifest.csv").exists():
        parser.error(f"{options.audio} holds no manifest.csv")
    return options


if __name__ == "__main__":
    sys.exit(main())
