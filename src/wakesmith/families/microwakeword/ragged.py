"""microWakeWord's spectrogram sets: folders in the format of ``mmap_ninja``'s RaggedMmap.

A set is a folder with the parts ``training``, ``validation`` and others; in each, at any depth, lie
folders whose names end in ``_mmap``. Such a folder holds spectrograms ``[frames, 40]`` of different
lengths, one after another in one array: its bytes in ``data.ninja``, and beside them, in folders of
the same kind, where each starts and ends and its shape (``mmap_ninja/ragged.py``, MIT). Values are
the front end's whole numbers, or float32, which is 0.0390625 times these.
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wakesmith.errors import DataError
from wakesmith.runtime.micro.frontend import CHANNELS, FEATURE_SCALE, esphome_int8
from wakesmith.store.files import STORE, make_folder, write_atomic

PARTS = ("training", "validation", "testing", "validation_ambient", "testing_ambient")
"""Parts that microWakeWord knows; the ambient ones are long and hold no phrase."""
_SUFFIX = "_mmap"
OURS = f"wakesmith{_SUFFIX}"
"""Folder of what ``write_set`` writes, in each part."""
_KINDS = ("float32", "float64", "uint16", "int16", "int32", "int64")


def spectrograms(folder: Path, part: str) -> Iterator[NDArray[np.int8]]:
    """All spectrograms [frames, 40] of one part of a set, quantised as ESPHome does it.

    Folders come sorted by name; a part that is not there has none. Raises ``DataError`` where a
    folder does not hold what it should.
    """
    for found in sorted((folder / part).rglob(f"*{_SUFFIX}")):
        if found.is_dir():
            yield from map(quantised, read_ragged(found))


def quantised(spectrogram: NDArray[Any]) -> NDArray[np.int8]:
    """Spectra of any kind that sets hold, as ESPHome gives them to a model."""
    if np.issubdtype(spectrogram.dtype, np.floating):
        # Exact for what the front end makes; clipped, as other tools may write anything.
        whole = np.rint(np.nan_to_num(spectrogram) / FEATURE_SCALE)
        spectrogram = np.clip(whole, 0, np.iinfo(np.uint16).max)
    return esphome_int8(spectrogram.astype(np.uint16))


def read_ragged(folder: Path) -> Iterator[NDArray[Any]]:
    """The spectrograms [frames, 40] of one ``…_mmap`` folder, memory-mapped, as they are kept."""
    data = _array(folder)
    starts, ends = (_array(folder / name) for name in ("starts", "ends"))
    if starts.ndim != 1 or starts.shape != ends.shape or data.ndim != 1:
        raise _broken(folder, "its starts and ends do not go together")
    if data.dtype.name not in _KINDS:
        raise _broken(folder, f"it holds {data.dtype}, not spectrograms")
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        if not 0 <= start <= end <= len(data) or (end - start) % CHANNELS:
            raise _broken(folder, f"values {start} to {end} are no spectra of {CHANNELS} channels")
        yield data[start:end].reshape(-1, CHANNELS)


def whole_numbers(spectrogram: NDArray[np.int8]) -> NDArray[np.uint16]:
    """The front end's whole numbers that are quantised to just these; within 1.3 of what was."""
    # 666 / 256 is a step of ESPHome's quantisation, which rounds to the nearest.
    return np.rint((spectrogram.astype(np.float64) + 128) * 666 / 256).astype(np.uint16)


def write_set(
    folder: Path, parts: Mapping[str, Sequence[NDArray[np.int8]]], option: str = STORE
) -> None:
    """Write a set that microWakeWord reads, of quantised spectrograms [frames, 40] by part.

    Raises ``DataError`` for a part that it does not know, and ``StoreError`` where it cannot be
    written, which advises the ``option`` that names another place.
    """
    for part, arrays in parts.items():
        if part not in PARTS:
            raise DataError(f"{part!r} is no part of a spectrogram set: {', '.join(PARTS)}")
        write_ragged(folder / part / OURS, [whole_numbers(a) for a in arrays], option)


def write_ragged(folder: Path, arrays: Sequence[NDArray[Any]], option: str = STORE) -> None:
    """Write arrays of one type, each of one dimension or more, as a folder of ``mmap_ninja``.

    ``type.ninja`` is written last: without it the folder is not whole.
    """
    if not arrays or len({array.dtype for array in arrays}) > 1:
        raise DataError(f"{folder}: there must be arrays to write, all of one type")
    sizes = np.array([array.size for array in arrays], np.int64)
    ends = np.cumsum(sizes)
    for name, numbers in (("starts", ends - sizes), ("ends", ends), ("flattened_shapes", sizes)):
        _write_array(folder / name, numbers, option)
        write_atomic(folder / name / "type.ninja", b"numpy", option)
    shapes = [np.array(array.shape, np.int64) for array in arrays]
    flat = all(len(shape) == 1 for shape in shapes)
    if flat:
        _write_array(folder / "shapes", np.array(shapes), option)
        write_atomic(folder / "shapes" / "type.ninja", b"numpy", option)
    else:
        write_ragged(folder / "shapes", shapes, option)
    write_atomic(folder / "shapes_are_flat.ninja", struct.pack("<i", flat), option)
    _write_array(folder, np.concatenate([array.reshape(-1) for array in arrays]), option)
    write_atomic(folder / "type.ninja", b"ragged", option)


def _write_array(folder: Path, array: NDArray[Any], option: str) -> None:
    """All but the type of the folder."""
    make_folder(folder, option)
    write_atomic(folder / "data.ninja", np.ascontiguousarray(array).tobytes(), option)
    write_atomic(folder / "dtype.ninja", array.dtype.name.encode(), option)
    write_atomic(folder / "shape.ninja", struct.pack(f"<{array.ndim}Q", *array.shape), option)
    write_atomic(folder / "order.ninja", b"C", option)


def _array(folder: Path) -> NDArray[Any]:
    """The array of a folder, memory-mapped."""
    try:
        name = (folder / "dtype.ninja").read_text()
        shape = (folder / "shape.ninja").read_bytes()
        kind = np.dtype(name)
        sizes = struct.unpack(f"<{len(shape) // 8}Q", shape)
        if kind.hasobject or not np.prod(sizes):
            raise _broken(folder, f"it holds {name} of shape {list(sizes)}")
        return np.memmap(folder / "data.ninja", kind, "r", shape=sizes)
    except (OSError, ValueError, TypeError, struct.error) as error:
        raise _broken(folder, str(error)) from None


def _broken(folder: Path, why: str) -> DataError:
    return DataError(
        f"{folder} cannot be read as a spectrogram set (RaggedMmap): {why}. Make it again with "
        "microWakeWord's tools, or unpack it anew"
    )
