"""The training: one plain loop, as a generator of steps."""

import hashlib
import json
import shutil
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch

from wakesmith import recipe
from wakesmith.errors import WakesmithError
from wakesmith.executor import cores
from wakesmith.stages.train import checkpoint
from wakesmith.stages.train.data import Data
from wakesmith.stages.train.learner import Learner
from wakesmith.stages.train.openwakeword import EmbeddingLearner
from wakesmith.stages.train.result import HISTORY, NETWORK, save_history, save_network
from wakesmith.stages.train.run import Run
from wakesmith.stages.train.weights import Learnt
from wakesmith.store.files import explained

_ALIGNED = "aligned"


@dataclass(frozen=True)
class Step:
    """A step that was done."""

    step: int
    """Its number, from 1."""
    loss: float
    recall: float | None = None
    """At a validation: share of the validation sayings above 0.5."""
    false_accepts_per_hour: float | None = None
    """At a validation: events above 0.5 per hour of validation background."""
    negative_weight: float | None = None
    """At a validation: what the weight of negatives is steered to from here on."""
    saved: Path | None = None
    """The checkpoint that holds everything up to here."""


def train(
    network: recipe.Network,
    train: recipe.Train,
    targets: recipe.Targets,
    data: Data,
    seed: int,
    folder: Path,
    device: Literal["auto", "cpu", "cuda"] = "auto",
    threads: int = 0,
    start: Learnt | None = None,
) -> Generator[Step, None, None]:
    """Train a network of the openWakeWord family, from ``start`` or from fresh weights;
    ``follow`` says how."""
    place = device_of(device)

    def learner() -> EmbeddingLearner:
        ready = data.aligned(folder / _ALIGNED).on(place)
        return EmbeddingLearner(network, train, targets, ready, place, start)

    key = _key(network, train, targets, data, seed, start)
    target = targets.false_accepts_per_hour
    yield from follow(learner, key, target, seed, folder, place, threads)
    shutil.rmtree(folder / _ALIGNED, ignore_errors=True)


def follow(
    make: Callable[[], Learner],
    key: str,
    target: float,
    seed: int,
    folder: Path,
    device: torch.device,
    threads: int = 0,
) -> Generator[Step, None, None]:
    """Train what ``make`` gives, or go on where ``folder``'s newest checkpoint ends, and yield
    every step.

    ``key`` names all that the training is made of, ``target`` is the false accepts per hour that
    are asked for. A checkpoint is written at every validation. After the last step ``folder``
    holds ``network.pt`` and ``history.json``; then a further call yields nothing, and makes no
    learner. ``threads`` 0 is one for each core that this process may use. The final weights are
    the mean of the best checkpoints, or the best one's where that validates better.

    Raises ``DataError`` when there is nothing to learn from or the loss is no number, and
    ``StoreError`` when the folder cannot be used.
    """
    torch.set_num_threads(threads or cores())
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
    state = checkpoint.load_latest(folder, key)
    if state is not None and state["finished"] and (folder / NETWORK).exists():
        return
    learner = make()
    course = learner.course
    run = Run(learner, target, seed, device)
    if state is not None:
        run.restore(state)
    while not run.finished:
        step = run.step + 1
        value = run.advance(step)
        if step % course.validate_every and step < course.steps:
            yield Step(step, value)
            continue
        verdict = run.judge(value)
        saved = checkpoint.save(folder, {"key": key, **run.state()})
        yield Step(
            step,
            value,
            verdict.recall,
            verdict.false_accepts_per_hour,
            run.negative_weight,
            saved,
        )
    weights, chosen = run.final()
    save_history(folder / HISTORY, run.history, chosen)
    save_network(folder / NETWORK, learner.described(), weights)


def _key(
    network: recipe.Network,
    train: recipe.Train,
    targets: recipe.Targets,
    data: Data,
    seed: int,
    start: Learnt | None,
) -> str:
    """What a training is made of, all but the frames themselves (the store names those)."""
    made_of: dict[str, Any] = {
        "network": network.model_dump(mode="json"),
        "train": train.model_dump(mode="json", exclude={"start_from"}),
        "target": targets.false_accepts_per_hour,
        "seed": seed,
    }
    if start is not None:
        made_of["start"] = start.digest
    for name, group in data.groups().items():
        made_of[name] = [group.shares.tolist(), [pool.describe() for pool in group.pools]]
    return hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()


def device_of(wanted: Literal["auto", "cpu", "cuda"]) -> torch.device:
    """Torch's device; ``WakesmithError`` when CUDA is asked for and there is none."""
    if wanted == "cuda" and not torch.cuda.is_available():
        raise WakesmithError(
            "machine.device is cuda, but torch finds no CUDA device here: install a torch build "
            "with CUDA, or set machine.device to auto or cpu"
        )
    return torch.device("cuda" if wanted != "cpu" and torch.cuda.is_available() else "cpu")
