"""Names of entries: a digest of what made them.

``stage-`` and the first 16 hex digits of sha256 over the canonical JSON of stage, version,
parameters and the names of the inputs. So the same work has the same name on every machine, and
changed work never has the name of finished work.
"""

import dataclasses
import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_BLOCK = 1 << 20
_STAGE = re.compile(r"[a-z][a-z0-9_]*")
NAME = re.compile(r"\b[a-z][a-z0-9_]*-[0-9a-f]{16}\b")
"""Finds names of entries in any text."""


@dataclass(frozen=True)
class Entry:
    """A folder in the store, finished or to be made. Once finished it never changes."""

    name: str
    path: Path
    """Where it lies when it is finished."""
    made_from: str = field(default="{}", repr=False, compare=False)
    """Canonical JSON of what makes it; kept beside its files as ``entry.json``."""


def plain(value: Any) -> Any:
    """Frozen dataclasses, tuples and paths as plain JSON, field by field.

    A dataclass is the object of its fields; infinity, which JSON lacks, is the text "inf".
    TypeError on anything else.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return {field.name: plain(getattr(value, field.name)) for field in fields}
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, float) and math.isinf(value):
        return str(value)
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(f"{type(value).__name__} cannot be part of an entry's name: {value!r}")


def canonical(value: Any) -> str:
    """JSON in which equal values are equal text. TypeError or ValueError on what is not JSON."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(value: Any) -> str:
    """16 hex digits that name plain JSON values, for instance a whole plan."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()[:16]


def digest_file(path: Path) -> str:
    """64 hex digits (sha256) that name a file's content."""
    whole = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            whole.update(block)
    return whole.hexdigest()


def digest_files(paths: Iterable[Path]) -> str:
    """64 hex digits that name the contents of many files, whatever they are called or where."""
    return hashlib.sha256("".join(sorted(map(digest_file, paths))).encode()).hexdigest()


def name_of(stage: str, version: int, parameters: Any, inputs: Iterable[str]) -> tuple[str, str]:
    """Name of an entry, and the JSON that it is made of."""
    if not _STAGE.fullmatch(stage):
        raise ValueError(f"{stage!r} cannot begin the name of an entry")
    made_from = canonical(
        {"stage": stage, "version": version, "parameters": parameters, "inputs": list(inputs)}
    )
    return f"{stage}-{hashlib.sha256(made_from.encode()).hexdigest()[:16]}", made_from
