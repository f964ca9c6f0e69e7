"""The loop, on a micro network."""

import hashlib
import json
from collections.abc import Generator
from pathlib import Path

import torch

from wakesmith import recipe
from wakesmith.stages.train.loop import Step, follow
from wakesmith.stages.train.micro.learner import MicroData, MicroLearner


def train_micro(
    micro: recipe.Micro,
    target: float,
    data: MicroData,
    seed: int,
    folder: Path,
    threads: int = 0,
) -> Generator[Step, None, None]:
    """Train a network of the micro family for ``target`` false accepts per hour; ``loop.follow``
    says how. ``load_micro_network`` reads what it leaves. It works on the processor, on which a
    step of so small a network is as quick."""

    def learner() -> MicroLearner:
        return MicroLearner(micro.network, micro.train, target, data)

    key = _key(micro, target, data, seed)
    yield from follow(learner, key, target, seed, folder, torch.device("cpu"), threads)


def _key(micro: recipe.Micro, target: float, data: MicroData, seed: int) -> str:
    """What a training is made of, all but the frames themselves (the store names those)."""
    classes = {
        name: [found.group.shares.tolist(), [source.describe() for source in found.sources]]
        for name, found in data.classes().items()
    }
    made_of = {
        "network": micro.network.model_dump(mode="json"),
        "train": micro.train.model_dump(mode="json"),
        "target": target,
        "seed": seed,
        **classes,
    }
    return hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()
