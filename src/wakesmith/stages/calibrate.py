"""The operating point: the threshold that keeps the asked false accepts, folded into the model."""

import math
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wakesmith.errors import DataError
from wakesmith.events import Emit, silent
from wakesmith.measure.curves import (
    REFRACTORY_FRAMES,
    allowed_events,
    false_accept_curve,
    recall_at,
)
from wakesmith.measure.intervals import Interval, duration, figure, poisson
from wakesmith.measure.text import percent, proof_note
from wakesmith.runtime.detection import frames_of
from wakesmith.stages.evaluate.core import hear
from wakesmith.stages.evaluate.streams import (
    HeardNegatives,
    NegativeAudio,
    Scores,
    Segment,
    TrialAudio,
)
from wakesmith.stages.evaluate.summary import counted
from wakesmith.words import count_of

STAGE = "calibrate"
CLIP = 1e-7
"""Scores are kept this far from 0 and 1: a float32 sigmoid is exactly 1 from a logit of 17 on."""
WIDEST_MARGIN = 1.0
"""Logits above the last false accept that is turned away, when the next one lies far off."""
LOW_QUANTILE = 0.05
"""The sayings' quantile that the unproven threshold keeps away from."""

Logits = NDArray[np.float64]


@dataclass(frozen=True)
class Calibration:
    """An operating point. ``sigmoid(logit + shift)`` is 0.5 at the threshold."""

    threshold: float
    """In (0, 1), on the scores as they were given."""
    shift: float
    recall: Interval
    """Share of the validation sayings above the threshold."""
    false_accepts: Interval | None
    """False accepts per hour at the threshold on all that it was chosen on; None without any."""
    hours: float
    notes: tuple[str, ...]


def logit(scores: ArrayLike) -> Logits:
    """ln(p / (1 - p)) of scores kept ``CLIP`` away from 0 and 1, so within ±16.2."""
    kept = np.clip(np.asarray(scores, np.float64), CLIP, 1 - CLIP)
    return np.log(kept) - np.log1p(-kept)


def calibrate(
    peaks: ArrayLike,
    streams: Sequence[ArrayLike],
    hours: float,
    target: float,
    refractory: int = REFRACTORY_FRAMES,
    unproven: float = 0.0,
    lowest: float = CLIP,
) -> Calibration:
    """Choose the threshold for ``target`` false accepts per hour on the validation streams.

    ``peaks`` [sayings] are each saying's highest score, ``streams`` the frame scores of sound
    without the phrase, ``hours`` long together, of which ``unproven`` set the threshold and prove
    nothing. Scores are the exported file's sigmoid. No threshold is below ``lowest``.

    The rule, in logits, where distances mean the same everywhere:

    - At most ``floor(target * hours)`` false accepts are allowed. Let ``edge`` be the lowest
      threshold that keeps to it, which is the score of the last false accept turned away.
    - When one or more are allowed, the threshold is halfway from the edge to where the next one
      would go (at most ``WIDEST_MARGIN`` above the edge): the middle of the range in which
      exactly so many remain.
    - When none is allowed (``hours < 1 / target``) the audio cannot prove the target. The
      threshold is halfway from the edge to the sayings' ``LOW_QUANTILE``, but never below a
      logit of 0, the 0.5 that training aimed at: silence of a few minutes is no reason for a
      lower one. If even the low quantile lies below the edge, it is the edge and a hair.
    - Without any audio it is a logit of 0.

    Raises ``ValueError`` without any saying.
    """
    positives = logit(peaks)
    negatives = [logit(stream) for stream in streams]
    if not len(positives):
        raise ValueError("calibration needs at least one saying of the phrase")
    notes: list[str] = []
    if not hours or not any(len(n) for n in negatives):
        notes.append("Without sound to listen to, the threshold is 0.5 and nothing is proven.")
        return _calibration(0.0, positives, None, 0.0, notes)

    allowed = allowed_events(hours, target)
    curve = false_accept_curve(negatives, refractory, most=allowed)
    edge = curve.lowest(allowed)
    low = float(np.quantile(positives, LOW_QUANTILE))
    if allowed:
        above = curve.thresholds[curve.thresholds > edge]
        following = float(above[0]) if len(above) else math.inf
        chosen = min((edge + following) / 2, edge + WIDEST_MARGIN)
    elif low > edge:
        chosen = (edge + low) / 2
    else:
        chosen = edge + 1e-3
    floor = lowest if allowed else max(lowest, 0.5)
    chosen = max(chosen, float(logit(floor)))
    if hours <= unproven:
        notes.append("No sound was kept from training, so no rate is proven.")
    elif note := proof_note(target, hours - unproven):
        notes.append(note)
    if low <= chosen:
        missed = 1 - recall_at(positives, chosen).value
        # Sayings above all false accepts are lost to the lowest threshold that there may be.
        bound = edge < low and chosen == float(logit(floor))
        why = f"The lowest threshold, {floor:g}," if bound else "Keeping the false accepts"
        notes.append(f"{why} costs {percent(missed)} of the validation sayings.")
    if edge >= float(logit(1.0)):
        notes.append("The false accepts score as high as scores go; no threshold avoids them.")
    count = curve.count_at(chosen)
    return _calibration(chosen, positives, poisson(count, hours), hours, notes)


def calibrate_model(
    model: Path,
    trials: Iterable[TrialAudio],
    negatives: Iterable[NegativeAudio],
    target: float,
    emit: Emit = silent,
    minutes: float = 0.0,
    unproven: Collection[str] = (),
) -> Calibration:
    """``calibrate`` on what the exported file says of validation audio, heard as in ``evaluate``.

    Only sound that counts as hours of listening sets the threshold (near misses do when nothing
    else is given, and a note says so). ``minutes`` is how much audio there will be, for the
    progress; kinds of sound in ``unproven`` prove no rate. Raises ``DataError`` without any saying.
    """
    detector, sayings, heard = hear(model, trials, negatives, emit, minutes=minutes, stage=STAGE)
    pause = frames_of(detector.refractory, detector.seconds_per_score)
    return calibrate_heard([t.peak for t in sayings], heard, target, pause, unproven)


def calibrate_heard(
    peaks: Sequence[float],
    heard: HeardNegatives,
    target: float,
    refractory: int,
    unproven: Collection[str] = (),
    lowest: float = CLIP,
    scores: Callable[[Segment], Scores] = lambda segment: segment.scores,
) -> Calibration:
    """``calibrate`` on sayings and negatives that were heard; ``calibrate_model`` says how.

    ``scores`` gives those of a segment that the threshold is for. ``DataError`` without any peak.
    """
    if not len(peaks):
        raise DataError("there is no saying of the phrase on which to choose the threshold")
    streams, segments, remarks = counted(heard)
    pooled = [s for s in streams if s.pooled]
    found = calibrate(
        peaks,
        [scores(s) for s in segments if s.pooled],
        sum(s.hours for s in pooled),
        target,
        refractory,
        unproven=sum(s.hours for s in pooled if s.kind in unproven),
        lowest=lowest,
    )
    return replace(found, notes=(*(remarks if pooled else ()), *found.notes))


def reason(hours: float, threshold: float, target: float, lowest: float = CLIP) -> str:
    """Why ``calibrate`` chose a threshold, in a clause that follows on what it is."""
    if not hours:
        return "where training puts it, as there was no sound to choose it on"
    allowed, heard = allowed_events(hours, target), duration(hours)
    if math.isclose(threshold, lowest):
        return f"the lowest that is of use: it keeps to the asked false accepts in {heard} of sound"
    if allowed:
        many = count_of(allowed, "false accept")
        return f"with at most {many} in {heard} of sound, as {figure(target)} per hour allow"
    if math.isclose(threshold, 0.5):
        return (
            f"where training puts it: nothing in {heard} of sound came that high, but so little "
            f"cannot prove that less would keep to {figure(target)} false accepts per hour"
        )
    return (
        f"above all that was heard in {heard} of sound, in which {figure(target)} false accepts "
        "per hour allow none"
    )


def _calibration(
    chosen: float,
    positives: Logits,
    false_accepts: Interval | None,
    hours: float,
    notes: Sequence[str],
) -> Calibration:
    return Calibration(
        threshold=1 / (1 + math.exp(-chosen)),
        shift=-chosen,
        recall=recall_at(positives, chosen),
        false_accepts=false_accepts,
        hours=hours,
        notes=tuple(notes),
    )
