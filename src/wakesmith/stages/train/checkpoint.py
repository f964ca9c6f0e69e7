"""What is kept of a training, so that it goes on after any kill as if nothing had been."""

import io
import re
from pathlib import Path
from typing import Any

import torch

from wakesmith.errors import StoreError
from wakesmith.store.files import write_atomic

FORMAT = 1
KEPT = 2
"""Checkpoints that stay: the newest, and the one before it."""

_NAME = re.compile(r"step-(\d{8})\.pt")


def save(folder: Path, state: dict[str, Any]) -> Path:
    """Write ``state`` (tensors, numbers, strings, lists and dictionaries; ``step`` and ``key``
    among them) as the newest checkpoint, and drop what is older than the last two."""
    data = io.BytesIO()
    torch.save({"format": FORMAT, **state}, data)
    path = folder / f"step-{state['step']:08d}.pt"
    write_atomic(path, data.getvalue())
    for old in _checkpoints(folder)[:-KEPT]:
        old.unlink(missing_ok=True)
    return path


def load_latest(folder: Path, key: str) -> dict[str, Any] | None:
    """The newest checkpoint, or None when there is none yet.

    Raises ``StoreError`` when it cannot be read, or belongs to another training: ``key`` names
    what the training is made of. Only tensors and plain values are read, never code.
    """
    found = _checkpoints(folder)
    if not found:
        return None
    try:
        state = torch.load(found[-1], map_location="cpu", weights_only=True)
        known, version = state["key"], state["format"]
    except Exception as error:  # torch raises many kinds
        raise StoreError(
            f"the checkpoint {found[-1]} cannot be read ({error}). Delete it: the training then "
            "goes on from the one before."
        ) from error
    if known != key or version != FORMAT:
        raise StoreError(
            f"{folder} holds checkpoints of another training (other recipe, data or version of "
            "wakesmith). Delete the folder, or train into another one."
        )
    return dict(state)


def _checkpoints(folder: Path) -> list[Path]:
    """Oldest first; temporary files of a killed run are not among them."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if _NAME.fullmatch(path.name))
