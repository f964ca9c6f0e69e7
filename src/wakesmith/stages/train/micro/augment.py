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
    for axis, (count, longest) in ((1, times), (2, bands)):
        if count and longest:
            x.mul_(_kept(rng, len(x), x.shape[axis], count, longest).unsqueeze(3 - axis))


def _kept(
    rng: np.random.Generator, rows: int, length: int, count: int, longest: int
) -> torch.Tensor:
    """``[rows, length]``: 0 in each of so many stretches of a row, 1 elsewhere."""
    kept, at = np.ones((rows, length), np.float32), np.arange(length)
    for _ in range(count):
        size = rng.integers(longest + 1, size=rows)
        first = rng.integers(np.maximum(1, length - size))
        kept[(at >= first[:, None]) & (at < (first + size)[:, None])] = 0
    return torch.from_numpy(kept)


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
