"""How much memory a device must set aside for a model: its tensor arena.

Measured with the runtime inside ESPHome (TensorFlow Lite Micro; the package ``tflite-micro`` has
wheels for Linux on x86-64 alone), elsewhere estimated from the model's own sizes.
"""

import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from math import ceil

import numpy as np

from wakesmith.errors import ModelError, pip_install
from wakesmith.families.microwakeword.sizes import read_sizes
from wakesmith.runtime.detection import AnyDetector
from wakesmith.runtime.micro.detector import MicroDetector

ALIGNMENT = 16
"""Arenas are whole multiples of this, as TensorFlow Lite Micro aligns them."""

_POINTERS, _MARGIN = 0.75, 1.1
_TENSOR, _CHANNEL = 170, 8
_LARGEST = 1 << 20
ON_BOARDS = 32 << 20
"""No board that ESPHome runs on has more memory: 32 MiB of PSRAM (ESP32-P4)."""
_PIECES = 16  # sizes that one process tries


def measurable() -> bool:
    """Whether tflite-micro is there to measure with."""
    return find_spec("tflite_micro") is not None


def manifest_arena(model: bytes) -> tuple[int, bool]:
    """``tensor_arena_size`` for a manifest, and whether it was measured: from ``safe_arena`` where
    nothing can be.

    A device has pointers half as long as x86-64 and, with ESP-NN, kernels that copy weights into
    the arena: three quarters of what was measured, and the largest copy; never less than was
    measured, and a tenth over all. For the four official models that is 1.01 to 1.09 times what
    their manifests ask for.
    """
    sizes = read_sizes(model)
    found = measured_arena(model)
    least = found or safe_arena(model)
    arena = aligned(_MARGIN * max(least, _POINTERS * least + sizes.scratch))
    return arena, found is not None


def measured_arena(model: bytes) -> int | None:
    """The smallest arena, to 16 bytes, in which the model runs; ``None`` without tflite-micro.

    Raises ``ModelError`` for a model that does not run in 1 MiB either.
    """
    if not measurable():
        return None
    enough, too_small = 0, 0
    while enough == 0 or enough - too_small > ALIGNMENT:
        sizes = list(_between(too_small, enough))
        running = _running(model, sizes)
        if running:
            enough = sizes[running - 1]
        elif enough == 0:
            raise ModelError(
                f"The model does not run in TensorFlow Lite Micro, even in {_LARGEST >> 20} MiB. "
                "It is no streaming model, or has an operator that devices do not know."
            )
        too_small = sizes[running] if running < len(sizes) else too_small
    return enough


def safe_arena(model: bytes) -> int:
    """No less than ``measured_arena`` would say, from the sizes in the file.

    States, the most that is held at one time, two numbers for each channel of a convolution, and
    170 bytes a tensor: 1.01 to 1.18 times the measured minimum of networks of all kinds.
    """
    sizes = read_sizes(model)
    held = sizes.states + sizes.peak + _CHANNEL * sizes.channels
    return aligned(held + _TENSOR * sizes.tensors)


def fits(model: bytes, arena: int) -> bool:
    """Whether the model runs in so many bytes, in TensorFlow Lite Micro.

    Raises ``ModelError`` where tflite-micro is not installed.
    """
    if not measurable():
        raise ModelError(
            "Only TensorFlow Lite Micro can say whether a model fits an arena, and it is not "
            f"installed. On Linux, x86-64: {pip_install('--pre', 'tflite-micro')}"
        )
    return bool(_running(model, [arena]))


def check_arena(detector: AnyDetector) -> None:
    """``ModelError`` when a detector's manifest asks for less memory than its model runs in, or for
    more than a device has.

    Without tflite-micro no small arena is refused: an estimate may be too large. Models of other
    families need no arena.
    """
    if not isinstance(detector, MicroDetector):
        return
    arena, model = detector.manifest.tensor_arena_size, detector.model.read_bytes()
    if arena > ON_BOARDS:
        needed, measured = manifest_arena(model)
        raise ModelError(
            f'{detector.path}: "tensor_arena_size" is {arena}, more than a device has to give (at '
            f"most {ON_BOARDS}). The model {'runs' if measured else 'should run'} in {needed}."
        )
    if not measurable():
        return
    if not fits(model, arena):
        raise ModelError(
            f'{detector.path}: "tensor_arena_size" is {arena}, in which the model does not run: it '
            f"needs {measured_arena(model)} or more. A device would fail at boot; set it to "
            f"{manifest_arena(model)[0]}."
        )


def aligned(size: float) -> int:
    """The next whole multiple of 16."""
    return ALIGNMENT * ceil(size / ALIGNMENT)


def _between(too_small: int, enough: int) -> Iterator[int]:
    """Sizes to try, largest first: by quarters at first, then pieces of what is left."""
    if enough:
        step = aligned((enough - too_small) / _PIECES)
        yield from range(enough - step, too_small, -step)
        return
    size = _LARGEST
    while size >= ALIGNMENT:
        yield size
        size = size * 3 // 4 // ALIGNMENT * ALIGNMENT


def _running(model: bytes, sizes: list[int]) -> int:
    """How many of ``sizes``, largest first, the model runs in before the first that is too small.

    In a process of its own: an arena that is too small is mostly refused with an error, but some
    sizes end the process.
    """
    command = [sys.executable, "-m", __name__, *map(str, sizes)]
    done = subprocess.run(command, input=model, capture_output=True, check=False)
    return done.stdout.count(b"runs\n")


def _try(model: bytes, sizes: list[int]) -> None:
    """Say "runs" for each size, up to the first in which the model does not."""
    from tflite_micro.python.tflite_micro import runtime

    for size in sizes:
        interpreter = runtime.Interpreter.from_bytes(model, arena_size=size)
        given = interpreter.get_input_details(0)
        interpreter.set_input(np.zeros(given["shape"], given["dtype"]), 0)
        interpreter.invoke()
        sys.stdout.write("runs\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _try(sys.stdin.buffer.read(), [int(size) for size in sys.argv[1:]])
