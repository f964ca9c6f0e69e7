"""Arrays on disk, whole or not at all."""

import io
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wakesmith.store import write_atomic


def save_array(path: Path, array: NDArray[Any]) -> None:
    """Write an ``.npy``."""
    data = io.BytesIO()
    np.save(data, array)
    write_atomic(path, data.getvalue())


def save_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write an ``.npz``."""
    data = io.BytesIO()
    np.savez(data, **arrays)  # type: ignore[arg-type]  # mypy takes the names for its flags
    write_atomic(path, data.getvalue())


def join_arrays(path: Path, blocks: Iterable[NDArray[Any]], rows: int) -> None:
    """Write blocks of ``rows`` rows in all, one after the other, as one ``.npy``.

    Only a block at a time is in memory. A kill may leave the file incomplete: write what says
    that it is whole after it.
    """
    joined, first = None, 0
    for block in blocks:
        if joined is None:
            shape = (rows, *block.shape[1:])
            joined = _mapped(path, block.dtype, shape)
        joined[first : first + len(block)] = block
        first += len(block)
    if joined is not None:
        joined.flush()


def _mapped(path: Path, kind: np.dtype[Any], shape: tuple[int, ...]) -> np.memmap[Any, Any]:
    """A new ``.npy`` in memory. Its space is taken first: a full disk is then an error that can be
    told, and not a signal in the middle of writing."""
    size = int(np.prod(shape)) * kind.itemsize + 128
    with path.open("wb") as file:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, size)
    return np.lib.format.open_memmap(path, "w+", kind, shape)
