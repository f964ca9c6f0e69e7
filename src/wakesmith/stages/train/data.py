"""The classes that a batch is made of, and all the data of a training.

A ``Group`` is the pools of one class with their shares of its batch. A pick is a number that names
a window of a group for good, so lists of picks can be kept, saved and gathered again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch

from wakesmith.errors import DataError
from wakesmith.stages.train.pools import Picks, Pool


class Group:
    """The pools of one class. A pick is a row, counted on through all pools."""

    def __init__(self, pools: Sequence[Pool], shares: Sequence[float] | None = None) -> None:
        """``shares`` of the class's batch, in any unit; without them by number of windows."""
        if not pools or len({pool.window for pool in pools}) != 1:
            raise DataError("a class needs pools, all with windows of one length")
        weights = np.asarray([pool.windows for pool in pools] if shares is None else shares, float)
        if len(weights) != len(pools) or weights.min() < 0 or weights.sum() <= 0:
            raise DataError(f"{len(pools)} pools cannot have the shares {weights.tolist()}")
        self.pools = tuple(pools)
        self.shares = weights / weights.sum()
        self._bases = np.cumsum([0, *(len(pool.frames) for pool in pools)])

    @property
    def windows(self) -> int:
        """How many different windows there are."""
        return sum(pool.windows for pool in self.pools)

    @property
    def bytes(self) -> int:
        """Size of the frames."""
        return sum(pool.frames.nbytes for pool in self.pools)

    def draw(self, rng: np.random.Generator, n: int, looks: int = 1) -> Picks:
        """Picks ``[n, looks]``: ``n`` items by the shares, ``looks`` windows of each."""
        counts = rng.multinomial(n, self.shares)
        parts = zip(self.pools, self._bases, counts, strict=False)
        return np.concatenate([pool.draw(rng, k, looks) + base for pool, base, k in parts if k])

    def gather(self, picks: Picks, out: torch.Tensor) -> torch.Tensor:
        """Put the windows of ``picks [n]`` into ``out [n, window, 96]`` float32; gives it back."""
        for number, part, rows in self.runs(picks):
            self.pools[number].gather(rows, out[part])
        return out

    def runs(self, picks: Picks) -> Iterator[tuple[int, slice, Picks]]:
        """Runs of picks from one pool (a drawn batch has one a pool): the pool's number, which of
        the picks, and their rows in the pool."""
        if len(self.pools) == 1:
            yield 0, slice(0, len(picks)), picks
            return
        owner = np.searchsorted(self._bases, picks, "right") - 1
        borders = [0, *(np.flatnonzero(np.diff(owner)) + 1).tolist(), len(picks)]
        for start, stop in pairwise(borders):
            if start < stop:
                number = int(owner[start])
                yield number, slice(start, stop), picks[start:stop] - self._bases[number]

    @property
    def window(self) -> int:
        """Frames in a window."""
        return self.pools[0].window

    def items(self) -> Iterator[tuple[Picks, Picks]]:
        """For each pool the picks of all its windows, in order, and how many each item has."""
        for pool, base in zip(self.pools, self._bases, strict=False):
            yield pool.every() + base, pool.count

    def aligned(self, stem: Path) -> "Group":
        """The same group with all alignments done (``Pool.aligned``), files beginning with stem."""
        made = (pool.aligned(Path(f"{stem}-{i}.npy")) for i, pool in enumerate(self.pools))
        return Group(list(made), self.shares.tolist())

    def on(self, device: torch.device) -> "Group":
        """The same group with its frames in the device's memory."""
        return Group([pool.on(device) for pool in self.pools], self.shares.tolist())


@dataclass(frozen=True, eq=False)
class Data:
    """All that a training looks at. A negative class that is None is left out of the batches."""

    positive: Group
    near_miss: Group | None
    speech: Group | None
    background: Group | None
    validation_positive: Group
    """Sayings with the windows within which they must be heard (``HEARD_WITHIN``)."""
    validation_background: Group
    """Streams in which nothing may be heard."""
    variation: torch.Tensor | None = None
    """Stretches ``[rows, 96]`` of how people differ in saying the same; rows for a whole batch."""

    def groups(self) -> dict[str, Group]:
        """The groups that there are, by name."""
        named = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: group for name, group in named.items() if isinstance(group, Group)}

    def aligned(self, folder: Path) -> "Data":
        """The same data with all alignments done, in files in ``folder``."""
        groups = {name: group.aligned(folder / name) for name, group in self.groups().items()}
        return replace(self, **groups)  # type: ignore[arg-type]  # mypy takes it for variation

    def on(self, device: torch.device) -> "Data":
        """The same data in the device's memory where it takes up little of it, else as it is."""
        if device.type != "cuda":
            return self
        free, _ = torch.cuda.mem_get_info(device)
        if sum(group.bytes for group in self.groups().values()) > free // 4:
            return self
        groups = {name: group.on(device) for name, group in self.groups().items()}
        return replace(self, **groups)  # type: ignore[arg-type]  # as above
