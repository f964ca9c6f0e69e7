"""What training does to rows of spectra so that a network does not learn them by heart."""

import numpy as np
import torch

LARGEST_SHARE = 0.5
"""Of the other row, where bands are mixed."""


def masked(
    x: torch.Tensor, rng: np.random.Generator, times: tuple[int, int], bands: tuple[int, int]
) -> None:
    """SpecAugment (Park et al. 2019, arXiv:1904.08779), in place: in each row of ``x [rows, frames,
    40]`` stretches of silence, so many and at most so long in frames, and so in channels."""
    count, longest = times
    for _ in range(count if longest else 0):
        _silence(x, rng, 1, longest)
    count, longest = bands
    for _ in range(count if longest else 0):
        _silence(x, rng, 2, longest)


def _silence(x: torch.Tensor, rng: np.random.Generator, axis: int, longest: int) -> None:
    rows, length = x.shape[0], x.shape[axis]
    size = rng.integers(longest + 1, size=rows)
    first = rng.integers(np.maximum(1, length - size))
    at = np.arange(length)
    hidden = torch.from_numpy((at >= first[:, None]) & (at < (first + size)[:, None]))
    x.masked_fill_(hidden.unsqueeze(3 - axis), 0.0)


def bands_mixed(
    x: torch.Tensor, others: torch.Tensor, rng: np.random.Generator, share: float
) -> None:
    """A share of the rows of ``x``, each with a band of channels moved towards that of one of
    ``others``, by up to ``LARGEST_SHARE``; in place. Both ``[rows, frames, 40]``."""
    rows, channels = x.shape[0], x.shape[2]
    depth = rng.uniform(0, LARGEST_SHARE, rows) * (rng.random(rows) < share)
    width = rng.integers(channels // 8, channels + 1, size=rows)
    first = rng.integers(channels - width + 1)
    at = np.arange(channels)
    inside = (at >= first[:, None]) & (at < (first + width)[:, None])
    weight = torch.from_numpy(np.float32(inside * depth[:, None])).unsqueeze(1)
    x.lerp_(others[torch.from_numpy(rng.integers(len(others), size=rows))], weight)
