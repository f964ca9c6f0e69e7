"""What a model file holds, in bytes and numbers, as far as a device's memory depends on it."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod
from typing import Any

from ai_edge_litert import schema_py_generated as schema

from wakesmith.runtime.micro.operators import ESPHOME_OPERATORS

_NAMES = {getattr(schema.BuiltinOperator, name): name for name in ESPHOME_OPERATORS}
_ALIGNMENT = 16  # of each tensor in the arena


@dataclass(frozen=True)
class Sizes:
    """Counts over all graphs, and bytes in the one that runs."""

    tensors: int
    channels: int
    """Output channels of all convolutions: each has a multiplier and a shift."""
    states: int
    """Bytes of all variables."""
    peak: int
    """Bytes of all activations that are held at the time when there are most."""
    scratch: int
    """Bytes that ESP-NN's kernels copy weights and input to, for the convolution with most:
    one byte each, and two for a depthwise one
    (``esp_nn_get_conv_scratch_size_esp32s3`` and its depthwise twin)."""


def read_sizes(model: bytes) -> Sizes:
    """The sizes of a streaming model; other operators than ESPHome's are passed over."""
    read = schema.ModelT.InitFromPackedBuf(model, 0)
    main = read.subgraphs[0]
    size = [prod(_each(tensor.shape)) if len(_each(tensor.shape)) else 0 for tensor in main.tensors]
    channels = states = scratch = 0
    first: dict[int, int] = dict.fromkeys(_each(main.inputs), 0)
    last: dict[int, int] = dict.fromkeys(_each(main.outputs), len(main.operators))
    for step, operator in enumerate(main.operators):
        name = _NAMES.get(read.operatorCodes[operator.opcodeIndex].builtinCode)
        taken, made = _each(operator.inputs), _each(operator.outputs)
        if name == "ASSIGN_VARIABLE":
            states += size[taken[1]]
        if name in ("CONV_2D", "DEPTHWISE_CONV_2D"):
            channels += size[taken[2]]
            each = 2 if name == "DEPTHWISE_CONV_2D" else 1
            scratch = max(scratch, each * (size[taken[0]] + size[taken[1]]))
        first.update(dict.fromkeys(made, step))
        last.update(dict.fromkeys(taken, step))
    peak = max(
        sum(
            -(-size[tensor] // _ALIGNMENT) * _ALIGNMENT
            for tensor, begin in first.items()
            if begin <= step <= last.get(tensor, begin)
        )
        for step in range(len(main.operators))
    )
    tensors = sum(len(graph.tensors) for graph in read.subgraphs)
    return Sizes(tensors, channels, states, peak, scratch)


def _each(numbers: Any) -> list[int]:
    """A vector of the file, which is ``None`` when it is empty."""
    values: Iterable[int] = [] if numbers is None else numbers
    return [int(value) for value in values]
