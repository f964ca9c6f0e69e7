"""The last steps of a training, in which the network already computes with 8 bits."""

import copy
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from wakesmith import recipe
from wakesmith.families.microwakeword.network import MixedNet
from wakesmith.families.microwakeword.qat import QuantisedMixedNet
from wakesmith.families.microwakeword.ranges import Ranges
from wakesmith.stages.train import loss
from wakesmith.stages.train.micro.learner import MicroData, MicroLearner
from wakesmith.store.files import write_atomic

RANGES = "ranges.json"
_RATE = 0.02
"""Learning rate as a share of the training's: the network is to settle, not to move."""


class RoundedLearner(MicroLearner):
    """Goes on with a trained network, seen through its own rounding."""

    def __init__(
        self,
        network: recipe.MicroNetwork,
        train: recipe.MicroTrain,
        target: float,
        data: MicroData,
        trained: MixedNet,
        ranges: Ranges,
    ) -> None:
        """``ranges`` are those that the network will be exported with."""
        super().__init__(network, train, target, data)
        steps = train.quantised_steps
        self.course = replace(self.course, steps=steps, validate_every=steps, averaged=1)
        self._trained, self._ranges = trained, ranges

    def fresh(self) -> nn.Module:
        return QuantisedMixedNet(copy.deepcopy(self._trained), self._ranges)

    def refresh(self, network: nn.Module, dice: np.random.Generator) -> None:
        """Nothing: what is rounded is the weights with the statistics folded in."""

    def learning_rate(self, step: int) -> float:
        return loss.learning_rate(step, self.course.steps, _RATE * self._train.learning_rate)


def probes(data: MicroData, count: int = 256) -> NDArray[np.int8]:
    """Spectra [about ``count``, frames, 40] of sayings and of background, of which the ranges of
    activations are taken: always the same."""
    dice = np.random.default_rng(0)
    wanted = [part for part in (data.positive, data.background, data.near_miss) if part is not None]
    width = min(part.group.window for part in wanted)
    drawn = []
    for part in wanted:
        picks = part.group.draw(dice, count // len(wanted))[:, 0]
        drawn.append(part.taken(picks)[:, :width])
    return np.concatenate(drawn)


def save_ranges(path: Path, ranges: Ranges) -> None:
    """Write the ranges of activations."""
    write_atomic(path, json.dumps(dict(ranges), indent=1).encode() + b"\n")


def load_ranges(path: Path) -> Mapping[str, tuple[float, float]]:
    """Read what ``save_ranges`` wrote."""
    found: dict[str, Any] = json.loads(path.read_text())
    return {name: (float(low), float(high)) for name, (low, high) in found.items()}


def bare(weights: Mapping[str, Any]) -> dict[str, Any]:
    """The weights of the network itself, of those of one that is seen through its rounding."""
    return {name.removeprefix("net."): value for name, value in weights.items()}
