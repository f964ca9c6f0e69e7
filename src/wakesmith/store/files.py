"""Files that are whole or not there, and what to say when a disk cannot take them."""

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from wakesmith.errors import StoreError

UNFINISHED = ".unfinished"
"""Ending of a file that is being written; one that a kill left behind is worth nothing."""

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
_LITTLE = 64 << 10
"""Free bytes below which a failed write is put down to the disk."""


def write_atomic(path: Path, data: bytes) -> None:
    """Write a file so that, whatever happens, there is all of it or what was there before.

    The bytes are on the disk before the name is. Raises StoreError when the disk is full or the
    folder may not be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}{UNFINISHED}")
    with explained(path.parent):
        try:
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make sure that the names in a folder are on the disk (fsync(2) of the folder)."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno != errno.EINVAL:  # a file system whose folders cannot be synced
            raise
    finally:
        os.close(handle)


def sync_tree(folder: Path) -> None:
    """Make sure that all under a folder is on the disk, deepest first."""
    for above, _, files in os.walk(folder, topdown=False):
        for name in files:
            path = Path(above, name)
            if not path.is_symlink():
                with path.open("rb") as file:
                    os.fsync(file.fileno())
        sync_folder(Path(above))


def sweep(folder: Path) -> None:
    """Remove the unfinished files that a kill left under a folder."""
    for path in folder.rglob(f".*{UNFINISHED}"):
        path.unlink(missing_ok=True)


def free_space(path: Path) -> int:
    """Free bytes for this user on the disk that holds a path, which need not exist yet."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return shutil.disk_usage(path).free


def in_words(size: int) -> str:
    """Bytes for people: 812 B, 3.4 MB, 1.2 GB."""
    amount = float(size)
    for unit in ("B", "kB", "MB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"


@contextlib.contextmanager
def explained(place: Path) -> Iterator[None]:
    """Turn what the system says about writing under ``place`` into a StoreError.

    Errors about other files, for instance a recording that cannot be read, pass as they are.
    """
    try:
        yield
    except OSError as error:
        message = _explanation(error, place)
        if message is None:
            raise
        raise StoreError(message) from error
    except RuntimeError as error:
        # torch reports a failed write as RuntimeError, without the system's reason.
        if free_space(place) > _LITTLE:
            raise
        raise StoreError(_full(place)) from error


def _explanation(error: OSError, place: Path) -> str | None:
    if error.errno in _FULL or (error.errno is None and " requested and " in str(error)):
        # numpy's tofile says "1000 requested and 200 written", and no number
        return _full(place, error.errno == errno.EFBIG)
    if error.errno in _FORBIDDEN and isinstance(error.filename, str | bytes):
        at, place = Path(os.fsdecode(error.filename)).absolute(), place.absolute()
        if at.is_relative_to(place) or place.is_relative_to(at):  # in it, or a folder above it
            return (
                f"{at} cannot be written: {error.strerror}. "
                "Give yourself the right to write there, or name another place with --store."
            )
    return None


def _full(place: Path, limited: bool = False) -> str:
    free = in_words(free_space(place))
    what = (
        f"A file under {place} would be larger than this process may write (ulimit -f)"
        if limited
        else f"The disk that holds {place} is full ({free} free)"
    )
    return (
        f"{what}. What is finished is kept. Free some space (wakesmith gc removes old work "
        "that no run uses), or name another place with --store; then run again to go on."
    )
