"""The state of a training and what one step does to it.

All dice of a step are thrown from ``(seed, step)``: there is no state of a random generator to
keep, and a training that was killed goes on from its last checkpoint to the very same weights.
"""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import numpy as np
import torch

from wakesmith import recipe
from wakesmith.errors import DataError
from wakesmith.families.openwakeword.ensemble import build
from wakesmith.stages.train import loss, mining
from wakesmith.stages.train.batches import Sampler
from wakesmith.stages.train.data import Data
from wakesmith.stages.train.pools import Picks
from wakesmith.stages.train.result import Weights, average
from wakesmith.stages.train.validation import Verdict, validate

_STAGE = 40
_STEP, _MINING, _STATISTICS, _START = range(4)  # what dice are thrown for


class Run:
    """The state of a training: all of it is in ``state`` and comes back by ``restore``."""

    def __init__(
        self,
        network: recipe.Network,
        train: recipe.Train,
        targets: recipe.Targets,
        data: Data,
        seed: int,
        device: torch.device,
    ) -> None:
        self.step = 0
        self.finished = False
        self.negative_weight = min(1.0, train.max_negative_weight)
        self.history: list[dict[str, Any]] = []
        self._train, self._targets, self._data = train, targets, data
        self._seed, self._device, self._smoothing = seed, device, network.smoothing
        self._sampler = Sampler(data, train, device)
        self._variation = None if data.variation is None else data.variation.to(device)
        self._hard: dict[str, Picks] = {}
        self._best: list[tuple[float, int, Weights]] = []
        self._stale = 0
        with _torch_dice(self._dice(_START, 0), device):
            self._network = build(network).to(device)
        self._standardise()
        self._averaged = copy.deepcopy(self._network).eval()
        fused = device.type in ("cpu", "cuda")
        self._optimizer = torch.optim.AdamW(
            self._network.parameters(),
            lr=train.learning_rate,
            weight_decay=train.weight_decay,
            fused=fused,
        )

    def advance(self, step: int) -> float:
        """Do one step; its loss."""
        train, dice = self._train, self._dice(_STEP, step)
        batch = self._sampler.draw(dice, self._hard)
        for group in self._optimizer.param_groups:
            group["lr"] = loss.learning_rate(step, train.steps, train.learning_rate)
        self._network.train()
        with _torch_dice(dice, self._device):
            opinions = self._network.opinions(self._varied(batch.windows, dice))
        value = loss.detection_loss(
            opinions,
            batch.positives,
            batch.looks,
            negative_weight=loss.ramped(self.negative_weight, step, train.steps),
            smoothing=train.label_smoothing,
            focal=train.focal,
        )
        self._optimizer.zero_grad()
        value.backward()  # type: ignore[no-untyped-call]
        self._optimizer.step()
        memory = min(train.moving_average, step / (step + 9))
        averaged: list[torch.Tensor] = list(self._averaged.parameters())
        parameters: list[torch.Tensor] = list(self._network.parameters())
        with torch.no_grad():
            torch._foreach_lerp_(averaged, parameters, 1 - memory)
        self.step = step
        number = value.item()
        if not np.isfinite(number):
            raise DataError(
                f"the loss at step {step} is {number}: embeddings hold values that are no number, "
                f"or the learning rate is too high (train.learning_rate is {train.learning_rate:g})"
            )
        return number

    def judge(self, value: float) -> Verdict:
        """Validate, and do what hangs on it: the weight of negatives, the list of the best, the
        hard negatives, and whether to stop."""
        train, target = self._train, self._targets.false_accepts_per_hour
        verdict = self._validate()
        self.negative_weight = loss.steered(
            self.negative_weight,
            verdict.false_accepts_per_hour,
            target,
            train.max_negative_weight,
        )
        self.history.append(
            {
                "step": self.step,
                "loss": value,
                **asdict(verdict),
                "negative_weight": self.negative_weight,
            }
        )
        best = max((quality for quality, _, _ in self._best), default=-1.0)
        self._stale = 0 if verdict.quality > best else self._stale + 1
        weights = {name: part.cpu().clone() for name, part in self._averaged.state_dict().items()}
        # Of equals the later: it has learnt more.
        self._best.append((verdict.quality, self.step, weights))
        self._best.sort(key=lambda kept: (-kept[0], -kept[1]))
        del self._best[train.averaged :]
        stopped = bool(train.patience) and self._stale >= train.patience
        self.finished = stopped or self.step >= train.steps
        if train.hard and not self.finished:
            self._mine()
        return verdict

    def final(self) -> tuple[Weights, dict[str, Any]]:
        """The weights to ship, and what they are made of; call it once, when finished."""
        mean = average([weights for _, _, weights in self._best])
        self._averaged.load_state_dict(mean)
        verdict = self._validate()
        quality, step, weights = self._best[0]
        if verdict.quality >= quality:
            steps = [step for _, step, _ in self._best]
            return mean, {"averaged_steps": steps, **asdict(verdict)}
        self._averaged.load_state_dict(weights)
        return weights, {"averaged_steps": [step], **asdict(self._validate())}

    def state(self) -> dict[str, Any]:
        """Everything that the rest of the training hangs on."""
        return {
            "step": self.step,
            "finished": self.finished,
            "negative_weight": self.negative_weight,
            "stale": self._stale,
            "history": self.history,
            "network": self._network.state_dict(),
            "averaged": self._averaged.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "hard": {name: torch.from_numpy(picks) for name, picks in self._hard.items()},
            "best": [list(kept) for kept in self._best],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Become the training that ``state`` was taken of."""
        self.step, self.finished = state["step"], state["finished"]
        self.negative_weight, self._stale = state["negative_weight"], state["stale"]
        self.history = list(state["history"])
        self._network.load_state_dict(state["network"])
        self._averaged.load_state_dict(state["averaged"])
        self._optimizer.load_state_dict(state["optimizer"])
        self._hard = {name: picks.numpy() for name, picks in state["hard"].items()}
        self._best = [(quality, step, weights) for quality, step, weights in state["best"]]

    def _validate(self) -> Verdict:
        return validate(
            self._averaged,
            self._smoothing,
            self._data.validation_positive,
            self._data.validation_background,
            self._targets.false_accepts_per_hour,
            self._device,
        )

    def _mine(self) -> None:
        for number, name in enumerate(mining.MINED):
            if name in self._sampler.negatives:
                group, _ = self._sampler.negatives[name]
                dice = self._dice(_MINING, self.step, number)
                known = self._hard.get(name)
                self._hard[name] = mining.hardest(self._averaged, group, known, dice, self._device)

    def _standardise(self) -> None:
        """Take mean and deviation of embeddings from windows as the first steps will see them."""
        frames = self._sampler.draw(self._dice(_STATISTICS, 0), {}).windows.flatten(0, 1)
        self._network.standardise(frames.mean(0), frames.std(0))

    def _varied(self, windows: torch.Tensor, dice: np.random.Generator) -> torch.Tensor:
        """The windows ``[n, window, 96]``, each with a random share of a stretch of variation."""
        if self._variation is None or not self._train.variation:
            return windows
        count, window, _ = windows.shape
        first = int(dice.integers(len(self._variation) - count * window + 1))
        stretch = self._variation[first : first + count * window].view_as(windows)
        shares = dice.uniform(0, self._train.variation, (count, 1, 1)).astype(np.float32)
        return torch.addcmul(windows, stretch, torch.from_numpy(shares).to(windows.device))

    def _dice(self, purpose: int, *index: int) -> np.random.Generator:
        return np.random.default_rng([self._seed, _STAGE, purpose, *index])


@contextmanager
def _torch_dice(dice: np.random.Generator, device: torch.device) -> Iterator[None]:
    """Have torch's own generator (fresh weights, dropout) follow ``dice``, then put it back."""
    seed = int(dice.integers(2**63))
    cuda = device.type == "cuda"
    with torch.random.fork_rng(devices=[device] if cuda else []):
        # Not torch.manual_seed: without CUDA it notes every call, with its traceback, for later.
        torch.default_generator.manual_seed(seed)
        if cuda:
            torch.cuda.manual_seed(seed)
        yield
