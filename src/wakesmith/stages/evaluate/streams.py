"""Everything a model is judged on goes through the shipped detector, as a stream.

A saying is heard after at least 2.5 s of quiet background and answered until 1 s after its end (a
clip that does not say where the phrase is: anywhere in it and 1 s after). Each saying starts
from a detector that was reset, and the quiet before them differs in length, so that the phrase
meets the frames (80 ms, or 30 of a microWakeWord model) in every phase.

Negatives are one continuous stream: the detector's state is carried from file to file, as in a
room where one sound follows another, and the scores are kept by kind. After a single saying (a
near miss, or anything under 5 s) come 2.5 s of quiet, so that what it sets off is counted as its
own; this quiet is no hour of listening.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from wakesmith.errors import DataError
from wakesmith.measure.evaluation import Kind, NegativeStream, Trial
from wakesmith.runtime.detection import AnyDetector
from wakesmith.runtime.detector import FRAME_SECONDS
from wakesmith.runtime.frontend import CHUNK, SAMPLE_RATE, Pcm

Scores = NDArray[np.float32]

LEAD_SECONDS = 2.5
"""At least so much background before the phrase: what one score looks at, 22 frames and more."""
GRACE_SECONDS = 1.0
"""Time to answer after the phrase's end."""
UNKNOWN_GRACE_SECONDS = 1.0
"""The same after the end of a clip that does not say where the phrase is."""
SAYING_SECONDS = 5.0
"""Negatives shorter than this are single sayings, and are followed by quiet."""
GAP_SECONDS = 2.5
QUIET_RMS = 16.0
"""Level of the generated background: -66 dB below full scale, a quiet room."""
BLOCK_SECONDS = 30.0
PHASE_STEP = 521
"""Samples by which the lead grows from saying to saying, modulo a chunk (prime to it)."""

ADVERSARIAL = ("near_miss", "synthetic_speech")
"""Kinds made to provoke the detector, or spoken by synthetic voices: their hours do not count."""


@dataclass(frozen=True)
class TrialAudio:
    """One saying of the phrase to be heard."""

    pcm: Pcm
    start: float
    """Seconds in ``pcm`` where the phrase begins."""
    end: float
    """Seconds in ``pcm`` where it ends."""
    id: str
    labels: Mapping[str, str | float] = field(default_factory=dict)
    """What is known of it: voice, engine, snr (dB, infinite is no noise), room …"""
    kind: Kind = "synthetic"
    known: bool = True
    """False when start and end are only where sound begins and ends in the clip."""


@dataclass(frozen=True)
class NegativeAudio:
    """Sound without the phrase to be heard."""

    pcm: Pcm | Iterable[Pcm]
    """All of it, or blocks one after the other (hours need no memory then)."""
    id: str
    kind: str
    text: str = ""
    """What is said, when it is one known saying."""
    pooled: bool | None = None
    """Whether its hours are hours of listening; None asks ``ADVERSARIAL``."""

    @property
    def counts(self) -> bool:
        """Whether its hours are hours of listening."""
        return normal_kind(self.kind) not in ADVERSARIAL if self.pooled is None else self.pooled


def normal_kind(kind: str) -> str:
    """``Near misses``, ``near-miss`` and ``nearmiss`` are all ``near_miss``."""
    plain = "_".join(kind.lower().replace("-", " ").replace("_", " ").split())
    return "near_miss" if plain.replace("_", "") in ("nearmiss", "nearmisses") else plain


@dataclass(frozen=True)
class Segment:
    """Frame scores of consecutive negatives of one kind."""

    kind: str
    pooled: bool
    scores: Scores


@dataclass(frozen=True)
class HeardNegatives:
    """All negatives, as the detector heard them."""

    streams: tuple[NegativeStream, ...]
    segments: tuple[Segment, ...]
    seconds_per_score: float = FRAME_SECONDS
    """Seconds from score to score, as the detector has it."""


def quiet(samples: int) -> Pcm:
    """Quiet noise, the same each time: triangular white noise of ``QUIET_RMS``."""
    raw = np.random.Philox(key=0).random_raw(samples)  # a fixed sequence in every numpy
    low, high = (raw >> np.uint64(40)).astype(np.float64), (raw & np.uint64(0xFFFFFF)).astype(float)
    noise = (low - high) / 2**24 * np.sqrt(6.0) * QUIET_RMS
    pcm: Pcm = np.round(noise).astype(np.int16)
    return pcm


def hear_trials(
    detector: AnyDetector,
    trials: Iterable[TrialAudio],
    on_audio: Callable[[float], None],
    background: Pcm | None = None,
) -> Iterator[Trial]:
    """Stream each saying by itself; ``on_audio`` is told the seconds of each.

    ``background`` replaces the generated quiet before (and, where the clip is short, after) the
    saying; it is repeated when it is shorter than needed.
    """
    for index, trial in enumerate(trials):
        length = len(trial.pcm) / SAMPLE_RATE
        if not 0 <= trial.start < trial.end <= length + 1e-3:
            raise DataError(
                f"the saying {trial.id} cannot lie from {trial.start} s to {trial.end} s "
                f"in {length:.2f} s of sound"
            )
        start, until = trial.start, trial.end + GRACE_SECONDS
        if not trial.known:
            start, until = 0.0, length + UNKNOWN_GRACE_SECONDS
        lead = round(LEAD_SECONDS * SAMPLE_RATE) + index * PHASE_STEP % CHUNK
        after = max(0, round(until * SAMPLE_RATE) + CHUNK - len(trial.pcm))
        around = _background(lead + after, background)
        detector.reset()
        scores, fired = detector.hear(np.concatenate([around[:lead], trial.pcm, around[lead:]]))
        times = detector.seconds_of(np.arange(len(scores))) - lead / SAMPLE_RATE
        inside = (times >= start) & (times <= until)
        answers = [f for f in fired if inside[f]]
        detected = round(float(times[answers[0]]), 4) if answers else None
        yield Trial(
            id=trial.id,
            kind=trial.kind,
            start=round(trial.start, 4),
            end=round(trial.end, 4),
            peak=float(scores[inside].max()),
            detected=detected,
            latency=None if detected is None else round(detected - trial.end, 4),
            labels={name: _label(value) for name, value in trial.labels.items()},
        )
        on_audio(length)


def _label(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.4g}"


def _background(samples: int, given: Pcm | None) -> Pcm:
    if given is None or len(given) == 0:
        return quiet(samples)
    return np.resize(given, samples)


def hear_negatives(
    detector: AnyDetector,
    negatives: Iterable[NegativeAudio],
    on_audio: Callable[[float], None],
) -> HeardNegatives:
    """Stream all negatives, one after the other, without a reset between them.

    A detection silences the next ones within a kind only, so that each kind's number is its own.
    Negatives without a single sample are left out.
    """
    detector.reset()
    gap = quiet(round(GAP_SECONDS * SAMPLE_RATE))
    streams: list[NegativeStream] = []
    runs: list[tuple[NegativeAudio, list[Scores]]] = []  # of consecutive negatives of one kind
    for negative in negatives:
        samples, heard = 0, _Heard(detector)
        blocks = [negative.pcm] if isinstance(negative.pcm, np.ndarray) else negative.pcm
        for block in _pieces(blocks):
            if not samples and not (runs and _same_kind(runs[-1][0], negative)):
                if runs:
                    detector.rouse()
                runs.append((replace(negative, pcm=gap), []))
            samples += len(block)
            heard.hear(block)
            on_audio(len(block) / SAMPLE_RATE)
        if not samples:
            continue
        if negative.text or samples < SAYING_SECONDS * SAMPLE_RATE:
            heard.hear(gap)
        runs[-1][1].extend(heard.scores)
        streams.append(_stream(negative, samples, heard))
    segments = [
        Segment(normal_kind(one.kind), one.counts, np.concatenate(scores)) for one, scores in runs
    ]
    return HeardNegatives(tuple(streams), tuple(segments), detector.seconds_per_score)


class _Heard:
    """What a detector makes of one negative, block by block."""

    def __init__(self, detector: AnyDetector) -> None:
        self._detector = detector
        self.scores: list[Scores] = []
        self.detections: list[tuple[float, float]] = []
        """Seconds from the negative's first score, itself included, and score."""
        self._count = 0

    def hear(self, block: Pcm) -> None:
        scores, fired = self._detector.hear(block)
        self.scores.append(scores)
        for index in fired:
            seconds = (self._count + int(index) + 1) * self._detector.seconds_per_score
            self.detections.append((round(seconds, 4), float(scores[index])))
        self._count += len(scores)


def _stream(negative: NegativeAudio, samples: int, heard: _Heard) -> NegativeStream:
    return NegativeStream(
        id=negative.id,
        kind=normal_kind(negative.kind),
        hours=samples / SAMPLE_RATE / 3600,
        detections=tuple(heard.detections),
        peak=max((float(s.max()) for s in heard.scores if len(s)), default=0.0),
        text=negative.text,
        pooled=negative.counts,
    )


def _same_kind(one: NegativeAudio, other: NegativeAudio) -> bool:
    return (normal_kind(one.kind), one.counts) == (normal_kind(other.kind), other.counts)


def _pieces(blocks: Iterable[Pcm]) -> Iterator[Pcm]:
    """Blocks of bounded length, so that neither memory nor the time between events grows."""
    size = round(BLOCK_SECONDS * SAMPLE_RATE)
    for block in blocks:
        for start in range(0, len(block), size):
            yield block[start : start + size]
