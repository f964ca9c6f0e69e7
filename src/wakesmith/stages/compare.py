"""Hear what was held out of the feedback with the earlier model and with the new one."""

from collections.abc import Iterator
from pathlib import Path

from wakesmith import audio
from wakesmith.errors import DataError
from wakesmith.events import Emit
from wakesmith.measure import Evaluation, poisson, wilson
from wakesmith.measure.comparison import Comparison, Figures
from wakesmith.measure.evaluation import Rate, Share
from wakesmith.plan.feedback import HeldOut
from wakesmith.plan.sources import File
from wakesmith.runtime.frontend import SAMPLE_RATE
from wakesmith.runtime.load import load_detector
from wakesmith.stages import streams
from wakesmith.stages.evaluate import NegativeAudio, TrialAudio, evaluate_bundle
from wakesmith.stages.evaluate.core import STAGE, Minutes
from wakesmith.stages.evaluate.streams import hear_negatives, hear_trials
from wakesmith.store import write_atomic

VERSION = 2
COMPARISON = "comparison.json"
COMPARISON_TEXT = "comparison.txt"
_FEW = 20


def compare(
    out: Path,
    before: Path,
    after: Path,
    judged: Path,
    held: HeldOut,
    groups: dict[str, Path],
    background: tuple[File, ...],
    emit: Emit,
) -> None:
    """Write ``comparison.json`` and the same as text.

    ``before`` is a bundle, ``after`` a model file, ``judged`` the folder of its evaluation; the
    earlier model hears the same streams of the standard evaluation anew.
    """
    judgement = Evaluation.from_json((judged / "report.json").read_text())
    earlier = evaluate_bundle(
        before,
        streams.trials(groups, "test"),
        streams.negatives(groups, background, "test"),
        emit=emit,
        minutes=streams.minutes(groups, background, "test"),
    )
    found = Comparison(
        figures(before, held, earlier, emit), figures(after, held, judgement, emit), _notes(held)
    )
    write_atomic(out / COMPARISON, found.json().encode())
    write_atomic(out / COMPARISON_TEXT, found.text().encode())


def figures(model: Path, held: HeldOut, standard: Evaluation, emit: Emit) -> Figures:
    """What a model makes of the held-out sound, each false accept and miss by itself."""
    seconds = [f.seconds for part in (held.misses, held.false_accepts, held.ambient) for f in part]
    on_audio = Minutes(emit, STAGE, sum(seconds) / 60)
    detector = load_detector(model)

    def heard(files: tuple[File, ...]) -> Share | None:
        if not files:
            return None
        trials = list(hear_trials(detector, _alone(files), on_audio))
        return share(sum(t.detected is not None for t in trials), len(trials))

    missed, mistaken, ambient = heard(held.misses), heard(held.false_accepts), None
    if held.ambient:
        sound = (
            NegativeAudio(streams.heard(file), Path(file.path).name, "ambient")
            for file in held.ambient
        )
        parts = hear_negatives(detector, sound, on_audio).streams
        ambient = rate(sum(len(s.detections) for s in parts), sum(s.hours for s in parts))
    on_audio.finish()
    return Figures(missed, mistaken, ambient, standard.recall, standard.false_accepts)


def share(k: int, n: int) -> Share:
    """k of n with its Wilson interval."""
    interval = wilson(k, n)
    return Share(k, n, interval.value, interval.low, interval.high)


def rate(k: int, hours: float) -> Rate:
    """k in so many hours with the exact Poisson interval; ``DataError`` without any hours."""
    if not hours > 0:
        raise DataError("the held-out ambient sound holds no samples; give files that do")
    interval = poisson(k, hours)
    return Rate(k, hours, interval.value, interval.low, interval.high)


def _alone(files: tuple[File, ...]) -> Iterator[TrialAudio]:
    for file in files:
        pcm = audio.read(file.path).pcm
        seconds = len(pcm) / SAMPLE_RATE
        yield TrialAudio(pcm, 0.0, seconds, Path(file.path).name, kind="recording", known=False)


def _notes(held: HeldOut) -> tuple[str, ...]:
    notes = []
    if not held:
        notes.append("Nothing was held out of the feedback: give two files or more of a kind.")
    if held.misses or held.false_accepts:
        notes.append(
            "Held-out misses and false accepts are such because the earlier model was wrong about "
            "them: any other model does better on them. The other lines are a fair comparison."
        )
    counts = (len(held.misses), len(held.false_accepts))
    if any(0 < count < _FEW for count in counts):
        few = " and ".join(
            f"{count} held-out {what}"
            for count, what in zip(counts, ("misses", "false accepts"), strict=True)
            if 0 < count < _FEW
        )
        notes.append(f"{few} are few: heed the intervals.")
    return tuple(notes)
