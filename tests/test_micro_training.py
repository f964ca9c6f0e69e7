"""The training of micro networks on toys that are learnt in seconds."""

import json
import shutil
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from wakesmith import recipe
from wakesmith.errors import DataError, ModelError, StoreError
from wakesmith.families.microwakeword.network import MixedNet
from wakesmith.families.microwakeword.qat import QuantisedMixedNet
from wakesmith.families.microwakeword.ranges import measured_ranges
from wakesmith.families.microwakeword.shape import shape_of
from wakesmith.families.microwakeword.streaming import StreamingReference
from wakesmith.runtime.micro.frontend import dequantised
from wakesmith.stages.train import Step, load_network
from wakesmith.stages.train.micro import (
    RANGES,
    Class,
    Held,
    MicroData,
    MicroLearner,
    load_micro_network,
    load_ranges,
    others,
    running,
    sayings,
    scores,
    train_micro,
)
from wakesmith.stages.train.micro.rounded import RoundedLearner

NETWORK = recipe.MicroNetwork(
    first_filters=8, pointwise=(8, 8), kernels=((5,), (7,)), repeats=(1, 1), residual=(False, True),
    frames=59,
)  # fmt: skip
SHAPE = shape_of(NETWORK)
END = 0.9
"""Seconds at which the phrase ends in a toy's saying."""
LENGTH = 120
Spectra = NDArray[np.int8]


def noise(seed: int, *shape: int) -> Spectra:
    return np.random.default_rng(seed).integers(-80, -20, (*shape, 40)).astype(np.int8)


def said(seed: int, n: int, loud: int) -> Spectra:
    """Sayings in which low channels rise, then high ones, until ``END``."""
    frames = noise(seed, n, LENGTH)
    frames[:, 45:65, :12] += np.int8(loud)
    frames[:, 65:88, 25:37] += np.int8(loud)
    return frames


def toy(**changes: Any) -> MicroData:
    ends = np.full(200, END)
    data: dict[str, Any] = {
        "positive": Class([sayings(said(0, 200, 90), ends, (0.0, 0.15), SHAPE)]),
        "near_miss": Class([others(said(1, 60, 90)[:, ::-1].copy(), SHAPE)]),
        "speech": None,
        "background": Class([background(3, 6000)]),
        "held": Held([(frames, END) for frames in said(4, 40, 90)], [noise(5, 9000)]),
    }
    return MicroData(**{**data, **changes})


def background(seed: int, frames: int) -> Any:
    return running(noise(seed, frames), np.array([0, frames // 3]), SHAPE)


def settings(**changes: Any) -> recipe.Micro:
    batch = recipe.MicroBatch(positive=24, near_miss=8, background=4)
    train = {"steps": 40, "validate_every": 10, "batch": batch, "moving_average": 0.9, **changes}
    return recipe.Micro(network=NETWORK, train=recipe.MicroTrain.model_validate(train))


def steps_of(folder: Path, micro: recipe.Micro | None = None, **changes: Any) -> list[Step]:
    values: dict[str, Any] = {"data": toy(), "seed": 7, "threads": 1, **changes}
    return list(train_micro(micro or settings(), 0.5, folder=folder, **values))


def test_a_separable_toy_is_learnt(tmp_path: Path) -> None:
    steps = steps_of(tmp_path, settings(steps=320, validate_every=160, distillation=0.0))
    assert [step.step for step in steps] == list(range(1, 321))
    assert [step.step for step in steps if step.saved] == [160, 320]
    assert steps[-1].recall == 1
    assert steps[-1].false_accepts_per_hour == 0
    network = load_micro_network(tmp_path / "network.pt")
    assert network.shape == SHAPE
    heard = [scores(network, frames, 1).max() for frames in said(9, 20, 90)]
    turned = [scores(network, frames, 1).max() for frames in said(9, 20, 90)[:, ::-1]]
    assert min(heard) > max(0.5, *turned)
    history = json.loads((tmp_path / "history.json").read_text())
    assert [entry["step"] for entry in history["validations"]] == [160, 320]


@pytest.mark.parametrize("kills", [(3,), (10, 1, 25)], ids=str)
def test_a_killed_training_ends_with_the_same_bits(kills: tuple[int, ...], tmp_path: Path) -> None:
    whole = steps_of(tmp_path / "whole")
    for kill in kills:
        going = train_micro(settings(), 0.5, toy(), 7, tmp_path / "killed", 1)
        list(islice(going, kill))
        going.close()
        torch.rand(3)  # what others do to torch's generator does not matter
    rest = steps_of(tmp_path / "killed")
    assert [step.loss for step in rest] == [step.loss for step in whole][-len(rest) :]
    first, second = (load_micro_network(tmp_path / n / "network.pt") for n in ("whole", "killed"))
    for name, value in first.state_dict().items():
        assert torch.equal(value, second.state_dict()[name]), name


def test_phases_follow_one_another(tmp_path: Path) -> None:
    phases = (
        recipe.Phase(steps=30, learning_rate=1e-3),
        recipe.Phase(steps=12, learning_rate=1e-9, negative_weight=20.0),
    )
    steps = steps_of(tmp_path, settings(phases=phases, moving_average=0.0))
    assert len(steps) == 42
    states = [
        torch.load(tmp_path / f"step-{step:08d}.pt", weights_only=True)["network"]["first"]
        for step in (40, 42)
    ]
    torch.testing.assert_close(*states, atol=1e-6, rtol=0)  # at the second rate nothing moves


def test_the_last_steps_are_taken_with_8_bits(tmp_path: Path) -> None:
    micro = settings(steps=40, validate_every=40, quantised_steps=12)
    steps = steps_of(tmp_path / "a", micro)
    assert [step.step for step in steps] == list(range(1, 53))
    assert micro.train.all_steps == 52
    going = train_micro(micro, 0.5, toy(), 7, tmp_path / "b", 1)
    list(islice(going, 45))
    going.close()
    steps_of(tmp_path / "b", micro)
    first, second = (load_micro_network(tmp_path / n / "network.pt") for n in "ab")
    for name, value in first.state_dict().items():
        assert torch.equal(value, second.state_dict()[name]), name
    ranges = load_ranges(tmp_path / "a" / RANGES)
    assert ranges == load_ranges(tmp_path / "b" / RANGES)
    plain = tmp_path / "plain"
    steps_of(plain, settings(steps=40, validate_every=40))
    moved = load_micro_network(plain / "network.pt").first - first.first
    assert 0 < moved.abs().max() < 0.01
    assert QuantisedMixedNet(first, ranges)(torch.zeros(1, 59, 40)).shape == (1, 1)
    assert steps_of(tmp_path / "a", micro) == []
    history = history_of(tmp_path / "a")
    assert [entry["step"] for entry in history["validations"]] == [40, 52]
    assert history["final"]["averaged_steps"] == [52]
    assert history["final"]["rounded"]["taken"]
    assert history["final"]["recall"] == steps[-1].recall
    assert history == history_of(tmp_path / "b")


def history_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "history.json").read_text())
    return found


def test_8_bits_that_validate_worse_are_not_taken(tmp_path: Path) -> None:
    """A last phase that destroys: what was before it is kept, and the rounded steps follow it."""
    good = recipe.Phase(steps=60, learning_rate=3e-3)
    phases = (good, recipe.Phase(steps=1, learning_rate=30.0, positive_weight=1e-6))
    changes: dict[str, Any] = {"moving_average": 0.0, "validate_every": 60, "averaged": 1}
    changes["tempo"] = (1.0, 1.0)
    micro = settings(phases=phases, quantised_steps=6, **changes)
    steps = steps_of(tmp_path / "a", micro)
    steps_of(tmp_path / "plain", settings(phases=phases, **changes))
    found, plain = (load_micro_network(tmp_path / n / "network.pt") for n in ("a", "plain"))
    for name, value in plain.state_dict().items():
        assert torch.equal(value, found.state_dict()[name]), name
    history = history_of(tmp_path / "a")
    assert [entry["step"] for entry in history["validations"]] == [60, 61, 67]
    rounded = history["final"].pop("rounded")
    assert not rounded["taken"]
    assert rounded["after"]["quality"] < rounded["before"]["quality"]
    assert history["final"] == history_of(tmp_path / "plain")["final"]
    # The float phase steered the weight, the rounded steps went on with it.
    weights = [entry["negative_weight"] for entry in history["validations"]]
    assert weights[-1] == weights[-2] == steps[-1].negative_weight
    assert steps_of(tmp_path / "a", micro) == []
    assert load_micro_network(tmp_path / "a" / "network.pt").first.equal(plain.first)


def test_a_kill_before_the_rounded_network_is_taken_changes_nothing(tmp_path: Path) -> None:
    micro = settings(steps=10, validate_every=10, quantised_steps=4)
    steps_of(tmp_path / "a", micro)
    steps_of(tmp_path / "plain", settings(steps=10, validate_every=10))
    taken, history = load_micro_network(tmp_path / "a" / "network.pt"), history_of(tmp_path / "a")
    assert history["final"]["rounded"]["taken"]
    shutil.copy(tmp_path / "plain" / "network.pt", tmp_path / "a" / "network.pt")
    assert steps_of(tmp_path / "a", micro) == []
    again = load_micro_network(tmp_path / "a" / "network.pt")
    assert again.first.equal(taken.first)
    assert not again.first.equal(load_micro_network(tmp_path / "plain" / "network.pt").first)
    assert history_of(tmp_path / "a") == history


def test_8_bits_go_on_as_the_last_phase_did() -> None:
    phases = (
        recipe.Phase(steps=5, learning_rate=1e-2),
        recipe.Phase(steps=5, learning_rate=1e-4, positive_weight=2.0, negative_weight=5.0),
    )
    train = settings(phases=phases, quantised_steps=8).train
    torch.manual_seed(1)
    net = MixedNet(SHAPE).eval()
    ranges = measured_ranges(net, said(2, 4, 90))
    rounded = RoundedLearner(NETWORK, train, 0.5, toy(), net, ranges, negative_weight=3.0)
    rates = [rounded.learning_rate(step) for step in range(1, 9)]
    assert max(rates) == pytest.approx(0.02 * 1e-4)
    seen = rounded.fresh()

    def dice() -> np.random.Generator:
        return np.random.default_rng(6)

    value = rounded.loss(seen, 1, 1.0, dice())
    plain = MicroLearner(NETWORK, train, 0.5, toy())
    assert value == plain.loss(seen, 10, 3.0, dice().spawn(1)[0])
    assert value != plain.loss(seen, 10, 3.0, dice())  # the dice of a step of the training


def test_rows_are_played_at_other_speeds_as_often_as_the_recipe_says() -> None:
    torch.manual_seed(1)
    net = MixedNet(SHAPE).eval()

    def loss(**changes: Any) -> float:
        train = settings(frequency_mix=0.0, **changes).train
        learner = MicroLearner(NETWORK, train, 0.5, toy())
        return learner.loss(net, 1, 1.0, np.random.default_rng(7)).item()

    as_they_are = loss(tempo=(1.0, 1.0))
    assert loss(tempo=(0.5, 1.5), tempo_share=0.0) == as_they_are
    assert len({as_they_are, loss(tempo=(0.5, 1.5), tempo_share=0.4), loss(tempo_share=1.0)}) == 3


def test_checkpoints_of_another_training_are_refused(tmp_path: Path) -> None:
    steps_of(tmp_path)
    with pytest.raises(StoreError, match="another training"):
        steps_of(tmp_path, settings(distillation=0.1))
    with pytest.raises(StoreError, match="another training"):
        steps_of(tmp_path, data=toy(near_miss=None))


def test_the_teacher_is_believed(tmp_path: Path) -> None:
    """Labels that are all wrong, and a teacher that is right and wholly believed."""
    wrong = others(said(0, 200, 90), SHAPE)
    ends = np.tile(np.arange(LENGTH), 200)
    logits = np.where((ends >= 87) & (ends < 102), 4.0, -4.0).astype(np.float16)
    data = toy(near_miss=Class([wrong.taught_by(logits)]))
    batch = recipe.MicroBatch(positive=2, near_miss=32, background=4)
    believed = steps_of(
        tmp_path / "a", settings(steps=120, distillation=1.0, batch=batch), data=data
    )
    assert (believed[-1].recall or 0) > 0.9
    not_believed = steps_of(
        tmp_path / "b", settings(steps=120, distillation=0.0, batch=batch), data=data
    )
    assert (not_believed[-1].recall or 0) < 0.5


def test_scores_of_a_stream_are_those_of_the_streaming_network() -> None:
    torch.manual_seed(3)
    network = MixedNet(SHAPE).eval()
    frames = noise(8, 7000)  # more than is scored at once
    found = scores(network, frames, 1)
    stream = StreamingReference(network)
    logits = [
        float(stream.push(torch.from_numpy(dequantised(frames[at : at + 3]))))
        for at in range(0, len(frames) - 2, 3)
    ]
    expected = 1 / (1 + np.exp(-np.array(logits)))
    # The stream's first scores look at the silence before it.
    np.testing.assert_allclose(found, expected[-len(found) :], atol=1e-5)
    smooth = scores(network, frames, 5)
    np.testing.assert_allclose(smooth, np.convolve(found, np.full(5, 0.2), "valid"), atol=1e-9)


def test_nothing_to_learn_from_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nothing to train against"):
        steps_of(tmp_path, data=toy(near_miss=None, background=None))


def test_networks_of_the_other_family_are_told_apart(tmp_path: Path) -> None:
    steps_of(tmp_path, settings(steps=1))
    with pytest.raises(ModelError, match="does not hold a trained network"):
        load_network(tmp_path / "network.pt")
    (tmp_path / "other.pt").write_bytes(b"nothing")
    with pytest.raises(ModelError, match="does not hold a trained micro network"):
        load_micro_network(tmp_path / "other.pt")
