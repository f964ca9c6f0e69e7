"""The batches: rows of spectra, with what is known of each window that is scored in them."""

from dataclasses import dataclass

import numpy as np
import torch

from wakesmith.errors import DataError
from wakesmith.families.microwakeword.shape import INPUTS, Shape
from wakesmith.runtime.micro.frontend import INPUT_SCALE, INPUT_ZERO_POINT
from wakesmith.stages.train.micro.sources import UNKNOWN, Class, row_frames


@dataclass(frozen=True)
class Batch:
    """The rows of a step."""

    x: torch.Tensor
    """``[rows, frames, 40]`` as the network takes them."""
    said: int
    """The first so many rows hold the phrase."""
    truth: torch.Tensor
    """``[rows, positions]``: 1 the phrase, 0 not, -1 not to be said."""
    penalty: torch.Tensor
    """``[rows, positions]``: how much a mistake weighs."""
    taught: torch.Tensor
    """``[rows, positions]``: the teacher's logits, NaN for none."""


class Batches:
    """Draws batches. All dice come from the generator that it is handed with each call.

    Classes whose stretches are shorter than a row lie side by side in it. Windows that look at two
    of them are scored with the rest, as leaving them out would be slower, and count for nothing.
    """

    def __init__(
        self,
        positive: Class,
        negatives: dict[str, tuple[Class, int]],
        sayings: int,
        shape: Shape,
    ) -> None:
        """``sayings`` of ``positive`` and so many stretches of each of the negatives a batch.

        Raises ``DataError`` when there are no negatives.
        """
        self._parts = [(positive, sayings), *((c, n) for c, n in negatives.values() if n)]
        if len(self._parts) == 1:
            raise DataError(
                "there is nothing to train against: give negatives (near misses, speech or "
                "background) and a batch share above 0 (micro.train.batch)"
            )
        self._shape, self._frames = shape, row_frames(shape)
        self._rows = [-(-n // self._beside(part)) for part, n in self._parts]
        self.rows = sum(self._rows)
        """Rows of a batch; classes fill up their last one."""
        self._x = torch.empty(self.rows, self._frames, INPUTS, dtype=torch.int8)

    def draw(self, rng: np.random.Generator) -> Batch:
        """A step's batch, of which the next call overwrites nothing."""
        shape = (self.rows, self._shape.positions(self._frames))
        truth = np.full(shape, UNKNOWN, np.int8)
        penalty = np.zeros(shape, np.float32)
        taught = np.full(shape, np.nan, np.float32)
        row = 0
        for (part, _), rows in zip(self._parts, self._rows, strict=True):
            beside, stretch = self._beside(part), part.group.window
            picks = part.group.draw(rng, rows * beside)[:, 0]
            wide = torch.from_numpy(part.taken(picks)).view(rows, beside * stretch, INPUTS)
            self._x[row : row + rows, : beside * stretch] = wide
            self._x[row : row + rows, beside * stretch :] = INPUT_ZERO_POINT
            scored = self._shape.positions(stretch)
            ends = np.arange(scored) * self._shape.stride + self._shape.receptive - 1
            known = part.known(picks, ends)
            for number in range(beside):
                first = number * stretch // self._shape.stride
                at = slice(row, row + rows), slice(first, first + scored)
                truth[at], penalty[at], taught[at] = (found[number::beside] for found in known)
            row += rows
        x = self._x.float().sub_(INPUT_ZERO_POINT).mul_(INPUT_SCALE)
        known_here = (torch.from_numpy(array) for array in (truth, penalty, taught))
        return Batch(x, self._rows[0], *known_here)

    def _beside(self, part: Class) -> int:
        """Stretches of a class that lie in one row."""
        return self._frames // part.group.window
