"""What the loop asks of a family. All else (steps, averaging, steering, checkpoints) is shared."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import nn

Dice = Callable[..., np.random.Generator]
"""Generators for one purpose at one step, told apart by further numbers."""


@dataclass(frozen=True)
class Verdict:
    """What a validation found."""

    recall: float
    """Share of sayings with a score above 0.5 within half a second of their end."""
    false_accepts_per_hour: float
    """Events above 0.5 per hour of background, with the runtime's pause after each."""
    quality: float
    """What checkpoints are chosen by, whatever their operating point: the recall at the threshold
    that keeps the asked false accepts per hour, averaged with the recalls at two and four times
    as many, since one event decides much in little background. At least one event is allowed."""


class Course(Protocol):
    """The part of a recipe that the loop itself looks at (``recipe.Train`` says what each is)."""

    @property
    def steps(self) -> int: ...
    @property
    def weight_decay(self) -> float: ...
    @property
    def moving_average(self) -> float: ...
    @property
    def max_negative_weight(self) -> float: ...
    @property
    def validate_every(self) -> int: ...
    @property
    def patience(self) -> int: ...
    @property
    def averaged(self) -> int: ...


class Learner(Protocol):
    """A family's network and data, as one training sees them.

    It throws dice only from the generators that it is handed, and keeps nothing from step to step
    but what ``state`` gives: a killed training must go on to the same weights.
    """

    @property
    def course(self) -> Course:
        """How long, how fast, and what is averaged."""

    @property
    def doubts(self) -> str:
        """What to suspect when the loss is no number, as a clause."""

    def fresh(self) -> nn.Module:
        """The network with fresh weights from torch's generator."""

    def settle(self, network: nn.Module, dice: np.random.Generator) -> None:
        """Fit what is not learnt (standardisation) to the data, in place."""

    def refresh(self, network: nn.Module, dice: np.random.Generator) -> None:
        """Fit what hangs on the weights but is not learnt (statistics of batch normalisation) to
        averaged weights, in place."""

    def learning_rate(self, step: int) -> float:
        """That of a step, the first being 1."""

    def loss(
        self, network: nn.Module, step: int, negative_weight: float, dice: np.random.Generator
    ) -> torch.Tensor:
        """The loss of a step's batch, of which the gradient is taken; the network is in training
        mode."""

    def validate(self, network: nn.Module) -> Verdict:
        """How good the network, in evaluation mode, is on what it does not train on."""

    def mine(self, network: nn.Module, dice: Dice) -> None:
        """Look for hard negatives; called after every validation but the last."""

    def state(self) -> dict[str, Any]:
        """What ``mine`` and others left, for the checkpoint."""

    def restore(self, state: dict[str, Any]) -> None:
        """Become the learner that ``state`` was taken of; it may hold more."""

    def described(self) -> dict[str, Any]:
        """What builds the network around its weights, as plain values."""
