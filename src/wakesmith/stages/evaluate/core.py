"""Hear all of it, sum it up: what every evaluation goes through."""

from collections.abc import Callable, Iterable
from pathlib import Path

from wakesmith.events import Emit, Progress, silent
from wakesmith.measure.evaluation import Evaluation, Trial
from wakesmith.recipe import Targets
from wakesmith.runtime.detection import AnyDetector
from wakesmith.runtime.frontend import Pcm
from wakesmith.runtime.load import load_detector
from wakesmith.stages.evaluate.streams import (
    HeardNegatives,
    NegativeAudio,
    TrialAudio,
    hear_negatives,
    hear_trials,
)
from wakesmith.stages.evaluate.summary import summarise

STAGE = "evaluate"


def hear(
    model: Path,
    trials: Iterable[TrialAudio],
    negatives: Iterable[NegativeAudio],
    emit: Emit = silent,
    *,
    threshold: float | None = None,
    minutes: float = 0.0,
    background: Pcm | None = None,
    stage: str = STAGE,
) -> tuple[AnyDetector, list[Trial], HeardNegatives]:
    """Stream the sayings, then the negatives, through the shipped detector.

    Each minute of audio is told as ``Progress`` of ``stage``; ``minutes`` is how many there will
    be (0: not known). The detector comes back for its name, threshold and refractory time.
    """
    detector = load_detector(model, threshold=threshold)
    on_audio = Minutes(emit, stage, minutes)
    sayings = list(hear_trials(detector, trials, on_audio, background))
    heard = hear_negatives(detector, negatives, on_audio)
    on_audio.finish()
    return detector, sayings, heard


class Minutes:
    """Tells how much audio was heard: each minute of it as ``Progress``."""

    def __init__(self, emit: Emit, stage: str, expected: float = 0.0) -> None:
        """``expected`` is how many minutes there will be; 0 when that is not known."""
        self._emit, self._stage, self._expected = emit, stage, round(expected)
        self._seconds, self._told = 0.0, -1

    def __call__(self, seconds: float) -> None:
        """So much more was heard."""
        self._seconds += seconds
        whole = int(self._seconds / 60)
        if whole > self._told:
            self._told = whole
            self._tell(whole, max(whole, self._expected) if self._expected else 0)

    def finish(self) -> None:
        """All was heard."""
        done = max(1, self._told, round(self._seconds / 60))
        self._tell(done, done)

    def _tell(self, done: int, total: int) -> None:
        self._emit(Progress(self._stage, done, total, "minutes of audio"))


def evaluate_bundle(
    model: Path,
    trials: Iterable[TrialAudio],
    negatives: Iterable[NegativeAudio],
    targets: Targets | None = None,
    emit: Emit = silent,
    *,
    threshold: float | None = None,
    minutes: float = 0.0,
    background: Pcm | None = None,
    notes: Iterable[str] | Callable[[], Iterable[str]] = (),
) -> Evaluation:
    """Evaluate what ``load_detector`` takes on audio that the caller makes.

    Both iterables are gone through once, trials first, one piece in memory at a time; the scores
    of the negatives are kept (180 kB an hour, 480 kB of microWakeWord's). ``threshold`` left out
    is the model's own, else 0.5. ``minutes`` is how much audio there will be in all, for the
    progress (0 when that is unknown); ``background`` is heard before each saying; ``notes`` come
    first among the evaluation's (a function is asked after all was heard).

    Raises ``ModelError`` when the model cannot be used, ``DataError`` without trials or negatives.
    """
    detector, sayings, heard = hear(
        model,
        trials,
        negatives,
        emit,
        threshold=threshold,
        minutes=minutes,
        background=background,
    )
    return summarise(
        detector.name,
        detector.threshold,
        detector.refractory,
        sayings,
        heard,
        targets,
        notes() if callable(notes) else notes,
        detector.family,
    )
