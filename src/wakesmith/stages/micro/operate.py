"""Choose cutoff and sliding window together on validation streams, and write the manifest."""

import dataclasses
import json
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wakesmith.events import Emit, Noted
from wakesmith.families.microwakeword.arena import manifest_arena
from wakesmith.plan.background import Altered
from wakesmith.plan.sources import File
from wakesmith.recipe import Recipe
from wakesmith.runtime.detection import frames_of
from wakesmith.runtime.mel import Pcm
from wakesmith.runtime.micro.detector import MicroDetector
from wakesmith.runtime.micro.manifest import MicroManifest
from wakesmith.runtime.micro.model import Probabilities
from wakesmith.runtime.micro.rule import Rule, cutoff_of, scores_of
from wakesmith.stages import streams
from wakesmith.stages.calibrate import STAGE, Calibration, calibrate_heard, reason
from wakesmith.stages.evaluate.core import Minutes
from wakesmith.stages.evaluate.streams import (
    NegativeAudio,
    Segment,
    TrialAudio,
    hear_negatives,
    hear_trials,
)
from wakesmith.stages.micro.export import SHIFT
from wakesmith.store import write_atomic

VERSION = 2
CALIBRATION = "calibration.json"
ESTIMATED = "estimated: install tflite-micro to have it measured (Linux on x86-64 alone)"
WINDOWS = (3, 4, 5, 6, 8, 10)
"""Sliding windows that are tried: 90 to 300 ms at three frames a probability."""
LOWEST = 0.1
"""No cutoff is below: a device takes up listening again, after a detection, only when the
probability has been below the cutoff for a second, and below 1/255 it never is."""
USUAL = 5
"""The official models' window; of windows about as good the one nearest to it is taken."""


@dataclass(frozen=True)
class OperatingPoint:
    """A sliding window with the cutoff that suits it."""

    window: int
    cutoff: float
    """``probability_cutoff`` of the manifest."""
    calibration: Calibration


def operate(
    out: Path,
    model: Path,
    recipe: Recipe,
    groups: dict[str, Path],
    background: tuple[File, ...],
    altered: tuple[Altered, ...],
    emit: Emit,
) -> None:
    """Write the model beside its manifest, the file pair that ESPHome takes.

    Raises ``ModelError`` for a model that no device would run.
    """
    shutil.copyfile(model, out / model.name)
    arena, measured = manifest_arena(model.read_bytes())
    emit(Noted(STAGE, f"tensor arena {arena} bytes, {'measured' if measured else ESTIMATED}"))
    given = recipe.micro.manifest
    manifest = MicroManifest(
        wake_word=recipe.phrase,
        author=given.author,
        website=given.website or None,
        model=model.name,
        trained_languages=given.languages or (recipe.language,),
        probability_cutoff=0.5,
        sliding_window_size=USUAL,
        tensor_arena_size=arena,
    )
    path = manifest.save(out)
    chosen = choose(
        path,
        lambda: streams.trials(groups, "validation"),
        streams.negatives(groups, background, "validation", altered),
        recipe.targets.false_accepts_per_hour,
        emit,
        streams.minutes(groups, background, "validation", altered),
    )
    for note in chosen.calibration.notes:
        emit(Noted(STAGE, note))
    found, target = chosen.calibration, recipe.targets.false_accepts_per_hour
    words = point_in_words(chosen.cutoff, chosen.window, found.hours, found.threshold, target)
    emit(Noted(STAGE, words))
    replace(manifest, probability_cutoff=chosen.cutoff, sliding_window_size=chosen.window).save(out)
    shift = json.loads((model.parent / SHIFT).read_text())["shift"]
    told = {"arena": arena, "arena_measured": measured, "shift": shift}
    text = json.dumps({**dataclasses.asdict(chosen), **told}, indent=1)
    write_atomic(out / CALIBRATION, text.encode() + b"\n")


def point_in_words(
    cutoff: float, window: int, hours: float, threshold: float, target: float
) -> str:
    """What the operating point is and why, in a sentence: ``threshold`` was chosen in ``hours``."""
    why = reason(hours, threshold, target, LOWEST)
    return f"cutoff {cutoff:g} on the mean of {window} probabilities, {why}"


def findings(folder: Path, target: float) -> list[str]:
    """What a report has to say of the files that ``operate`` wrote for ``target``, in sentences."""
    told = json.loads((folder / CALIBRATION).read_text())
    found = told["calibration"]
    point = point_in_words(
        told["cutoff"], told["window"], found["hours"], found["threshold"], target
    )
    memory = "measured" if told["arena_measured"] else "estimated"
    return [
        f"{point[0].upper()}{point[1:]}.",
        f"The tensor arena of {told['arena']:,} bytes was {memory}.",
    ]


def choose(
    manifest: Path,
    trials: Callable[[], Iterable[TrialAudio]],
    negatives: Iterable[NegativeAudio],
    target: float,
    emit: Emit,
    minutes: float = 0.0,
) -> OperatingPoint:
    """The window whose own threshold for ``target`` false accepts per hour loses few sayings.

    Each window's threshold is found by ``calibrate``'s rule; the network hears everything once. Of
    those within a standard error of the fewest (Breiman et al. 1984, "Classification and Regression
    Trees", 3.4.3) the one nearest to ``USUAL`` is taken: which is the very best among them is
    chance, and synthetic sayings favour wider ones than people do (docs/log.md). ``trials`` gives
    the same sayings each time it is called. ``DataError`` without any.
    """
    detector = Rehearsed(manifest)
    told = Minutes(emit, STAGE, minutes)
    peaks = {USUAL: _peaks(detector, trials(), told)}
    for window in WINDOWS:
        if window != USUAL:
            detector.rehearse(window)
            peaks[window] = _peaks(detector, trials(), lambda _: None)
    heard = hear_negatives(MicroDetector(manifest, window=1), negatives, told)
    told.finish()
    pause = frames_of(detector.refractory, detector.seconds_per_score)

    def point(window: int) -> OperatingPoint:
        found = calibrate_heard(
            peaks[window],
            heard,
            target,
            pause,
            unproven=(streams.ALTERED,),
            lowest=LOWEST,
            scores=lambda segment: _sliding(segment, window),
        )
        return OperatingPoint(window, _cutoff(found.threshold), found)

    return about_best([point(window) for window in WINDOWS], len(peaks[USUAL]))


def about_best(points: Sequence[OperatingPoint], sayings: int) -> OperatingPoint:
    """The point nearest to ``USUAL`` of those within a standard error of the best of so many
    sayings, which Agresti and Coull (1998) reckon so that it is never none."""
    best = max(point.calibration.recall.value for point in points)
    share = (best * sayings + 2) / (sayings + 4)
    enough = best - (share * (1 - share) / (sayings + 4)) ** 0.5
    good = [point for point in points if point.calibration.recall.value >= enough]
    return min(good, key=lambda p: (abs(p.window - USUAL), -p.calibration.recall.value))


class Rehearsed(MicroDetector):
    """A detector that remembers its probabilities, and can go through them with another window."""

    def __init__(self, manifest: Path) -> None:
        super().__init__(manifest, window=USUAL)
        self._known: list[Probabilities] = []
        self._next: int | None = None

    def rehearse(self, window: int) -> None:
        """From here on every call gives what it gave before, through this window."""
        self.window, self._next = window, 0
        self._rule = Rule(cutoff_of(self.threshold), window, self.stride, self.refractory)
        self.reset()

    def probabilities(self, pcm: Pcm) -> Probabilities:
        """The model's own outputs, or those of the first time."""
        if self._next is None:
            self._known.append(super().probabilities(pcm))
            return self._known[-1]
        self._next += 1
        self._count += len(self._known[self._next - 1])
        return self._known[self._next - 1]


def _peaks(
    detector: MicroDetector, trials: Iterable[TrialAudio], told: Callable[[float], None]
) -> list[float]:
    return [trial.peak for trial in hear_trials(detector, trials, told)]


def _sliding(segment: Segment, window: int) -> NDArray[np.float32]:
    """Scores of a wider window from those of one, which are the probabilities themselves."""
    steps = np.rint(segment.scores * 255).astype(np.uint8)
    return scores_of(np.concatenate([np.zeros(window - 1, np.uint8), steps]), window)


def _cutoff(threshold: float) -> float:
    """The ``probability_cutoff`` that fires where scores are above the threshold (``scores_of``):
    half a step above the whole number that a device makes of it, so that no rounding changes it."""
    step = min(254, cutoff_of(threshold))
    return round((step + 0.5) / 255, 4)
