"""A validation's scores as a verdict; the same rule for every family."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wakesmith.measure import allowed_events, events, false_accept_curve
from wakesmith.measure.curves import REFRACTORY_FRAMES
from wakesmith.stages.train.learner import Verdict

THRESHOLD = 0.5
_AROUND = (1, 2, 4)  # multiples of the allowed events over which recall is averaged


def verdict(
    peaks: NDArray[np.float64],
    streams: Sequence[NDArray[np.float64]],
    step: float,
    target: float,
    refractory: int = REFRACTORY_FRAMES,
) -> Verdict:
    """Judge the highest score of each saying against streams of scores, ``step`` seconds apart,
    for ``target`` false accepts per hour; ``refractory`` scores are a pause."""
    hours = sum(len(stream) for stream in streams) * step / 3600
    false_accepts = sum(len(events(stream, THRESHOLD, refractory)) for stream in streams)
    allowed = max(1, allowed_events(hours, target))
    curve = false_accept_curve(streams, refractory, most=max(_AROUND) * allowed)
    thresholds = [curve.lowest(multiple * allowed) for multiple in _AROUND]
    return Verdict(
        recall=float((peaks > THRESHOLD).mean()),
        false_accepts_per_hour=false_accepts / hours,
        quality=float(np.mean([(peaks > threshold).mean() for threshold in thresholds])),
    )
