"""Exported files compute what the network does, with a device's operators, in a device's memory."""

from pathlib import Path

import numpy as np
import pytest
import torch
from ai_edge_litert import schema_py_generated as reader
from micro_nets import SHAPES, quantised_features, trained
from micro_official import FOLDER, OFFICIAL, read
from numpy.typing import NDArray

from wakesmith.errors import DataError, ModelError, ParityError
from wakesmith.families.microwakeword.arena import (
    fits,
    manifest_arena,
    measured_arena,
    safe_arena,
)
from wakesmith.families.microwakeword.network import MixedNet
from wakesmith.families.microwakeword.parity import check_parity
from wakesmith.families.microwakeword.quantised import quantise
from wakesmith.families.microwakeword.ranges import measured_ranges
from wakesmith.families.microwakeword.shape import Shape
from wakesmith.families.microwakeword.to_tflite import encode, to_tflite
from wakesmith.runtime.micro.model import StreamingModel
from wakesmith.runtime.micro.operators import ESPHOME_OPERATORS, MAX_VARIABLES

ROUNDING = 12 / 256
"""What 8 bits cost networks as small and as undecided as these; real ones are held to 1 / 256."""


def exported(shape: Shape) -> tuple[MixedNet, bytes]:
    """A trained network and its file."""
    net = trained(shape)
    ranges = measured_ranges(net, quantised_features(4, shape.frames + 20))
    return net, encode(quantise(net, ranges))


def on_device(model: bytes, features: NDArray[np.int8], stride: int) -> NDArray[np.float64]:
    """The outputs of TensorFlow Lite Micro over one stream."""
    package = pytest.importorskip(
        "tflite_micro", reason="tflite-micro has no wheel for this system"
    )
    interpreter = package.runtime.Interpreter.from_bytes(model, arena_size=100_000)
    scores = []
    for step in features.reshape(-1, 1, stride, 40):
        interpreter.set_input(step, 0)
        interpreter.invoke()
        scores.append(interpreter.get_output(0)[0, 0])
    return np.asarray(scores, np.float64)


def operators(model: bytes) -> set[str]:
    names = {code: name for name, code in vars(reader.BuiltinOperator).items() if name.isupper()}
    codes = reader.ModelT.InitFromPackedBuf(model, 0).operatorCodes
    return {names[code.builtinCode] for code in codes}


@pytest.mark.parametrize("name", SHAPES)
def test_a_file_scores_as_the_float_stream(name: str, tmp_path: Path) -> None:
    shape, path = SHAPES[name], tmp_path / "okay_test.tflite"
    net = trained(shape)
    x = quantised_features(3, shape.frames + 200)
    to_tflite(net, measured_ranges(net, x), path)
    assert check_parity(net, path, x, tolerance=ROUNDING) > 0
    net.bias.data.add_(2)
    with pytest.raises(ParityError, match=r"differ by 0\.\d+ on average"):
        check_parity(net, path, x, tolerance=ROUNDING)
    net.bias.data.fill_(torch.nan)
    with pytest.raises(ParityError):
        check_parity(net, path, x, tolerance=ROUNDING)


@pytest.mark.parametrize("name", SHAPES)
def test_only_operators_that_esphome_knows(name: str) -> None:
    _, model = exported(SHAPES[name])
    assert operators(model) <= ESPHOME_OPERATORS
    assert "CALL_ONCE" in operators(model)


def test_input_and_output_are_what_esphome_hard_codes() -> None:
    _, model = exported(SHAPES["official"])
    main = reader.ModelT.InitFromPackedBuf(model, 0).subgraphs[0]
    (given,), (made,) = (
        [main.tensors[index] for index in indices] for indices in (main.inputs, main.outputs)
    )
    assert list(given.shape) == [1, 3, 40]
    assert given.type == reader.TensorType.INT8
    assert float(given.quantization.scale[0]) == 0.10162353515625
    assert int(given.quantization.zeroPoint[0]) == -128
    assert list(made.shape) == [1, 1]
    assert made.type == reader.TensorType.UINT8
    assert float(made.quantization.scale[0]) == 1 / 256
    assert int(made.quantization.zeroPoint[0]) == 0


def test_the_same_network_gives_the_same_bytes() -> None:
    assert exported(SHAPES["max"])[1] == exported(SHAPES["max"])[1]


@pytest.mark.tflm
@pytest.mark.parametrize("name", SHAPES)
def test_the_reference_kernels_are_the_devices(name: str, tmp_path: Path) -> None:
    net, model = exported(SHAPES[name])
    path = tmp_path / "okay_test.tflite"
    path.write_bytes(model)
    stride = net.shape.stride
    x = quantised_features(1, 200 * stride)[0]
    apart = np.abs(StreamingModel(path).probabilities(x) - on_device(model, x, stride))
    # LiteRT's FULLY_CONNECTED rounds once where TensorFlow Lite Micro rounds twice: about one
    # logit in a thousand is one step off. Everything before it is the same.
    assert (apart == 0).mean() >= 0.98
    assert apart.max() <= 8


@pytest.mark.tflm
@pytest.mark.parametrize("name", OFFICIAL)
def test_official_models_written_by_us_are_the_same_to_the_bit(name: str) -> None:
    path = FOLDER / f"{name}.tflite"
    ours = encode(read(path))
    assert operators(ours) <= ESPHOME_OPERATORS
    assert len(ours) < path.stat().st_size
    dice = np.random.default_rng(OFFICIAL.index(name))
    # Loud and quiet stretches, and channels that move together: what makes scores move.
    loudness = np.repeat(dice.integers(-110, 60, 300), 40)[:, None]
    tilt = np.repeat(dice.integers(-40, 40, (300, 1)), 40, 0) * np.linspace(-1, 1, 40)
    noise = dice.normal(0, 25, (12_000, 40))
    features = np.clip(loudness + tilt + noise, -128, 127).astype(np.int8)
    before = on_device(path.read_bytes(), features, 3)
    np.testing.assert_array_equal(on_device(ours, features, 3), before)
    assert len(np.unique(before)) > 2


@pytest.mark.tflm
def test_the_default_fits_where_the_official_models_do() -> None:
    pytest.importorskip("tflite_micro", reason="tflite-micro has no wheel for this system")
    _, model = exported(Shape())
    measured = measured_arena(model)
    assert measured is not None
    assert len(model) <= 62_000
    assert measured <= safe_arena(model) <= 1.25 * measured
    asked, was_measured = manifest_arena(model)
    assert was_measured
    assert measured <= asked <= 26_000
    assert fits(model, asked)
    assert fits(model, measured)
    assert not fits(model, measured * 4 // 5)


@pytest.mark.tflm
@pytest.mark.parametrize("name", ["repeats beside residuals", "average", "one last frame"])
def test_the_estimate_is_enough(name: str) -> None:
    pytest.importorskip("tflite_micro", reason="tflite-micro has no wheel for this system")
    _, model = exported(SHAPES[name])
    assert fits(model, safe_arena(model))


def test_without_the_runtime_the_arena_is_estimated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wakesmith.families.microwakeword.arena.find_spec", lambda _: None)
    _, model = exported(SHAPES["max"])
    assert measured_arena(model) is None
    asked, was_measured = manifest_arena(model)
    assert asked >= safe_arena(model) > len(model) // 2
    assert not was_measured
    with pytest.raises(ModelError, match="pip install --pre tflite-micro"):
        fits(model, 10_000)


def test_more_states_than_a_device_keeps_are_refused() -> None:
    shape = Shape(
        first_filters=4,
        pointwise=(4,) * 3,
        kernels=((3,),) * 3,
        repeats=(7,) * 3,
        residual=(False,) * 3,
        frames=160,
    )
    net = MixedNet(shape).eval()
    with pytest.raises(ModelError, match=f"more than {MAX_VARIABLES} states"):
        encode(quantise(net, measured_ranges(net, quantised_features(1, 160))))


def test_ranges_of_nothing_or_of_no_numbers_are_refused() -> None:
    net = trained(SHAPES["max"])
    for wrong in (np.zeros((0, 50, 40), np.int8), np.zeros((3, 50, 39), np.int8)):
        with pytest.raises(DataError, match="real sound"):
            measured_ranges(net, wrong)
    with pytest.raises(DataError, match="have 20 frames"):
        measured_ranges(net, np.zeros((3, 20, 40), np.int8))
    ranges = measured_ranges(net, quantised_features(2, 50))
    with pytest.raises(DataError, match="range of logit is no number"):
        quantise(net, {**ranges, "logit": (float("nan"), 1.0)})
    net.output.data[0, 0] = torch.nan
    with pytest.raises(DataError, match="weight of the network is no number"):
        quantise(net, ranges)
