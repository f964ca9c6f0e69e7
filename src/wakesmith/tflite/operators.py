"""Operators of float32, and those that move numbers of any kind.

Each adds itself to the graph and gives the tensor it makes. They check shapes when the graph is
built: a file that LiteRT would refuse is never written.
"""

import numpy as np
from numpy.typing import NDArray

from wakesmith.tflite import schema
from wakesmith.tflite.builder import Graph, Tensor
from wakesmith.tflite.schema import Activation, Builtin, Options, Padding, TensorType

Weights = NDArray[np.float32]


def reshape(graph: Graph, x: Tensor, shape: tuple[int, ...]) -> Tensor:
    """The same numbers in the same order under another shape."""
    _need(np.prod(shape) == np.prod(x.shape), f"{x.shape} cannot become {shape}")
    wanted = graph.constant(np.asarray(shape, np.int32))
    return graph.operate(
        Builtin.RESHAPE,
        (x, wanted),
        (shape,),
        schema.reshape(),
        kind=x.kind,
        quantisation=x.quantisation,
    )[0]


def fully_connected(
    graph: Graph,
    x: Tensor,
    weight: Weights,
    bias: Weights,
    activation: Activation = Activation.NONE,
) -> Tensor:
    """``x [n, inputs] @ weight [outputs, inputs]ᵀ + bias [outputs]``."""
    _need(len(x.shape) == 2 and x.shape[1] == weight.shape[1], f"{x.shape} against {weight.shape}")
    return graph.operate(
        Builtin.FULLY_CONNECTED,
        (x, graph.constant(weight), graph.constant(bias)),
        ((x.shape[0], weight.shape[0]),),
        schema.fully_connected(activation),
    )[0]


def conv_2d(
    graph: Graph,
    x: Tensor,
    weight: Weights,
    bias: Weights,
    activation: Activation = Activation.NONE,
) -> Tensor:
    """``x [n, height, width, inputs]`` under kernels ``[outputs, kh, kw, inputs]``, zero-padded
    to the same height and width."""
    _need(len(x.shape) == 4 and x.shape[3] == weight.shape[3], f"{x.shape} against {weight.shape}")
    return graph.operate(
        Builtin.CONV_2D,
        (x, graph.constant(weight), graph.constant(bias)),
        ((*x.shape[:3], weight.shape[0]),),
        schema.conv_2d(Padding.SAME, activation),
    )[0]


def add(graph: Graph, a: Tensor, b: Tensor, activation: Activation = Activation.NONE) -> Tensor:
    """``a + b``, broadcast."""
    return _elementwise(graph, Builtin.ADD, a, b, schema.add(activation))


def mul(graph: Graph, a: Tensor, b: Tensor, activation: Activation = Activation.NONE) -> Tensor:
    """``a · b``, broadcast."""
    return _elementwise(graph, Builtin.MUL, a, b, schema.mul(activation))


def sub(graph: Graph, a: Tensor, b: Tensor, activation: Activation = Activation.NONE) -> Tensor:
    """``a - b``, broadcast."""
    return _elementwise(graph, Builtin.SUB, a, b, schema.sub(activation))


def relu(graph: Graph, x: Tensor) -> Tensor:
    """``max(x, 0)``."""
    return graph.operate(Builtin.RELU, (x,), (x.shape,))[0]


def logistic(graph: Graph, x: Tensor, name: str = "") -> Tensor:
    """``1 / (1 + exp(-x))``."""
    return graph.operate(Builtin.LOGISTIC, (x,), (x.shape,), name=name)[0]


def tanh(graph: Graph, x: Tensor) -> Tensor:
    """Hyperbolic tangent."""
    return graph.operate(Builtin.TANH, (x,), (x.shape,))[0]


def rsqrt(graph: Graph, x: Tensor) -> Tensor:
    """``1 / sqrt(x)``."""
    return graph.operate(Builtin.RSQRT, (x,), (x.shape,))[0]


def mean(graph: Graph, x: Tensor, axis: int, keep: bool) -> Tensor:
    """Mean over one axis, which stays with length 1 if ``keep``."""
    return _reduce(graph, Builtin.MEAN, x, axis, keep)


def maximum(graph: Graph, x: Tensor, axis: int, keep: bool) -> Tensor:
    """Largest value over one axis, which stays with length 1 if ``keep``."""
    return _reduce(graph, Builtin.REDUCE_MAX, x, axis, keep)


def concatenate(graph: Graph, tensors: tuple[Tensor, ...], axis: int) -> Tensor:
    """The tensors one behind the other along ``axis``; int8 ones have the same scale."""
    shape = list(tensors[0].shape)
    axis %= len(shape)
    shape[axis] = sum(tensor.shape[axis] for tensor in tensors)
    first = tensors[0]
    _need(
        all(tensor.quantisation == first.quantisation for tensor in tensors), "scales that differ"
    )
    return graph.operate(
        Builtin.CONCATENATION,
        tensors,
        (tuple(shape),),
        schema.concatenation(axis),
        version=1 if first.kind is TensorType.FLOAT32 else 2,
        kind=first.kind,
        quantisation=first.quantisation,
    )[0]


def split(graph: Graph, x: Tensor, parts: int, axis: int) -> tuple[Tensor, ...]:
    """``x`` cut in so many equal parts along ``axis``."""
    _need(x.shape[axis] % parts == 0, f"{x.shape} cannot be cut in {parts} along {axis}")
    shape = list(x.shape)
    shape[axis] //= parts
    where = graph.constant(np.asarray(axis, np.int32))
    shapes = (tuple(shape),) * parts
    return graph.operate(Builtin.SPLIT, (where, x), shapes, schema.split(parts))


def gather(graph: Graph, x: Tensor, places: NDArray[np.int32]) -> Tensor:
    """Rows of ``x`` at ``places``: an array of theirs."""
    _need(bool((places >= 0).all() and (places < x.shape[0]).all()), f"rows of {x.shape}")
    return graph.operate(
        Builtin.GATHER,
        (x, graph.constant(places)),
        ((*places.shape, *x.shape[1:]),),
        schema.gather(0),
    )[0]


def _elementwise(graph: Graph, builtin: Builtin, a: Tensor, b: Tensor, options: Options) -> Tensor:
    shape = np.broadcast_shapes(a.shape, b.shape)
    return graph.operate(builtin, (a, b), (shape,), options)[0]


def _reduce(graph: Graph, builtin: Builtin, x: Tensor, axis: int, keep: bool) -> Tensor:
    axis %= len(x.shape)
    shape = (*x.shape[:axis], *((1,) if keep else ()), *x.shape[axis + 1 :])
    where = graph.constant(np.asarray([axis], np.int32))
    return graph.operate(builtin, (x, where), (shape,), schema.reducer(keep))[0]


def _need(holds: bool | np.bool_, message: str) -> None:
    if not holds:
        raise ValueError(f"shapes do not fit: {message}")
