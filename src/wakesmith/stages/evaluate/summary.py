"""From what was heard to an ``Evaluation``: counts, curves, intervals, and what must be said."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from wakesmith.errors import DataError
from wakesmith.measure.curves import (
    FalseAcceptCurve,
    allowed_events,
    det_of,
    false_accept_curve,
)
from wakesmith.measure.evaluation import (
    HISTOGRAM_EDGES,
    DetCurve,
    Evaluation,
    KindRate,
    Latency,
    NegativeStream,
    OperatingPoint,
    Outcome,
    Rate,
    Target,
    Trial,
)
from wakesmith.measure.intervals import poisson, proves
from wakesmith.measure.labels import value_name
from wakesmith.measure.text import proof_note
from wakesmith.recipe import Targets
from wakesmith.runtime.detection import frames_of
from wakesmith.stages.evaluate.breakdown import breakdowns, near_misses, share
from wakesmith.stages.evaluate.streams import HeardNegatives, Segment
from wakesmith.words import count_of

ASKED_RATES = (0.5, 1.0)
"""False accepts per hour at which recall is always given, as published figures are."""
CURVE_RATE = 60.0
"""The DET curve ends at so many false accepts per hour; nobody runs a detector beyond."""
CURVE_EVENTS = 1500
"""And at so many events, so that its time is bounded on very long audio."""
FEW_SAYINGS = 100


def summarise(
    name: str,
    threshold: float,
    refractory: float,
    trials: Sequence[Trial],
    heard: HeardNegatives,
    targets: Targets | None = None,
    notes: Iterable[str] = (),
    family: str = "openwakeword",
) -> Evaluation:
    """Everything that the trials and the negatives show; ``DataError`` when either is empty."""
    if not trials:
        raise DataError("there is no saying of the phrase to be heard; recall cannot be measured")
    if not heard.streams:
        raise DataError("there is no sound without the phrase; false accepts cannot be measured")
    streams, segments, remarks = counted(heard)
    pooled = [s for s in streams if s.pooled]
    hours = sum(s.hours for s in pooled)
    accepts = _rate(pooled)
    frames = frames_of(refractory, heard.seconds_per_score)
    scores = [s.scores for s in segments if s.pooled]
    curve = false_accept_curve(scores, frames, most=_most(hours, accepts.k))
    recall = share(sum(t.detected is not None for t in trials), len(trials))
    rates = {targets.false_accepts_per_hour, *ASKED_RATES} if targets else set(ASKED_RATES)
    peaks = [t.peak for t in trials]
    found = (
        _targets(targets, recall.value, accepts, _accuracy(recall.value, streams))
        if targets
        else ()
    )
    return Evaluation(
        name=name,
        threshold=threshold,
        refractory=refractory,
        recall=recall,
        false_accepts=accepts,
        kinds=tuple(_kinds(streams)),
        det=_det(peaks, curve, hours),
        points=tuple(_point(rate, peaks, curve, hours) for rate in sorted(rates)),
        latency=_latency(trials),
        breakdowns=breakdowns(trials),
        near_misses=near_misses(streams),
        positive_histogram=_histogram(peaks),
        negative_histogram=_histogram(_stretches(scores, frames)),
        targets=found,
        notes=(*notes, *remarks, *_remarks(trials, accepts, targets)),
        trials=tuple(trials),
        streams=tuple(s for s in streams if s.text or s.detections),
        family=family,
    )


def counted(
    heard: HeardNegatives,
) -> tuple[tuple[NegativeStream, ...], tuple[Segment, ...], list[str]]:
    """Streams, segments and what to say; when no sound counts as listening, all of it does."""
    if any(s.pooled for s in heard.streams):
        return heard.streams, heard.segments, []
    streams = tuple(_counted_stream(s) for s in heard.streams)
    segments = tuple(Segment(s.kind, True, s.scores) for s in heard.segments)
    return streams, segments, [
        "No everyday sound was given: the false accepts per hour are those of near misses and "
        "synthetic speech, and say little about a room. Give a folder of real background audio."
    ]  # fmt: skip


def _counted_stream(stream: NegativeStream) -> NegativeStream:
    return NegativeStream(**{**vars(stream), "pooled": True})


def _rate(streams: Sequence[NegativeStream]) -> Rate:
    k, hours = sum(len(s.detections) for s in streams), sum(s.hours for s in streams)
    interval = poisson(k, hours)
    return Rate(k, hours, interval.value, interval.low, interval.high)


def _kinds(streams: Sequence[NegativeStream]) -> Iterable[KindRate]:
    for pooled in (True, False):
        for kind in sorted({s.kind for s in streams if s.pooled == pooled}):
            own = [s for s in streams if s.kind == kind and s.pooled == pooled]
            fired = share(sum(bool(s.detections) for s in own), len(own))
            yield KindRate(kind, _rate(own), len(own), fired, pooled)


def _most(hours: float, k: int) -> int:
    return max(
        k, allowed_events(hours, max(ASKED_RATES)), min(CURVE_EVENTS, round(CURVE_RATE * hours)), 20
    )


def _det(peaks: ArrayLike, curve: FalseAcceptCurve, hours: float) -> DetCurve:
    points = det_of(peaks, curve, hours)
    return DetCurve(
        tuple(points.thresholds.tolist()),
        tuple(points.miss.tolist()),
        tuple(points.false_accepts_per_hour.tolist()),
    )


def _point(
    rate: float, peaks: Sequence[float], curve: FalseAcceptCurve, hours: float
) -> OperatingPoint:
    allowed = allowed_events(hours, rate)
    threshold = curve.lowest(allowed)
    heard = share(sum(p > threshold for p in peaks), len(peaks))
    return OperatingPoint(rate, threshold, heard, countable=allowed >= 1)


def _latency(trials: Sequence[Trial]) -> Latency | None:
    late = [t.latency for t in trials if t.latency is not None]
    if not late:
        return None
    p10, p50, p90, longest = (round(float(q), 4) for q in np.quantile(late, [0.1, 0.5, 0.9, 1]))
    return Latency(p10, p50, p90, longest)


def _stretches(scores: Sequence[ArrayLike], frames: int) -> list[float]:
    """Highest score of each stretch of ``frames`` frames."""
    highest: list[float] = []
    for stream in scores:
        values = np.asarray(stream, np.float64)
        if len(values):
            starts = np.arange(0, len(values), max(1, frames))
            highest += np.maximum.reduceat(values, starts).tolist()
    return highest


def _histogram(values: ArrayLike) -> tuple[int, ...]:
    counts, _ = np.histogram(np.clip(np.asarray(values, np.float64), 0, 1), HISTOGRAM_EDGES)
    return tuple(counts.tolist())


def _accuracy(recall: float, streams: Sequence[NegativeStream]) -> float:
    """Balanced accuracy on clips: the mean of recall and of the share of negatives left alone.

    The negatives are the known sayings; without any, each file.
    """
    sayings = [s for s in streams if s.text] or list(streams)
    return (recall + sum(not s.detections for s in sayings) / len(sayings)) / 2


def _targets(targets: Targets, recall: float, accepts: Rate, accuracy: float) -> tuple[Target, ...]:
    asked = targets.false_accepts_per_hour
    return (
        Target("recall", targets.recall, recall, _outcome(recall >= targets.recall)),
        Target(
            "false_accepts_per_hour",
            asked,
            accepts.value,
            _outcome(accepts.value <= asked, proves(accepts.k, accepts.hours, asked)),
        ),
        Target("accuracy", targets.accuracy, accuracy, _outcome(accuracy >= targets.accuracy)),
    )


def _outcome(found: bool, proven: bool = True) -> Outcome:
    if not found:
        return "not reached"
    return "reached" if proven else "not proven"


def _remarks(trials: Sequence[Trial], accepts: Rate, targets: Targets | None) -> Iterable[str]:
    """What a reader must know to take the figures for what they are."""
    rate = targets.false_accepts_per_hour if targets else ASKED_RATES[0]
    if accepts.low <= rate and (note := proof_note(rate, accepts.hours, accepts.k)):
        yield note
    if all(t.kind == "synthetic" for t in trials):
        yield (
            "All sayings are by synthetic voices; real people are heard less well. "
            "Evaluate with recordings of people before relying on the recall."
        )
    engines = {t.labels.get("engine", "") for t in trials if t.kind == "synthetic"}
    if len(engines) == 1 and (engine := engines.pop()):
        yield (
            f"All synthetic sayings are spoken by {value_name('engine', engine)}, so the recall is "
            "that of its voices; no other engine has voices enough to keep one for the test."
        )
    if len(trials) < FEW_SAYINGS:
        few = count_of(len(trials), "saying is", "sayings are")
        yield f"{few} few: heed the interval of the recall, not its value."
