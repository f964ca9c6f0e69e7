"""Where what was downloaded lies, and what to say when it cannot be written there."""

import contextlib
import errno
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from wakesmith.errors import StoreError

VARIABLE = "WAKESMITH_DATA"
"""The environment variable that names another place for downloads."""

MARK = "data:"
"""Begins a place in a recipe that is a source of the catalog: ``data:NAME/sub/folder``."""

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_SPARE = 16 << 20
"""Bytes that a download leaves free on a disk: no system likes one that is filled to the brim."""


def data_folder() -> Path:
    """The folder of all downloads: ``$WAKESMITH_DATA``, else the platform's place for data."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named).expanduser().absolute()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "wakesmith"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local") / "wakesmith"
    # https://specifications.freedesktop.org/basedir-spec: a relative path is to be ignored
    shared = Path(os.environ.get("XDG_DATA_HOME") or "")
    return (shared if shared.is_absolute() else Path.home() / ".local/share") / "wakesmith"


def source_folder(name: str) -> Path:
    """Where a source of the catalog lies once it is downloaded."""
    return data_folder() / "data" / name


def voice_folder(engine: str) -> Path:
    """Where the downloaded voices of an engine lie."""
    return data_folder() / "voices" / engine


def require_space(place: Path, size: int) -> None:
    """Raise ``StoreError`` unless so many bytes fit on the disk of ``place``, which need not be
    there yet, with a little to spare."""
    above = place.absolute()
    while not above.exists() and above != above.parent:
        above = above.parent
    free = shutil.disk_usage(above).free
    if free < size + min(_SPARE, size):
        raise StoreError(
            f"{place} needs {in_words(size)} more, and its disk has {in_words(free)} free. Free "
            f"some space, or name another place with the environment variable {VARIABLE}."
        )


@contextlib.contextmanager
def writing(place: Path) -> Iterator[None]:
    """Turn what the system says about writing at ``place`` into a ``StoreError``."""
    try:
        yield
    except OSError as error:
        what = "its disk is full" if error.errno in _FULL else error.strerror or str(error)
        raise StoreError(
            f"{place} cannot be written: {what}. What was downloaded before is kept. Put that "
            f"right, or name another place with the environment variable {VARIABLE}; then run "
            "again to go on."
        ) from error


def in_words(size: int) -> str:
    """Bytes for people: 812 B, 3.4 MB, 1.2 GB."""
    amount = float(size)
    for unit in ("B", "kB", "MB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"
