"""Networks and manifests that cannot be are refused with the recipe, before any work."""

import re
from pathlib import Path

import numpy as np
import pytest
from helpers import written
from micro_nets import SHAPES, quantised_features

from wakesmith.errors import DataError, RecipeError
from wakesmith.families.microwakeword.network import MixedNet
from wakesmith.families.microwakeword.quantised import quantise
from wakesmith.families.microwakeword.ranges import measured_ranges
from wakesmith.families.microwakeword.shape import Shape
from wakesmith.families.microwakeword.to_tflite import encode
from wakesmith.recipe import load, mixednet
from wakesmith.runtime.micro.operators import MAX_VARIABLES
from wakesmith.stages.micro.sets import SAYING_FRAMES
from wakesmith.stages.train.micro import others


def mistakes(*overrides: str, path: Path | None = None) -> str:
    every = [f"micro.{one}" for one in overrides]
    with pytest.raises(RecipeError) as caught:
        load(path, phrase=None if path else "hey saga", overrides=every)
    return str(caught.value)


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["network.pointwise=[64, 64]"], "micro.network: pointwise, kernels, .* 2, 4, 4, 4 ent"),
        (["network.stride=6"], "micro.network.first_kernel: first_kernel is 5 and stride 6"),
        (["network.stride=256", "network.first_kernel=300"], r"micro\.network\.stride: .* 255"),
        (["network.frames=150"], "micro.network.frames: the layers look at 155 frames and frames"),
        (["network.frames=150"], r"frames is 150\. Raise frames, or take shorter kernels"),
        (["network.kernels=[[5], [7, 11], [9, 15], [99]]"],
         r"look at 383 frames and frames is 194\. Take shorter kernels.* 252 frames to train on"),
        (["network.frames=253"], "micro.network.frames: 253 is more than the 252 frames"),
        (
            ["network.frames=253", "network.stride=2"],
            r"micro.network.frames: 253 is more than the 252 frames .* \(at a stride of 2\)",
        ),
        (
            ["network.pointwise=[1, 64, 64, 64]"],
            "micro.network.kernels.1: block 2 has 2 kernels for 1 channels",
        ),
        (["network.repeats=[9, 1, 1, 9]", "network.kernels=[[2], [3], [2], [2]]"],
         "micro.network: the network keeps 22 states"),
        (["manifest.author=' '"], "micro.manifest.author: must not be empty"),
        (["manifest.website=example.org"], "micro.manifest.website: must be an address"),
        (["manifest.website=ftp://example.org/"], "micro.manifest.website: must be an address"),
        (["manifest.website='https://'"], "micro.manifest.website: must be an address"),
        (["manifest.website='http://[::1'"], "micro.manifest.website: must be an address"),
        (["manifest.website=''", "manifest.languages=[en, de]"], None),
        (["manifest.languages=[en, '']"], "micro.manifest.languages.1: must not be empty"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_with_its_path(overrides: list[str], said: str | None) -> None:
    if said is None:
        load(phrase="hey saga", overrides=[f"micro.{one}" for one in overrides])
    else:
        assert re.search(said, mistakes(*overrides))


def test_what_another_family_would_not_use_is_checked_all_the_same() -> None:
    """A recipe is right or wrong as it is written, whichever family is asked for."""
    overrides = ["family=openwakeword", "micro.network.frames=150"]
    with pytest.raises(RecipeError, match=r"micro\.network\.frames"):
        load(phrase="hey saga", overrides=overrides)


def test_all_is_said_at_once_with_its_line(tmp_path: Path) -> None:
    text = """\
phrase: hey saga
micro:
  network:
    first_kernel: 2
    kernels: [[5], [7, 11], [9, 15], [99]]
    pointwise: [64, 1, 64, 64]
  manifest:
    author: ""
    website: saga
"""
    said = mistakes(path=written(tmp_path, text))
    assert "has 5 mistakes" in said
    assert "micro.network.first_kernel (line 4): first_kernel is 2 and stride 3" in said
    assert "micro.network.kernels.2 (line 5): block 3 has 2 kernels for 1 channels" in said
    assert "micro.network.frames: the layers look at 380 frames and frames is 194" in said
    assert "micro.manifest.author (line 8): must not be empty" in said
    assert "micro.manifest.website (line 9)" in said


@pytest.mark.parametrize("name", SHAPES)
def test_states_are_counted_as_the_file_has_them(name: str) -> None:
    shape = SHAPES[name]
    net = MixedNet(shape).eval()
    model = encode(quantise(net, measured_ranges(net, quantised_features(1, shape.frames))))
    assert len(set(re.findall(rb"state_\d+", model))) == mixednet.states(shape)


@pytest.mark.parametrize("stride", [1, 2, 3, 5])
def test_the_most_frames_are_those_that_sayings_give(stride: int) -> None:
    rows = np.zeros((1, mixednet.SAYING_FRAMES, 40), np.int8)
    most = mixednet.stretch(mixednet.SAYING_FRAMES, stride)
    sizes = {"pointwise": (8,), "kernels": ((5,),), "repeats": (1,), "residual": (False,)}
    for frames, fits in ((most, True), (most + 1, False)):
        shape = Shape(stride=stride, frames=frames, **sizes)  # type: ignore[arg-type]
        assert (mixednet.unusable(shape) == []) == fits
        if fits:
            others(rows, shape)
        else:
            with pytest.raises(DataError, match=r"make micro\.network\.frames smaller"):
                others(rows, shape)


def test_the_figures_are_those_of_what_they_stand_for() -> None:
    assert mixednet.SAYING_FRAMES == SAYING_FRAMES
    assert mixednet.STATES == MAX_VARIABLES
