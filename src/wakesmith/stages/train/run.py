"""The state of a training and what one step does to it.

All dice of a step are thrown from ``(seed, step)``: there is no state of a random generator to
keep, and a training that was killed goes on from its last checkpoint to the very same weights.
"""

import copy
from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np
import torch

from wakesmith.errors import DataError
from wakesmith.stages.train import loss
from wakesmith.stages.train.dice import torch_dice
from wakesmith.stages.train.learner import Learner, Verdict
from wakesmith.stages.train.result import Weights, average

_STAGE = 40
_STEP, _MINING, _STATISTICS, _START, _REFRESH = range(5)  # what dice are thrown for


class Run:
    """The state of a training: all of it is in ``state`` and comes back by ``restore``."""

    def __init__(self, learner: Learner, target: float, seed: int, device: torch.device) -> None:
        """``target`` is the false accepts per hour that negatives are weighed for."""
        course = learner.course
        self.step = 0
        self.finished = False
        self.negative_weight = min(1.0, course.max_negative_weight)
        self.history: list[dict[str, Any]] = []
        self._learner, self._course = learner, course
        self._target, self._seed, self._device = target, seed, device
        self._best: list[tuple[float, int, Weights]] = []
        self._stale = 0
        with torch_dice(self._dice(_START, 0), device):
            self._network = learner.fresh().to(device)
        learner.settle(self._network, self._dice(_STATISTICS, 0))
        self._averaged = copy.deepcopy(self._network).eval()
        self._optimizer = torch.optim.AdamW(
            self._network.parameters(),
            lr=learner.learning_rate(1),
            weight_decay=course.weight_decay,
            fused=device.type in ("cpu", "cuda"),
        )

    def advance(self, step: int) -> float:
        """Do one step; its loss."""
        course, dice = self._course, self._dice(_STEP, step)
        for group in self._optimizer.param_groups:
            group["lr"] = self._learner.learning_rate(step)
        self._network.train()
        weight = loss.ramped(self.negative_weight, step, course.steps)
        value = self._learner.loss(self._network, step, weight, dice)
        self._optimizer.zero_grad()
        value.backward()  # type: ignore[no-untyped-call]
        self._optimizer.step()
        memory = min(course.moving_average, step / (step + 9))
        averaged: list[torch.Tensor] = list(self._averaged.parameters())
        parameters: list[torch.Tensor] = list(self._network.parameters())
        with torch.no_grad():
            torch._foreach_lerp_(averaged, parameters, 1 - memory)
        self.step = step
        number = value.item()
        if not np.isfinite(number):
            raise DataError(f"the loss at step {step} is {number}: {self._learner.doubts}")
        return number

    def judge(self, value: float) -> Verdict:
        """Validate, and do what hangs on it: the weight of negatives, the list of the best, the
        hard negatives, and whether to stop."""
        course = self._course
        verdict = self._validate()
        self.negative_weight = loss.steered(
            self.negative_weight,
            verdict.false_accepts_per_hour,
            self._target,
            course.max_negative_weight,
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
        del self._best[course.averaged :]
        stopped = bool(course.patience) and self._stale >= course.patience
        self.finished = stopped or self.step >= course.steps
        if not self.finished:
            self._learner.mine(self._averaged, partial(self._dice, _MINING, self.step))
        return verdict

    def final(self) -> tuple[Weights, dict[str, Any]]:
        """The weights to ship, and what they are made of; call it once, when finished."""
        self._averaged.load_state_dict(average([weights for _, _, weights in self._best]))
        verdict = self._validate()
        quality, step, weights = self._best[0]
        if verdict.quality >= quality:
            steps = [step for _, step, _ in self._best]
            return self._averaged.state_dict(), {"averaged_steps": steps, **asdict(verdict)}
        self._averaged.load_state_dict(weights)
        verdict = self._learner.validate(self._averaged)
        return weights, {"averaged_steps": [step], **asdict(verdict)}

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
            "best": [list(kept) for kept in self._best],
            **self._learner.state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Become the training that ``state`` was taken of."""
        self.step, self.finished = state["step"], state["finished"]
        self.negative_weight, self._stale = state["negative_weight"], state["stale"]
        self.history = list(state["history"])
        self._network.load_state_dict(state["network"])
        self._averaged.load_state_dict(state["averaged"])
        self._optimizer.load_state_dict(state["optimizer"])
        self._best = [(quality, step, weights) for quality, step, weights in state["best"]]
        self._learner.restore(state)

    def _validate(self) -> Verdict:
        self._learner.refresh(self._averaged, self._dice(_REFRESH, self.step))
        return self._learner.validate(self._averaged)

    def _dice(self, purpose: int, *index: int) -> np.random.Generator:
        return np.random.default_rng([self._seed, _STAGE, purpose, *index])
