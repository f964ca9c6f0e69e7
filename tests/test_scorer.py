"""Scorers on real model files and on small ones made here."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import pretrained
from numpy.typing import NDArray

from wakesmith.errors import MissingExtra, ModelError
from wakesmith.runtime import load_scorer


def onnx_head(
    path: Path, shape: tuple[Any, ...] = (1, 16, 96), outputs: int = 1, kind: str = "FLOAT"
) -> Path:
    """Mean over time, a dense layer, a sigmoid."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    weights = np.random.default_rng(0).normal(0, 0.02, (96, outputs)).astype(np.float32)
    nodes = [
        helper.make_node("Cast", ["audio"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["float"], ["mean"], axes=[1], keepdims=0),
        helper.make_node("MatMul", ["mean", "weights"], ["logit"]),
        helper.make_node("Sigmoid", ["logit"], ["score"]),
    ]
    graph = helper.make_graph(
        nodes,
        "head",
        [helper.make_tensor_value_info("audio", getattr(TensorProto, kind), shape)],
        [helper.make_tensor_value_info("score", TensorProto.FLOAT, [shape[0], outputs])],
        [numpy_helper.from_array(weights, "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, str(path))
    return path


def tflite_reshape(path: Path, shape: tuple[int, ...], kind: str, signature: list[int]) -> Path:
    """A TFLite file that flattens its input: enough of a model of any shape and type."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    graph = schema.SubGraphT()
    graph.tensors = []
    for name, size in (("in", list(shape)), ("out", [shape[0], int(np.prod(shape[1:]))])):
        tensor = schema.TensorT()
        tensor.name, tensor.shape = name, size
        tensor.type, tensor.buffer = getattr(schema.TensorType, kind), 0
        graph.tensors.append(tensor)
    graph.tensors[0].shapeSignature = signature
    graph.inputs, graph.outputs = [0], [1]
    operator, options = schema.OperatorT(), schema.ReshapeOptionsT()
    options.newShape = [-1, int(np.prod(shape[1:]))]
    operator.opcodeIndex, operator.inputs, operator.outputs = 0, [0], [1]
    operator.builtinOptionsType, operator.builtinOptions = (
        schema.BuiltinOptions.ReshapeOptions,
        options,
    )
    graph.operators = [operator]
    code, model = schema.OperatorCodeT(), schema.ModelT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.RESHAPE
    model.version, model.operatorCodes, model.subgraphs = 3, [code], [graph]
    model.buffers = [schema.BufferT()]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    path.write_bytes(bytes(builder.Output()))
    return path


def windows(n: int, window: int = 16) -> NDArray[np.float32]:
    return np.random.default_rng(1).normal(0, 8, (n, window, 96)).astype(np.float32)


def test_any_openwakeword_head_is_read_with_its_window_and_name() -> None:
    scorer = load_scorer(pretrained("hey_jarvis"))
    assert (scorer.window, scorer.name) == (16, "hey_jarvis")
    scores = scorer.score(windows(5))
    assert scores.shape == (5,)
    assert scores.dtype == np.float32
    assert scorer.score(windows(0)).shape == (0,)


@pytest.mark.parametrize("batch", [1, "batch"])
@pytest.mark.parametrize("window", [16, 28])
def test_onnx_heads_score_alike_alone_and_in_batches(
    tmp_path: Path, batch: object, window: int
) -> None:
    scorer = load_scorer(onnx_head(tmp_path / "head.onnx", (batch, window, 96)))
    assert scorer.window == window
    x = windows(300, window)
    alone = np.concatenate([scorer.score(x[i : i + 1]) for i in range(300)])
    np.testing.assert_allclose(scorer.score(x), alone, atol=1e-6)


def test_a_window_of_another_length_is_refused() -> None:
    with pytest.raises(ModelError, match=r"\[n, 16, 96\].*\[2, 12, 96\]"):
        load_scorer(pretrained("alexa")).score(windows(2, 12))


def test_the_folder_has_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"nothing\.tflite.*no such"):
        load_scorer(tmp_path / "nothing.tflite")


@pytest.mark.parametrize("name", ["bad.tflite", "bad.onnx", "bad.txt"])
def test_what_is_no_model_is_named(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("not a model")
    with pytest.raises(ModelError, match=name):
        load_scorer(path)


def test_a_model_that_is_cut_short_is_named(tmp_path: Path) -> None:
    path = tmp_path / "short.onnx"
    path.write_bytes(onnx_head(tmp_path / "whole.onnx").read_bytes()[:200])
    with pytest.raises(ModelError, match=r"short\.onnx.*cut short"):
        load_scorer(path)


def test_a_microwakeword_model_is_called_by_its_name(tmp_path: Path) -> None:
    path = tflite_reshape(tmp_path / "okay_nabu.tflite", (1, 3, 40), "INT8", [1, 3, 40])
    with pytest.raises(ModelError, match="microWakeWord"):
        load_scorer(path)


@pytest.mark.parametrize(
    ("shape", "kind"), [((1, 16, 80), "FLOAT32"), ((1, 16, 96), "INT8"), ((1, 1536), "FLOAT32")]
)
def test_other_tflite_models_are_refused_with_their_input(
    tmp_path: Path, shape: tuple[int, ...], kind: str
) -> None:
    path = tflite_reshape(tmp_path / "other.tflite", shape, kind, list(shape))
    with pytest.raises(ModelError, match="float32 \\[1, window, 96\\]"):
        load_scorer(path)


def test_a_model_of_many_outputs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="several classes"):
        load_scorer(onnx_head(tmp_path / "many.onnx", outputs=3))
    path = tflite_reshape(tmp_path / "many.tflite", (1, 16, 96), "FLOAT32", [1, 16, 96])
    with pytest.raises(ModelError, match="several classes"):
        load_scorer(path)


def test_an_open_window_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="left open"):
        load_scorer(onnx_head(tmp_path / "open.onnx", (1, "window", 96)))


def test_an_int8_onnx_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="int8"):
        load_scorer(onnx_head(tmp_path / "int8.onnx", kind="INT8"))


def test_without_onnxruntime_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = onnx_head(tmp_path / "head.onnx")
    monkeypatch.setitem(__import__("sys").modules, "onnxruntime", None)
    with pytest.raises(MissingExtra, match=r"wakesmith\[onnx\]"):
        load_scorer(path)
