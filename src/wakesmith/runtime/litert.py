"""Running a TFLite model with LiteRT: quiet, one thread unless asked, any thread or process.

An interpreter belongs to the thread and the process that made it (its thread pool does not live on
in a forked child), and changing the shape of its input costs about as much as one short call. So a
``Network`` keeps a few interpreters for each thread, one for each shape of late.
"""

import os
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from wakesmith.errors import ModelError

_KEPT = 8
_first = threading.Lock()
_greeted = False


class Network:
    """A TFLite model of one input and one output, for inputs of any shape that it can take."""

    def __init__(self, content: bytes, source: str, threads: int = 1) -> None:
        """Raises ``ModelError`` naming ``source`` when the bytes are not a model."""
        self._content, self._source, self._threads = content, source, threads
        self._local = threading.local()
        reader = self._open(None)
        inputs, outputs = reader.get_input_details(), reader.get_output_details()
        if len(inputs) != 1 or len(outputs) != 1:
            raise ModelError(
                f"{source}: the model has {len(inputs)} inputs and {len(outputs)} outputs; "
                "a wake-word model has one of each. Is it another kind of model?"
            )
        self.input_shape = tuple(int(size) for size in inputs[0]["shape_signature"])
        """Shape of the input as the file states it; -1 where it is free."""
        self.input_type: np.dtype[Any] = np.dtype(inputs[0]["dtype"])
        self.output_type: np.dtype[Any] = np.dtype(outputs[0]["dtype"])

    def run(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """The output for one input; the same input gives the same bits whatever came before."""
        interpreter, input_index, output_index = self._of_shape(x.shape)
        interpreter.set_tensor(input_index, x)
        interpreter.invoke()
        out: NDArray[np.float32] = interpreter.get_tensor(output_index)
        return out

    def _of_shape(self, shape: tuple[int, ...]) -> tuple[Any, int, int]:
        """An interpreter for the shape; one that another process made is left alone, not freed."""
        if getattr(self._local, "process", None) != os.getpid():
            self._local.inherited = getattr(self._local, "ready", None)
            self._local.ready = OrderedDict()
            self._local.process = os.getpid()
        ready: OrderedDict[tuple[int, ...], tuple[Any, int, int]] = self._local.ready
        if shape in ready:
            ready.move_to_end(shape)
        else:
            interpreter = self._open(shape)
            ready[shape] = (
                interpreter,
                interpreter.get_input_details()[0]["index"],
                interpreter.get_output_details()[0]["index"],
            )
            if len(ready) > _KEPT:
                ready.popitem(last=False)
        return ready[shape]

    def _open(self, shape: tuple[int, ...] | None) -> Any:
        try:
            interpreter = Interpreter(model_content=self._content, num_threads=self._threads)
            if shape is not None:
                index = interpreter.get_input_details()[0]["index"]
                interpreter.resize_tensor_input(index, list(shape), strict=False)
                with _without_greeting():
                    interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as problem:
            reason = str(problem).strip().splitlines()[0]
            raise ModelError(
                f"{self._source}: LiteRT cannot use this file ({reason}). It is no TFLite model, "
                "it is cut short, or it needs operations beyond the built-in ones; "
                "export or download it again."
            ) from problem
        return interpreter


@contextmanager
def _without_greeting() -> Iterator[None]:
    """Keeps LiteRT's "Created TensorFlow Lite XNNPACK delegate" line off standard error.

    It comes from C++ with the first tensors of a process and no setting stops it, so those are
    allocated with file descriptor 2 on the null device. What goes wrong is raised all the same.
    """
    global _greeted
    if _greeted:
        yield
        return
    with _first:
        try:
            kept = os.dup(2)
        except OSError:  # standard error is closed: nothing to keep clean
            yield
            return
        null = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(null, 2)
            yield
            _greeted = True
        finally:
            os.dup2(kept, 2)
            os.close(null)
            os.close(kept)
