"""Which rows of remote feature files are drawn."""

from dataclasses import dataclass

import numpy as np

from wakesmith.recipe import Recipe
from wakesmith.sources.remote import RemoteArray

_STAGE = 22


@dataclass(frozen=True)
class Found:
    """A remote array that a recipe asks rows of."""

    path: tuple[str, ...]
    """Addresses that have it. They are not what names it: its digest is."""
    array: RemoteArray


@dataclass(frozen=True)
class Slice:
    """Rows of a remote array, in runs."""

    path: tuple[str, ...]
    array: RemoteArray
    runs: tuple[tuple[int, int], ...]
    """First row and number of rows of each, ascending; none overlaps another."""

    @property
    def rows(self) -> int:
        """How many rows in all."""
        return sum(count for _, count in self.runs)


def draw_slices(recipe: Recipe, found: tuple[Found, ...]) -> tuple[Slice, ...]:
    """Runs spread over each array: as many even stretches as runs, one run drawn in each."""
    slices = []
    for index, (one, given) in enumerate(zip(found, recipe.negatives.slices, strict=True)):
        rng = np.random.default_rng([recipe.seed, _STAGE, index])
        total = one.array.shape[0]
        wanted = min(given.rows, total)
        count = -(-wanted // given.run)
        runs = []
        for i in range(count):
            low, high = total * i // count, total * (i + 1) // count
            length = min(wanted * (i + 1) // count - wanted * i // count, high - low)
            runs.append((int(rng.integers(low, high - length + 1)), length))
        slices.append(Slice(one.path, one.array, tuple(runs)))
    return tuple(slices)
