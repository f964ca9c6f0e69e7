"""The training loop on toys that are learnt in seconds."""

import json
import os
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from wakesmith import recipe
from wakesmith.errors import DataError, ModelError, StoreError
from wakesmith.stages.train import (
    HEARD_WITHIN,
    Data,
    Group,
    Step,
    load_network,
    near_misses,
    positives,
    streams,
    train,
)

WINDOW = 8
END = 12.4
NETWORK = recipe.Network(layer_size=8, blocks=0, window=WINDOW, dropout=0.2)
CPU = torch.device("cpu")
Frames = NDArray[np.float32]


def noise(seed: int, *shape: int) -> Frames:
    return np.random.default_rng(seed).standard_normal((*shape, 96)).astype(np.float32)


def sayings(seed: int, n: int, loud: float) -> Frames:
    """Sayings of 20 frames; in the four that end at ``END`` eight channels rise."""
    frames = noise(seed, n, 20)
    frames[:, 9:13, :8] += loud
    return frames


def toy(**changes: Any) -> Data:
    ends = {n: np.full(n, END) for n in (40, 60, 200)}
    data: dict[str, Any] = {
        "positive": Group([positives(sayings(0, 200, 3), ends[200], (0, 0.3), WINDOW)]),
        "near_miss": Group([near_misses(sayings(1, 60, 0.7), ends[60], WINDOW)]),
        "speech": Group([streams(noise(2, 500), np.arange(0, 500, 50), WINDOW)]),
        "background": Group([streams(noise(3, 3000), np.array([0, 1000]), WINDOW)]),
        "validation_positive": Group(
            [positives(sayings(4, 40, 3), ends[40], HEARD_WITHIN, WINDOW)]
        ),
        "validation_background": Group([streams(noise(5, 3000), np.array([0]), WINDOW)]),
    }
    return Data(**{**data, **changes})


def settings(**changes: Any) -> recipe.Train:
    batch = recipe.Batch(positive=32, near_miss=16, speech=8, background=32)
    values = {"steps": 40, "validate_every": 10, "learning_rate": 3e-3, "batch": batch}
    return recipe.Train.model_validate({**values, **changes})


def steps_of(folder: Path, train_recipe: recipe.Train | None = None, **changes: Any) -> list[Step]:
    values: dict[str, Any] = {"data": toy(), "seed": 7, "threads": 1, "device": "cpu", **changes}
    targets = recipe.Targets()
    return list(train(NETWORK, train_recipe or settings(), targets, folder=folder, **values))


def test_a_separable_toy_is_learnt(tmp_path: Path) -> None:
    steps = steps_of(tmp_path, settings(steps=150, validate_every=50))
    assert [step.step for step in steps] == list(range(1, 151))
    assert [step.step for step in steps if step.saved] == [50, 100, 150]
    assert steps[-1].recall == 1
    assert steps[-1].false_accepts_per_hour == 0
    assert steps[-1].loss < steps[0].loss / 3
    network, described = load_network(tmp_path / "network.pt")
    assert described == NETWORK
    with torch.inference_mode():
        heard = network(torch.from_numpy(sayings(9, 50, 3)[:, 6 : 6 + WINDOW]))
        quiet = network(torch.from_numpy(noise(9, 50, WINDOW)))
    assert (heard > 0).all()
    assert (quiet < 0).all()
    history = json.loads((tmp_path / "history.json").read_text())
    assert [entry["step"] for entry in history["validations"]] == [50, 100, 150]
    assert history["final"]["recall"] == 1


@pytest.mark.parametrize(
    "changes",
    [{"mixup": 0.5, "focal": 2.0}, {"looks": 3}, {"moving_average": 0.0, "hard": 0.0}],
    ids=str,
)
def test_every_option_learns(changes: dict[str, Any], tmp_path: Path) -> None:
    assert (steps_of(tmp_path, settings(steps=100, **changes))[-1].recall or 0) > 0.9


@pytest.mark.parametrize("kills", [(3,), (10, 1, 25), (1, 1, 13, 19)], ids=str)
def test_a_killed_training_ends_with_the_same_bits(kills: tuple[int, ...], tmp_path: Path) -> None:
    changes = {"mixup": 0.3, "looks": 2}
    whole = steps_of(tmp_path / "whole", settings(**changes))
    for kill in kills:
        arguments = (NETWORK, settings(**changes), recipe.Targets(), toy(), 7)
        running = train(*arguments, tmp_path / "killed", "cpu", 1)
        list(islice(running, kill))
        running.close()
        torch.rand(3)  # what others do to torch's generator does not matter
    rest = steps_of(tmp_path / "killed", settings(**changes))
    assert [step.loss for step in rest] == [step.loss for step in whole][-len(rest) :]
    first, second = (load_network(tmp_path / n / "network.pt")[0] for n in ("whole", "killed"))
    for name, value in first.state_dict().items():
        assert torch.equal(value, second.state_dict()[name]), name
    assert (tmp_path / "whole" / "history.json").read_bytes() == (
        tmp_path / "killed" / "history.json"
    ).read_bytes()


def test_threads_are_as_many_as_cores_that_may_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0}, raising=False)
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        steps_of(tmp_path, settings(steps=1), threads=0)
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)


def test_two_checkpoints_stay_and_a_finished_training_does_nothing(tmp_path: Path) -> None:
    steps_of(tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["history.json", "network.pt", "step-00000030.pt", "step-00000040.pt"]
    before = (tmp_path / "network.pt").read_bytes()
    assert steps_of(tmp_path) == []
    assert (tmp_path / "network.pt").read_bytes() == before


def test_a_kill_before_the_result_was_written(tmp_path: Path) -> None:
    steps_of(tmp_path)
    weights = load_network(tmp_path / "network.pt")[0].state_dict()
    (tmp_path / "network.pt").unlink()
    assert steps_of(tmp_path) == []
    again = load_network(tmp_path / "network.pt")[0].state_dict()
    assert all(torch.equal(value, again[name]) for name, value in weights.items())


def test_seeds_differ(tmp_path: Path) -> None:
    one, other = (steps_of(tmp_path / str(seed), seed=seed)[0].loss for seed in (1, 2))
    assert one != other


def test_checkpoints_of_another_training_are_refused(tmp_path: Path) -> None:
    steps_of(tmp_path)
    with pytest.raises(StoreError, match="another training"):
        steps_of(tmp_path, settings(steps=50))
    with pytest.raises(StoreError, match="another training"):
        steps_of(tmp_path, data=toy(speech=None))


def test_a_broken_checkpoint_is_said_and_the_one_before_goes_on(tmp_path: Path) -> None:
    whole = steps_of(tmp_path)
    newest = tmp_path / "step-00000040.pt"
    newest.write_bytes(newest.read_bytes()[:1000])
    with pytest.raises(StoreError, match=r"step-00000040\.pt cannot be read"):
        steps_of(tmp_path)
    newest.unlink()
    assert [step.loss for step in steps_of(tmp_path)] == [step.loss for step in whole[30:]]


def test_negative_weight_rises_while_there_are_too_many_false_accepts(tmp_path: Path) -> None:
    frames = noise(6, 3000)
    frames[::100, :8] += 60  # sounds like the phrase, and training never hears it
    hard = Group([streams(frames, np.array([0]), WINDOW)])
    limit = 25.0
    rising = steps_of(
        tmp_path / "a",
        settings(steps=60, max_negative_weight=limit),
        data=toy(validation_background=hard),
    )
    weights = [step.negative_weight for step in rising if step.negative_weight]
    assert weights[-1] == limit
    easing = steps_of(tmp_path / "b", settings(steps=60, max_negative_weight=limit))
    assert (easing[-1].negative_weight or 0) < limit


def test_patience_stops_early(tmp_path: Path) -> None:
    steps = steps_of(tmp_path, settings(steps=400, patience=2))
    assert len(steps) < 400
    assert (tmp_path / "network.pt").exists()


def test_alignment_is_applied(tmp_path: Path) -> None:
    """Sayings of one sign, aligned by turning them round, are what is heard with the other."""
    turned = -sayings(0, 200, 3)
    turn = -np.eye(96), np.zeros(96)
    pool = positives(turned, np.full(200, END), (0, 0.3), WINDOW, turn)
    steps = steps_of(tmp_path, settings(steps=100), data=toy(positive=Group([pool])))
    assert (steps[-1].recall or 0) > 0.9
    assert not (tmp_path / "aligned").exists()


def test_nothing_to_learn_from_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nothing to train against"):
        steps_of(tmp_path, data=toy(near_miss=None, speech=None, background=None))
    broken = sayings(0, 200, 3)
    broken[:, 12] = np.nan
    bad = Group([positives(broken, np.full(200, END), (0, 0.3), WINDOW)])
    with pytest.raises(DataError, match="loss at step 1 is nan"):
        steps_of(tmp_path, data=toy(positive=bad))


def test_a_file_that_is_no_network_is_said(tmp_path: Path) -> None:
    (tmp_path / "network.pt").write_bytes(b"nothing")
    with pytest.raises(ModelError, match="does not hold a trained network"):
        load_network(tmp_path / "network.pt")


@pytest.mark.gpu
def test_cuda_learns_and_resumes(tmp_path: Path) -> None:
    if not torch.cuda.is_available():
        pytest.skip("needs CUDA")
    arguments = (NETWORK, settings(steps=100), recipe.Targets(), toy(), 7, tmp_path)
    assert len(list(islice(train(*arguments, "cuda"), 25))) == 25
    rest = list(train(*arguments, "cuda"))
    assert rest[0].step == 21
    assert (rest[-1].recall or 0) > 0.9
    load_network(tmp_path / "network.pt")
