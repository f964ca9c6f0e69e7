"""What an evaluation found, as plain values: what the JSON holds and the report draws."""

import dataclasses
import json
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from wakesmith.errors import DataError

Kind = Literal["synthetic", "recording"]
FORMAT = 2
"""Raised when a reader of the JSON would misread it."""

HISTOGRAM_EDGES = tuple(round(0.02 * i, 2) for i in range(51))
"""Edges of the score histograms, from 0 to 1."""


@dataclass(frozen=True)
class Trial:
    """One saying of the phrase, as the detector heard it. Times are seconds in its own clip."""

    id: str
    kind: Kind
    start: float
    """Where the phrase begins."""
    end: float
    """Where the phrase ends."""
    peak: float
    """Highest score between the phrase's start and the end of the time to answer in."""
    detected: float | None
    """When it was detected in that time (end of the frame that fired); None is a miss."""
    latency: float | None
    """Seconds from the phrase's end to the detection; negative is before the end."""
    labels: Mapping[str, str]
    """What is known of it: voice, engine, snr, room …"""


@dataclass(frozen=True)
class NegativeStream:
    """Sound without the phrase, as the detector heard it."""

    id: str
    kind: str
    """speech, noise, music, near_miss …"""
    hours: float
    detections: tuple[tuple[float, float], ...]
    """Seconds from the stream's start, and score."""
    peak: float
    text: str = ""
    """What is said, for near misses and negative phrases."""
    pooled: bool = True
    """Whether its hours count as hours of listening (a near miss's do not)."""


@dataclass(frozen=True)
class Share:
    """k of n with a 95 % Wilson interval; all 0 to 1."""

    k: int
    n: int
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Rate:
    """k false accepts in hours, per hour, with a 95 % exact Poisson interval."""

    k: int
    hours: float
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class KindRate:
    """False accepts on one kind of sound."""

    kind: str
    rate: Rate
    streams: int
    fired: Share
    """Streams with at least one detection."""
    pooled: bool


@dataclass(frozen=True)
class Group:
    """Sayings that share a label's value or band."""

    value: str
    recall: Share


@dataclass(frozen=True)
class Breakdown:
    """Recall by one label."""

    label: str
    groups: tuple[Group, ...]


@dataclass(frozen=True)
class NearMissResult:
    """How the detector took one text that is not the phrase."""

    text: str
    fired: Share
    """Sayings of it with a detection."""
    peak: float


@dataclass(frozen=True)
class OperatingPoint:
    """Recall at a false-accept rate that was asked for."""

    false_accepts_per_hour: float
    threshold: float
    recall: Share
    countable: bool
    """Whether there are hours enough to count one false accept at that rate (rate * hours >= 1)."""


@dataclass(frozen=True)
class DetCurve:
    """Thresholds (rising), share missed, false accepts per hour."""

    thresholds: tuple[float, ...]
    miss: tuple[float, ...]
    false_accepts_per_hour: tuple[float, ...]


@dataclass(frozen=True)
class Latency:
    """Seconds from the phrase's end to the detection, over the sayings that were heard."""

    p10: float
    p50: float
    p90: float
    longest: float


Outcome = Literal["reached", "not proven", "not reached"]
"""What became of a target. A rate of false accepts is reached when the hours of sound prove it
(95 %, one-sided); found low enough, and not so proven, it is "not proven". Recall and accuracy are
reached by what was found: see the interval beside the recall."""


@dataclass(frozen=True)
class Target:
    """Something asked for, and what was found."""

    name: Literal["recall", "false_accepts_per_hour", "accuracy"]
    asked: float
    found: float
    outcome: Outcome


@dataclass(frozen=True)
class Evaluation:
    """All that is known of a model, measured on a stream through the file that ships."""

    name: str
    """File stem of the model."""
    threshold: float
    refractory: float
    """Seconds after a detection in which there is no other."""
    recall: Share
    false_accepts: Rate
    """Over all pooled streams."""
    kinds: tuple[KindRate, ...]
    det: DetCurve
    points: tuple[OperatingPoint, ...]
    latency: Latency | None
    """None when nothing was heard."""
    breakdowns: tuple[Breakdown, ...]
    near_misses: tuple[NearMissResult, ...]
    """Worst first."""
    positive_histogram: tuple[int, ...]
    """Sayings by highest score, in 50 bins of 0.02 from 0 to 1."""
    negative_histogram: tuple[int, ...]
    """Pooled 2 s stretches of sound by highest score, in the same bins."""
    targets: tuple[Target, ...]
    notes: tuple[str, ...]
    trials: tuple[Trial, ...]
    streams: tuple[NegativeStream, ...]
    """Those with a detection or a text; the sums above are over all."""
    family: str = "openwakeword"
    """Family of runtimes that the model is for."""

    def json(self, indent: int | None = 1) -> str:
        """The whole as JSON, for ``from_json`` and for other programs; on one line for None."""
        whole = {"format": FORMAT, **dataclasses.asdict(self)}
        return json.dumps(whole, indent=indent, allow_nan=False)

    @staticmethod
    def from_json(text: str) -> "Evaluation":
        """Read back what ``json`` wrote; ``DataError`` when it is something else."""
        try:
            value = json.loads(text)
            if value.pop("format") != FORMAT:
                raise DataError(f"this evaluation is not of format {FORMAT}; evaluate again")
            return typing.cast(Evaluation, _read(Evaluation, value))
        except (ValueError, KeyError, TypeError, AttributeError) as fault:
            raise DataError(f"this is not an evaluation written by wakesmith: {fault}") from fault

    def text(self) -> str:
        """The findings as plain-text tables for a terminal."""
        from wakesmith.measure.text import tables

        return tables(self)


def _read(kind: Any, value: Any) -> Any:
    """Turn parsed JSON into the dataclasses, tuples and mappings that the annotations name."""
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return typing.cast(Any, kind)(**{name: _read(hints[name], v) for name, v in value.items()})
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is tuple:
        if inner[-1] is Ellipsis:
            return tuple(_read(inner[0], v) for v in value)
        return tuple(_read(k, v) for k, v in zip(inner, value, strict=True))
    if origin is types.UnionType:
        return None if value is None else _read(inner[0], value)
    return value
