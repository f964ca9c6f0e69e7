"""A streaming int8 model, run as a device runs it: LiteRT's reference kernels, state and all.

The reference kernels give TensorFlow Lite Micro's outputs, but for a rare rounding of the last
layer (one score in a thousand, by a step or a few). The optimised ones give
pymicro-wakeword's, which differ by up to 13 of 256 in passing. (LiteRT's default, XNNPACK, is many
times as fast as either and gives nobody's.) What ESPHome would refuse at boot is refused here.
"""

import os
from collections import Counter
from pathlib import Path
from typing import Any, Literal

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from numpy.typing import NDArray

from wakesmith.errors import ModelError
from wakesmith.runtime.micro.frontend import CHANNELS, Quantised
from wakesmith.runtime.micro.operators import ESPHOME_OPERATORS, MAX_VARIABLES

Probabilities = NDArray[np.uint8]
"""A model's outputs, one for each ``stride`` frames; 255 is surest."""

Kernels = Literal["reference", "optimised"]

_KERNELS = {
    "reference": OpResolverType.BUILTIN_REF,
    "optimised": OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
}


class StreamingModel:
    """A model with its state; it belongs to the thread that made it."""

    def __init__(self, path: str | os.PathLike[str], kernels: Kernels = "reference") -> None:
        """Raises ``ModelError`` for a file that is no model, or none that ESPHome would run."""
        self._path, self._kernels = Path(path), kernels
        if not self._path.is_file():
            raise ModelError(f"{path}: there is no such model file. Is the path right?")
        self._content = self._path.read_bytes()
        interpreter = self._open()
        shape, quantisation = _checked_shapes(self._path, interpreter)
        _check_operators(self._path, self._content)
        self.name = self._path.stem
        self.stride = shape[1]
        """Frames that one output takes in."""
        self.scale, self.zero_point = float(quantisation[0]), int(quantisation[1])
        """What the file says of its input; ESPHome takes no notice of it."""
        self.reset()
        self.probabilities(np.zeros((self.stride, CHANNELS), np.int8))  # shows that it runs
        self.reset()

    def reset(self) -> None:
        """Back to the start of a stream.

        A new interpreter (0.7 ms): ``reset_all_variables`` and new tensors leave resource variables
        as they are, and ``CALL_ONCE`` runs only once in an interpreter.
        """
        self._interpreter = self._open()
        try:
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as problem:
            raise self._broken(problem) from problem
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._output = self._interpreter.get_output_details()[0]["index"]

    def probabilities(self, features: Quantised) -> Probabilities:
        """Advances the stream by frames [n * stride, 40]; the output [n] after each ``stride``."""
        if features.ndim != 2 or features.shape[1] != CHANNELS or len(features) % self.stride:
            raise ModelError(
                f"{self._path}: the model takes frames [n * {self.stride}, {CHANNELS}], but was "
                f"given {list(features.shape)}."
            )
        steps = np.ascontiguousarray(features, np.int8).reshape(-1, 1, self.stride, CHANNELS)
        out = np.empty(len(steps), np.uint8)
        interpreter = self._interpreter
        try:
            for i, step in enumerate(steps):
                interpreter.set_tensor(self._input, step)
                interpreter.invoke()
                out[i] = interpreter.get_tensor(self._output)[0, 0]
        except (ValueError, RuntimeError) as problem:
            raise self._broken(problem) from problem
        return out

    def _open(self) -> Any:
        try:
            return Interpreter(
                model_content=self._content,
                num_threads=1,
                experimental_op_resolver_type=_KERNELS[self._kernels],
            )
        except (ValueError, RuntimeError) as problem:
            raise self._broken(problem) from problem

    def _broken(self, problem: Exception) -> ModelError:
        reason = str(problem).strip().splitlines()[0]
        return ModelError(
            f"{self._path}: LiteRT cannot use this file ({reason}). It is no TFLite model or is "
            "cut short; export or download it again."
        )


def _checked_shapes(path: Path, interpreter: Any) -> tuple[tuple[int, ...], tuple[float, int]]:
    """Shape and quantisation of the input, when input and output are as ESPHome asks."""
    inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
    if len(inputs) != 1 or len(outputs) != 1:
        raise ModelError(
            f"{path}: the model has {len(inputs)} inputs and {len(outputs)} outputs; a "
            "microWakeWord model has one of each. Is it another kind of model?"
        )
    shape = tuple(int(size) for size in inputs[0]["shape_signature"])
    kind = np.dtype(inputs[0]["dtype"])
    fits = len(shape) == 3 and shape[0] == 1 and 1 <= shape[1] <= 255 and shape[2] == CHANNELS
    if not fits or kind != np.int8:
        raise ModelError(
            f"{path}: not a microWakeWord model: its input is {kind} {list(shape)} and should be "
            f"int8 [1, stride, {CHANNELS}]. Export it quantised, as a streaming model."
        )
    out_shape = tuple(int(size) for size in outputs[0]["shape_signature"])
    out_kind = np.dtype(outputs[0]["dtype"])
    if out_shape != (1, 1) or out_kind != np.uint8:
        raise ModelError(
            f"{path}: the model's output is {out_kind} {list(out_shape)} and should be uint8 "
            "[1, 1], one probability. Export it with a uint8 output."
        )
    return shape, inputs[0]["quantization"]


def _check_operators(path: Path, content: bytes) -> None:
    """Every operator of every subgraph, those that run once included."""
    from ai_edge_litert import schema_py_generated as schema

    names = {code: name for name, code in vars(schema.BuiltinOperator).items() if name.isupper()}
    model = schema.Model.GetRootAs(content, 0)  # whole: LiteRT has verified the bytes
    foreign: Counter[tuple[str, int]] = Counter()
    variables = set()
    for graph in range(model.SubgraphsLength()):
        subgraph = model.Subgraphs(graph)
        for at in range(subgraph.OperatorsLength()):
            operator = subgraph.Operators(at)
            code = model.OperatorCodes(operator.OpcodeIndex())
            number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
            name = names.get(number, f"number {number}")
            if name == "CUSTOM":
                name = f"custom operator {(code.CustomCode() or b'').decode(errors='replace')}"
            if name not in ESPHOME_OPERATORS:
                foreign[name, graph] += 1
            if name == "VAR_HANDLE":
                options, handle = operator.BuiltinOptions(), schema.VarHandleOptions()
                handle.Init(options.Bytes, options.Pos)
                variables.add((handle.Container(), handle.SharedName()))
    if foreign:
        found = ", ".join(
            f"{name} ({count} in subgraph {graph})" for (name, graph), count in foreign.items()
        )
        raise ModelError(
            f"{path}: ESPHome does not know these operators of the model: {found}. It knows only "
            f"{', '.join(sorted(ESPHOME_OPERATORS))}; build the model of those."
        )
    if len(variables) > MAX_VARIABLES:
        raise ModelError(
            f"{path}: the model keeps {len(variables)} resource variables and ESPHome has room for "
            f"{MAX_VARIABLES}. Build it with fewer streaming layers."
        )
