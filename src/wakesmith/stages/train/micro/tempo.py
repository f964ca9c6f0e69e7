"""Rows played faster or slower: people say a short word in half the time that a synthetic voice
takes for it, and no other change of a row's sound teaches that.

Spectra are played by interpolating between frames, which moves neither pitch nor formants. What is
known of a window goes with the moment that it ends at. A row that is played faster sees more sound
before the phrase, as a device does that has listened for longer; of one that is played slower the
end is not heard, so that of two sayings side by side the second is left out.
"""

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from wakesmith.families.microwakeword.shape import Shape
from wakesmith.stages.train.micro.batches import Batch
from wakesmith.stages.train.micro.sources import UNKNOWN


def played(
    batch: Batch,
    shape: Shape,
    rng: np.random.Generator,
    speeds: tuple[float, float],
    share: float,
) -> Batch:
    """The batch with a share of its rows at speeds drawn evenly in their logarithm.

    Windows that end before a row's first or after its last known one are unknown, and sound after
    a row's end is silence.
    """
    rows = len(batch.x)
    low, high = np.log(speeds)
    drawn = np.exp(rng.uniform(low, high, rows))
    speed = np.where(rng.random(rows) < share, drawn, 1.0)[:, None]
    row, pick, outside = _windows(batch, shape, speed)
    return replace(
        batch,
        x=_heard(batch.x, speed),
        truth=batch.truth[row, pick].masked_fill_(outside, UNKNOWN),
        penalty=batch.penalty[row, pick].masked_fill_(outside, 0),
        taught=batch.taught[row, pick].masked_fill_(outside, torch.nan),
    )


def _heard(x: torch.Tensor, speed: NDArray[np.float64]) -> torch.Tensor:
    rows, frames, _ = x.shape
    at = np.arange(frames) * speed
    before = np.minimum(at.astype(np.int64), frames - 2)
    part = torch.from_numpy(np.float32(np.minimum(at - before, 1.0))).unsqueeze(2)
    row, first = torch.arange(rows).unsqueeze(1), torch.from_numpy(before)
    heard = torch.lerp(x[row, first], x[row, first + 1], part)
    heard[torch.from_numpy(at > frames - 1)] = 0
    return heard


def _windows(batch: Batch, shape: Shape, speed: NDArray[np.float64]) -> tuple[torch.Tensor, ...]:
    """For each window: its row, the one of that row that ends nearest to it, and whether none."""
    rows, positions = batch.truth.shape
    ends = (np.arange(positions) * shape.stride + shape.receptive - 1) * speed
    pick = np.rint((ends - shape.receptive + 1) / shape.stride).astype(np.int64)
    outside = (pick < 0) | (pick >= positions) | (ends > batch.x.shape[1] - 1)
    pick = np.clip(pick, 0, positions - 1)
    return torch.arange(rows).unsqueeze(1), torch.from_numpy(pick), torch.from_numpy(outside)
