"""Which column of a table is sound.

The layouts that published sets have:

    struct<bytes: binary, path: string>        Hugging Face's ``Audio``: a sound file's content
    struct<array: list<float>, sampling_rate>  the same, decoded
    binary                                     a sound file's content
    list<float> beside a column of rates       decoded
    list<…> of any of these                    several sounds a row
    string                                     sound files that lie beside the table
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wakesmith.errors import DataError

RATES = ("sampling_rate", "sample_rate", "samplerate", "rate", "sr")
"""Names of fields and columns that hold a sampling rate (Hz)."""
_PATHS = ("audio", "audio_path", "audio_filepath", "file", "file_name", "filename", "path", "wav")
"""Names of text columns that are taken for sound files when nothing else is sound."""

Schema = Any  # pyarrow's, which has no types
Kind = Any


@dataclass(frozen=True)
class Layout:
    """Where the sound of a file is."""

    column: str
    """Name of the column; of a field within structs with dots (clip.audio)."""
    rates: str = ""
    """Column of the sampling rates, where the sound's own does not hold them."""


def layout_of(schema: Schema, path: Path, column: str | None = None) -> Layout:
    """Where the sound is in a table of this schema; see ``parquet.layout``."""
    if column is not None:
        kind = _field(schema, column)
        if kind is None or not (_holds_sound(kind) or _is_text(kind) or _is_numbers(kind)):
            what = "there is no column" if kind is None else f"there can be no sound ({kind}) in"
            raise DataError(f"{path}: {what} {column!r}. {_columns(schema)}")
        return _completed(path, schema, column, kind)
    found = [f.name for f in schema if _holds_sound(f.type)]
    if not found and any(name in schema.names for name in RATES):
        found = [f.name for f in schema if _is_numbers(f.type)]
    if not found:
        found = [f.name for f in schema if f.name.lower() in _PATHS and _is_text(f.type)]
    if "audio" in found:
        found = ["audio"]
    if len(found) != 1:
        many = f"sound may be in {', '.join(found)}: name one with --column"
        none = "no column holds sound that is known as such; --column can name one within a struct"
        raise DataError(f"{path}: {many if found else none}. {_columns(schema)}")
    return _completed(path, schema, found[0], schema.field(found[0]).type)


def _completed(path: Path, schema: Schema, column: str, kind: Kind) -> Layout:
    if not _is_numbers(kind):
        return Layout(column)
    rates = [name for name in RATES if name in schema.names]
    if not rates:
        raise DataError(
            f"{path}: {column!r} holds samples, and no column their sampling rate (looked for "
            f"{', '.join(RATES)}). {_columns(schema)}"
        )
    return Layout(column, rates[0])


def _field(schema: Schema, column: str) -> Kind | None:
    """The type of a column or, with dots, of a field within its structs."""
    import pyarrow as pa

    kind = pa.struct(list(schema))
    for name in column.split("."):
        if not pa.types.is_struct(kind) or kind.get_field_index(name) < 0:
            return None
        kind = kind.field(name).type
    return kind


def _columns(schema: Schema) -> str:
    return "The columns are " + "; ".join(f"{f.name} ({f.type})" for f in schema)


def _holds_sound(kind: Kind) -> bool:
    """Whether values of this type are sound by themselves."""
    import pyarrow as pa

    if pa.types.is_struct(kind):
        fields = {f.name: f.type for f in kind}
        decoded = "array" in fields and _is_numbers(fields["array"])
        return ("bytes" in fields and _is_binary(fields["bytes"])) or (
            decoded and any(name in fields for name in RATES)
        )
    if _is_list(kind):
        return _holds_sound(kind.value_type)
    return _is_binary(kind)


def _is_numbers(kind: Kind) -> bool:
    """Lists of numbers, or of such lists (channels)."""
    if not _is_list(kind):
        return False
    return is_number(kind.value_type) or _is_numbers(kind.value_type)


def _is_list(kind: Kind) -> bool:
    import pyarrow as pa

    t = pa.types
    return bool(t.is_list(kind) or t.is_large_list(kind) or t.is_fixed_size_list(kind))


def is_number(kind: Kind) -> bool:
    """Whether values of this type are numbers."""
    import pyarrow as pa

    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _is_binary(kind: Kind) -> bool:
    import pyarrow as pa

    t = pa.types
    return bool(t.is_binary(kind) or t.is_large_binary(kind) or t.is_fixed_size_binary(kind))


def _is_text(kind: Kind) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
