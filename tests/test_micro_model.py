"""Streaming int8 models: state, the same bits as the other runtimes, and what is refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from micro import OFFICIAL, official, said

from wakesmith.errors import ModelError
from wakesmith.runtime.micro import StreamingModel, esphome_int8, micro_features, rounded_int8
from wakesmith.runtime.micro.frontend import Quantised
from wakesmith.runtime.micro.operators import MAX_VARIABLES


def whole_strides(features: Quantised, stride: int = 3) -> Quantised:
    return features[: len(features) // stride * stride]


@pytest.mark.parametrize("name", OFFICIAL)
def test_the_reference_kernels_are_those_of_devices_bit_for_bit(name: str) -> None:
    tflm = pytest.importorskip(
        "tflite_micro.python.tflite_micro.runtime",
        reason="tflite-micro has wheels for Linux on x86-64 alone",
    )
    features = whole_strides(esphome_int8(micro_features(said(name))))
    device = tflm.Interpreter.from_file(str(official(name, ".tflite")), arena_size=100_000)
    theirs = []
    for step in features.reshape(-1, 1, 3, 40):
        device.set_input(step, 0)
        device.invoke()
        theirs.append(device.get_output(0)[0, 0])
    ours = StreamingModel(official(name, ".tflite")).probabilities(features)
    assert len(ours) > 150
    assert ours.max() > 200
    np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("name", OFFICIAL)
def test_the_optimised_kernels_are_those_of_pymicro_wakeword_bit_for_bit(name: str) -> None:
    from pymicro_wakeword import MicroWakeWord, MicroWakeWordFeatures

    model = StreamingModel(official(name, ".tflite"), "optimised")
    theirs, their_model = [], MicroWakeWord.from_config(official(name))
    for i, frame in enumerate(MicroWakeWordFeatures().process_streaming(said(name).tobytes())):
        their_model.process_streaming(frame)
        if i % 3 == 2:
            theirs.append(round(their_model._probabilities[-1] * 256))
    features = rounded_int8(micro_features(said(name)), model.scale, model.zero_point)
    ours = model.probabilities(whole_strides(features))
    np.testing.assert_array_equal(ours, theirs)
    device = StreamingModel(official(name, ".tflite")).probabilities(whole_strides(features))
    assert np.abs(device.astype(int) - ours).mean() < 1


class TestState:
    path = official("alexa", ".tflite")

    def heard(self) -> tuple[StreamingModel, Quantised]:
        model = StreamingModel(self.path)
        return model, whole_strides(esphome_int8(micro_features(said("alexa"))))

    def test_pieces_are_the_whole(self) -> None:
        model, features = self.heard()
        whole = model.probabilities(features)
        model.reset()
        pieces = [model.probabilities(features[at : at + 21]) for at in range(0, len(features), 21)]
        np.testing.assert_array_equal(np.concatenate(pieces), whole)
        assert model.probabilities(features[:0]).shape == (0,)

    def test_a_reset_model_is_a_fresh_one(self) -> None:
        model, features = self.heard()
        # Up to the middle of the word, so that the state is far from that of silence.
        start = features[: 3 * int(np.argmax(model.probabilities(features)))]
        fresh = StreamingModel(self.path).probabilities(features)
        model.reset()
        model.probabilities(start)
        carried = model.probabilities(features)
        assert (carried != fresh).any()
        model.reset()
        np.testing.assert_array_equal(model.probabilities(features), fresh)

    @pytest.mark.parametrize("shape", [(4, 40), (3, 39), (1, 3, 40)])
    def test_other_than_whole_strides_are_refused(self, shape: tuple[int, ...]) -> None:
        with pytest.raises(ModelError, match=r"\[n \* 3, 40\]"):
            StreamingModel(self.path).probabilities(np.zeros(shape, np.int8))


def changed(folder: Path, change: Callable[[Any], None]) -> Path:
    """An official model with something done to it."""
    content = official("alexa", ".tflite").read_bytes()
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))
    change(model)
    builder = flatbuffers.Builder()
    builder.Finish(model.Pack(builder), b"TFL3")
    path = folder / "changed.tflite"
    path.write_bytes(builder.Output())
    return path


def code_of(model: Any, code: int) -> Any:
    return next(c for c in model.operatorCodes if c.builtinCode == code)


def tanh(model: Any) -> None:
    code = code_of(model, schema.BuiltinOperator.LOGISTIC)
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.TANH


def custom_once(model: Any) -> None:
    """Two custom operators in the graph that runs once."""
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.CUSTOM
    code.customCode = b"Shout"
    model.operatorCodes.append(code)
    operator = schema.OperatorT()
    operator.opcodeIndex = len(model.operatorCodes) - 1
    operator.inputs, operator.outputs = [0], [0]
    model.subgraphs[1].operators += [operator, operator]


def many_variables(model: Any) -> None:
    codes = [c.builtinCode for c in model.operatorCodes]
    at = codes.index(schema.BuiltinOperator.VAR_HANDLE)
    first = next(o for o in model.subgraphs[1].operators if o.opcodeIndex == at)
    for i in range(MAX_VARIABLES):
        operator = schema.OperatorT()
        operator.opcodeIndex, operator.inputs, operator.outputs = at, [], list(first.outputs)
        operator.builtinOptionsType = schema.BuiltinOptions.VarHandleOptions
        operator.builtinOptions = schema.VarHandleOptionsT()
        operator.builtinOptions.sharedName = f"more_{i}".encode()
        model.subgraphs[1].operators.append(operator)


def wide(model: Any) -> None:
    tensor = model.subgraphs[0].tensors[model.subgraphs[0].inputs[0]]
    tensor.shape, tensor.shapeSignature = [1, 3, 41], None


def signed(model: Any) -> None:
    graph = model.subgraphs[0]
    graph.tensors[graph.outputs[0]].type = schema.TensorType.INT8


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (tanh, r"TANH \(1 in subgraph 0\)"),
        (custom_once, r"custom operator Shout \(2 in subgraph 1\)"),
        (many_variables, "26 resource variables and ESPHome has room for 20"),
        (wide, r"int8 \[1, 3, 41\] and should be int8 \[1, stride, 40\]"),
        (signed, r"output is int8 \[1, 1\] and should be uint8"),
    ],
)
def test_what_esphome_would_not_run_is_refused(
    tmp_path: Path, change: Callable[[Any], None], says: str
) -> None:
    path = changed(tmp_path, change)
    with pytest.raises(ModelError, match=says) as caught:
        StreamingModel(path)
    assert str(path) in str(caught.value)


def test_an_unchanged_copy_is_taken(tmp_path: Path) -> None:
    assert StreamingModel(changed(tmp_path, lambda model: None)).stride == 3


def test_other_files_are_refused(tmp_path: Path, model: Path) -> None:
    with pytest.raises(ModelError, match=r"float32 \[1, 16, 96\] and should be int8"):
        StreamingModel(model)
    with pytest.raises(ModelError, match="no such model file"):
        StreamingModel(tmp_path / "none.tflite")
    for content in (b"", b"junk" * 99, official("alexa", ".tflite").read_bytes()[:999]):
        (tmp_path / "bad.tflite").write_bytes(content)
        with pytest.raises(ModelError, match="cannot use this file"):
            StreamingModel(tmp_path / "bad.tflite")
