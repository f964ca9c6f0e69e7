"""Scores to numbers that can be trusted: pure numpy, no model and no file.

``intervals``: how sure a count makes us. ``curves``: frame scores to events, thresholds and the
DET curve. ``evaluation``: what an evaluation found, as values. ``text``: the same for a terminal;
``labels``: what it calls what is known of a saying.
"""

from wakesmith.measure.curves import (
    REFRACTORY_FRAMES,
    Det,
    FalseAcceptCurve,
    allowed_events,
    det_of,
    events,
    false_accept_curve,
    recall_at,
)
from wakesmith.measure.evaluation import Evaluation
from wakesmith.measure.intervals import (
    Interval,
    false_accept_sentence,
    hours_needed,
    poisson,
    provable,
    wilson,
)

__all__ = [
    "REFRACTORY_FRAMES",
    "Det",
    "Evaluation",
    "FalseAcceptCurve",
    "Interval",
    "allowed_events",
    "det_of",
    "events",
    "false_accept_curve",
    "false_accept_sentence",
    "hours_needed",
    "poisson",
    "provable",
    "recall_at",
    "wilson",
]
