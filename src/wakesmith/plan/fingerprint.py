"""A plan's identity: equal draws have equal fingerprints, wherever the user's files lie."""

import dataclasses
import hashlib
from collections.abc import Mapping
from typing import Any


def fingerprint(value: Any) -> str:
    """32 hex digits that name a value of dataclasses, tuples, mappings, numbers and texts.

    Fields called ``path`` are left out: what stands for a file is its digest beside the path.
    """
    whole = hashlib.sha256()
    _feed(whole, value)
    return whole.hexdigest()[:32]


def _feed(whole: Any, value: Any) -> None:
    if value is None or isinstance(value, str | int | float | bool):  # most of it, so asked first
        whole.update(f"{value!r},".encode())
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        whole.update(f"{type(value).__name__}(".encode())
        for name, part in vars(value).items():
            if name != "path":
                whole.update(f"{name}=".encode())
                _feed(whole, part)
        whole.update(b")")
    elif isinstance(value, Mapping):
        whole.update(b"{")
        for key in sorted(value):
            whole.update(f"{key!r}:".encode())
            _feed(whole, value[key])
        whole.update(b"}")
    elif isinstance(value, tuple | list | range):
        whole.update(f"{value!r}".encode() if isinstance(value, range) else b"[")
        for part in () if isinstance(value, range) else value:
            _feed(whole, part)
        whole.update(b"]")
    else:
        raise TypeError(f"{type(value).__name__} cannot be part of a plan")
