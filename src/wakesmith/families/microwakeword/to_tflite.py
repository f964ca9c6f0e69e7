"""Writes a network as the streaming int8 TFLite file that ESPHome runs, with no TensorFlow.

Each layer keeps the frames that it will look at again in a variable, which begins as zeros; one
call takes ``stride`` frames and gives one score.
"""

from pathlib import Path

import numpy as np

from wakesmith.errors import ModelError
from wakesmith.families.microwakeword.network import MixedNet
from wakesmith.families.microwakeword.quantised import (
    INPUT,
    QuantisedLayer,
    QuantisedNet,
    quantise,
)
from wakesmith.families.microwakeword.ranges import Ranges
from wakesmith.families.microwakeword.shape import INPUTS
from wakesmith.runtime.micro.operators import MAX_VARIABLES
from wakesmith.store.files import write_atomic
from wakesmith.tflite import operators as op
from wakesmith.tflite import quantised as q
from wakesmith.tflite.builder import Graph, Model, Tensor
from wakesmith.tflite.quantised import Weights
from wakesmith.tflite.schema import Activation, TensorType
from wakesmith.tflite.variables import Variables


def to_tflite(net: MixedNet, ranges: Ranges, path: Path) -> None:
    """Write ``path`` as a whole or not at all: ``encode(quantise(net, ranges))``."""
    write_atomic(path, encode(quantise(net, ranges)))


def encode(net: QuantisedNet) -> bytes:
    """The file's bytes.

    Input int8 ``[1, stride, 40]``, output uint8 ``[1, 1]``: 256 times the probability. Only
    operators that ESPHome knows. Raises ``ModelError`` when the network has more states than a
    device has room for.
    """
    file = Model(description="wakesmith microWakeWord detector", compact=True)
    writer = _Writer(file, net)
    graph, shape = writer.graph, net.shape
    x = graph.input("features", (1, shape.stride, INPUTS), TensorType.INT8, net.scales[INPUT])
    x = op.reshape(graph, x, (1, shape.stride, 1, INPUTS))
    x = writer.with_earlier(x, shape.first_kernel - shape.stride)
    x = q.conv_2d(graph, x, net.first, net.scales["first"], Activation.RELU, shape.stride)
    beside: Tensor | None = None
    for number, each in enumerate(net.layers):
        if each.layer.repeat == 0:
            beside = writer.past(each.layer.block, x)
        x = writer.layer(number, each, x, beside)
    x = writer.with_earlier(x, shape.last - 1)
    if shape.pooling is not None and shape.last > 1:
        x = (q.average_pool if shape.pooling == "average" else q.max_pool)(graph, x)
    x = op.reshape(graph, x, (1, x.shape[1] * x.shape[3]))
    x = q.fully_connected(graph, x, net.output, net.scales["logit"])
    graph.output(q.as_uint8(graph, q.logistic(graph, x), "probability"))
    return file.encode()


class _Writer:
    """The parts of the network as operators of one graph."""

    def __init__(self, file: Model, net: QuantisedNet) -> None:
        self.graph: Graph = file.graph("main")
        self._net = net
        self._variables = Variables(file, self.graph)
        self._states = 0

    def with_earlier(self, x: Tensor, count: int) -> Tensor:
        """``x [1, frames, 1, channels]`` behind so many frames that came before."""
        if count == 0:
            return x
        if self._states == MAX_VARIABLES:
            raise ModelError(
                f"This network keeps more than {MAX_VARIABLES} states, and ESPHome has room for "
                f"{MAX_VARIABLES}. Take fewer blocks or repeats."
            )
        assert x.quantisation is not None
        _, frames, _, channels = x.shape
        # Zero is the zero point.
        zeros = np.full((1, count, 1, channels), x.quantisation.zero, np.int8)
        state = self._variables.variable(f"state_{self._states}", zeros, x.quantisation)
        self._states += 1
        joined = op.concatenate(self.graph, (self._variables.read(state), x), 1)
        self._variables.assign(state, q.frames(self.graph, joined, frames, frames + count))
        return joined

    def layer(self, number: int, each: QuantisedLayer, x: Tensor, beside: Tensor | None) -> Tensor:
        """The newest frame's outputs, from that of the layer before.

        Mixed kernels are one operator, the shorter behind zeros. microWakeWord's own files split
        the channels, cut the frames and join the results: the same numbers for seven operators
        more each time, which cost a device more than the sums that they save.
        """
        graph, scales = self.graph, self._net.scales
        x = self.with_earlier(x, each.layer.ring)
        if each.kernel is not None:
            x = q.depthwise_conv_2d(graph, x, each.kernel, scales[f"mixed.{number}"])
        if beside is None:
            return self._pointwise(x, each.pointwise, f"layer.{number}", Activation.RELU)
        x = self._pointwise(x, each.pointwise, f"pointwise.{number}")
        return q.add(graph, x, beside, scales[f"layer.{number}"], Activation.RELU)

    def past(self, block: int, x: Tensor) -> Tensor | None:
        """What is added to each of the block's layers, if anything is."""
        weights = self._net.beside.get(block)
        return None if weights is None else self._pointwise(x, weights, f"beside.{block}")

    def _pointwise(
        self, x: Tensor, weights: Weights, name: str, activation: Activation = Activation.NONE
    ) -> Tensor:
        seen = Weights(weights.values[:, None], weights.scales, weights.bias)
        return q.conv_2d(self.graph, x, seen, self._net.scales[name], activation)
