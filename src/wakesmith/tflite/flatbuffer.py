"""A writer of FlatBuffers: values in, bytes out.

Only what a model file needs: tables, vectors of numbers, vectors of tables, strings. The layout is
the one of the FlatBuffers internals document (https://flatbuffers.dev/internals/): little endian,
every value aligned to its own size, offsets to children unsigned and pointing forwards, a table
beginning with the signed distance back to its vtable. The file is written front to back, so each
value lies behind what refers to it. Same value in, same bytes out.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Scalar:
    """A number inside a table; ``code`` is its ``struct`` letter (b, B, i, I, q, Q, f, ?)."""

    code: str
    value: float


@dataclass(frozen=True)
class Vector:
    """A vector of numbers of one dtype; its data begins at a multiple of ``alignment`` bytes."""

    values: NDArray[Any]
    alignment: int = 4


@dataclass(frozen=True)
class Table:
    """A table: the fields that are set, by slot (their place in the schema, from 0)."""

    fields: Mapping[int, "Node"]


Node = Scalar | Vector | Table | str | tuple[Table, ...]
"""A field's value. ``str`` is a string, a tuple a vector of tables."""

_OFFSET = 4


def int_vector(values: tuple[int, ...]) -> Vector:
    """A vector of int32."""
    return Vector(np.asarray(values, dtype="<i4"))


def encode(root: Table, identifier: bytes, *, compact: bool = False) -> bytes:
    """The file that holds ``root``; ``identifier`` is the schema's four letters (TFL3).

    ``compact`` writes each kind of vtable once and leaves out padding that nothing needs: about a
    tenth of a small model, which counts where files lie in a microcontroller's flash.
    """
    if len(identifier) != 4:
        raise ValueError(f"a file identifier has four bytes, this one {len(identifier)}")
    out = bytearray(_OFFSET) + bytearray(identifier)
    struct.pack_into("<I", out, 0, _write_table(out, root, {} if compact else None))
    return bytes(out)


def _align(out: bytearray, size: int, ahead: int = 0) -> None:
    """Pad so that the place ``ahead`` bytes after the end is a multiple of ``size``."""
    out.extend(bytes(-(len(out) + ahead) % size))


def _write_table(out: bytearray, table: Table, vtables: dict[bytes, int] | None) -> int:
    """Append vtable, table and children; the place of the table.

    ``vtables`` are those written so far, by their bytes; ``None`` writes another for each table.
    """
    slots = sorted(table.fields)
    count = slots[-1] + 1 if slots else 0
    sizes = {slot: _inline_size(table.fields[slot]) for slot in slots}
    # Large fields first: then the gaps between them are least.
    order = sorted(slots, key=lambda slot: (-sizes[slot], slot))
    places, end = {}, _OFFSET
    for slot in order:
        # The table begins 4 before a multiple of 8, so that 8-byte fields may follow at once.
        end += -(end - _OFFSET) % sizes[slot]
        places[slot] = end
        end += sizes[slot]

    vtable_size = 4 + 2 * count
    written = struct.pack("<HH", vtable_size, end)
    written += b"".join(struct.pack("<H", places.get(slot, 0)) for slot in range(count))
    unit = 8 if vtables is None or 8 in sizes.values() else 4
    if vtables is not None and written in vtables:
        vtable = vtables[written]
        _align(out, unit, ahead=_OFFSET)
    else:
        _align(out, unit, ahead=vtable_size + _OFFSET)
        vtable = len(out)
        out += written
        if vtables is not None:
            vtables[written] = vtable
    start = len(out)
    out += struct.pack("<i", start - vtable)
    out.extend(bytes(end - _OFFSET))
    for slot in order:
        value, place = table.fields[slot], start + places[slot]
        if isinstance(value, Scalar):
            struct.pack_into("<" + value.code, out, place, value.value)
        else:
            struct.pack_into("<I", out, place, _write_child(out, value, vtables) - place)
    return start


def _inline_size(value: Node) -> int:
    return struct.calcsize("<" + value.code) if isinstance(value, Scalar) else _OFFSET


def _write_child(
    out: bytearray,
    value: "Vector | Table | str | tuple[Table, ...]",
    vtables: dict[bytes, int] | None,
) -> int:
    """Append a value that a table refers to; its place."""
    if isinstance(value, Table):
        return _write_table(out, value, vtables)
    if isinstance(value, Vector):
        data = np.ascontiguousarray(value.values)
        data = data.astype(data.dtype.newbyteorder("<"), copy=False)
        _align(out, max(4, value.alignment, data.dtype.itemsize), ahead=_OFFSET)
        start = len(out)
        out += struct.pack("<I", data.size) + data.tobytes()
        return start
    _align(out, 4)
    start = len(out)
    if isinstance(value, str):
        text = value.encode()
        out += struct.pack("<I", len(text)) + text + b"\0"
        return start
    out += struct.pack("<I", len(value))
    out.extend(bytes(_OFFSET * len(value)))
    for number, table in enumerate(value):
        place = start + _OFFSET * (number + 1)
        struct.pack_into("<I", out, place, _write_table(out, table, vtables) - place)
    return start
