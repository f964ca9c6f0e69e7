"""A decoder's graph written anew: in blocks, and its last stage in pieces, to the same numbers."""

from typing import Any

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

from wakesmith.tts.blocks import in_blocks  # noqa: E402
from wakesmith.tts.layout import as_pictures  # noqa: E402
from wakesmith.tts.pieces import in_pieces  # noqa: E402

FLOAT = 1


def _model(nodes: list[Any], held: dict[str, Any], channels: int, outputs: tuple[str, ...]) -> Any:
    from onnx import helper, numpy_helper

    tensors = [numpy_helper.from_array(np.asarray(v, np.float32), k) for k, v in held.items()]
    given = [helper.make_tensor_value_info("x", FLOAT, [1, channels, "t"])]
    asked = [helper.make_tensor_value_info(name, FLOAT, None) for name in outputs]
    graph = helper.make_graph(nodes, "decoder", given, asked, tensors)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)


def _decoder(outputs: tuple[str, ...] = ("y",)) -> Any:
    """Two stages as HiFi-GAN's, the first of them with an odd kernel and no bias."""
    from onnx import helper

    rng = np.random.default_rng(0)
    nodes, held, width, x = [], {"three": np.array(3.0)}, 32, "x"

    def do(kind: str, inputs: list[str], output: str, **more: Any) -> str:
        nodes.append(helper.make_node(kind, inputs, [output], **more))
        return output

    for stage, (step, kernel, pads) in enumerate(((3, 5, [1, 1]), (4, 8, [2, 2]))):
        held[f"up{stage}"] = rng.normal(size=(width, 16, kernel)) * 0.2
        inputs = [do("LeakyRelu", [x], f"l{stage}", alpha=0.1), f"up{stage}"]
        if stage:
            held["bias"] = rng.normal(size=16)
            inputs.append("bias")
        width, x = 16, do("ConvTranspose", inputs, f"u{stage}", strides=[step], pads=pads)
        ends = []
        for size, dilation in ((3, 1), (7, 3)):
            name, edge = f"{stage}_{size}", dilation * (size - 1) // 2
            held[f"w{name}"] = rng.normal(size=(16, 16, size)) * 0.2
            held[f"b{name}"] = rng.normal(size=16)
            inputs = [do("LeakyRelu", [x], f"r{name}", alpha=0.1), f"w{name}", f"b{name}"]
            do("Conv", inputs, f"c{name}", dilations=[dilation], pads=[edge, edge])
            ends.append(do("Add", [x, f"c{name}"], f"a{name}"))
        x = do("Div", [do("Add", ends, f"s{stage}"), "three"], f"d{stage}")
    held["post"] = rng.normal(size=(1, 16, 7)) * 0.2
    do("Conv", [do("LeakyRelu", [x], "last", alpha=0.01), "post"], "p", pads=[3, 3])
    do("Tanh", ["p"], "y")
    return _model(nodes, held, 32, outputs)


def _run(model: Any, moments: int) -> list[Any]:
    x = np.random.default_rng(moments).normal(size=(1, model.width, moments)).astype(np.float32)
    sums: list[Any] = model.session.run(None, {"x": x})
    return sums


class _Loaded:
    def __init__(self, model: Any) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.log_severity_level = 1, 3
        self.session = onnxruntime.InferenceSession(model.SerializeToString(), options)
        self.width = model.graph.input[0].type.tensor_type.shape.dim[1].dim_value


def _kinds(graph: Any) -> list[str]:
    kinds = [node.op_type for node in graph.node]
    for node in graph.node:
        for given in node.attribute:
            kinds += _kinds(given.g) if given.HasField("g") else []
    return kinds


@pytest.mark.parametrize("size", [1, 1600, 1 << 17])
def test_a_decoder_in_blocks_and_pieces_gives_the_same_samples(size: int) -> None:
    before, model = _Loaded(_decoder()), _decoder()
    as_pictures(model.graph)
    in_pieces(model.graph, size)
    in_blocks(model.graph)
    kinds = _kinds(model.graph)
    assert kinds.count("Loop") == 1
    assert "ConvTranspose" not in kinds
    assert kinds.count("Div") == 2  # of the numbers that say how long a piece is
    after = _Loaded(model)
    for moments in (1, 2, 33, 170) if size > 1 else (1, 9):
        (one,), (other,) = _run(before, moments), _run(after, moments)
        assert one.shape == other.shape == (1, 1, 12 * moments)
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_what_is_asked_for_twice_is_not_cut_into_pieces() -> None:
    asked = ("y", "a1_3")
    before, model = _Loaded(_decoder(asked)), _decoder(asked)
    as_pictures(model.graph)
    in_pieces(model.graph)
    in_blocks(model.graph)
    assert "Loop" not in _kinds(model.graph)
    after = _Loaded(model)
    for one, other in zip(_run(before, 20), _run(after, 20), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.parametrize(
    ("step", "kernel", "pads", "extra"),
    [
        (8, 16, [4, 4], 0),
        (4, 7, [0, 0], 0),
        (3, 2, [0, 1], 0),
        (2, 5, [1, 2], 1),
        (1, 3, [1, 1], 0),
    ],
)
def test_a_transposed_convolution_is_an_ordinary_one(
    step: int, kernel: int, pads: list[int], extra: int
) -> None:
    from onnx import helper

    rng = np.random.default_rng(1)
    held = {"w": rng.normal(size=(20, 8, kernel)), "b": rng.normal(size=8)}
    more = {"strides": [step], "pads": pads, "output_padding": [extra]}
    node = helper.make_node("ConvTranspose", ["x", "w", "b"], ["y"], **more)
    before, model = _Loaded(_model([node], held, 20, ("y",))), _model([node], held, 20, ("y",))
    as_pictures(model.graph)
    in_blocks(model.graph)
    assert "ConvTranspose" not in _kinds(model.graph)
    after = _Loaded(model)
    for moments in (2, 17):
        (one,), (other,) = _run(before, moments), _run(after, moments)
        assert one.shape == other.shape
        np.testing.assert_allclose(one, other, atol=1e-5)
