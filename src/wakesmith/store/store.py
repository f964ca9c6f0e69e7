"""The store: ``done/`` holds finished entries, ``partial/`` those at work, ``locks/`` who works.

A stage works in ``partial/<name>``, which outlives a kill, so the next run goes on in it. When the
stage returns, everything is brought to the disk and one rename makes it ``done/<name>``: what is
in ``done/`` is whole.
"""

import contextlib
import json
import os
import shutil
import time
import weakref
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from wakesmith.atomic import sync_folder
from wakesmith.errors import StoreError
from wakesmith.store import files, locks
from wakesmith.store.names import NAME, Entry, name_of

State = Literal["cached", "partial", "to do"]
PROVENANCE = "entry.json"
"""File in every entry that says what made it."""
_DAY = 86_400.0
_GONE = ".removed"
"""Ending of a finished entry that is being removed."""


@dataclass(frozen=True)
class Collected:
    """What ``collect`` removed, or would."""

    names: tuple[str, ...]
    size: int
    """Bytes."""
    recent: tuple[str, ...] = ()
    """Entries, finished or not, that only their age protected."""


class Store:
    """A folder of entries. Any number of runs may use one at the same time."""

    def __init__(self, root: Path, *, create: bool = True) -> None:
        """Open a store, and make it when it is not there. StoreError when that cannot be.

        Without ``create``, where there is none, it has no entries and none can be made.
        """
        self.root = root.absolute()
        if not create and not (self.root / "locks").is_dir():
            return
        for folder in ("done", "partial", "locks"):
            files.make_folder(self.root / folder)
        # Held shared as long as this object lives, so that nothing is collected beneath a run.
        self._users = locks.open_lock(self.root / "locks" / "users")
        weakref.finalize(self, os.close, self._users)
        if not locks.take(self._users, shared=True):
            raise StoreError(f"{self.root} is being cleaned up (wakesmith gc). Try again soon.")

    def entry(self, stage: str, version: int, parameters: Any, *inputs: Entry) -> Entry:
        """The entry that a stage would make: no work is done to name it.

        ``parameters`` are plain JSON: all that changes the result, and nothing else. ``version``
        is raised when the stage's code makes something else of the same parameters.
        """
        name, made_from = name_of(stage, version, parameters, (entry.name for entry in inputs))
        return Entry(name, self.root / "done" / name, made_from)

    def has(self, entry: Entry) -> bool:
        """True when the entry is finished."""
        return entry.path.is_dir()

    def state(self, entry: Entry) -> State:
        """Finished, begun, or neither."""
        if self.has(entry):
            return "cached"
        return "partial" if self.partial(entry).is_dir() else "to do"

    def partial(self, entry: Entry) -> Path:
        """Where the entry is worked on."""
        return self.root / "partial" / entry.name

    def make(self, entry: Entry, work: Callable[[Path], None]) -> None:
        """Let ``work`` fill a folder, and keep it as the entry. Does nothing when it is there.

        The folder may hold what an earlier, interrupted ``work`` left. Raises StoreError when
        another run makes the same entry, the disk is full or may not be written; everything so
        far stays, and so it does when ``work`` raises.
        """
        with locks.held(self.root / "locks" / entry.name, f"The entry {entry.name}"):
            if self.has(entry):
                return
            folder = self.partial(entry)
            with files.explained(self.root):
                folder.mkdir(exist_ok=True)
                files.sweep(folder)
                # At once, so that ``collect`` knows what unfinished work needs; and again at the
                # end, so that its time is when the entry was finished.
                files.write_atomic(folder / PROVENANCE, entry.made_from.encode())
                work(folder)
                files.write_atomic(folder / PROVENANCE, entry.made_from.encode())
                files.sync_tree(folder)
                folder.rename(entry.path)
                sync_folder(entry.path.parent)
                sync_folder(folder.parent)

    def collect(
        self, keep: Iterable[str], *, partial_days: float = 7.0, dry: bool = False
    ) -> Collected:
        """Remove what is not needed for the entries named in ``keep``.

        Kept are those entries, the entries, finished or not, that were touched in the last
        ``partial_days`` (an interrupted run has nothing else that names its work; 0 keeps none),
        and all that any of these was made from. With ``dry`` nothing is removed. Raises
        StoreError when a run is using the store.
        """
        with self._alone():
            named = self._with_inputs(keep)
            oldest = time.time() - partial_days * _DAY
            entries = self._entries("done") + self._entries("partial")
            fresh = {path.name for path in entries if _touched(path) > oldest}
            kept = named | self._with_inputs(fresh)
            done = [path for path in self._entries("done") if path.name not in kept]
            partial = [path for path in self._entries("partial") if path.name not in fresh]
            size = sum(map(_size, done + partial))
            if not dry:
                with files.explained(self.root):
                    for path in partial:
                        shutil.rmtree(path)
                    for path in done:
                        # Renamed first: a folder that is half removed must not look finished.
                        shutil.rmtree(path.rename(self.root / "partial" / f"{path.name}{_GONE}"))
                    self._drop_locks()
            names = tuple(sorted(path.name for path in done + partial))
            here = {path.name for path in entries}
            return Collected(names, size, tuple(sorted((kept - named) & here)))

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        if not locks.take(self._users):
            raise StoreError(f"A run is using {self.root}. Wait until it is done, or stop it.")
        try:
            yield
        finally:
            locks.take(self._users, shared=True)

    def _entries(self, kind: str) -> list[Path]:
        return sorted(path for path in (self.root / kind).iterdir() if path.is_dir())

    def _with_inputs(self, names: Iterable[str]) -> set[str]:
        kept: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name in kept:
                continue
            kept.add(name)
            for kind in ("done", "partial"):
                with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                    text = (self.root / kind / name / PROVENANCE).read_text()
                    waiting += json.loads(text)["inputs"]
        return kept

    def _drop_locks(self) -> None:
        for path in (self.root / "locks").iterdir():
            if path.name != "users":
                path.unlink()


def named_in(folder: Path) -> set[str]:
    """Every name of an entry that stands in a JSON file anywhere under a folder of runs."""
    names: set[str] = set()
    for path in folder.rglob("*.json"):
        with contextlib.suppress(OSError):
            names |= set(NAME.findall(path.read_text(errors="replace")))
    return names


def _touched(folder: Path) -> float:
    if folder.name.endswith(_GONE):
        return 0.0
    return max((path.lstat().st_mtime for path in [folder, *folder.rglob("*")]), default=0.0)


def _size(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())
