"""WAV of 16 kHz, mono, 16 bits, in and out with the standard library alone.

So that a machine that only listens needs no package for sound.
"""

import os
import struct
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wakesmith.atomic import whole_file
from wakesmith.errors import AudioError, StoreError
from wakesmith.runtime.frontend import SAMPLE_RATE, Pcm

AnyPath = str | os.PathLike[str]
_UNKNOWN = 0x7FFF0000
"""Sizes from here on are what programs write that do not know it yet, into a pipe for instance."""


class PlainWav:
    """An open file, with what of soundfile's ``SoundFile`` reading takes. A context manager."""

    samplerate = SAMPLE_RATE
    channels = 1
    subtype = "PCM_16"

    def __init__(self, path: AnyPath) -> None:
        """Raises ``wave.Error`` or ``EOFError`` for any other kind of file."""
        path = Path(path)
        self._file = path.open("rb")
        try:
            self._wav = wave.open(self._file)  # noqa: SIM115 - closed by __exit__
            wav = self._wav
            if (wav.getframerate(), wav.getnchannels(), wav.getsampwidth()) != (SAMPLE_RATE, 1, 2):
                raise wave.Error("not 16 kHz, mono, 16 bits")
        except BaseException:
            self._file.close()
            raise
        # The header of a recording that was broken off promises more than there is.
        there = path.stat().st_size - self._file.tell()
        self.frames = min(wav.getnframes(), there // 2)
        """Samples in the file."""
        self._left = self.frames

    def __enter__(self) -> "PlainWav":
        return self

    def __exit__(self, *raised: object) -> None:
        self._wav.close()
        self._file.close()

    def seek(self, frame: int) -> None:
        """Read on from this sample, at most ``frames``."""
        self._wav.setpos(frame)
        self._left = self.frames - frame

    def read(self, count: int, dtype: str, always_2d: bool) -> NDArray[np.float32]:
        """The next samples, at most ``count``, full scale 1: float32 [n, 1] whatever is asked."""
        count = min(count, self._left)
        self._left -= count
        pcm = np.frombuffer(self._wav.readframes(count), np.int16)
        return (pcm.astype(np.float32) / np.float32(32768))[:, None]


def share_there(path: AnyPath) -> float:
    """How much of the sound that a WAV's header promises its file holds; 1 for all of it.

    1, too, for any other format and where the header does not know.
    """
    with Path(path).open("rb") as file:
        whole = os.fstat(file.fileno()).st_size
        kind = file.read(12)
        if kind[:4] != b"RIFF" or kind[8:] != b"WAVE":
            return 1.0
        while len(head := file.read(8)) == 8:
            name, size = struct.unpack("<4sI", head)
            if name == b"data":
                there = whole - file.tell()
                return there / size if there < size < _UNKNOWN else 1.0
            file.seek(size + size % 2, os.SEEK_CUR)
    return 1.0


def write(path: AnyPath, pcm: Pcm) -> None:
    """Writes a 16 kHz mono WAV, whole or not at all. ``StoreError`` when it cannot be written."""
    path = Path(path)
    if pcm.ndim != 1 or pcm.dtype != np.int16:
        raise AudioError(
            f"{path}: a WAV is written from int16 [samples], not {pcm.dtype} {list(pcm.shape)}."
        )
    try:
        with whole_file(path) as file, wave.open(file, "wb") as wav:
            wav.setnchannels(1)
            wav.setsampwidth(2)
            wav.setframerate(SAMPLE_RATE)
            wav.writeframes(pcm.astype("<i2").tobytes())
    except OSError as problem:
        raise StoreError(
            f"{path}: cannot be written: {problem.strerror or problem}. "
            "Is there space, and the right to write there?"
        ) from problem
