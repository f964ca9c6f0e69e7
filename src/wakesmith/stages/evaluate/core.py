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
    seconds, told = 0.0, -1

    def on_audio(more: float) -> None:
        nonlocal seconds, told
        seconds += more
        whole = int(seconds / 60)
        if whole > told:
            told = whole
            total = max(whole, round(minutes)) if minutes else 0
            emit(Progress(stage, whole, total, "minutes of audio"))

    sayings = list(hear_trials(detector, trials, on_audio, background))
    heard = hear_negatives(detector, negatives, on_audio)
    done = max(1, told, round(seconds / 60))
    emit(Progress(stage, done, done, "minutes of audio"))
    return detector, sayings, heard


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
