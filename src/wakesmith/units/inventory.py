"""The units of some speech: its phones, each where it lies in the sound, by stretches of sound."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wakesmith.phrase.arpabet import CONSONANTS, VOWELS
from wakesmith.runtime.frontend import SAMPLE_RATE, Pcm
from wakesmith.units.recogniser import FRAME, SILENCE, Phone

SYMBOLS = (SILENCE, *VOWELS, *CONSONANTS)
NUMBER = {symbol: number for number, symbol in enumerate(SYMBOLS)}
BANDS = 24
"""Of the spectra by which joins are judged: triangles even on the mel scale."""
_LOWEST, _HIGHEST, _FFT, _WINDOW = 80.0, 7600.0, 512, 400
_STRETCH, _LOOK = 12.0, 3.0
"""Seconds of a stretch, which ends at the quietest moment of so many seconds before."""
_SHORTEST = 1.0
_LEVEL = 2000.0
"""RMS that the sound of every stretch is brought to."""


Heard = tuple[Pcm, Sequence[Phone]]
"""A stretch of sound and the phones in it."""


@dataclass(frozen=True)
class Inventory:
    """All units, in the order in which they were said. Arrays may be memory-mapped."""

    pcm: NDArray[np.int16]
    """The sound: stretches one after another, in whole frames, all as loud."""
    spectra: NDArray[np.float16]
    """[frames, ``BANDS``]: logarithms of energy, less each stretch's mean."""
    stretches: NDArray[np.int64]
    """[n, 2]: first frame of each stretch and the one after its last."""
    timbre: NDArray[np.float32]
    """[n, ``BANDS``]: what a stretch's speaker and microphone sound like."""
    units: NDArray[np.int64]
    """[m, 4]: number in ``SYMBOLS``, first frame, frames, stretch."""

    @property
    def seconds(self) -> float:
        """How much speech it holds."""
        return len(self.spectra) * FRAME / SAMPLE_RATE

    def near(self, stretch: int, seconds: float) -> NDArray[np.int64]:
        """The stretches that sound most like this one, itself the first, as many as make so many
        seconds."""
        far = np.square(self.timbre - self.timbre[stretch]).sum(1)
        far[stretch] = -1
        order = np.argsort(far, kind="stable")
        lengths = np.diff(self.stretches)[order, 0] * FRAME / SAMPLE_RATE
        return order[: int(np.searchsorted(np.cumsum(lengths), seconds)) + 1]


def stretches_of(pcm: Pcm) -> Iterator[Pcm]:
    """Sound cut at its quietest moments into stretches of some seconds; what is too short for one,
    or silent, is left out."""
    most, look, hop = (round(s * SAMPLE_RATE) for s in (_STRETCH, _LOOK, 0.02))
    while len(pcm) > most:
        tail = pcm[most - look : most].astype(np.float64)
        quiet = np.square(tail[: len(tail) // hop * hop]).reshape(-1, hop).mean(1)
        cut = most - look + int(np.argmin(quiet)) * hop + hop // 2
        yield from _whole(pcm[:cut])
        pcm = pcm[cut:]
    yield from _whole(pcm)


def _whole(pcm: Pcm) -> Iterator[Pcm]:
    if len(pcm) < _SHORTEST * SAMPLE_RATE:
        return
    sound = pcm[: len(pcm) // FRAME * FRAME].astype(np.float32)
    if (rms := float(np.sqrt(np.mean(np.square(sound))))) > 1:
        yield np.clip(np.rint(sound * (_LEVEL / rms)), -32768, 32767).astype(np.int16)


def arrays_of(heard: Sequence[Heard]) -> dict[str, NDArray[Any]]:
    """The fields of an ``Inventory`` of stretches and the phones heard in them."""
    sounds, spectra, timbres, units = list[Pcm](), [], [], list[tuple[int, int, int, int]]()
    bounds, first = list[tuple[int, int]](), 0
    for number, (pcm, phones) in enumerate(heard):
        found = spectra_of(pcm)
        mean = found.mean(0)
        loud = found[found.mean(1) >= np.median(found.mean(1))].mean(0)
        sounds.append(pcm)
        spectra.append((found - mean).astype(np.float16))
        timbres.append((loud - loud.mean()).astype(np.float32))
        last = len(found)
        units += [
            (
                NUMBER[phone.symbol],
                first + phone.start,
                min(phone.frames, last - phone.start),
                number,
            )
            for phone in phones
            if phone.start < last
        ]
        bounds.append((first, first + last))
        first += last
    return {
        "pcm": np.concatenate(sounds) if sounds else np.zeros(0, np.int16),
        "spectra": np.concatenate(spectra) if spectra else np.zeros((0, BANDS), np.float16),
        "stretches": np.array(bounds, np.int64).reshape(-1, 2),
        "timbre": np.array(timbres, np.float32).reshape(-1, BANDS),
        "units": np.array(units, np.int64).reshape(-1, 4),
    }


def moved(part: Mapping[str, NDArray[Any]], frames: int, stretches: int) -> dict[str, Any]:
    """The tables of an inventory that comes behind so many frames and stretches."""
    return {
        "stretches": part["stretches"] + frames,
        "units": part["units"] + np.array([0, frames, 0, stretches]),
        "timbre": part["timbre"],
    }


def spectra_of(pcm: Pcm) -> NDArray[np.float32]:
    """[frames, ``BANDS``]: logarithm of the energy in each band, of windows about each frame."""
    before = (_WINDOW - FRAME) // 2
    sound = np.pad(pcm.astype(np.float32) / 32768, (before, _WINDOW))
    frames = np.lib.stride_tricks.sliding_window_view(sound, _WINDOW)[::FRAME]
    frames = frames[: len(pcm) // FRAME] * np.hanning(_WINDOW).astype(np.float32)
    power = np.square(np.abs(np.fft.rfft(frames, _FFT))).astype(np.float32)
    found: NDArray[np.float32] = np.log(power @ _bands() + np.float32(1e-7))
    return found


@cache
def _bands() -> NDArray[np.float32]:
    """[bins, ``BANDS``]: triangles."""

    def mel(hertz: float) -> float:
        return float(2595 * np.log10(1 + hertz / 700))

    points = np.linspace(mel(_LOWEST), mel(_HIGHEST), BANDS + 2)
    low, centre, high = (700 * (10 ** (points[i : i + BANDS] / 2595) - 1) for i in range(3))
    bins = np.linspace(0, SAMPLE_RATE / 2, _FFT // 2 + 1)[:, None]
    rising, falling = (bins - low) / (centre - low), (high - bins) / (high - centre)
    return np.clip(np.minimum(rising, falling), 0, None).astype(np.float32)
