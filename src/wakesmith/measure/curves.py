"""Frame scores to events, and events to the curves that an operating point is chosen from.

An event is a detection by the rule of ``runtime.detections``: a frame whose score is above the
threshold, when no event was in the ``refractory`` frames before it. Taking the earliest such
frame each time yields the largest set of frames that lie ``refractory`` apart, and a lower
threshold only adds frames to choose from; so the number of events never rises with the
threshold, and halving finds every step of it exactly.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wakesmith.measure.intervals import Interval, wilson

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

REFRACTORY_FRAMES = 25
"""2 s of 80 ms frames: the runtime's, and Home Assistant's, pause after a detection."""


def events(scores: ArrayLike, threshold: float, refractory: int = REFRACTORY_FRAMES) -> Ints:
    """Indices of the frames that are events: above the threshold, ``refractory`` frames apart."""
    above = np.flatnonzero(np.asarray(scores, np.float64) > threshold)
    chosen: Ints = above[np.array(_chosen(above, refractory), np.int64)]
    return chosen


def _chosen(positions: Ints, refractory: int) -> list[int]:
    """Greedy choice from rising positions: the first, then the next at least refractory on."""
    following: list[int] = np.searchsorted(positions, positions + max(1, refractory)).tolist()
    chosen: list[int] = []
    at = 0
    while at < len(following):
        chosen.append(at)
        at = following[at]
    return chosen


@dataclass(frozen=True)
class FalseAcceptCurve:
    """Number of events over the threshold, as steps.

    From ``thresholds[i]`` up to (not including) ``thresholds[i + 1]`` there are ``counts[i]``
    events. Thresholds rise, counts fall; the last count is 0. Below ``thresholds[0]`` the curve
    was not asked for: more than ``most`` events.
    """

    thresholds: Floats
    counts: Ints

    def count_at(self, threshold: float) -> int:
        """Events at a threshold; below the curve's beginning, the count there."""
        step = int(np.searchsorted(self.thresholds, threshold, "right")) - 1
        return int(self.counts[max(0, step)])

    def lowest(self, allowed: int) -> float:
        """Lowest threshold with at most ``allowed`` events."""
        return float(self.thresholds[np.argmax(self.counts <= allowed)])


def false_accept_curve(
    streams: Sequence[ArrayLike], refractory: int = REFRACTORY_FRAMES, most: int | None = None
) -> FalseAcceptCurve:
    """Exact number of events of all streams for every threshold that leaves at most ``most``.

    Each stream is the scores of its frames; events in one do not silence the next. The only
    thresholds at which the number can change are the scores themselves (and 0, below which
    nobody sets one), so these are the candidates.
    """
    positions, scores = _joined(streams, refractory)
    candidates = np.unique(np.append(scores, 0.0))

    def count(index: int) -> int:
        return len(_chosen(positions[scores > candidates[index]], refractory))

    last = len(candidates) - 1
    first = 0
    if most is not None and count(0) > most:
        low, first = 0, last  # count(low) > most >= count(first)
        while first - low > 1:
            middle = (low + first) // 2
            low, first = (middle, first) if count(middle) > most else (low, middle)
        kept = scores > candidates[first]
        positions, scores = positions[kept], scores[kept]
    steps = [(first, count(first))]
    pending = [(first, steps[0][1], last, 0)]
    while pending:
        low, count_low, high, count_high = pending.pop()
        if count_low == count_high:
            continue
        if high - low == 1:
            steps.append((high, count_high))
            continue
        middle = (low + high) // 2
        count_middle = count(middle)
        pending += [
            (middle, count_middle, high, count_high),
            (low, count_low, middle, count_middle),
        ]
    indices, counts = zip(*steps, strict=True)
    return FalseAcceptCurve(candidates[list(indices)], np.array(counts, np.int64))


def _joined(streams: Sequence[ArrayLike], refractory: int) -> tuple[Ints, Floats]:
    """All scores with positions in one line, the streams further apart than the refractory."""
    positions, scores, start = [np.zeros(0, np.int64)], [np.zeros(0)], 0
    for stream in streams:
        one = np.asarray(stream, np.float64)
        positions.append(start + np.arange(len(one)))
        scores.append(one)
        start += len(one) + refractory
    return np.concatenate(positions), np.concatenate(scores)


def allowed_events(hours: float, target: float) -> int:
    """Whole events that a rate of ``target`` per hour allows in so many hours."""
    return int(np.floor(hours * target * (1 + 1e-12)))


def recall_at(peaks: ArrayLike, threshold: float) -> Interval:
    """Share of sayings whose highest score is above the threshold, with Wilson's interval."""
    values = np.asarray(peaks, np.float64)
    return wilson(int((values > threshold).sum()), len(values))


@dataclass(frozen=True)
class Det:
    """Detection error trade-off: what each threshold costs on either side.

    Three arrays of one length, thresholds rising: the share of sayings missed never falls and
    the false accepts per hour never rise along them.
    """

    thresholds: Floats
    miss: Floats
    false_accepts_per_hour: Floats


def det_of(peaks: ArrayLike, curve: FalseAcceptCurve, hours: float) -> Det:
    """The curve of sayings' highest scores against steps that are already counted."""
    values = np.sort(np.asarray(peaks, np.float64))
    thresholds = np.unique(np.concatenate([curve.thresholds, values[values > curve.thresholds[0]]]))
    miss = np.searchsorted(values, thresholds, "right") / len(values)
    steps = np.searchsorted(curve.thresholds, thresholds, "right") - 1
    return Det(thresholds, miss, curve.counts[steps] / hours)
