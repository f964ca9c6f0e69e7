"""Layers that have heard people speak: what they know, and where a training starts from them."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from micro import small
from numpy.typing import NDArray

from wakesmith import recipe, tts
from wakesmith.errors import DataError
from wakesmith.events import Event, Noted, silent
from wakesmith.families.microwakeword.features import spectra
from wakesmith.families.microwakeword.network import MixedNet
from wakesmith.families.microwakeword.shape import Shape, shape_of
from wakesmith.families.microwakeword.trunk import TRUNK, load_trunk, shipped_trunk, trunk_of
from wakesmith.plan.draws import Utterance
from wakesmith.runtime.frontend import CHUNK, SAMPLE_RATE, embed
from wakesmith.runtime.micro.frontend import STEP, WINDOW, dequantised
from wakesmith.stages import licences
from wakesmith.stages.arrays import save_arrays
from wakesmith.stages.micro import learn
from wakesmith.stages.micro.dataset import MicroFolders
from wakesmith.stages.micro.learn import begins_pretrained
from wakesmith.stages.train.loop import Step
from wakesmith.stages.train.micro import (
    Class,
    Held,
    MicroData,
    MicroLearner,
    others,
    sayings,
)
from wakesmith.stages.train.weights import Learnt
from wakesmith.tts.perturb import resampled
from wakesmith.tts.tempo import stretched

SENTENCES = (
    "the small boat went out on a calm sea in the evening",
    "please put the seven blue cups on the kitchen table",
    "nobody knew why the old clock had stopped at three",
    "we walked through the garden and talked about music",
    "she could hear a dog barking somewhere down the road",
    "my brother keeps his money in a wooden box",
    "they said it would rain before the week was over",
    "a young man asked me where the station was",
    "there was nothing left to eat but bread and cheese",
    "open the window and let some fresh air in",
    "his voice sounded strange over the telephone",
    "twenty people were waiting for the last bus home",
)
Numbers = NDArray[np.float64]
Embeddings = NDArray[np.float32]


@cache
def spoken(formants: float = 1.0, tempo: float = 1.0) -> tuple[NDArray[np.int8], Embeddings]:
    """Spectra and embeddings of sentences one after another, higher and slower."""
    if "flite" not in tts.installed():
        pytest.skip("speaks, and flite is not installed")
    said = [(text, voice) for text in SENTENCES for voice in ("slt", "rms", "awb")]
    clips = tts.speak([Utterance(text, "flite", voice, ()) for text, voice in said])
    pcm = np.concatenate(
        [resampled(stretched(clip.pcm, tempo / formants), formants) for clip in clips]
    )
    return spectra(pcm[None])[0], embed(pcm)


def foretold(network: MixedNet, *altered: float) -> float:
    """How much of the embedding's variance (R²) on the last third of the sound a linear layer
    explains that was fitted on the first two thirds of what the network's layers make of it."""
    frames, embeddings = spoken(*altered)
    shape = network.shape
    with torch.inference_mode():
        x = torch.from_numpy(dequantised(frames[None]))
        made = network.eval().hidden(network.start(x, shape.positions(len(frames))))[:, 0].T.numpy()
    first = shape.receptive - (shape.last - 1) * shape.stride - 1
    ends = ((first + np.arange(len(made)) * shape.stride) * STEP + WINDOW) / SAMPLE_RATE
    wanted = np.stack(
        [
            np.interp(ends, (np.arange(len(embeddings)) + 1) * CHUNK / SAMPLE_RATE, column)
            for column in embeddings.T
        ],
        1,
    )
    cut = len(made) * 2 // 3
    made = (made - made[:cut].mean(0)) / (made[:cut].std(0) + 1e-6)
    mean, deviation = wanted[:cut].mean(0), wanted[:cut].std(0) + 1e-3
    wanted = (wanted - mean) / deviation
    held = np.hstack([made, np.ones((len(made), 1))])
    # Ridge regression, as there are few frames and neighbours are alike.
    normal = held[:cut].T @ held[:cut] + 300.0 * np.eye(held.shape[1])
    found = held[cut:] @ np.linalg.solve(normal, held[:cut].T @ wanted[:cut])
    left = wanted[cut:] - found
    return float(1 - (left**2).sum() / ((wanted[cut:] - wanted[cut:].mean(0)) ** 2).sum())


def fresh(seed: int) -> MixedNet:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return MixedNet(Shape())


@pytest.mark.parametrize("altered", [(), (1.0, 0.6), (1.3, 0.75)], ids=["", "slow", "slow, high"])
def test_the_shipped_layers_know_more_of_speech_than_random_ones(
    altered: tuple[float, ...],
) -> None:
    network = fresh(0)
    shipped_trunk().load_into(network)
    chance = max(foretold(fresh(seed), *altered) for seed in range(3))
    assert foretold(network, *altered) > chance + 0.1


def test_the_card_is_of_the_layers_that_ship() -> None:
    assert shipped_trunk().digest in TRUNK.with_suffix(".md").read_text()


def test_a_training_begins_with_the_shipped_layers() -> None:
    micro = recipe.Micro()
    frames = np.zeros((4, 254, 40), np.int8)
    shape = shape_of(micro.network)
    data = MicroData(
        Class([sayings(frames, np.full(4, 2.0), (0.0, 0.4), shape)]),
        Class([others(frames, shape)]),
        None,
        None,
        Held([(frames[0], 2.0)], [frames[0]]),
    )
    learner = MicroLearner(micro.network, micro.train, 0.5, data, shipped_trunk())
    begun, other = learner.fresh(), learner.fresh()
    assert isinstance(begun, MixedNet)
    assert isinstance(other, MixedNet)
    for name, part in shipped_trunk().weights.items():
        np.testing.assert_array_equal(begun.state_dict()[name].numpy(), part)
    assert not torch.equal(begun.output, other.output)


def test_only_the_last_layer_is_free() -> None:
    trunk = shipped_trunk()
    assert trunk.fits(Shape())
    assert trunk.fits(Shape(frames=200, pooling="average"))
    assert not trunk.fits(Shape(first_filters=30))
    assert not trunk.fits(Shape(kernels=((5,), (7, 11), (9, 15), (21,))))
    pooled = MixedNet(Shape(frames=200, pooling="max"))
    trunk.load_into(pooled)
    np.testing.assert_array_equal(pooled.first.detach().numpy(), trunk.weights["first"])


def test_what_is_written_is_read(tmp_path: Path) -> None:
    trunk = trunk_of(fresh(1))
    path = tmp_path / "trunk.npz"
    trunk.save(path)
    again = load_trunk(path)
    assert (again.digest, again.shape) == (trunk.digest, trunk.shape)
    assert again.digest != shipped_trunk().digest


def test_a_file_that_holds_no_layers_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "trunk.npz"
    path.write_bytes(b"no archive")
    with pytest.raises(DataError, match=r"trunk\.npz does not hold the layers"):
        load_trunk(path)
    trunk = trunk_of(fresh(1))
    about = np.array(json.dumps(dict(trunk.shape)))
    save_arrays(path, {"about": about, "first": trunk.weights["first"]})
    with pytest.raises(DataError, match=r"layers\.0\.\S+ .*missing"):
        load_trunk(path)
    short = {**trunk.weights, "first": trunk.weights["first"][:, :40]}
    save_arrays(path, {"about": about, **short})
    with pytest.raises(DataError, match="size mismatch for first"):
        load_trunk(path)


def test_a_recipe_says_what_its_network_starts_from(tmp_path: Path) -> None:
    usual = recipe.load(None, phrase="okay betty", overrides=["family=microwakeword"])
    alone = recipe.load(
        None,
        phrase="okay betty",
        overrides=["family=microwakeword", "micro.train.pretrained=false"],
    )
    assert learn.pretrained(usual) is shipped_trunk()
    assert learn.pretrained(alone) is None
    assert learn.parameters(usual)["start"] == shipped_trunk().digest
    assert "start" not in learn.parameters(alone)


def test_a_run_hands_what_it_starts_from_to_the_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed: list[object] = []

    def train(*given: object) -> Iterator[Step]:
        handed.append(given[-1])
        return iter(())

    monkeypatch.setattr(learn, "micro_dataset", lambda *_: None)
    monkeypatch.setattr(learn, "train_micro", train)
    earlier = Learnt(recipe.MicroNetwork(), dict(shipped_trunk().weights))
    for override, start in (("true", None), ("false", None), ("true", earlier)):
        chosen = recipe.load(
            None,
            phrase="okay betty",
            overrides=["family=microwakeword", f"micro.train.pretrained={override}"],
        )
        learn.learn_micro(tmp_path, chosen, MicroFolders({}, {}), silent, start)
    assert handed == [shipped_trunk(), None, earlier]


def test_a_network_of_other_sizes_starts_afresh_and_the_run_says_so(tmp_path: Path) -> None:
    told: list[Event] = []
    with pytest.raises(DataError, match="there must be sayings"):
        learn.learn_micro(tmp_path, small("microwakeword"), MicroFolders({}, {}), told.append)
    assert any(isinstance(event, Noted) and "random layers" in event.message for event in told)
    told.clear()
    plain = small("microwakeword", "micro.train.pretrained=false")
    with pytest.raises(DataError, match="there must be sayings"):
        learn.learn_micro(tmp_path, plain, MicroFolders({}, {}), told.append)
    assert not told


def test_the_card_says_so_only_where_the_sizes_fit() -> None:
    asked = ["family=microwakeword"]
    for more, begun in (
        ([], True),
        (["micro.train.pretrained=false"], False),
        (["micro.train.pretrained=false", "micro.train.start_from=earlier"], True),
        (["micro.train.start_from=earlier", "micro.network.first_filters=30"], False),
        (["family=openwakeword"], False),
    ):
        chosen = recipe.load(None, phrase="okay betty", overrides=[*asked, *more])
        assert begins_pretrained(chosen) == begun


def test_the_card_says_what_the_layers_were_trained_on() -> None:
    (told,) = [row for row in licences.table(licences.of_parts(pretrained=True)) if "first" in row]
    assert "CC-BY-4.0" in told
    assert not any("first" in row for row in licences.table(licences.of_parts()))
    licences.check(True, licences.of_parts(pretrained=True), silent)
