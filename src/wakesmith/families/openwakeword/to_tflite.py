"""Writes a network as a float32 TFLite file, with no TensorFlow."""

from pathlib import Path

import numpy as np

from wakesmith.families.openwakeword.lowering import Weights
from wakesmith.families.openwakeword.network import Network
from wakesmith.runtime.frontend import EMBEDDING_DIM
from wakesmith.store.files import write_atomic
from wakesmith.tflite import operators as op
from wakesmith.tflite.builder import Graph, Model, Tensor


def to_tflite(model: Network, path: Path, *, shift: float = 0.0) -> None:
    """Write ``path`` as a whole or not at all.

    Input ``[1, window, 96]``, output ``[1, 1]``: the probability
    ``sigmoid(logit + shift)``. Shapes are fixed and the operators are built-in
    ones in their first version, as the runtimes of openWakeWord and Home Assistant want it.
    """
    file = Model(description="wakesmith openWakeWord detector")
    graph = file.graph("main")
    x = graph.input("embeddings", (1, model.window, EMBEDDING_DIM))
    score = model.lower_score(_TfliteGraph(graph), x, shift)
    graph.output(score)
    write_atomic(path, file.encode())


class _TfliteGraph:
    """The operations of ``lowering.Graph`` as TFLite operators."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def flatten(self, x: Tensor) -> Tensor:
        count, frames, width = x.shape
        return op.reshape(self._graph, x, (count, frames * width))

    def affine(self, x: Tensor, factor: Weights, offset: Weights) -> Tensor:
        scaled = op.mul(self._graph, x, self._graph.constant(factor))
        return op.add(self._graph, scaled, self._graph.constant(offset))

    def linear(self, x: Tensor, weight: Weights, bias: Weights) -> Tensor:
        if len(x.shape) == 2:
            return op.fully_connected(self._graph, x, weight, bias)
        # FULLY_CONNECTED keeps more than two dimensions only from its fifth version on.
        count, frames, width = x.shape
        rows = op.reshape(self._graph, x, (count * frames, width))
        rows = op.fully_connected(self._graph, rows, weight, bias)
        return op.reshape(self._graph, rows, (count, frames, len(weight)))

    def convolve(self, x: Tensor, weight: Weights, bias: Weights) -> Tensor:
        count, frames, width = x.shape
        image = op.reshape(self._graph, x, (count, frames, 1, width))
        kernels = np.ascontiguousarray(weight.transpose(0, 2, 1)[:, :, None, :])
        image = op.conv_2d(self._graph, image, kernels, bias)
        return op.reshape(self._graph, image, (count, frames, len(weight)))

    def normalise(self, x: Tensor, weight: Weights, bias: Weights, epsilon: float) -> Tensor:
        graph = self._graph
        centred = op.sub(graph, x, op.mean(graph, x, -1, keep=True))
        variance = op.mean(graph, op.mul(graph, centred, centred), -1, keep=True)
        variance = op.add(graph, variance, graph.constant(np.asarray([epsilon], np.float32)))
        unit = op.mul(graph, centred, op.rsqrt(graph, variance))
        return self.affine(unit, weight, bias)

    def relu(self, x: Tensor) -> Tensor:
        return op.relu(self._graph, x)

    def sigmoid(self, x: Tensor) -> Tensor:
        return op.logistic(self._graph, x)

    def tanh(self, x: Tensor) -> Tensor:
        return op.tanh(self._graph, x)

    def add(self, a: Tensor, b: Tensor) -> Tensor:
        return op.add(self._graph, a, b)

    def subtract(self, a: Tensor, b: Tensor) -> Tensor:
        return op.sub(self._graph, a, b)

    def multiply(self, a: Tensor, b: Tensor) -> Tensor:
        return op.mul(self._graph, a, b)

    def mean(self, x: Tensor) -> Tensor:
        return op.mean(self._graph, x, 1, keep=False)

    def maximum(self, x: Tensor) -> Tensor:
        return op.maximum(self._graph, x, 1, keep=False)

    def join(self, a: Tensor, b: Tensor) -> Tensor:
        return op.concatenate(self._graph, (a, b), 1)

    def frames(self, x: Tensor) -> list[Tensor]:
        count, frames, width = x.shape
        parts = op.split(self._graph, x, frames, 1)
        return [op.reshape(self._graph, part, (count, width)) for part in parts]

    def stack(self, frames: list[Tensor]) -> Tensor:
        count, width = frames[-1].shape
        rows = [op.reshape(self._graph, frame, (count, 1, width)) for frame in frames]
        return op.concatenate(self._graph, tuple(rows), 1)

    def zeros(self, width: int) -> Tensor:
        return self._graph.constant(np.zeros((1, width), np.float32))

    def windows(self, x: Tensor, length: int) -> Tensor:
        _, frames, width = x.shape
        rows = op.reshape(self._graph, x, (frames, width))
        places = np.arange(frames - length + 1)[:, None] + np.arange(length)
        return op.gather(self._graph, rows, places.astype(np.int32))

    def average(self, x: Tensor) -> Tensor:
        return op.mean(self._graph, x, 0, keep=True)
