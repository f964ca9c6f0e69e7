"""Sound that lies in memory and not in a file: what the cell of a table holds."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wakesmith.errors import AudioError

_MOST_CHANNELS = 16
"""Of an array with two dimensions the shorter one are the channels, if it is no more than this."""


@dataclass(frozen=True)
class Encoded:
    """The content of a sound file."""

    data: bytes
    name: str
    """What errors call it."""

    def __str__(self) -> str:
        return self.name


class Samples:
    """Samples that were decoded already, with what of soundfile's ``SoundFile`` reading takes.

    A context manager, like an open file; it may be opened as often as one likes.
    """

    subtype = "PCM_16"

    def __init__(self, values: NDArray[np.generic], rate: int, name: str) -> None:
        """Of [samples], [samples, channels] or [channels, samples]: floats of full scale 1, or
        whole numbers of their type's full scale. ``AudioError`` for anything else."""
        if values.ndim == 2 and values.shape[0] <= _MOST_CHANNELS < values.shape[1]:
            values = values.T
        if values.ndim == 1:
            values = values[:, None]
        if values.ndim != 2 or not 0 < values.shape[1] <= _MOST_CHANNELS:
            raise AudioError(f"{name}: an array of shape {list(values.shape)} is no sound")
        if not 0 < rate < 1_000_000:
            raise AudioError(f"{name}: a sampling rate of {rate} Hz cannot be")
        self._values = values
        self._scale, self._centre = _full_scale(values.dtype, name)
        self._at = 0
        self.name = name
        self.samplerate = rate
        self.channels = values.shape[1]
        self.frames = len(values)
        """Samples of a channel."""

    def __str__(self) -> str:
        return self.name

    def __enter__(self) -> "Samples":
        self._at = 0
        return self

    def __exit__(self, *raised: object) -> None:
        pass

    def seek(self, frame: int) -> None:
        """Read on from this sample, at most ``frames``."""
        self._at = frame

    def read(self, count: int, dtype: str, always_2d: bool) -> NDArray[np.float32]:
        """The next samples, at most ``count``, full scale 1: float32 [n, channels]."""
        block = self._values[self._at : self._at + count]
        self._at += len(block)
        if self._scale == 1.0:
            return block.astype(np.float32)
        return ((block.astype(np.float64) - self._centre) / self._scale).astype(np.float32)


def _full_scale(kind: "np.dtype[np.generic]", name: str) -> tuple[float, float]:
    """What full scale 1 is in numbers of this type, and what silence is."""
    if np.issubdtype(kind, np.floating):
        return 1.0, 0.0
    if np.issubdtype(kind, np.signedinteger):
        return float(2 ** (8 * kind.itemsize - 1)), 0.0
    if kind == np.uint8:
        return 128.0, 128.0
    raise AudioError(f"{name}: an array of {kind} is no sound")
