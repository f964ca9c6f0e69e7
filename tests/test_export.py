"""Exported files score as the network, in every runtime that is at hand."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from numpy.typing import NDArray
from pyopen_wakeword import OpenWakeWord

from wakesmith import recipe
from wakesmith.errors import ParityError
from wakesmith.families.openwakeword.ensemble import build
from wakesmith.families.openwakeword.network import Network
from wakesmith.families.openwakeword.parity import check_parity
from wakesmith.families.openwakeword.smoothing import smoothed
from wakesmith.families.openwakeword.to_onnx import to_onnx
from wakesmith.families.openwakeword.to_tflite import to_tflite

NETWORKS: list[dict[str, object]] = [
    {"kind": "dnn"},
    {"kind": "dnn", "blocks": 0, "layer_size": 7, "window": 11, "smoothing": 1},
    {"kind": "conv", "layer_size": 24, "blocks": 2},
    {"kind": "conv", "layer_size": 8, "members": 1, "smoothing": 1},
    {"kind": "recurrent", "layer_size": 16, "smoothing": 3},
    {"kind": "recurrent", "layer_size": 9, "blocks": 0, "window": 5, "smoothing": 1},
]
WRITERS = {"tflite": to_tflite, "onnx": to_onnx}


def shaken(described: dict[str, object]) -> Network:
    """A network with weights as unlike the fresh ones as training makes them."""
    torch.manual_seed(3)
    wanted = recipe.Network.model_validate(described)
    network = smoothed(build(wanted), wanted.smoothing).eval()
    for parameter in network.parameters():
        parameter.data += 0.05 * torch.randn_like(parameter)
    network.standardise(torch.randn(96) * 4, torch.rand(96) * 10 + 1)
    return network


def windows(network: Network, n: int = 20) -> NDArray[np.float32]:
    dice = np.random.default_rng(5)
    return (dice.standard_normal((n, network.window, 96)) * 10).astype(np.float32)


def expected(network: Network, x: NDArray[np.float32], shift: float) -> NDArray[np.float64]:
    with torch.inference_mode():
        logits = network(torch.from_numpy(x)).double()
        scores: NDArray[np.float64] = torch.sigmoid(logits + shift).numpy()
    return scores


@pytest.mark.parametrize("described", NETWORKS, ids=str)
@pytest.mark.parametrize("ending", WRITERS)
def test_files_score_as_the_network(
    described: dict[str, object], ending: str, tmp_path: Path
) -> None:
    network, path = shaken(described), tmp_path / f"okay_test.{ending}"
    WRITERS[ending](network, path, shift=-0.6)
    x = windows(network)
    assert check_parity(network, path, x, shift=-0.6) < 1e-5
    with pytest.raises(ParityError, match=r"differ by up to \d\.\d\de-\d\d"):
        check_parity(network, path, x, shift=-0.5)


@pytest.mark.parametrize("described", NETWORKS, ids=str)
def test_home_assistants_runtime_scores_the_same(
    described: dict[str, object], tmp_path: Path
) -> None:
    network, path = shaken(described), tmp_path / "okay_test.tflite"
    to_tflite(network, path, shift=0.3)
    runtime = OpenWakeWord.from_model(path)
    assert runtime.input_windows == network.window
    x = windows(network)
    scores = []
    for window in x:
        runtime.reset()
        scores += list(runtime.process_streaming(window[None, None]))
    np.testing.assert_allclose(scores, expected(network, x, 0.3), atol=1e-5)


def test_onnx_shapes_are_what_openwakeword_reads(tmp_path: Path) -> None:
    network, path = shaken(NETWORKS[1]), tmp_path / "okay_test.onnx"
    to_onnx(network, path)
    session = onnxruntime.InferenceSession(str(path))
    (given,), (made,) = session.get_inputs(), session.get_outputs()
    assert given.shape[1:] == [11, 96]
    assert made.shape[1] == 1
    x = windows(network, 4)
    (one,) = session.run(None, {given.name: x[:1]})
    (many,) = session.run(None, {given.name: x})
    assert one.shape == (1, 1)
    np.testing.assert_allclose(many[0], one[0], atol=1e-6)


@pytest.mark.parametrize("ending", WRITERS)
def test_same_network_same_bytes_and_nothing_left_beside(ending: str, tmp_path: Path) -> None:
    network = shaken(NETWORKS[0])
    for name in ("one", "two"):
        WRITERS[ending](network, tmp_path / f"{name}.{ending}")
    first, second = (tmp_path / f"{name}.{ending}" for name in ("one", "two"))
    assert first.read_bytes() == second.read_bytes()
    assert sorted(tmp_path.iterdir()) == [first, second]


def test_scores_that_are_no_number_fail_the_gate(tmp_path: Path) -> None:
    network, path = shaken(NETWORKS[0]), tmp_path / "model.tflite"
    to_tflite(network, path)
    next(network.parameters()).data.fill_(torch.nan)
    with pytest.raises(ParityError):
        check_parity(network, path)


@pytest.mark.parametrize("ending", WRITERS)
def test_a_network_too_sharp_for_float32_is_held_to_float32(ending: str, tmp_path: Path) -> None:
    network, path = shaken(NETWORKS[0]), tmp_path / f"model.{ending}"
    x = windows(network, 200)
    for sharper in (2000, 2, 2, 2, 2, 2):  # how far float32 is off differs between processors
        for name, parameter in network.named_parameters():
            if ".output." in name:  # each member's last layer
                parameter.data *= sharper
        with torch.inference_mode():
            middle = float(network(torch.from_numpy(x)).median())
        WRITERS[ending](network, path, shift=-middle)
        worst = check_parity(network, path, x, shift=-middle)
        if worst > 1e-5:
            break
    assert worst > 1e-5
    with pytest.raises(ParityError):
        check_parity(network, path, x, shift=1.0 - middle)


def test_the_gate_leaves_the_networks_mode(tmp_path: Path) -> None:
    network, path = shaken(NETWORKS[0]), tmp_path / "model.tflite"
    to_tflite(network, path)
    network.train()
    check_parity(network, path)
    assert network.training
