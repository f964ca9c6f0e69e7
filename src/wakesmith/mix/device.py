"""Saturation and codecs of devices, on float32 at int16 scale."""

from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray

FULL_SCALE = 32768.0
"""0 dBFS: a level of L dBFS is an RMS of ``FULL_SCALE * 10 ** (L / 20)``."""

_LINEAR_BITS = 8
"""What the codec ``bits`` keeps."""
_LOUDEST, _BIAS = 32635, 132
"""Largest input and bias of mu-law at 16 bits; the coder itself works on 14."""
_REACH = 16
"""Samples on either side from which one between them is interpolated."""
_STEP = 2 * _REACH
"""Samples of a stretch that is interpolated at a time."""

Float = NDArray[np.float32]


def saturate(sound: Float, drive: float) -> Float:
    """``FULL_SCALE * tanh(gain * x / FULL_SCALE)``: soft sounds grow by ``drive`` dB, loud bend."""
    bent = sound * np.float32(10 ** (drive / 20) / FULL_SCALE)
    np.tanh(bent, out=bent)
    bent *= np.float32(FULL_SCALE)
    return bent


def encode(sound: Float, codec: str) -> Float:
    """Lose what a codec loses; ``sound`` is [samples].

    mulaw: ITU-T G.711 at 16 kHz. bits: linear with 8 bits. telephone: every second sample (the
    filter has taken away what is above 3400 Hz), G.711 at 8 kHz, and the samples between them by
    interpolation, without delay.
    """
    if codec == "mulaw":
        return _mulaw(sound)
    if codec == "bits":
        step = np.float32(2.0 ** (16 - _LINEAR_BITS))
        coded: Float = np.rint(sound / step).clip(-128, 127) * step
        return coded
    if codec == "telephone":
        return _interpolated(_mulaw(sound[::2]))[: len(sound)]
    raise ValueError(f"codec is one of none, mulaw, bits, telephone; not {codec!r}")


def _mulaw(sound: Float) -> Float:
    """There and back through G.711 mu-law: 8 segments of 16 steps, at int16 scale.

    Segment and step of a biased magnitude are exponent and first four bits of its float32;
    decoding puts the middle of the step: the fifth bit.
    """
    coded = np.rint(sound)
    bits = coded.view(np.int32)
    signs = bits & np.int32(-0x80000000)
    bits ^= signs
    if coded.max(initial=0) > _LOUDEST:  # to look is quicker than to clip
        np.clip(coded, 0, _LOUDEST, out=coded)
    coded += np.float32(_BIAS)
    bits &= np.int32(-0x80000)
    bits |= np.int32(0x40000)
    coded -= np.float32(_BIAS)
    bits |= signs
    return coded


def _interpolated(heard: Float) -> Float:
    """``heard`` [n] with a sample between each two and after the last: [2n or more].

    As products of stretches with matrices, a quarter of a convolution's time; by torch, which
    keeps to one thread.
    """
    stretches = np.zeros((len(heard) // _STEP + 2, _STEP), np.float32)
    stretches.reshape(-1)[_REACH - 1 : _REACH - 1 + len(heard)] = heard
    rows, (own, following) = torch.from_numpy(stretches), _between()
    both: Float = torch.mm(rows[:-1], own).addmm_(rows[1:], following).view(-1).numpy()
    return both


@lru_cache(maxsize=1)
def _between() -> tuple[torch.Tensor, torch.Tensor]:
    """Matrices [_STEP, 2 * _STEP] that give in turn a sample and the one half-way to the next.

    The latter by a sinc under a Hann window. They take a stretch of samples and the one after it,
    and what they give begins ``_REACH - 1`` samples after the first of the former.
    """
    t = torch.arange(-_REACH, _REACH) + 0.5
    taps = torch.sinc(t) * torch.cos(torch.pi * t / (2 * _REACH)) ** 2
    matrix = torch.zeros(2 * _STEP, _STEP, 2)
    for i in range(_STEP):
        matrix[i + _REACH - 1, i, 0] = 1
        matrix[i : i + 2 * _REACH, i, 1] = taps / taps.sum()
    flat = matrix.flatten(1)
    return flat[:_STEP], flat[_STEP:]
