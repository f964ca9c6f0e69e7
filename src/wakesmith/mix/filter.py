"""Tilt and band limits of devices: filters of minimum phase, and windows laid out for filtering.

Windows are filtered by overlap-save in blocks that stay in the cache, on any torch device; a
window's result does not depend on its neighbours, to the last bit.
"""

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray

from wakesmith.mix.fft import Convolver, Spectrum
from wakesmith.plan.draws import Mix
from wakesmith.runtime.frontend import SAMPLE_RATE

TAPS = 257
"""Taps of a device's filter (16 ms): enough for a gentle high pass at 60 Hz."""
_GRID = 512
"""FFT in which that filter is designed."""
_FFT = 2048
"""Block of the overlap-save filter: the fastest per sample in the cache."""
_HOP = _FFT - TAPS + 1
"""Samples that a block gives."""
_BLOCKS = 200
"""Blocks that are filtered together where that is quicker."""
_TILT_PIVOT = 1000.0
_TILT_LOWEST = 62.5
"""Below this the tilt is level, so that rumble is not raised without end."""
_HIGH_PASS_ORDER, _LOW_PASS_ORDER = 2, 8
"""Butterworth orders, powers of two: a small capsule's slope, and an anti-alias filter's."""
_TELEPHONE = (300.0, 3400.0)
"""Pass band of a telephone line in Hz (ITU-T G.712)."""
_FLOOR = 1e-3
"""Filters reach down to -60 dB: a minimum phase needs a finite logarithm."""

Float = NDArray[np.float32]


def filters(draws: Sequence[Mix]) -> NDArray[np.complex64]:
    """Spectra [rows, _FFT // 2 + 1] of each draw's tilt, band limits and telephone line.

    Of minimum phase: they answer at once, as real devices do.
    """
    drawn = [(d.tilt, d.low_cut, d.high_cut) for d in draws]
    gains = log_gains(*torch.tensor(drawn, dtype=torch.float32).T)
    called = [i for i, d in enumerate(draws) if d.codec == "telephone"]
    if called:
        gains[called] += _line()
    spectra: NDArray[np.complex64] = torch.fft.rfft(minimum_phase(gains), n=_FFT).numpy()
    return spectra


def log_gains(tilt: torch.Tensor, low: torch.Tensor, high: torch.Tensor) -> torch.Tensor:
    """Natural logarithms [rows, _GRID // 2 + 1] of the magnitudes of tilt and band limits.

    Tilt: ``tilt`` dB per octave, 0 dB at 1 kHz, level below 62.5 Hz. Band limits: Butterworth
    magnitudes, 3 dB down at the corners, of order 2 below and 8 above.
    """
    frequency, octaves = _grid()
    gains = tilt[:, None] * (octaves * (math.log(10) / 20))
    low_cut, high_cut = low > 0, high < SAMPLE_RATE / 2
    gains[low_cut] -= _roll_off(low[low_cut, None] / frequency, _HIGH_PASS_ORDER)
    gains[high_cut] -= _roll_off(frequency / high[high_cut, None], _LOW_PASS_ORDER)
    return gains


def _roll_off(ratio: torch.Tensor, order: int) -> torch.Tensor:
    """Logarithm by which a Butterworth filter of order 2, 4, 8 … lowers, over its corner."""
    power = ratio * ratio
    while order > 1:
        power, order = power * power, order // 2
    return torch.log1p(power).mul_(0.5)


@lru_cache(maxsize=1)
def _line() -> torch.Tensor:
    """Log magnitudes of a telephone line, steep enough above for 8 kHz sampling."""
    frequency, _ = _grid()
    low, high = _TELEPHONE
    return -_roll_off(low / frequency, 4) - _roll_off(frequency / high, 32)


@lru_cache(maxsize=1)
def _grid() -> tuple[torch.Tensor, torch.Tensor]:
    """Frequencies of the filter's design, and their octaves over 1 kHz, level at the bottom."""
    frequency = torch.fft.rfftfreq(_GRID, 1 / SAMPLE_RATE).clamp(min=1.0)
    return frequency, torch.log2(frequency.clamp(min=_TILT_LOWEST) / _TILT_PIVOT)


def minimum_phase(gains: torch.Tensor) -> torch.Tensor:
    """Filters [rows, TAPS] of the given log magnitudes, by the folded cepstrum.

    Oppenheim and Schafer, Discrete-Time Signal Processing, ch. 13. Magnitudes reach down to
    -60 dB of the largest; the last quarter of the taps fades out.
    """
    gains = torch.maximum(gains, gains.amax(1, keepdim=True) + math.log(_FLOOR))
    cepstrum = torch.fft.irfft(gains.to(torch.complex64), n=_GRID)
    cepstrum[:, 1 : _GRID // 2] *= 2
    cepstrum[:, _GRID // 2 + 1 :] = 0
    response = torch.fft.rfft(cepstrum)
    response = torch.polar(torch.exp(response.real), response.imag)
    taps: torch.Tensor = torch.fft.irfft(response, n=_GRID)
    return taps[:, :TAPS] * _fade()


@lru_cache(maxsize=1)
def _fade() -> torch.Tensor:
    fade = torch.ones(TAPS)
    last = TAPS // 4
    fade[-last:] = 0.5 + 0.5 * torch.cos(torch.pi * torch.arange(1, last + 1) / last)
    return fade


class Rows:
    """Room for a few windows that are filled and then filtered, laid out for the filter.

    Overlap-save in blocks of ``_FFT`` that stay in the cache is faster than one long FFT. The
    windows lie end to end in one buffer, each after ``TAPS - 1`` zeros, at a multiple of the
    block's step: so the blocks of all windows are one strided view, and nothing is copied.
    """

    def __init__(self, samples: int, device: torch.device) -> None:
        blocks = -(-(samples + TAPS - 1) // _HOP)
        self._convolver = Convolver(_FFT, _HOP, blocks, max(1, _BLOCKS // blocks), device)
        self.most = self._convolver.most
        """How many windows there is room for."""
        firsts = [row * blocks * _HOP + TAPS - 1 for row in range(self.most)]
        self.windows = [self._convolver.signals[first:][:samples] for first in firsts]
        """Each window [samples], to write into."""
        self.filtered = list(self._convolver.results[:, :, TAPS - 1 :])
        """Each window after ``filter``: blocks [blocks, step] that in line are the window and,
        after its end, what the filter still rings."""

    def filter(self, filters: Sequence[Spectrum]) -> None:
        """Filter the first windows, each with its own of ``filters``."""
        self._convolver.convolve(filters)


def quantise(blocks: Float, window: Float) -> None:
    """Round blocks of a window and clip them to the int16 range, into ``window`` [samples].

    The values stay float32.
    """
    whole, rest = divmod(len(window), blocks.shape[1])
    cut = len(window) - rest
    np.rint(blocks[:whole], out=window[:cut].reshape(whole, blocks.shape[1]))
    np.rint(blocks[whole, :rest], out=window[cut:])
    if window.max() > 32767 or window.min() < -32768:  # to look is quicker than to clip
        np.clip(window, -32768, 32767, out=window)
