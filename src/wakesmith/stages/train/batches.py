"""The batches: which windows one step looks at, and the blending of positives with background."""

from dataclasses import dataclass

import numpy as np
import torch

from wakesmith import recipe
from wakesmith.errors import DataError
from wakesmith.runtime.frontend import EMBEDDING_DIM
from wakesmith.stages.train.data import Data, Group
from wakesmith.stages.train.pools import Picks

MIXUP_DEPTH = 0.35
"""Largest share of background in a blended positive, which stays one."""


@dataclass(frozen=True)
class Batch:
    """The windows of a step."""

    windows: torch.Tensor
    """``[positives · looks + negatives, window, 96]``: the looks of each positive side by side,
    then all negatives."""
    positives: int
    looks: int


class Sampler:
    """Draws batches. All dice come from the generator that it is handed with each call."""

    def __init__(self, data: Data, train: recipe.Train, device: torch.device) -> None:
        """Raises ``DataError`` when a batch would hold no negatives."""
        wanted = {
            "near_miss": (data.near_miss, train.batch.near_miss),
            "speech": (data.speech, train.batch.speech),
            "background": (data.background, train.batch.background),
        }
        self.negatives: dict[str, tuple[Group, int]] = {
            name: (group, n) for name, (group, n) in wanted.items() if group is not None and n
        }
        if not self.negatives:
            raise DataError(
                "there is nothing to train against: give negatives (near misses, speech or "
                "background) and a batch share above 0 (train.batch)"
            )
        self._data, self._train = data, train
        self._positives = train.batch.positive * train.looks
        size = self._positives + sum(n for _, n in self.negatives.values())
        # One piece of memory for all batches: fresh pages each time would cost a tenth of a step.
        self._windows = torch.empty(size, data.positive.window, EMBEDDING_DIM, device=device)

    def draw(self, rng: np.random.Generator, hard: dict[str, Picks]) -> Batch:
        """A step's batch, which the next call overwrites; part of each class named in ``hard`` is
        drawn from that list."""
        n, looks = self._train.batch.positive, self._train.looks
        positive = self._windows[: self._positives]
        self._data.positive.gather(self._data.positive.draw(rng, n, looks).reshape(-1), positive)
        at = self._positives
        for name, (group, size) in self.negatives.items():
            listed = hard.get(name)
            from_list = 0 if listed is None else round(self._train.hard * size)
            parts = [group.draw(rng, size - from_list)[:, 0]] if size > from_list else []
            if listed is not None and from_list:
                parts.append(listed[np.sort(rng.integers(len(listed), size=from_list))])
            group.gather(np.concatenate(parts), self._windows[at : at + size])
            if name == "background" and self._train.mixup:
                self._blend(
                    rng, positive.view(n, looks, *positive.shape[1:]), self._windows[at : at + size]
                )
            at += size
        return Batch(self._windows, n, looks)

    def _blend(
        self, rng: np.random.Generator, positive: torch.Tensor, background: torch.Tensor
    ) -> None:
        """Blend a share of the positives ``[n, looks, …]`` with background of the same batch."""
        n = len(positive)
        depth = rng.uniform(0, MIXUP_DEPTH, n) * (rng.random(n) < self._train.mixup)
        share = torch.from_numpy(np.float32(depth)).to(positive.device).view(n, 1, 1, 1)
        partners = torch.from_numpy(rng.integers(len(background), size=n)).to(positive.device)
        positive.lerp_(background[partners].unsqueeze(1), share)
