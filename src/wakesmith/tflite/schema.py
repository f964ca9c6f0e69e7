"""The part of the TFLite schema that is written, as functions that make its tables.

Slots, codes and defaults are those of version 3 of the schema, the public file
``tensorflow/compiler/mlir/lite/schema/schema.fbs`` (Apache-2.0); a test compares what is written
with LiteRT's own reader of it. Fields that are left out take the schema's default.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from wakesmith.tflite.flatbuffer import Node, Scalar, Table, Vector, int_vector

FILE_IDENTIFIER = b"TFL3"
SCHEMA_VERSION = 3
BUFFER_ALIGNMENT = 16
"""``force_align`` of ``Buffer.data``: constants are used where they lie in the file."""


class TensorType(IntEnum):
    """Type of a tensor's numbers."""

    FLOAT32 = 0
    INT32 = 2
    UINT8 = 3
    INT8 = 9
    RESOURCE = 13  # a variable that outlives the call


class Builtin(IntEnum):
    """Code of a built-in operator."""

    ADD = 0
    AVERAGE_POOL_2D = 1
    CONCATENATION = 2
    CONV_2D = 3
    DEPTHWISE_CONV_2D = 4
    FULLY_CONNECTED = 9
    LOGISTIC = 14
    MAX_POOL_2D = 17
    MUL = 18
    RELU = 19
    RESHAPE = 22
    TANH = 28
    GATHER = 36
    MEAN = 40
    SUB = 41
    STRIDED_SLICE = 45
    SPLIT = 49
    RSQRT = 76
    REDUCE_MAX = 82
    QUANTIZE = 114
    CALL_ONCE = 129
    VAR_HANDLE = 142
    READ_VARIABLE = 143
    ASSIGN_VARIABLE = 144


class Activation(IntEnum):
    """Function that an operator applies to its own result."""

    NONE = 0
    RELU = 1


class Padding(IntEnum):
    """What a convolution does at the borders."""

    SAME = 0
    VALID = 1


class Options:
    """An operator's options: their number in the union ``BuiltinOptions``, and the table."""

    def __init__(self, kind: int, fields: Mapping[int, Node]) -> None:
        self.kind = kind
        self.table = Table(fields)


@dataclass(frozen=True)
class Quantisation:
    """What a whole number stands for: ``scale · (number - zero)``."""

    scales: tuple[float, ...]
    """One for the tensor, or one for each place along ``axis``; stored as float32."""
    zero: int = 0
    axis: int = 0


def conv_2d(padding: Padding, activation: Activation, stride: int = 1) -> Options:
    """Options of ``CONV_2D`` with a stride along the height and dilation 1."""
    return Options(
        1,
        {
            0: Scalar("b", padding),
            1: Scalar("i", 1),  # stride_w
            2: Scalar("i", stride),  # stride_h
            3: Scalar("b", activation),
            4: Scalar("i", 1),  # dilation_w_factor
            5: Scalar("i", 1),  # dilation_h_factor
        },
    )


def depthwise_conv_2d(padding: Padding, activation: Activation) -> Options:
    """Options of ``DEPTHWISE_CONV_2D`` with one kernel a channel, stride and dilation 1."""
    return Options(
        2,
        {
            0: Scalar("b", padding),
            1: Scalar("i", 1),  # stride_w
            2: Scalar("i", 1),  # stride_h
            3: Scalar("i", 1),  # depth_multiplier
            4: Scalar("b", activation),
            5: Scalar("i", 1),  # dilation_w_factor
            6: Scalar("i", 1),  # dilation_h_factor
        },
    )


def pool_2d(height: int) -> Options:
    """Options of ``AVERAGE_POOL_2D`` and ``MAX_POOL_2D``: windows of so many rows, no overlap."""
    return Options(
        5,
        {
            0: Scalar("b", Padding.VALID),
            1: Scalar("i", 1),  # stride_w
            2: Scalar("i", height),  # stride_h
            3: Scalar("i", 1),  # filter_width
            4: Scalar("i", height),  # filter_height
            5: Scalar("b", Activation.NONE),
        },
    )


def fully_connected(activation: Activation) -> Options:
    """Options of ``FULLY_CONNECTED``; the result has two dimensions."""
    return Options(8, {0: Scalar("b", activation)})


def concatenation(axis: int) -> Options:
    """Options of ``CONCATENATION``."""
    return Options(10, {0: Scalar("i", axis), 1: Scalar("b", Activation.NONE)})


def add(activation: Activation) -> Options:
    """Options of ``ADD``."""
    return Options(11, {0: Scalar("b", activation)})


def reshape() -> Options:
    """Options of ``RESHAPE``, whose new shape is its second input."""
    return Options(17, {})


def mul(activation: Activation) -> Options:
    """Options of ``MUL``."""
    return Options(21, {0: Scalar("b", activation)})


def gather(axis: int) -> Options:
    """Options of ``GATHER``."""
    return Options(23, {0: Scalar("i", axis)})


def reducer(keep_dims: bool) -> Options:
    """Options of ``MEAN`` and ``REDUCE_MAX``."""
    return Options(27, {0: Scalar("?", keep_dims)})


def sub(activation: Activation) -> Options:
    """Options of ``SUB``."""
    return Options(28, {0: Scalar("b", activation)})


def split(parts: int) -> Options:
    """Options of ``SPLIT``."""
    return Options(35, {0: Scalar("i", parts)})


def strided_slice() -> Options:
    """Options of ``STRIDED_SLICE`` whose begin and end are meant as they are given."""
    return Options(32, {})


def quantize() -> Options:
    """Options of ``QUANTIZE``."""
    return Options(89, {})


def call_once(graph: int) -> Options:
    """Options of ``CALL_ONCE``: the number of the graph that runs before the first call."""
    return Options(103, {0: Scalar("i", graph)})


def var_handle(name: str) -> Options:
    """Options of ``VAR_HANDLE``: graphs share variables by name."""
    return Options(111, {0: "", 1: name})


def read_variable() -> Options:
    """Options of ``READ_VARIABLE``."""
    return Options(112, {})


def assign_variable() -> Options:
    """Options of ``ASSIGN_VARIABLE``."""
    return Options(113, {})


def buffer(data: bytes) -> Table:
    """A constant's bytes; none for a tensor that is computed."""
    if not data:
        return Table({})
    values: NDArray[np.uint8] = np.frombuffer(data, np.uint8)
    return Table({0: Vector(values, BUFFER_ALIGNMENT)})


def tensor(
    name: str,
    shape: tuple[int, ...],
    kind: TensorType,
    buffer: int,
    quantisation: Quantisation | None = None,
) -> Table:
    """A tensor of a subgraph; ``buffer`` is the number of its bytes' buffer, 0 for none."""
    fields: dict[int, Node] = {
        0: int_vector(shape),
        1: Scalar("b", kind),
        2: Scalar("I", buffer),
        3: name,
        8: Scalar("?", True),  # has_rank: an empty shape is a scalar, not an unknown one
    }
    if quantisation is not None:
        zeros = np.full(len(quantisation.scales), quantisation.zero, "<i8")
        fields[4] = Table(
            {
                2: Vector(np.asarray(quantisation.scales, "<f4")),
                3: Vector(zeros, 8),
                6: Scalar("i", quantisation.axis),
            }
        )
    return Table(fields)


def operator_code(code: Builtin, version: int) -> Table:
    """An operator that the model uses, with the version of its contract."""
    return Table(
        {
            0: Scalar("b", min(code, 127)),  # where readers from before 2020 look for it
            2: Scalar("i", version),
            3: Scalar("i", code),
        }
    )


def operator(
    code: int, inputs: tuple[int, ...], outputs: tuple[int, ...], options: Options | None
) -> Table:
    """One operator of a subgraph; ``code`` is its number among the model's operator codes."""
    fields: dict[int, Node] = {0: Scalar("I", code), 1: int_vector(inputs), 2: int_vector(outputs)}
    if options is None:
        return Table(fields)
    return Table({**fields, 3: Scalar("B", options.kind), 4: options.table})


def subgraph(
    name: str,
    tensors: tuple[Table, ...],
    inputs: tuple[int, ...],
    outputs: tuple[int, ...],
    operators: tuple[Table, ...],
) -> Table:
    """A graph: tensors, and operators in the order in which they run."""
    return Table({0: tensors, 1: int_vector(inputs), 2: int_vector(outputs), 3: operators, 4: name})


def model(
    codes: tuple[Table, ...],
    subgraphs: tuple[Table, ...],
    buffers: tuple[Table, ...],
    description: str,
) -> Table:
    """The root of the file; the first subgraph is the one that runs."""
    return Table(
        {0: Scalar("I", SCHEMA_VERSION), 1: codes, 2: subgraphs, 3: description, 4: buffers}
    )
