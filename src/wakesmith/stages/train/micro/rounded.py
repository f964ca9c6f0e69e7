"""The last steps of a training, in which the network already computes with 8 bits."""

import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from wakesmith import recipe
from wakesmith.families.microwakeword.network import MixedNet
from wakesmith.families.microwakeword.qat import QuantisedMixedNet
from wakesmith.families.microwakeword.ranges import Ranges
from wakesmith.stages.train import loss
from wakesmith.stages.train.learner import Verdict
from wakesmith.stages.train.micro.learner import MicroData, MicroLearner
from wakesmith.stages.train.result import HISTORY, NETWORK, save_history, save_network
from wakesmith.store.files import write_atomic

RANGES = "ranges.json"
_ROUNDED = "rounded"
_RATE = 0.02
"""Learning rate as a share of the training's: the network is to settle, not to move."""


class RoundedLearner(MicroLearner):
    """Goes on with a trained network, seen through its own rounding, as its last phase did."""

    def __init__(
        self,
        network: recipe.MicroNetwork,
        train: recipe.MicroTrain,
        target: float,
        data: MicroData,
        trained: MixedNet,
        ranges: Ranges,
        negative_weight: float,
    ) -> None:
        """``ranges`` are those that the network will be exported with, ``negative_weight`` is what
        the weight of negatives was steered to until now."""
        super().__init__(network, train, target, data)
        steps = train.quantised_steps
        self.course = replace(self.course, steps=steps, validate_every=steps, averaged=1)
        self._trained, self._ranges = trained, ranges
        self._negative_weight = negative_weight

    def fresh(self) -> nn.Module:
        return QuantisedMixedNet(copy.deepcopy(self._trained), self._ranges)

    def refresh(self, network: nn.Module, dice: np.random.Generator) -> None:
        """Nothing: what is rounded is the weights with the statistics folded in."""

    def phase(self, step: int) -> recipe.Phase | None:
        """The last one."""
        return self._train.phases[-1] if self._train.phases else None

    def learning_rate(self, step: int) -> float:
        before = self.phase(step) or self._train
        return loss.learning_rate(step, self.course.steps, _RATE * before.learning_rate)

    def loss(
        self, network: nn.Module, step: int, negative_weight: float, dice: np.random.Generator
    ) -> torch.Tensor:
        # The run's own weight begins anew, and nothing steers it before the end. Of its dice come
        # others, as the training's steps of the same numbers have thrown these.
        return super().loss(network, step, self._negative_weight, dice.spawn(1)[0])


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


def steered_weight(folder: Path) -> float:
    """What a finished training in ``folder`` steered the weight of negatives to."""
    return float(_read(folder / HISTORY)["validations"][-1]["negative_weight"])


def load_ranges(path: Path) -> Mapping[str, tuple[float, float]]:
    """Read what ``save_ranges`` wrote."""
    found = _read(path)
    return {name: (float(low), float(high)) for name, (low, high) in found.items()}


def choose(
    folder: Path, within: Path, first: int, described: dict[str, Any], before: Callable[[], Verdict]
) -> None:
    """Take the network that the rounded steps left in ``within`` in place of that in ``folder``,
    unless it validates worse than that one did ``before`` them, rounded too.

    Its validation joins the history in ``folder``, its steps counted after the ``first``. The
    history is written before the network and holds the choice, so a kill between changes nothing.
    """
    told = _read(folder / HISTORY)
    if _ROUNDED not in told["final"]:
        made, judged = _read(within / HISTORY), before()
        end = made["validations"][-1]
        weight = told["validations"][-1]["negative_weight"]
        taken = made["final"]["quality"] >= judged.quality
        made_of = {**made["final"], "averaged_steps": [first + end["step"]]}
        final = made_of if taken else told["final"]
        final = {**final, _ROUNDED: {"taken": taken, "before": asdict(judged), "after": made_of}}
        entry = {**end, "step": first + end["step"], "negative_weight": weight}
        save_history(folder / HISTORY, [*told["validations"], entry], final)
        told = {"final": final}
    if told["final"][_ROUNDED]["taken"]:
        state = torch.load(within / NETWORK, map_location="cpu", weights_only=True)
        weights = {name.removeprefix("net."): part for name, part in state["weights"].items()}
        save_network(folder / NETWORK, described, weights)


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text())
    return found
