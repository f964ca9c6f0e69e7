"""What was found out about files before, so that unchanged ones are looked at, and not read."""

import json
from pathlib import Path
from typing import Any

from wakesmith.store import digest_file, write_atomic


class Memory:
    """Values kept in one file from run to run. It is only a memory: without it all is read anew."""

    def __init__(self, path: Path | None) -> None:
        """``path`` of the file; with None, or where its folder is not there, nothing is kept."""
        self._path = path
        self._known: dict[str, dict[str, Any]] = {}
        self._changed = False
        if path is not None and path.exists():
            try:
                self._known = json.loads(path.read_text())
            except ValueError:  # half a file from another tool
                self._known = {}

    def recall(self, key: str) -> dict[str, Any]:
        """What was kept under a key; empty for nothing."""
        return self._known.get(key, {})

    def keep(self, key: str, value: dict[str, Any]) -> None:
        """Keep a value of plain JSON under a key."""
        self._known[key] = value
        self._changed = True

    def digest(self, path: Path) -> str:
        """SHA-256 of the file's content."""
        key = key_of(path)
        found = self.recall(key).get("digest")
        if found is None:
            found = digest_file(path)
            self.keep(key, {"digest": found})
        return str(found)

    def save(self) -> None:
        """Write what is new, unless the file's folder is not there: who only checks makes none."""
        if self._changed and self._path is not None and self._path.parent.is_dir():
            write_atomic(self._path, json.dumps(self._known).encode())


def key_of(path: Path) -> str:
    """What a file is remembered by: its path, size and time of change."""
    stat = path.stat()
    return f"{path.resolve()}|{stat.st_size}|{stat.st_mtime_ns}"
