"""The microWakeWord family in the loop: rows of spectra, many scores each."""

from dataclasses import dataclass
from typing import Any, Protocol, cast

import numpy as np
import torch
from torch import nn

from wakesmith import recipe
from wakesmith.families.microwakeword.network import MixedNet
from wakesmith.families.microwakeword.shape import shape_of
from wakesmith.stages.train import loss
from wakesmith.stages.train.learner import Dice, Verdict
from wakesmith.stages.train.micro import augment
from wakesmith.stages.train.micro.batches import Batches
from wakesmith.stages.train.micro.sources import Class
from wakesmith.stages.train.micro.tempo import played
from wakesmith.stages.train.micro.validation import Held, Scorer, judged
from wakesmith.stages.train.weights import described

_REFRESHED = 8
"""Batches that statistics are gathered of."""


@dataclass(frozen=True, eq=False)
class MicroData:
    """All that a training looks at. A negative class that is None is left out of the batches."""

    positive: Class
    near_miss: Class | None
    speech: Class | None
    background: Class | None
    held: Held

    def classes(self) -> dict[str, Class]:
        """The classes that there are, by name."""
        named = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: found for name, found in named.items() if isinstance(found, Class)}


@dataclass(frozen=True)
class Pace:
    """What the loop looks at: ``learner.Course``."""

    steps: int
    weight_decay: float
    moving_average: float
    max_negative_weight: float
    validate_every: int
    patience: int
    averaged: int


class Start(Protocol):
    """What a training starts from: ``Learnt``, a whole network, or ``Trunk``, all but its last
    layer."""

    @property
    def digest(self) -> str:
        """A name for its weights."""

    def load_into(self, network: nn.Module) -> None:
        """Give a network that it fits its weights."""


class MicroLearner:
    """A ``Learner`` of networks on spectra."""

    def __init__(
        self,
        network: recipe.MicroNetwork,
        train: recipe.MicroTrain,
        target: float,
        data: MicroData,
        start: Start | None = None,
    ) -> None:
        """``target`` is the false accepts per hour that are asked for; ``start`` gives the first
        weights, and fits the network; None is fresh ones. Raises ``DataError`` when there is
        nothing to train against."""
        self._start = start
        self.course = Pace(
            train.total,
            train.weight_decay,
            train.moving_average,
            train.max_negative_weight,
            train.validate_every,
            train.patience,
            train.averaged,
        )
        self._train = train
        self._recipe, self._shape = network, shape_of(network)
        self._target, self._data = target, data
        batch = train.batch
        sizes = {
            "near_miss": batch.near_miss,
            "speech": batch.speech,
            "background": batch.background,
        }
        found = data.classes()
        negatives = {name: (found[name], n) for name, n in sizes.items() if name in found}
        self._batches = Batches(data.positive, negatives, batch.positive, self._shape)

    @property
    def doubts(self) -> str:
        return "the learning rate is too high (micro.train.learning_rate, micro.train.phases)"

    def fresh(self) -> nn.Module:
        network = MixedNet(self._shape)
        if self._start is not None:
            self._start.load_into(network)
        return network

    def settle(self, network: nn.Module, dice: np.random.Generator) -> None:
        """Nothing: batch normalisation does it."""

    def refresh(self, network: nn.Module, dice: np.random.Generator) -> None:
        """Gather the statistics of batch normalisation anew, of batches as they are: those that
        were gathered in training are of earlier weights, and of masked sound."""
        norms = [part for part in network.modules() if isinstance(part, nn.BatchNorm1d)]
        momenta = [norm.momentum for norm in norms]
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None  # the mean of all batches
        network.train()
        with torch.no_grad():
            for _ in range(_REFRESHED):
                network(self._batches.draw(dice).x)
        network.eval()
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum

    def phase(self, step: int) -> recipe.Phase | None:
        """The phase of a step, the first being 1; None without phases."""
        return self._train.phase_at(step)

    def learning_rate(self, step: int) -> float:
        phase = self.phase(step)
        if phase is not None:
            return phase.learning_rate
        return loss.learning_rate(step, self._train.steps, self._train.learning_rate)

    def loss(
        self, network: nn.Module, step: int, negative_weight: float, dice: np.random.Generator
    ) -> torch.Tensor:
        train, batch = self._train, self._batches.draw(dice)
        phase = self.phase(step)
        if train.tempo_share and train.tempo != (1.0, 1.0):
            batch = played(batch, self._shape, dice, train.tempo, train.tempo_share)
        if train.frequency_mix:
            others = batch.x[batch.said :].clone()
            augment.bands_mixed(batch.x, others, dice, train.frequency_mix)
        masks = train.spec_augment
        augment.masked(
            batch.x,
            dice,
            (masks.time_masks, masks.time_frames),
            (masks.band_masks, masks.band_channels),
        )
        return loss.dense_loss(
            network(batch.x),
            batch.truth,
            batch.penalty,
            batch.taught,
            positive_weight=phase.positive_weight if phase else 1.0,
            negative_weight=(phase.negative_weight if phase else 1.0) * negative_weight,
            distillation=train.distillation,
            temperature=train.temperature,
            untold=train.untold,
            choice=train.choice,
        )

    def validate(self, network: nn.Module) -> Verdict:
        return judged(cast(Scorer, network), self._train.smoothing, self._data.held, self._target)

    def mine(self, network: nn.Module, dice: Dice) -> None:
        """Nothing: a row holds a hundred windows, of which the hard ones make the gradient."""

    def state(self) -> dict[str, Any]:
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        """Nothing is kept."""

    def described(self) -> dict[str, Any]:
        return described(self._recipe)
