"""Names of entries: a digest of what made them.

``stage-`` and the first 16 hex digits of sha256 over the canonical JSON of stage, version,
parameters and the names of the inputs. So the same work has the same name on every machine, and
changed work never has the name of finished work.
"""

import hashlib
import json
import re
from collections.abc import Iterable
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


def canonical(value: Any) -> str:
    """JSON in which equal values are equal text. TypeError or ValueError on what is not JSON."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest_file(path: Path) -> str:
    """64 hex digits (sha256) that name a file's content."""
    whole = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            whole.update(block)
    return whole.hexdigest()


def name_of(stage: str, version: int, parameters: Any, inputs: Iterable[str]) -> tuple[str, str]:
    """Name of an entry, and the JSON that it is made of."""
    if not _STAGE.fullmatch(stage):
        raise ValueError(f"{stage!r} cannot begin the name of an entry")
    made_from = canonical(
        {"stage": stage, "version": version, "parameters": parameters, "inputs": list(inputs)}
    )
    return f"{stage}-{hashlib.sha256(made_from.encode()).hexdigest()[:16]}", made_from
