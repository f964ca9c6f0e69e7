"""The openWakeWord family in the loop: windows of embeddings, one score each."""

from typing import Any, cast

import numpy as np
import torch
from torch import nn

from wakesmith import recipe
from wakesmith.families.openwakeword.ensemble import build
from wakesmith.families.openwakeword.network import Network
from wakesmith.stages.train import loss, mining
from wakesmith.stages.train.batches import Sampler
from wakesmith.stages.train.data import Data
from wakesmith.stages.train.dice import torch_dice
from wakesmith.stages.train.learner import Dice, Verdict
from wakesmith.stages.train.pools import Picks
from wakesmith.stages.train.validation import validate
from wakesmith.stages.train.weights import Learnt


class EmbeddingLearner:
    """A ``Learner`` of networks on embeddings."""

    def __init__(
        self,
        network: recipe.Network,
        train: recipe.Train,
        targets: recipe.Targets,
        data: Data,
        device: torch.device,
        start: Learnt | None = None,
    ) -> None:
        """``start`` gives the first weights, of a network of the same shape; None is fresh ones."""
        self._start = start
        self.course = train
        self._recipe, self._targets, self._data, self._device = network, targets, data, device
        self._sampler = Sampler(data, train, device)
        self._variation = None if data.variation is None else data.variation.to(device)
        self._hard: dict[str, Picks] = {}

    @property
    def doubts(self) -> str:
        return (
            "embeddings hold values that are no number, or the learning rate is too high "
            f"(train.learning_rate is {self.course.learning_rate:g})"
        )

    def fresh(self) -> Network:
        network = build(self._recipe)
        if self._start is not None:
            self._start.load_into(network)
        return network

    def settle(self, network: nn.Module, dice: np.random.Generator) -> None:
        """Take mean and deviation of embeddings from windows as the first steps will see them,
        unless weights were learnt around some already."""
        if self._start is not None:
            return
        frames = self._sampler.draw(dice, {}).windows.flatten(0, 1)
        cast(Network, network).standardise(frames.mean(0), frames.std(0))

    def refresh(self, network: nn.Module, dice: np.random.Generator) -> None:
        """Nothing hangs on the weights."""

    def learning_rate(self, step: int) -> float:
        return loss.learning_rate(step, self.course.steps, self.course.learning_rate)

    def loss(
        self, network: nn.Module, step: int, negative_weight: float, dice: np.random.Generator
    ) -> torch.Tensor:
        batch = self._sampler.draw(dice, self._hard)
        with torch_dice(dice, self._device):
            opinions = cast(Network, network).opinions(self._varied(batch.windows, dice))
        return loss.detection_loss(
            opinions,
            batch.positives,
            batch.looks,
            negative_weight=negative_weight,
            smoothing=self.course.label_smoothing,
            focal=self.course.focal,
        )

    def validate(self, network: nn.Module) -> Verdict:
        return validate(
            cast(Network, network),
            self._recipe.smoothing,
            self._data.validation_positive,
            self._data.validation_background,
            self._targets.false_accepts_per_hour,
            self._device,
        )

    def mine(self, network: nn.Module, dice: Dice) -> None:
        if not self.course.hard:
            return
        for number, name in enumerate(mining.MINED):
            if name in self._sampler.negatives:
                group, _ = self._sampler.negatives[name]
                known = self._hard.get(name)
                self._hard[name] = mining.hardest(
                    cast(Network, network), group, known, dice(number), self._device
                )

    def state(self) -> dict[str, Any]:
        return {"hard": {name: torch.from_numpy(picks) for name, picks in self._hard.items()}}

    def restore(self, state: dict[str, Any]) -> None:
        self._hard = {name: picks.numpy() for name, picks in state["hard"].items()}

    def described(self) -> dict[str, Any]:
        return self._recipe.model_dump(mode="json")

    def _varied(self, windows: torch.Tensor, dice: np.random.Generator) -> torch.Tensor:
        """The windows ``[n, window, 96]``, each with a random share of a stretch of variation."""
        if self._variation is None or not self.course.variation:
            return windows
        count, window, _ = windows.shape
        first = int(dice.integers(len(self._variation) - count * window + 1))
        stretch = self._variation[first : first + count * window].view_as(windows)
        shares = dice.uniform(0, self.course.variation, (count, 1, 1)).astype(np.float32)
        return torch.addcmul(windows, stretch, torch.from_numpy(shares).to(windows.device))
