"""When a device fires: ESPHome's rule on a model's probabilities, in whole numbers.

From ``streaming_model.cpp`` and ``process_probabilities_`` of ``micro_wake_word.cpp``, as of 2025.
A slice is a frame of 10 ms:

- The model gives a probability (uint8) every ``stride`` slices; the last ``window`` of them are
  kept, zeros at the start.
- A counter starts at -100. Each slice whose latest probability is below the cutoff raises it by
  one, up to 0. Below 0 nothing fires: not in the first second, and after a detection not until the
  probability has been below the cutoff for a second in all.
- At 0, a new probability fires when the kept ones' sum is above ``cutoff * window``. Then they are
  zeros again and the counter is at -100.

The cutoff is ``int(255 * probability)``. At a cutoff of 0 the counter never rises: nothing fires.
"""

import math
from collections import deque

import numpy as np
from numpy.typing import NDArray

from wakesmith.runtime.micro.frontend import MICRO_RATE_HZ
from wakesmith.runtime.micro.model import Probabilities

IGNORED_SLICES = 100
"""Slices without a detection at the start and after each detection; 74 before ESPHome 2025."""
REST = IGNORED_SLICES / MICRO_RATE_HZ
"""The same in seconds: 1.0."""


def cutoff_of(probability: float) -> int:
    """The cutoff that ESPHome makes of a ``probability_cutoff``."""
    return int(probability * 255)


def silence(threshold: float) -> str | None:
    """Why a device never fires at a threshold; None where it can."""
    cutoff = cutoff_of(threshold)
    if 0 < cutoff < 255:
        return None
    why = (
        "it waits at first until a probability is below that"
        if cutoff == 0
        else "no mean is above that"
    )
    return f"a cutoff of {threshold:g} is {cutoff} of 255 on a device, which never fires: {why}"


class Rule:
    """The rule, probability by probability."""

    def __init__(self, cutoff: int, window: int, stride: int, rest: float = REST) -> None:
        """``rest`` is the seconds to be below the cutoff after a detection; a device's is 1."""
        self._cutoff, self._window, self._stride = cutoff, window, stride
        self._rest = math.ceil(rest * MICRO_RATE_HZ - 1e-6)
        self.reset()

    def reset(self) -> None:
        """Back to the start of a stream."""
        self._kept = deque([0] * self._window, self._window)
        before = self._stride - 1 if self._cutoff else 0  # slices before the first probability
        self._counter = min(before - IGNORED_SLICES, 0)

    def rouse(self) -> None:
        """Ends the rest after a detection, if there is one."""
        self._counter = 0

    def fires(self, probability: int) -> bool:
        """Whether this probability, or a slice before the next one, fires."""
        self._kept.append(probability)
        below = probability < self._cutoff
        judged = max(1, -self._counter)  # the first slice from this one on with the counter at 0
        if not below and self._counter:
            judged = self._stride + 1
        if judged <= self._stride and sum(self._kept) > self._cutoff * self._window:
            self._kept.extend([0] * self._window)
            self._counter = min(self._stride - judged - self._rest, 0)
            return True
        if below:
            self._counter = min(self._counter + self._stride, 0)
        return False


def ignored_at_start(stride: int) -> int:
    """Probabilities at the start of a stream that cannot fire, even after quiet ones."""
    return max(0, math.ceil((IGNORED_SLICES + 1 - stride) / stride))


def scores_of(probabilities: Probabilities, window: int) -> NDArray[np.float32]:
    """Scores [n - window + 1] of the sliding sums: ``score > threshold`` where these would fire.

    A score is the mean, rounded up to a whole number of 255ths, as a float32 not below it. As
    cutoffs are whole numbers, ``sum > cutoff_of(threshold) * window`` then says the same as
    ``score > threshold`` for every float32 threshold.
    """
    sums = np.cumsum(np.concatenate([[0], probabilities]), dtype=np.int64)
    scores: NDArray[np.float32] = _SCORES[-((sums[:-window] - sums[window:]) // window)]
    return scores


def _rounded_up() -> NDArray[np.float32]:
    exact = np.arange(256) / 255
    near = exact.astype(np.float32)
    return np.where(near < exact, np.nextafter(near, np.float32(2)), near).astype(np.float32)


_SCORES = _rounded_up()
