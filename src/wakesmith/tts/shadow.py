"""A short-lived twin of espeak-ng's data folder, in which voice files can be written."""

import os
import shutil
import sys
import tempfile
from multiprocessing.util import Finalize
from pathlib import Path

from wakesmith.errors import VoiceError

LONGEST_PATH = 140
"""espeak-ng does not start when its data path is longer than about 160 characters."""
_PREFIX = "wakesmith-voices-"


def shadow(data: Path) -> Path:
    """A folder ``espeak-ng-data`` of links to ``data``, with a voices/!v of its own.

    It lies in the temporary folder (in /tmp where that is too long a path) and is removed when
    the process ends. What a killed process left is removed by the next.
    """
    parent = Path(tempfile.gettempdir())
    room = LONGEST_PATH - len(f"/{_PREFIX}1234567-12345678/espeak-ng-data")
    if len(str(parent)) > room:
        parent = Path("/tmp")
    try:
        home = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=parent))
    except OSError as problem:
        raise VoiceError(
            f"espeak-ng's voices need a temporary folder, and none can be made in {parent}: "
            f"{problem.strerror}. Set TMPDIR to a folder with a short path that can be written."
        ) from problem
    # A finalizer of multiprocessing runs in the main process and in its children alike.
    Finalize(None, shutil.rmtree, args=(home, True), exitpriority=0)
    _sweep(parent)
    root = home / "espeak-ng-data"
    if sys.platform == "win32":
        shutil.copytree(data, root)
        return root
    (root / "voices").mkdir(parents=True)
    for source, target in ((data, root), (data / "voices", root / "voices")):
        for entry in source.iterdir():
            if entry.name not in ("voices", "!v"):
                (target / entry.name).symlink_to(entry)
    shutil.copytree(data / "voices" / "!v", root / "voices" / "!v")
    return root


def _sweep(parent: Path) -> None:
    """Remove the folders of processes that no longer run."""
    if sys.platform == "win32":
        return
    for left in parent.glob(f"{_PREFIX}*"):
        pid = left.name.removeprefix(_PREFIX).partition("-")[0]
        if pid.isdecimal() and not _runs(int(pid)):
            shutil.rmtree(left, ignore_errors=True)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
