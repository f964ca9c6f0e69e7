"""Making one voice into many: spectral-envelope warp and resampling.

The warp stretches the envelope (the vocal tract) and leaves pitch and tempo; resampling moves
envelope, pitch and tempo together. Factors in [0.85, 1.2] keep speech natural.
"""

from dataclasses import replace
from functools import cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from wakesmith.audio import Clip
from wakesmith.errors import MissingExtra
from wakesmith.runtime.frontend import SAMPLE_RATE, Pcm

_WINDOW = 512
_HOP = 128
_CEPSTRUM = 32  # coefficients of the envelope: formants pass, pitch above 500 Hz would too
_MOST = 6.0  # largest change of the log magnitude (nepers)


def perturb(clip: Clip, warp: float, resample: float) -> Clip:
    """The clip with its envelope warped and then resampled; its span moves along."""
    pcm = resampled(warped(clip.pcm, warp), resample)
    scale = len(pcm) / max(1, len(clip.pcm))
    start, end = round(clip.start * scale), min(len(pcm), round(clip.end * scale))
    return replace(clip, pcm=pcm, start=start, end=end)


def warped(pcm: Pcm, factor: float) -> Pcm:
    """The same speech by a vocal tract that is 1/``factor`` as long: above 1 formants move up.

    Per frame the log magnitude is smoothed by keeping the first coefficients of its cepstrum
    (liftering: Oppenheim and Schafer, "Homomorphic analysis of speech", 1968), the smooth part is
    stretched along frequency, and the difference is put on the spectrum, whose phase is kept
    (vocal-tract length perturbation: Jaitly and Hinton, 2013). Length and level stay: the result
    has the RMS of what came in. 1 gives the samples back as they are.
    """
    if factor == 1.0 or not len(pcm):
        return pcm
    window, norm = _frames(len(pcm))
    padded = np.zeros(len(norm), np.float32)
    padded[_WINDOW : _WINDOW + len(pcm)] = pcm
    frames = sliding_window_view(padded, _WINDOW)[::_HOP] * window
    spectrum = np.fft.rfft(frames).astype(np.complex64, copy=False)
    cepstrum = np.log(np.abs(spectrum) + np.float32(1)) @ _to_cepstrum()
    change = cepstrum @ (_to_envelope(_bins() / factor) - _to_envelope(_bins()))
    spectrum *= np.exp(np.clip(change, -_MOST, _MOST, out=change), out=change)
    out = np.fft.irfft(spectrum).astype(np.float32, copy=False) * window
    joined = _overlap_add(out, len(norm)) / norm
    speech = joined[_WINDOW : _WINDOW + len(pcm)]
    power, before = np.mean(np.square(speech)), np.mean(np.square(pcm.astype(np.float32)))
    return _int16(speech * np.sqrt(before / max(float(power), 1e-9)))


def resampled(pcm: Pcm, factor: float, rate: int = SAMPLE_RATE) -> Pcm:
    """Samples at ``rate`` as 16 kHz samples that play ``factor`` times as fast and high.

    ``MissingExtra`` without soxr.
    """
    if factor * rate == SAMPLE_RATE or not len(pcm):
        return pcm
    try:
        import soxr
    except ImportError as problem:
        raise MissingExtra("soxr", "audio", "Changing the sample rate of speech") from problem
    sound: NDArray[np.float32] = soxr.resample(
        pcm.astype(np.float32), rate * factor, SAMPLE_RATE, quality="HQ"
    )
    return _int16(sound)


def _int16(sound: NDArray[np.float32]) -> Pcm:
    """Rounded; what would clip is brought down as a whole instead."""
    peak = float(np.abs(sound).max(initial=0.0))
    if peak > 32767:
        sound = sound * np.float32(32767 / peak)
    return np.rint(sound).astype(np.int16)


def _bins() -> NDArray[np.float32]:
    return np.arange(_WINDOW // 2 + 1, dtype=np.float32)


@cache
def _to_cepstrum() -> NDArray[np.float32]:
    """[bins, cepstrum]: from a log magnitude to the first coefficients of its real cepstrum."""
    order = np.arange(_CEPSTRUM)
    weight = np.full(_WINDOW // 2 + 1, 2.0)
    weight[[0, -1]] = 1.0
    cosines = np.cos(2 * np.pi / _WINDOW * np.outer(_bins(), order))
    return (weight[:, None] * cosines / _WINDOW).astype(np.float32)


def _to_envelope(at: NDArray[np.float32]) -> NDArray[np.float32]:
    """[cepstrum, bins]: from the coefficients to the smooth log magnitude at these bins."""
    angle = np.float32(2 * np.pi / _WINDOW) * np.minimum(at, np.float32(_WINDOW / 2))
    order = np.arange(_CEPSTRUM, dtype=np.float32)[:, None]
    cosines: NDArray[np.float32] = np.cos(order * angle)
    cosines[1:] *= 2
    return cosines


def _frames(samples: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The window, and the sum of its squares over the padded signal."""
    window = np.hanning(_WINDOW + 1)[:-1].astype(np.float32)
    count = -(-(samples + _WINDOW) // _HOP) + 1
    total = (count - 1) * _HOP + _WINDOW
    squares = np.broadcast_to(window**2, (count, _WINDOW))
    return window, np.maximum(_overlap_add(squares, total), np.float32(1e-3))


def _overlap_add(frames: NDArray[np.float32], total: int) -> NDArray[np.float32]:
    """Frames ``_HOP`` apart, added up: in as many strides as windows overlap."""
    out = np.zeros((total // _HOP, _HOP), np.float32)
    pieces = frames.reshape(len(frames), _WINDOW // _HOP, _HOP)
    for offset in range(_WINDOW // _HOP):
        out[offset : offset + len(frames)] += pieces[:, offset]
    return out.reshape(-1)
