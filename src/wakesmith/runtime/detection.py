"""What a detection is, and what all detectors have in common."""

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from wakesmith.errors import WakesmithError
from wakesmith.runtime.mel import Pcm


@dataclass(frozen=True)
class Detection:
    """The wake word was heard."""

    name: str
    """What was heard."""
    seconds: float
    """Where in the stream: the end of the frame that fired."""
    score: float
    """The score of that frame."""


class AnyDetector(Protocol):
    """A detector of either family: ``Detector`` or ``MicroDetector``."""

    name: str
    """What it listens for."""
    threshold: float
    """A score above it is a detection."""
    refractory: float
    """Seconds after a detection in which there is no other."""
    family: str
    """Family of runtimes that it is one of."""
    seconds_per_score: float
    """Seconds from score to score."""

    def reset(self) -> None:
        """Back to the start of a stream."""

    def push(self, pcm: Pcm) -> list[Detection]:
        """The detections in the frames that these samples complete, in order."""

    def scores(self, pcm: Pcm) -> NDArray[np.float32]:
        """Advances the stream; the scores [n] that these samples complete."""

    def hear(self, pcm: Pcm) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Advances the stream; its scores [n] and the indices of those that fire."""

    def rouse(self) -> None:
        """Ends the rest after a detection, if there is one."""

    def seconds_of(self, index: NDArray[np.int64]) -> NDArray[np.float64]:
        """Where the audio of the stream's scores ``index`` (from 0) ends, in seconds."""


def push(detector: AnyDetector, first: int, pcm: Pcm) -> list[Detection]:
    """The detections in what ``pcm`` completes, in order; ``first`` scores came before."""
    scores, fired = detector.hear(pcm)
    seconds = detector.seconds_of(first + fired)
    return [
        Detection(detector.name, float(s), float(scores[i]))
        for s, i in zip(seconds, fired, strict=True)
    ]


def frames_of(refractory: float, seconds_per_score: float) -> int:
    """Scores that a refractory time in seconds lasts, at least 1."""
    return max(1, math.ceil(refractory / seconds_per_score - 1e-6))


def check_rule(threshold: float, refractory: float) -> None:
    """``WakesmithError`` when these can be no detector's."""
    if not 0 <= threshold <= 1:
        raise WakesmithError(f"The threshold has to be from 0 to 1, not {threshold}.")
    if not 0 <= refractory < math.inf:
        raise WakesmithError(f"The refractory time has to be 0 seconds or more, not {refractory}.")
