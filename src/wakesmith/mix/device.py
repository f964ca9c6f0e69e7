"""Saturation and codecs of devices, on float32 at int16 scale, on any torch device."""

from functools import lru_cache

import torch

FULL_SCALE = 32768.0
"""0 dBFS: a level of L dBFS is an RMS of ``FULL_SCALE * 10 ** (L / 20)``."""

_LINEAR_BITS = 8
"""What the codec ``bits`` keeps."""
_REACH = 16
"""Samples on either side from which one between them is interpolated."""


def saturate(sound: torch.Tensor, drive: float) -> torch.Tensor:
    """``FULL_SCALE * tanh(gain * x / FULL_SCALE)``: soft sounds grow by ``drive`` dB, loud bend."""
    gain = 10 ** (drive / 20) / FULL_SCALE
    return torch.tanh(sound * gain) * FULL_SCALE


def encode(sound: torch.Tensor, codec: str) -> torch.Tensor:
    """Lose what a codec loses; ``sound`` is [samples].

    mulaw: ITU-T G.711 at 16 kHz. bits: linear with 8 bits. telephone: every second sample (the
    filter has taken away what is above 3400 Hz), G.711 at 8 kHz, and the samples between them by
    interpolation, without delay.
    """
    if codec == "mulaw":
        return _mulaw(sound)
    if codec == "bits":
        step = 2.0 ** (16 - _LINEAR_BITS)
        return torch.round(sound / step).clamp_(-128, 127).mul_(step)
    if codec == "telephone":
        heard = _mulaw(sound[::2])
        taps = _between().to(sound.device)
        reach = len(taps) // 2
        padded = torch.nn.functional.pad(heard, (reach - 1, reach))[None, None]
        between = torch.nn.functional.conv1d(padded, taps[None, None])[0, 0]
        return torch.stack([heard, between], 1).view(-1)[: len(sound)]
    raise ValueError(f"codec is one of none, mulaw, bits, telephone; not {codec!r}")


def _mulaw(row: torch.Tensor) -> torch.Tensor:
    """There and back through G.711 mu-law: 8 segments of 16 steps, at int16 scale.

    The coder works on 14 bits; at 16 its bias is 132 and its largest input 32635. Segment and
    step of a biased magnitude are exponent and first four bits of its float32; decoding puts
    the middle of the step: the fifth bit.
    """
    whole = torch.round(row)
    biased = whole.abs().clamp_(max=32635).add_(132)
    biased.view(torch.int32).bitwise_and_(-0x80000).bitwise_or_(0x40000)
    return torch.copysign(biased.sub_(132), whole)


@lru_cache(maxsize=1)
def _between() -> torch.Tensor:
    """Taps that give the sample half-way between samples: a sinc under a Hann window."""
    t = torch.arange(-_REACH, _REACH) + 0.5
    taps = torch.sinc(t) * torch.cos(torch.pi * t / (2 * _REACH)) ** 2
    return taps / taps.sum()
