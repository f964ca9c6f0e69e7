"""Any openWakeWord head as a function from windows of embeddings to scores, TFLite or ONNX."""

import os
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from wakesmith.errors import MissingExtra, ModelError
from wakesmith.runtime.frontend import EMBEDDING_DIM, Frames
from wakesmith.runtime.litert import Network

Windows = NDArray[np.float32]
"""Windows of embeddings, [n, window, 96]."""

_BATCH = 256  # windows that a model with a free batch gets at once
_MICRO_WIDTH = 40  # channels of microWakeWord's spectrogram


class Scorer(Protocol):
    """A wake-word head."""

    window: int
    """Embeddings that one score looks at."""
    name: str
    """What it listens for: the stem of the file, as openWakeWord names models."""

    def score(self, windows: Windows) -> Frames:
        """Scores [n], float32 in 0 to 1, of windows [n, window, 96]; none for none."""


def load_scorer(path: str | os.PathLike[str], threads: int = 1) -> Scorer:
    """The head in a ``.tflite`` file (run by LiteRT) or an ``.onnx`` file (by onnxruntime).

    The window's length is read from the file. One trial run shows that the model works.

    Raises:
        ModelError: no such file, not a model, a model of another kind (microWakeWord is named),
            or not exactly one score.
        MissingExtra: the file is ONNX and onnxruntime is not installed.
    """
    path = Path(path)
    if not path.is_file():
        raise ModelError(f"{path}: there is no such model file. Is the path right?")
    if path.suffix not in (".tflite", ".onnx"):
        raise ModelError(
            f"{path}: a model file ends in .tflite or .onnx, and the manifest of a microWakeWord "
            f"model in .json, not in {path.suffix or 'nothing'!r}."
        )
    runner = _LiteRt(path, threads) if path.suffix == ".tflite" else _Onnx(path, threads)
    return _Head(path, runner)


class _Runner(Protocol):
    input_shape: tuple[int, ...]
    input_type: np.dtype[Any]

    def run(self, x: Windows) -> NDArray[np.float32]: ...


class _Head:
    """A model whose shapes are checked; batches where the model takes them."""

    def __init__(self, path: Path, runner: _Runner) -> None:
        self.name = path.stem
        self.window = _window(path, runner.input_shape, runner.input_type)
        self._path, self._runner = path, runner
        self._batch = 1
        self._try(1)
        if runner.input_shape[0] < 0:
            self._try(2)
            self._batch = _BATCH

    def score(self, windows: Windows) -> Frames:
        if windows.ndim != 3 or windows.shape[1:] != (self.window, EMBEDDING_DIM):
            raise ModelError(
                f"{self._path}: the model scores windows [n, {self.window}, {EMBEDDING_DIM}], "
                f"but was given {list(windows.shape)}."
            )
        scores = np.empty(len(windows), np.float32)
        for start in range(0, len(windows), self._batch):
            part = np.ascontiguousarray(windows[start : start + self._batch], dtype=np.float32)
            scores[start : start + len(part)] = self._runner.run(part).reshape(-1)
        return scores

    def _try(self, batch: int) -> None:
        try:
            out = self._runner.run(np.zeros((batch, self.window, EMBEDDING_DIM), np.float32))
        except (ValueError, RuntimeError) as problem:
            reason = str(problem).strip().splitlines()[0]
            raise ModelError(f"{self._path}: the model does not run: {reason}") from problem
        if out.size != batch or not np.issubdtype(out.dtype, np.floating):
            raise ModelError(
                f"{self._path}: the model gives {out.dtype} {list(out.shape)} for {batch} "
                "window(s) where one float score each is expected. A model of several classes "
                "has to be exported as one model a word."
            )


class _LiteRt(Network):
    def __init__(self, path: Path, threads: int) -> None:
        super().__init__(path.read_bytes(), str(path), threads)


class _Onnx:
    def __init__(self, path: Path, threads: int) -> None:
        try:
            import onnxruntime
        except ImportError as problem:
            raise MissingExtra("onnxruntime", "onnx", f"Running {path}") from problem
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = threads
        options.log_severity_level = 3  # errors; they are raised as well
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except Exception as problem:  # onnxruntime's own exceptions share no base but this
            reason = str(problem).strip().splitlines()[0]
            raise ModelError(
                f"{path}: onnxruntime cannot use this file ({reason}). It is no ONNX model or is "
                "cut short; export or download it again."
            ) from problem
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        if len(inputs) != 1 or len(outputs) != 1:
            raise ModelError(
                f"{path}: the model has {len(inputs)} inputs and {len(outputs)} outputs; "
                "a wake-word model has one of each. Is it another kind of model?"
            )
        self._input = inputs[0].name
        self.input_shape = tuple(s if isinstance(s, int) else -1 for s in inputs[0].shape)
        names = {"tensor(float)": "f4", "tensor(int8)": "i1", "tensor(uint8)": "u1"}
        self.input_type: np.dtype[Any] = np.dtype(names.get(inputs[0].type, "O"))

    def run(self, x: Windows) -> NDArray[np.float32]:
        try:
            out: NDArray[np.float32] = self._session.run(None, {self._input: x})[0]
        except Exception as problem:  # as above
            raise RuntimeError(str(problem)) from problem
        return out


def _window(path: Path, shape: tuple[int, ...], kind: np.dtype[Any]) -> int:
    """The window's length, from the input's shape."""
    if len(shape) == 3 and shape[2] == _MICRO_WIDTH:
        raise ModelError(
            f"{path}: this is a microWakeWord model (input {list(shape)}, {kind}): it listens to "
            "40-channel spectrograms and not to openWakeWord's embeddings. Give its manifest (the "
            ".json beside it), which says how to listen with it."
        )
    if len(shape) != 3 or shape[2] != EMBEDDING_DIM or shape[0] not in (-1, 1) or kind != "f4":
        raise ModelError(
            f"{path}: not an openWakeWord model: its input is {kind} {list(shape)} and should be "
            f"float32 [1, window, {EMBEDDING_DIM}]."
        )
    if shape[1] < 1:
        raise ModelError(
            f"{path}: the length of the window is left open in the model's input {list(shape)}; "
            "openWakeWord reads it from there. Export the model with a fixed window (16 is usual)."
        )
    return shape[1]
