"""Arrays on disk, whole or not at all."""

import io
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
            joined = np.lib.format.open_memmap(path, "w+", block.dtype, shape)
        joined[first : first + len(block)] = block
        first += len(block)
    if joined is not None:
        joined.flush()
