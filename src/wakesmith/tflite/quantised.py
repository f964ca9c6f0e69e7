"""Int8 operators, with the versions and rules of TFLite's quantisation specification.

An activation has one scale and a zero point, weights one scale for each output and no zero point,
and a bias is int32 at input scale times weight scale (https://ai.google.dev/edge/litert/
conversion/tensorflow/quantization/quantization_spec). Images are ``[1, frames, 1, channels]``.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wakesmith.tflite import schema
from wakesmith.tflite.builder import Graph, Tensor
from wakesmith.tflite.schema import Activation, Builtin, Padding, Quantisation, TensorType


@dataclass(frozen=True, eq=False)
class Weights:
    """Whole-number weights and bias of one operator."""

    values: NDArray[np.int8]
    """``[outputs, ...]``."""
    scales: NDArray[np.float32]
    """``[outputs]``, or ``[1]`` for all."""
    bias: NDArray[np.int32]
    """``[outputs]``, in units of the input's scale times ``scales``."""


def conv_2d(
    graph: Graph,
    x: Tensor,
    weights: Weights,
    made: Quantisation,
    activation: Activation = Activation.NONE,
    stride: int = 1,
) -> Tensor:
    """``x [1, frames, 1, inputs]`` under kernels ``[outputs, size, inputs]``, no padding."""
    outputs, size, inputs = weights.values.shape
    _need(x.shape[3] == inputs and x.shape[1] >= size, f"{x.shape} against {weights.values.shape}")
    return _weighted(
        graph,
        Builtin.CONV_2D,
        (x, *_constants(graph, x, weights, weights.values[:, :, None], 0)),
        (1, (x.shape[1] - size) // stride + 1, 1, outputs),
        schema.conv_2d(Padding.VALID, activation, stride),
        made,
        3,
    )


def depthwise_conv_2d(graph: Graph, x: Tensor, weights: Weights, made: Quantisation) -> Tensor:
    """Each channel of ``x [1, frames, 1, channels]`` under its kernel ``[channels, size]``."""
    channels, size = weights.values.shape
    _need(x.shape[3] == channels and x.shape[1] >= size, f"{x.shape} against {(channels, size)}")
    return _weighted(
        graph,
        Builtin.DEPTHWISE_CONV_2D,
        (x, *_constants(graph, x, weights, weights.values.T[None, :, None], 3)),
        (1, x.shape[1] - size + 1, 1, channels),
        schema.depthwise_conv_2d(Padding.VALID, Activation.NONE),
        made,
        3,
    )


def fully_connected(graph: Graph, x: Tensor, weights: Weights, made: Quantisation) -> Tensor:
    """``x [n, inputs]`` times weights ``[outputs, inputs]`` that share one scale."""
    outputs, inputs = weights.values.shape
    _need(x.shape[1:] == (inputs,), f"{x.shape} against {weights.values.shape}")
    return _weighted(
        graph,
        Builtin.FULLY_CONNECTED,
        (x, *_constants(graph, x, weights, weights.values, 0)),
        (x.shape[0], outputs),
        schema.fully_connected(Activation.NONE),
        made,
        4,
    )


def add(graph: Graph, a: Tensor, b: Tensor, made: Quantisation, activation: Activation) -> Tensor:
    """``a + b`` of one shape, each at its own scale."""
    _need(a.shape == b.shape, f"{a.shape} and {b.shape}")
    return _weighted(graph, Builtin.ADD, (a, b), a.shape, schema.add(activation), made, 2)


def average_pool(graph: Graph, x: Tensor) -> Tensor:
    """The mean of all frames of ``x [1, frames, 1, channels]``."""
    return _pool(graph, Builtin.AVERAGE_POOL_2D, x)


def max_pool(graph: Graph, x: Tensor) -> Tensor:
    """The largest of all frames of ``x [1, frames, 1, channels]``."""
    return _pool(graph, Builtin.MAX_POOL_2D, x)


def frames(graph: Graph, x: Tensor, begin: int, end: int) -> Tensor:
    """Frames ``begin`` to ``end`` of ``x [1, frames, 1, channels]``."""
    _need(0 <= begin < end <= x.shape[1], f"frames {begin} to {end} of {x.shape}")
    _, _, _, channels = x.shape
    cut = ([0, begin, 0, 0], [1, end, 1, channels], [1, 1, 1, 1])
    inputs = tuple(graph.constant(np.asarray(values, np.int32)) for values in cut)
    shape = (1, end - begin, 1, channels)
    return _moved(graph, Builtin.STRIDED_SLICE, (x, *inputs), shape, schema.strided_slice())


def logistic(graph: Graph, x: Tensor) -> Tensor:
    """``1 / (1 + exp(-x))``, at the scale 1 / 256 from -128 that the specification asks for."""
    made = Quantisation((1 / 256,), -128)
    return _weighted(graph, Builtin.LOGISTIC, (x,), x.shape, None, made, 2)


def as_uint8(graph: Graph, x: Tensor, name: str = "") -> Tensor:
    """The same numbers as uint8: the zero point is 128 higher."""
    _need(x.quantisation is not None, "only whole numbers can become uint8")
    assert x.quantisation is not None
    made = Quantisation(x.quantisation.scales, x.quantisation.zero + 128)
    return graph.operate(
        Builtin.QUANTIZE,
        (x,),
        (x.shape,),
        schema.quantize(),
        name=name,
        kind=TensorType.UINT8,
        quantisation=made,
    )[0]


def _constants(
    graph: Graph, x: Tensor, weights: Weights, stored: NDArray[np.int8], axis: int
) -> tuple[Tensor, Tensor]:
    """Weights in the operator's own order, and the bias at the scale that follows."""
    _need(x.quantisation is not None, "the input has no scale")
    assert x.quantisation is not None
    scales = weights.scales.astype(np.float64)
    units = np.float64(np.float32(x.quantisation.scales[0])) * scales
    return (
        graph.constant(stored, Quantisation(tuple(scales.tolist()), 0, axis)),
        graph.constant(weights.bias, Quantisation(tuple(units.tolist()))),
    )


def _weighted(
    graph: Graph,
    builtin: Builtin,
    inputs: tuple[Tensor, ...],
    shape: tuple[int, ...],
    options: schema.Options | None,
    made: Quantisation,
    version: int,
) -> Tensor:
    """An operator that makes int8 at a scale of its own."""
    return graph.operate(
        builtin,
        inputs,
        (shape,),
        options,
        version=version,
        kind=TensorType.INT8,
        quantisation=made,
    )[0]


def _moved(
    graph: Graph,
    builtin: Builtin,
    inputs: tuple[Tensor, ...],
    shape: tuple[int, ...],
    options: schema.Options,
) -> Tensor:
    """An operator whose whole numbers stand for the same as those of its first input."""
    kind, quantisation = inputs[0].kind, inputs[0].quantisation
    return graph.operate(
        builtin, inputs, (shape,), options, version=2, kind=kind, quantisation=quantisation
    )[0]


def _pool(graph: Graph, builtin: Builtin, x: Tensor) -> Tensor:
    return _moved(graph, builtin, (x,), (1, 1, 1, x.shape[3]), schema.pool_2d(x.shape[1]))


def _need(holds: bool, message: str) -> None:
    if not holds:
        raise ValueError(f"shapes do not fit: {message}")
