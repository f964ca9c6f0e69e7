"""A model under construction: graphs of tensors and operators, then the file's bytes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wakesmith.tflite import schema
from wakesmith.tflite.flatbuffer import Table, encode
from wakesmith.tflite.schema import Builtin, Options, Quantisation, TensorType

_TYPES = {
    np.dtype("float32"): TensorType.FLOAT32,
    np.dtype("int32"): TensorType.INT32,
    np.dtype("int8"): TensorType.INT8,
}


@dataclass(frozen=True)
class Tensor:
    """A value in a graph."""

    index: int
    """Its place among the graph's tensors."""
    shape: tuple[int, ...]
    kind: TensorType
    quantisation: Quantisation | None = None


class Model:
    """A model file under construction: buffers and operator codes that its graphs share."""

    def __init__(self, description: str, *, compact: bool = False) -> None:
        """``compact`` makes the file smaller (``flatbuffer.encode``); it is read the same."""
        self._description = description
        self._compact = compact
        # Buffer 0 is empty by the schema's rule: it means "no data".
        self._buffers = [schema.buffer(b"")]
        self._known: dict[bytes, int] = {}
        self._codes: list[tuple[Builtin, int]] = []
        self._graphs: list[Graph] = []

    def graph(self, name: str) -> "Graph":
        """A new graph; the first one made is the one that runs."""
        graph = Graph(self, name, len(self._graphs))
        self._graphs.append(graph)
        return graph

    def buffer(self, data: bytes) -> int:
        """Number of the buffer that holds ``data``; equal constants share one."""
        if data not in self._known:
            self._known[data] = len(self._buffers)
            self._buffers.append(schema.buffer(data))
        return self._known[data]

    def code(self, builtin: Builtin, version: int) -> int:
        """Number of an operator among the codes that the model uses."""
        if (builtin, version) not in self._codes:
            self._codes.append((builtin, version))
        return self._codes.index((builtin, version))

    def encode(self) -> bytes:
        """The file's bytes: the same for the same calls."""
        return encode(
            schema.model(
                tuple(schema.operator_code(code, version) for code, version in self._codes),
                tuple(graph.table() for graph in self._graphs),
                tuple(self._buffers),
                self._description,
            ),
            schema.FILE_IDENTIFIER,
            compact=self._compact,
        )


class Graph:
    """A graph under construction. Operators run in the order in which they are added."""

    def __init__(self, model: Model, name: str, number: int) -> None:
        self.number = number
        """Its place among the model's graphs."""
        self._model = model
        self._name = name
        self._tensors: list[Table] = []
        self._constants: dict[tuple[Any, ...], Tensor] = {}
        self._operators: list[Table] = []
        self._inputs: list[int] = []
        self._outputs: list[int] = []

    def input(
        self,
        name: str,
        shape: tuple[int, ...],
        kind: TensorType = TensorType.FLOAT32,
        quantisation: Quantisation | None = None,
    ) -> Tensor:
        """A tensor that the caller fills."""
        tensor = self._tensor(name, shape, kind, 0, quantisation)
        self._inputs.append(tensor.index)
        return tensor

    def output(self, tensor: Tensor) -> None:
        """Hand ``tensor`` to the caller."""
        self._outputs.append(tensor.index)

    def constant(
        self,
        values: NDArray[np.float32] | NDArray[np.int32] | NDArray[np.int8],
        quantisation: Quantisation | None = None,
    ) -> Tensor:
        """A float32, int32 or int8 constant; asked for twice, it is stored once."""
        data = np.ascontiguousarray(values)
        key = (data.dtype.str, values.shape, data.tobytes(), quantisation)
        if key not in self._constants:
            buffer = self._model.buffer(data.astype(data.dtype.newbyteorder("<")).tobytes())
            name = f"constant_{len(self._constants)}"
            kind = _TYPES[data.dtype]
            self._constants[key] = self._tensor(name, values.shape, kind, buffer, quantisation)
        return self._constants[key]

    def operate(
        self,
        builtin: Builtin,
        inputs: tuple[Tensor, ...],
        shapes: tuple[tuple[int, ...], ...],
        options: Options | None = None,
        *,
        version: int = 1,
        name: str = "",
        kind: TensorType = TensorType.FLOAT32,
        quantisation: Quantisation | None = None,
    ) -> tuple[Tensor, ...]:
        """Add an operator that makes tensors of these shapes, float32 unless ``kind`` is another.

        ``version`` is the operator's contract as TensorFlow's ``op_version.cc`` numbers it; for
        float32 without special options it is 1.
        """
        stem = name or f"{builtin.name.lower()}_{len(self._operators)}"
        outputs = tuple(
            self._tensor(
                stem if len(shapes) == 1 else f"{stem}_{number}", shape, kind, 0, quantisation
            )
            for number, shape in enumerate(shapes)
        )
        self._operators.append(
            schema.operator(
                self._model.code(builtin, version),
                tuple(tensor.index for tensor in inputs),
                tuple(tensor.index for tensor in outputs),
                options,
            )
        )
        return outputs

    def table(self) -> Table:
        """The graph as the schema's ``SubGraph``."""
        return schema.subgraph(
            self._name,
            tuple(self._tensors),
            tuple(self._inputs),
            tuple(self._outputs),
            tuple(self._operators),
        )

    def _tensor(
        self,
        name: str,
        shape: tuple[int, ...],
        kind: TensorType,
        buffer: int,
        quantisation: Quantisation | None = None,
    ) -> Tensor:
        self._tensors.append(schema.tensor(name, shape, kind, buffer, quantisation))
        return Tensor(len(self._tensors) - 1, shape, kind, quantisation)
