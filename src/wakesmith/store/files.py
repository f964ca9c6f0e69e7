"""Files that are whole or not there, and what to say when a disk cannot take them."""

import contextlib
import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from wakesmith.atomic import UNFINISHED, sync_folder, write_whole
from wakesmith.errors import StoreError
from wakesmith.sources.place import in_words

STORE = "--store"
"""The option that errors advise unless told otherwise."""

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
_LITTLE = 64 << 10
"""Free bytes below which a failed write is put down to the disk."""


def write_atomic(path: Path, data: bytes, option: str = STORE) -> None:
    """Write a file so that, whatever happens, there is all of it or what was there before.

    The bytes are on the disk before the name is. Raises StoreError, which advises the ``option``
    that names another place, when it cannot be written, whatever the reason.
    """
    with _refused(path, option):
        write_whole(path, data)


def make_folder(folder: Path, option: str = STORE) -> None:
    """Make a folder where it is not there, and make sure that files can be made in it.

    Raises StoreError, which advises the ``option`` that names another place, when a file is in
    the way, there is no right to write, or the system refuses it for any other reason. A full disk
    is for those to say who write: what is there can still be read, and removed.
    """
    with _refused(folder, option):
        for place in (folder.absolute(), *folder.absolute().parents):
            if place.exists() and not place.is_dir():
                raise StoreError(
                    f"{place} is a file; {folder} needs a folder there. Move the file away, or "
                    f"name another place with {option}."
                )
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with tempfile.TemporaryFile(dir=folder):  # access(2) tells root nothing
                pass
        except OSError as error:
            if error.errno not in _FULL:
                raise


def make_way(path: Path, option: str) -> None:
    """Make the folder that a file is to be written in, and make sure that it can be.

    So that what refuses it is said before the work that the file is made by. Raises StoreError as
    ``make_folder`` does, and when a folder has the file's name.
    """
    with _refused(path, option):
        if path.is_dir():
            raise StoreError(
                f"{path} is a folder, and a file of that name is to be written. Move the folder "
                f"away, or name another place with {option}."
            )
    make_folder(path.parent, option)


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


@contextlib.contextmanager
def explained(place: Path, option: str = STORE) -> Iterator[None]:
    """Turn what the system says about writing under ``place`` into a StoreError.

    It advises the ``option`` that names another place. Errors about other files, for instance a
    recording that cannot be read, pass as they are.
    """
    try:
        yield
    except OSError as error:
        message = _explanation(error, place, option)
        if message is None:
            raise
        raise StoreError(message) from error
    except RuntimeError as error:
        # torch reports a failed write as RuntimeError, without the system's reason.
        if free_space(place) > _LITTLE:
            raise
        raise StoreError(_full(place, option)) from error


@contextlib.contextmanager
def _refused(place: Path, option: str) -> Iterator[None]:
    """Turn all that the system says into a StoreError that ``place`` cannot be written."""
    try:
        yield
    except OSError as error:
        told = _full if error.errno in _FULL else _denied
        raise StoreError(told(place, option, error)) from error


def _explanation(error: OSError, place: Path, option: str) -> str | None:
    if error.errno in _FULL or (error.errno is None and " requested and " in str(error)):
        # numpy's tofile says "1000 requested and 200 written", and no number
        return _full(place, option, error)
    if error.errno in _FORBIDDEN and isinstance(error.filename, str | bytes):
        at, place = Path(os.fsdecode(error.filename)).absolute(), place.absolute()
        if at.is_relative_to(place) or place.is_relative_to(at):  # in it, or a folder above it
            return _denied(at, option, error)
    return None


def _denied(place: Path, option: str, error: OSError) -> str:
    forbidden = error.errno in _FORBIDDEN
    advice = "Give yourself the right to write there, or name" if forbidden else "Name"
    why = error.strerror or error
    return f"{place} cannot be written: {why}. {advice} another place with {option}."


def _full(place: Path, option: str, error: OSError | None = None) -> str:
    free = in_words(free_space(place))
    what = (
        f"A file under {place} would be larger than this process may write (ulimit -f)"
        if error is not None and error.errno == errno.EFBIG
        else f"The disk that holds {place} is full ({free} free)"
    )
    return (
        f"{what}. What is finished is kept. Free some space (wakesmith gc removes old work "
        f"that no run uses), or name another place with {option}; then run again to go on."
    )
