"""The graphs of neural voices: what is changed in them, and what must stay as it was."""

import os
from pathlib import Path

import numpy as np
import pytest
import tiny_voices

from wakesmith.errors import VoiceError
from wakesmith.tts import graphs, piper
from wakesmith.tts.session import slerp

pytestmark = [
    pytest.mark.skipif(not piper.able(), reason="neural voices need espeak-ng"),
    pytest.mark.usefixtures("neural_voices"),
]


def test_the_speakers_vector_is_the_look_up(neural_voices: Path) -> None:
    import onnxruntime

    path = piper.models()[tiny_voices.PIPER]
    graph = graphs.adapted(path)
    assert graph.speakers is not None
    assert graph.speakers.shape == (12, 2)
    whole = onnxruntime.InferenceSession(str(path))
    ours = onnxruntime.InferenceSession(graph.source)
    given = {
        "input": np.array([[1, 0, 20, 0, 14, 0, 2]]),
        "input_lengths": np.array([7]),
        "scales": np.array([0, 1, 0], np.float32),
    }
    for number in (0, 7):
        told = {"sid": np.array([number])}
        vector = {graphs.SPEAKER: graph.speakers[number][None]}
        noise = {graphs.NORMAL: np.ones(100, np.float32)}
        (one,), (other,) = whole.run(None, given | told), ours.run(None, given | vector | noise)
        np.testing.assert_array_equal(one, other)


def test_what_is_adapted_is_kept_and_made_anew_when_the_voice_changes(tmp_path: Path) -> None:
    path = tiny_voices.piper(tmp_path)
    source = graphs.adapted(path).source
    assert isinstance(source, str)
    before = Path(source).stat().st_mtime_ns
    assert graphs.adapted(path).source == source
    assert Path(source).stat().st_mtime_ns == before
    tiny_voices.piper(tmp_path, speakers=5)
    os.utime(path, ns=(1, 1))
    graph = graphs.adapted(path)
    assert graph.source != source
    assert graph.speakers is not None
    assert len(graph.speakers) == 5


def test_where_nothing_can_be_kept_the_graph_is_adapted_in_memory(tmp_path: Path) -> None:
    path = tiny_voices.piper(tmp_path)
    (tmp_path / ".adapted").write_text("in the way")
    assert isinstance(graphs.adapted(path).source, bytes)


def test_dice_that_cannot_be_taken_out_are_refused() -> None:
    from onnx import TensorProto, helper

    node = helper.make_node("RandomNormal", [], ["y"], shape=[3])
    out = helper.make_tensor_value_info("y", TensorProto.FLOAT, [3])
    model = helper.make_model(helper.make_graph([node], "dice", [], [out]))
    with pytest.raises(VoiceError, match="throws dice with RandomNormal"):
        graphs.adapt(model)


def test_slerp_keeps_to_the_arc() -> None:
    one, other = np.array([1, 0], np.float32), np.array([0, 2], np.float32)
    np.testing.assert_allclose(slerp(one, other, 0.0), one, atol=1e-6)
    np.testing.assert_allclose(slerp(one, other, 1.0), other, atol=1e-6)
    middle = slerp(one, one[::-1], 0.5)
    assert np.linalg.norm(middle) == pytest.approx(1.0, abs=1e-6)
    np.testing.assert_allclose(slerp(one, -one, 0.25), one / 2, atol=1e-6)


def test_convolutions_as_pictures_give_the_same_numbers() -> None:
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    from wakesmith.tts.layout import as_pictures

    rng = np.random.default_rng(0)
    held = {
        "w": rng.normal(size=(6, 4, 5)),
        "b": rng.normal(size=6),
        "up": rng.normal(size=(6, 3, 4)),
        "last": rng.normal(size=(2, 3, 3)),
        "half": np.array(0.5),
    }
    nodes = [
        helper.make_node("Mul", ["x", "mask"], ["masked"]),
        helper.make_node("Conv", ["masked", "w", "b"], ["c"], dilations=[2], pads=[4, 4]),
        helper.make_node("LeakyRelu", ["c"], ["r"], alpha=0.1),
        helper.make_node("Mul", ["r", "half"], ["h"]),
        helper.make_node("ConvTranspose", ["h", "up"], ["u"], strides=[2], pads=[1, 1]),
        helper.make_node("ReduceMean", ["u"], ["m"], keepdims=1),
        helper.make_node("Add", ["u", "m"], ["a"]),
        helper.make_node("Conv", ["a", "last"], ["v"], kernel_shape=[3], strides=[3], pads=[1, 0]),
        helper.make_node("Add", ["v", "v"], ["y"]),
    ]
    tensors = [numpy_helper.from_array(v.astype(np.float32), k) for k, v in held.items()]
    given = [
        helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4, "t"]),
        helper.make_tensor_value_info("mask", TensorProto.FLOAT, [1, 1, "t"]),
    ]
    out = [
        helper.make_tensor_value_info("y", TensorProto.FLOAT, None),
        helper.make_tensor_value_info("c", TensorProto.FLOAT, None),
    ]
    graph = helper.make_graph(nodes, "sums", given, out, tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)
    fed = {
        "x": rng.normal(size=(1, 4, 31)).astype(np.float32),
        "mask": np.ones((1, 1, 31), np.float32),
    }
    before = onnxruntime.InferenceSession(model.SerializeToString()).run(None, fed)
    as_pictures(model.graph)
    kinds = [node.op_type for node in model.graph.node]
    assert (kinds.count("Unsqueeze"), kinds.count("Squeeze")) == (2, 3)
    assert not {"w", "up", "last"} & {one.name for one in model.graph.initializer}
    after = onnxruntime.InferenceSession(model.SerializeToString()).run(None, fed)
    for one, other in zip(before, after, strict=True):
        assert one.shape == other.shape
        np.testing.assert_allclose(one, other, atol=1e-5)
