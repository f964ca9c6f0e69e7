"""What a model remembers from call to call: resource variables.

A graph knows a variable by its name. Another graph, which ``CALL_ONCE`` runs before the first call,
gives each its first value.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wakesmith.tflite import schema
from wakesmith.tflite.builder import Graph, Model, Tensor
from wakesmith.tflite.schema import Builtin, Quantisation, TensorType


@dataclass(frozen=True)
class Variable:
    """An int8 variable of a graph."""

    handle: Tensor
    shape: tuple[int, ...]
    quantisation: Quantisation


class Variables:
    """The variables that ``graph`` uses. To be made before anything is added to it."""

    def __init__(self, model: Model, graph: Graph) -> None:
        self._graph = graph
        self._before = model.graph("initialise")
        graph.operate(Builtin.CALL_ONCE, (), (), schema.call_once(self._before.number))

    def variable(self, name: str, first: NDArray[np.int8], quantisation: Quantisation) -> Variable:
        """A variable that holds ``first`` before the first call."""
        value = self._before.constant(first, quantisation)
        _assign(self._before, _handle(self._before, name), value)
        return Variable(_handle(self._graph, name), first.shape, quantisation)

    def read(self, variable: Variable) -> Tensor:
        """What the variable holds."""
        return self._graph.operate(
            Builtin.READ_VARIABLE,
            (variable.handle,),
            (variable.shape,),
            schema.read_variable(),
            kind=TensorType.INT8,
            quantisation=variable.quantisation,
        )[0]

    def assign(self, variable: Variable, value: Tensor) -> None:
        """Have the variable hold ``value`` from here on."""
        if value.shape != variable.shape or value.quantisation != variable.quantisation:
            raise ValueError(f"a variable of {variable.shape} cannot hold {value.shape}")
        _assign(self._graph, variable.handle, value)


def _handle(graph: Graph, name: str) -> Tensor:
    options = schema.var_handle(name)
    return graph.operate(
        Builtin.VAR_HANDLE, (), ((),), options, name=name, kind=TensorType.RESOURCE
    )[0]


def _assign(graph: Graph, handle: Tensor, value: Tensor) -> None:
    graph.operate(Builtin.ASSIGN_VARIABLE, (handle, value), (), schema.assign_variable())
