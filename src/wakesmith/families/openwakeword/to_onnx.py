"""Writes a network as an ONNX file, straight from its weights.

Operator set 13 and IR version 7: every onnxruntime since 1.8 (2021) runs them.
"""

from pathlib import Path
from typing import Any

import numpy as np

from wakesmith.errors import MissingExtra
from wakesmith.families.openwakeword.lowering import Weights
from wakesmith.families.openwakeword.network import Network
from wakesmith.runtime.frontend import EMBEDDING_DIM
from wakesmith.store.files import write_atomic

OPSET = 13
IR_VERSION = 7


def to_onnx(model: Network, path: Path, *, shift: float = 0.0) -> None:
    """Write ``path`` as a whole or not at all.

    Input ``embeddings`` ``[batch, window, 96]``, output ``score`` ``[batch, 1]``: the probability
    ``sigmoid(logit + shift)``. openWakeWord reads window and outputs from ``shape[1]`` of
    the two and feeds one window at a time; the free batch is for evaluation. Raises
    ``MissingExtra`` without the package onnx.
    """
    try:
        import onnx
    except ImportError as error:
        raise MissingExtra("onnx", "train", "Writing an ONNX file") from error
    graph = _OnnxGraph(model.window)
    score = model.lower_score(graph, "embeddings", shift)
    helper, float32 = onnx.helper, onnx.TensorProto.FLOAT
    shape_in, shape_out = ["batch", model.window, EMBEDDING_DIM], ["batch", 1]
    made = helper.make_model(
        helper.make_graph(
            [*graph.nodes, helper.make_node("Identity", [score], ["score"])],
            "detector",
            [helper.make_tensor_value_info("embeddings", float32, shape_in)],
            [helper.make_tensor_value_info("score", float32, shape_out)],
            graph.initializers,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="wakesmith",
    )
    onnx.checker.check_model(made, full_check=True)
    write_atomic(path, made.SerializeToString(deterministic=True))


class _OnnxGraph:
    """The operations of ``lowering.Graph`` as ONNX nodes; a value is its name."""

    def __init__(self, frames: int) -> None:
        self.nodes: list[Any] = []
        self.initializers: list[Any] = []
        self._frames = frames
        self._windows = 1
        self._known: dict[tuple[str, tuple[int, ...], bytes], str] = {}

    def flatten(self, x: str) -> str:
        return self._node("Flatten", x, axis=1)

    def affine(self, x: str, factor: Weights, offset: Weights) -> str:
        return self.add(self.multiply(x, self._constant(factor)), self._constant(offset))

    def linear(self, x: str, weight: Weights, bias: Weights) -> str:
        product = self._node("MatMul", x, self._constant(weight.T))
        return self.add(product, self._constant(bias))

    def convolve(self, x: str, weight: Weights, bias: Weights) -> str:
        channels_first = self._node("Transpose", x, perm=[0, 2, 1])
        margin = weight.shape[2] // 2
        names = (channels_first, self._constant(weight), self._constant(bias))
        convolved = self._node("Conv", *names, pads=[margin, margin])
        return self._node("Transpose", convolved, perm=[0, 2, 1])

    def normalise(self, x: str, weight: Weights, bias: Weights, epsilon: float) -> str:
        centred = self.subtract(x, self._node("ReduceMean", x, axes=[-1], keepdims=1))
        square = self.multiply(centred, centred)
        variance = self._node("ReduceMean", square, axes=[-1], keepdims=1)
        variance = self.add(variance, self._constant(np.asarray(epsilon, np.float32)))
        unit = self._node("Div", centred, self._node("Sqrt", variance))
        return self.affine(unit, weight, bias)

    def relu(self, x: str) -> str:
        return self._node("Relu", x)

    def sigmoid(self, x: str) -> str:
        return self._node("Sigmoid", x)

    def tanh(self, x: str) -> str:
        return self._node("Tanh", x)

    def add(self, a: str, b: str) -> str:
        return self._node("Add", a, b)

    def subtract(self, a: str, b: str) -> str:
        return self._node("Sub", a, b)

    def multiply(self, a: str, b: str) -> str:
        return self._node("Mul", a, b)

    def mean(self, x: str) -> str:
        return self._node("ReduceMean", x, axes=[1], keepdims=0)

    def maximum(self, x: str) -> str:
        return self._node("ReduceMax", x, axes=[1], keepdims=0)

    def join(self, a: str, b: str) -> str:
        return self._node("Concat", a, b, axis=1)

    def frames(self, x: str) -> list[str]:
        places = (np.asarray(frame, np.int64) for frame in range(self._frames))
        return [self._node("Gather", x, self._constant(place), axis=1) for place in places]

    def stack(self, frames: list[str]) -> str:
        axis = self._constant(np.asarray([1], np.int64))
        rows = [self._node("Unsqueeze", frame, axis) for frame in frames]
        return self._node("Concat", *rows, axis=1)

    def zeros(self, width: int) -> str:
        return self._constant(np.zeros((1, width), np.float32))

    def windows(self, x: str, length: int) -> str:
        self._windows, self._frames = self._frames - length + 1, length
        places = np.arange(self._windows)[:, None] + np.arange(length)
        every = self._node("Gather", x, self._constant(places.astype(np.int64)), axis=1)
        return self._reshaped(every, (-1, length, EMBEDDING_DIM))

    def average(self, x: str) -> str:
        rows = self._reshaped(x, (-1, self._windows))
        return self._node("ReduceMean", rows, axes=[1], keepdims=1)

    def _reshaped(self, x: str, shape: tuple[int, ...]) -> str:
        return self._node("Reshape", x, self._constant(np.asarray(shape, np.int64)))

    def _node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        import onnx

        name = f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(onnx.helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def _constant(self, values: Weights | np.ndarray[Any, np.dtype[np.int64]]) -> str:
        import onnx

        values = np.ascontiguousarray(values).reshape(values.shape)
        key = (values.dtype.str, values.shape, values.tobytes())
        if key not in self._known:
            name = f"constant_{len(self._known)}"
            self.initializers.append(onnx.numpy_helper.from_array(values, name))
            self._known[key] = name
        return self._known[key]
