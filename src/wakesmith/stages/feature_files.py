"""Feature files: embeddings of audio without the phrase, as openWakeWord publishes them."""

import hashlib
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wakesmith.errors import DataError
from wakesmith.plan.sources import File
from wakesmith.runtime.detector import FRAME_SECONDS
from wakesmith.runtime.frontend import EMBEDDING_DIM

_SAMPLED = 256
"""Rows of a file that its digest is taken of, evenly from the first to the last."""


def feature_file(path: Path, window: int) -> File:
    """Check a file before anything else is done.

    Large files are named by what can be read at once: shape, type and ``_SAMPLED`` rows from
    beginning to end. ``DataError`` when it cannot be trained on with windows of ``window`` frames.
    """
    rows = _opened(path)
    frames = rows.shape[0] * (rows.shape[1] if rows.ndim == 3 else 1)
    length = rows.shape[1] if rows.ndim == 3 else len(rows)
    if length < window:
        raise DataError(
            f"negatives.features: {path} holds {length} frames in a row, the network looks at "
            f"{window}: use another file or a smaller network.window"
        )
    picked = np.unique(np.linspace(0, len(rows) - 1, _SAMPLED).round().astype(np.int64))
    digest = hashlib.sha256(f"{rows.shape} {rows.dtype.str}".encode())
    digest.update(np.ascontiguousarray(rows[picked]).tobytes())
    return File(str(path), digest.hexdigest(), frames * FRAME_SECONDS)


def feature_paths(place: Path) -> list[Path]:
    """A file, or the ``.npy`` files of a folder; ``DataError`` when it has none."""
    if not place.is_dir():
        return [place]
    found = sorted(place.glob("*.npy"))
    if not found:
        raise DataError(f"negatives.features: the folder {place} holds no .npy")
    return found


def held_back(frames: int, share: float, window: int) -> int:
    """How many of a file's ``frames`` are trained on; the last ``share`` is for validation.

    A window's length is left out between the two. Too little to hold back anything trains all.
    """
    kept = int(frames * share)
    return frames - kept if kept >= 2 * window and frames - kept >= 2 * window else frames


def _opened(path: Path) -> NDArray[Any]:
    try:
        rows = np.load(path, mmap_mode="r")
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(f"negatives.features: {path} cannot be read as .npy: {error}") from None
    if not isinstance(rows, np.ndarray):
        rows.close()
        raise DataError(
            f"negatives.features: {path} is an archive of several arrays (.npz): save the one with "
            "the features by numpy.save as a .npy file"
        )
    if (
        rows.dtype not in (np.float16, np.float32)
        or rows.ndim not in (2, 3)
        or rows.shape[-1] != EMBEDDING_DIM
        or not rows.size
    ):
        raise DataError(
            f"negatives.features: {path} holds {rows.dtype} of shape {list(rows.shape)}; expected "
            f"float16 or float32 of shape [rows, 16, {EMBEDDING_DIM}] (windows) or "
            f"[frames, {EMBEDDING_DIM}]"
        )
    if not rows.flags.c_contiguous:
        raise DataError(
            f"negatives.features: {path} is stored in Fortran order; save it again by "
            "numpy.save(path, numpy.ascontiguousarray(array))"
        )
    return rows
