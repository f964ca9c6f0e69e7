"""The sound in Parquet files, row by row, a few at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING, Any

import numpy as np

from wakesmith.audio import Source
from wakesmith.errors import AudioError, DataError, MissingExtra
from wakesmith.held import Encoded, Samples
from wakesmith.sources.columns import RATES, is_number, layout_of
from wakesmith.sources.columns import Layout as Layout

if TYPE_CHECKING:
    import pyarrow.parquet as pq

_BATCH_BYTES = 16 << 20
_BATCH_ROWS = 64
_BUFFER = 1 << 20  # bytes of a column chunk that are read at once; a whole chunk may be gigabytes


@dataclass(frozen=True)
class Row:
    """One row of a file."""

    number: int
    """Within its row group."""
    sounds: tuple[Source | AudioError, ...]
    """Mostly one; what stands where sound should be and is none is an error that says so."""


def row_groups(path: Path) -> tuple[int, ...]:
    """Rows of each row group. ``DataError`` when the file is no Parquet or is cut off."""
    with _opened(path) as file:
        meta = file.metadata
        return tuple(meta.row_group(i).num_rows for i in range(meta.num_row_groups))


def layout(path: Path, column: str | None = None) -> Layout:
    """Where a file's sound is: in ``column``, or in the one column that can hold sound.

    ``DataError`` names the columns when there is no such column, none with sound, or several.
    """
    with _opened(path) as file:
        return layout_of(file.schema_arrow, path, column)


def rows(path: Path, group: int, where: Layout, limit: int) -> Iterator[Row]:
    """The first ``limit`` rows of a row group, in order and bounded memory.

    Raises ``DataError`` when the row group cannot be read on.
    """
    name = path.name
    with _opened(path) as file:
        meta = file.metadata.row_group(group)
        each = sum(meta.column(i).total_uncompressed_size for i in _leaves(meta, where))
        size = max(1, min(_BATCH_ROWS, _BATCH_BYTES * meta.num_rows // max(1, each)))
        columns = [where.column, where.rates] if where.rates else [where.column]
        batches = file.iter_batches(size, [group], columns, use_threads=False)
        number = 0
        while number < limit:
            batch = _next(batches, path, group, number)
            if batch is None:
                return
            values = _within(batch.column(where.column.partition(".")[0]), where.column)
            rates = batch.column(where.rates) if where.rates else None
            for i in range(min(len(values), limit - number)):
                rate = rates[i].as_py() if rates is not None else None
                told = f"{name}, row group {group}, row {number}"
                yield Row(number, tuple(_sounds(_plain(values[i]), rate, path.parent, told)))
                number += 1


def _sounds(value: Any, rate: Any, folder: Path, name: str) -> Iterator[Source | AudioError]:
    """What a cell holds; lists are several sounds, unless they are samples."""
    if isinstance(value, list):
        for index, one in enumerate(value):
            yield from _sounds(one, rate, folder, f"{name}, sound {index}")
        return
    try:
        yield _sound(value, rate, folder, name)
    except AudioError as fault:
        yield fault


def _sound(value: Any, rate: Any, folder: Path, name: str) -> Source:
    if isinstance(value, dict):
        rate = next((value[key] for key in RATES if value.get(key) is not None), rate)
        kept = (value.get(key) for key in ("bytes", "array", "path"))
        value = next((one for one in kept if one is not None), None)
    if isinstance(value, bytes):
        return Encoded(value, name)
    if isinstance(value, str):
        return _beside(value, folder, name)
    if isinstance(value, np.ndarray):
        if not isinstance(rate, int | float) or rate != rate:
            raise AudioError(f"{name}: holds samples, and no sampling rate")
        return Samples(value, round(rate), name)
    raise AudioError(f"{name}: holds {'nothing' if value is None else type(value).__name__}")


def _beside(text: str, folder: Path, name: str) -> Path:
    """The file that a row names: as it is named from the Parquet file's folder, or in it."""
    for path in (folder / text, folder / PureWindowsPath(text).name):
        if path.is_file():
            return path
    raise AudioError(f"{name}: names {text!r}, which does not lie beside the Parquet file")


def _plain(cell: Any) -> Any:
    """A cell as Python has it, but of numbers as an array."""
    import pyarrow as pa

    if not cell.is_valid:
        return None
    if isinstance(cell, pa.StructScalar):
        return {name: _plain(cell[name]) for name in cell}
    if isinstance(cell, pa.ListScalar):  # large and fixed-size ones are too
        values = cell.values
        if is_number(values.type):
            return values.to_numpy(zero_copy_only=False)
        parts = [_plain(one) for one in values]
        channels = [part for part in parts if isinstance(part, np.ndarray)]
        if channels and len(channels) == len(parts) and len({len(c) for c in channels}) == 1:
            return np.stack(channels)
        return parts
    return cell.as_py()


def _next(batches: Any, path: Path, group: int, number: int) -> Any:
    import pyarrow as pa

    try:
        return next(batches, None)
    except (pa.ArrowException, OSError) as problem:
        raise DataError(
            f"{path.name}, row group {group}: cannot be read from row {number} on: "
            f"{_first_line(problem)}"
        ) from None


def _within(column: Any, name: str) -> Any:
    for field in name.split(".")[1:]:
        column = column.field(field)
    return column


def _opened(path: Path) -> "pq.ParquetFile":
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as problem:
        raise MissingExtra("pyarrow", "data", f"Reading {path}") from problem
    try:
        return pq.ParquetFile(path, buffer_size=_BUFFER, pre_buffer=False)
    except (pa.ArrowException, OSError) as problem:
        raise DataError(
            f"{path} cannot be read as Parquet: {_first_line(problem)}. Is it whole?"
        ) from None


def _first_line(problem: Exception) -> str:
    return (str(problem).splitlines() or [type(problem).__name__])[0].strip().rstrip(".")


def _leaves(meta: Any, where: Layout) -> Sequence[int]:
    """Columns of the file, which are leaves of the schema, that hold a layout's."""
    named = [meta.column(i).path_in_schema for i in range(meta.num_columns)]
    return [i for i, n in enumerate(named) if n == where.column or n.startswith(f"{where.column}.")]
