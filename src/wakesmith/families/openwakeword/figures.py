"""Small ``.npz`` files of figures about frames: two arrays, and of how many frames they are."""

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wakesmith.errors import DataError
from wakesmith.store.files import write_atomic

Matrix = NDArray[np.float64]


def save_figures(path: Path, frames: int, **arrays: Matrix) -> None:
    """Write ``arrays`` and ``frames``, as a whole or not at all; float32 is ample."""
    file = io.BytesIO()
    small = {name: array.astype(np.float32) for name, array in arrays.items()}
    np.savez(file, allow_pickle=False, frames=np.asarray(frames, np.int64), **small)
    write_atomic(path, file.getvalue())


def load_figures(path: Path, what: str, **shapes: int) -> tuple[list[Matrix], int]:
    """The arrays named by ``shapes`` (the number of dimensions of each) and the count of frames.

    Raises ``DataError`` naming ``what`` the file should be when it is not that: an array is
    missing, has another number of dimensions, or its sides are not all of one length.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = [np.asarray(file[name], np.float64) for name in shapes]
            frames = int(file["frames"])
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise DataError(f"{path} is not a file of {what}: {error}") from error
    sides = {side for array in arrays for side in array.shape}
    if [array.ndim for array in arrays] != list(shapes.values()) or len(sides) != 1:
        found = ", ".join(f"{n} {a.shape}" for n, a in zip(shapes, arrays, strict=True))
        raise DataError(f"{path} is not a file of {what}: shapes that do not fit: {found}")
    return arrays, frames
