"""Locks that the system lets go of when a process ends, however it ends (flock(2))."""

import contextlib
import datetime
import errno
import fcntl
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from wakesmith.errors import StoreError
from wakesmith.store.files import explained


def open_lock(path: Path) -> int:
    """A handle on a lock file, made when it is not there. It is not passed on to workers."""
    with explained(path.parent):
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)


def take(handle: int, *, shared: bool = False) -> bool:
    """Try to hold a lock; False when another process does."""
    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in {errno.EAGAIN, errno.EACCES}:
            return False
        raise StoreError(
            f"The store's disk cannot lock files ({error.strerror}); name a place on a local disk "
            "with --store."
        ) from error
    return True


@contextlib.contextmanager
def held(path: Path, what: str) -> Iterator[None]:
    """Hold a lock alone, or raise StoreError that names who holds it."""
    handle = open_lock(path)
    try:
        if not take(handle):
            holder = os.pread(handle, 500, 0).decode(errors="replace").strip()
            raise StoreError(
                f"{what} is being made by another run ({holder or 'it does not say which'}). "
                "Wait until it is done, or stop it; then run again."
            )
        now = datetime.datetime.now().astimezone().strftime("%Y-%m-%d %H:%M")
        with explained(path.parent):
            os.ftruncate(handle, 0)
            os.pwrite(
                handle, f"process {os.getpid()} on {socket.gethostname()}, since {now}".encode(), 0
            )
        yield
    finally:
        os.close(handle)
