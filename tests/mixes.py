"""The plainest mix, banks that hold nothing, and a level, for the tests that look at windows."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from wakesmith.mix import NoiseBank, RoomBank
from wakesmith.plan.draws import Mix

Sound = NDArray[Any]
PLAIN = Mix(
    clip=0,
    after=0.25,
    level=-26.0,
    snr=float("inf"),
    noise=0,
    noise_at=0.3,
    room=-1,
    tilt=0.0,
    low_cut=0.0,
    high_cut=8000.0,
    codec="none",
    drive=0.0,
)
NO_ROOMS = RoomBank(np.zeros((0, 8000), np.float32))
NO_NOISE = NoiseBank(np.zeros((0, 0), np.int16), ())


def decibels(sound: Sound) -> float:
    """RMS in dB below full scale."""
    return float(20 * np.log10(np.sqrt(np.mean(np.square(sound.astype(np.float64)))) / 32768))
