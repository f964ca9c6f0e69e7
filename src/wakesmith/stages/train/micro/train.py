"""The loop, on a micro network."""

import hashlib
import json
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import torch

from wakesmith import recipe
from wakesmith.families.microwakeword.ranges import measured_ranges
from wakesmith.stages.train.learner import Verdict
from wakesmith.stages.train.loop import Step, follow
from wakesmith.stages.train.micro.learner import MicroData, MicroLearner, Start
from wakesmith.stages.train.micro.result import load_micro_network
from wakesmith.stages.train.micro.rounded import (
    RANGES,
    RoundedLearner,
    choose,
    load_ranges,
    probes,
    save_ranges,
    steered_weight,
)
from wakesmith.stages.train.result import NETWORK
from wakesmith.stages.train.weights import described

_ROUNDED = "rounded"


def train_micro(
    micro: recipe.Micro,
    target: float,
    data: MicroData,
    seed: int,
    folder: Path,
    threads: int = 0,
    start: Start | None = None,
) -> Generator[Step, None, None]:
    """Train a network of the micro family for ``target`` false accepts per hour, from ``start`` or
    from fresh weights; ``loop.follow`` says how. ``load_micro_network`` reads what it leaves.

    With ``quantised_steps`` it goes on with the network rounded, and takes what comes of it where
    that validates no worse; ``ranges.json`` then holds the ranges of activations that the network
    must be exported with (``load_ranges``). It works on the processor, on which a step of so small
    a network is quick.
    """

    def learner() -> MicroLearner:
        return MicroLearner(micro.network, micro.train, target, data, start)

    def rounded() -> RoundedLearner:
        ranges = load_ranges(folder / RANGES)
        trained, weight = load_micro_network(folder / NETWORK), steered_weight(folder)
        return RoundedLearner(micro.network, micro.train, target, data, trained, ranges, weight)

    def before() -> Verdict:
        learner = rounded()
        return learner.validate(learner.fresh())

    key, place = _key(micro, target, data, seed, start), torch.device("cpu")
    yield from follow(learner, key, target, seed, folder, place, threads)
    if not micro.train.quantised_steps:
        return
    if not (folder / RANGES).exists():
        found = measured_ranges(load_micro_network(folder / NETWORK), probes(data))
        save_ranges(folder / RANGES, found)
    within = folder / _ROUNDED
    for step in follow(rounded, key, target, seed, within, place, threads):
        weight = None if step.negative_weight is None else steered_weight(folder)
        yield replace(step, step=micro.train.total + step.step, negative_weight=weight)
    choose(folder, within, micro.train.total, described(micro.network), before)


def _key(
    micro: recipe.Micro, target: float, data: MicroData, seed: int, start: Start | None
) -> str:
    """What a training is made of, all but the frames themselves (the store names those)."""
    classes = {
        name: [found.group.shares.tolist(), [source.describe() for source in found.sources]]
        for name, found in data.classes().items()
    }
    made_of = {
        "network": micro.network.model_dump(mode="json"),
        "train": micro.train.model_dump(mode="json", exclude={"start_from", "pretrained"}),
        "target": target,
        "seed": seed,
        **classes,
    }
    if start is not None:
        made_of["start"] = start.digest
    return hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()
