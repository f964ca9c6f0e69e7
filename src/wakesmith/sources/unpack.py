"""Unpack archives that came from elsewhere: only into their folder, only files, each one whole."""

import contextlib
import hashlib
import io
import re
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from wakesmith.errors import DataError
from wakesmith.sources.place import require_space, writing

SEGMENT = re.compile(r"\.z\d\d$")
"""Ending of a part of a zip that is split in several files; the last one ends in .zip."""
_TAR = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
_BLOCK = 1 << 20


def is_archive(name: str) -> bool:
    """Whether a file of this name is unpacked."""
    return name.lower().endswith((".zip", *_TAR))


@dataclass(frozen=True)
class Unpacked:
    """A file that came out of an archive."""

    name: str
    """Path in the folder, with slashes."""
    size: int
    sha256: str


def unpack(archive: Path, folder: Path, heard: Callable[[int], None] = lambda done: None) -> None:
    """Unpack a zip (split in ``.z01`` … or not) or tar into ``folder``.

    A file that an earlier try unpacked is left as it is. ``heard`` gets the number of files so
    far. Raises ``DataError`` for an archive that is broken or has a file that would lie outside
    the folder, a link or a device, before anything of the kind is made; ``StoreError`` when the
    disk cannot take it.
    """
    members = _zip(archive, folder) if archive.name.lower().endswith(".zip") else _tar(archive)
    try:
        for number, (name, size, stream) in enumerate(members, 1):
            target = _inside(folder, name, archive)
            if not (target.is_file() and target.stat().st_size == size):
                _write(target, stream)
            heard(number)
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as bad:
        raise DataError(f"{archive.name} is broken: {bad}") from bad


def _inside(folder: Path, name: str, archive: Path) -> Path:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name or not path.parts:
        raise DataError(f"{archive.name} holds {name!r}, which would lie outside its folder")
    target = folder / path
    if not target.parent.resolve().is_relative_to(folder.resolve()):
        raise DataError(f"{archive.name} holds {name!r}, which a link leads outside its folder")
    return target


def _write(target: Path, stream: IO[bytes]) -> None:
    draft = target.with_name(f".{target.name}.unfinished")
    with writing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        file = draft.open("wb")
    try:
        with file:
            while block := stream.read(_BLOCK):
                with writing(target):
                    file.write(block)
        with writing(target):
            draft.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise


def _tar(archive: Path) -> Iterator[tuple[str, int, IO[bytes]]]:
    with tarfile.open(archive) as tar:
        for member in tar:
            if member.isdir():
                continue
            if not member.isreg():
                kind = "link" if member.issym() or member.islnk() else "device"
                raise DataError(f"{archive.name} holds a {kind}, {member.name!r}: not unpacked")
            stream = tar.extractfile(member)
            assert stream is not None  # of a regular file there is one
            yield member.name, member.size, stream


def _zip(archive: Path, folder: Path) -> Iterator[tuple[str, int, IO[bytes]]]:
    with _opened(archive) as packed:
        files = [info for info in packed.infolist() if not info.is_dir()]
        for info in files:
            if stat.S_ISLNK(info.external_attr >> 16):
                raise DataError(f"{archive.name} holds a link, {info.filename!r}: not unpacked")
            _inside(folder, info.filename, archive)
        require_space(folder, sum(i.file_size for i in files if not (folder / i.filename).exists()))
        for info in files:
            with packed.open(info) as stream:
                yield info.filename, info.file_size, stream


@contextlib.contextmanager
def _opened(archive: Path) -> Iterator[zipfile.ZipFile]:
    """A zip file; of one split in several, all of them as one.

    In the list of a split one, a file's place is counted from the beginning of the segment that it
    begins in (APPNOTE.TXT 4.4.11 and 4.4.16), which Python's reader does not know.
    """
    others = sorted(p for p in archive.parent.glob(f"{archive.stem}.z*") if SEGMENT.search(p.name))
    if not others:
        with zipfile.ZipFile(archive) as packed:
            yield packed
        return
    segments = [*others, archive]
    starts = [sum(p.stat().st_size for p in segments[:i]) for i in range(len(segments))]
    with io.BufferedReader(_Joined(segments)) as whole, zipfile.ZipFile(whole) as packed:
        for info in packed.infolist():
            # The reader took all for places in the last segment.
            info.header_offset += starts[info.volume] - starts[-1]
            if hasattr(info, "_end_offset"):
                info._end_offset = None  # of its guard against overlaps, made from wrong places
        yield packed


class _Joined(io.RawIOBase):
    """Files one after another, as one."""

    def __init__(self, paths: Sequence[Path]) -> None:
        super().__init__()
        self._files = [path.open("rb") for path in paths]
        self._sizes = [path.stat().st_size for path in paths]
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: sum(self._sizes)}[whence]
        self._at = base + offset
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        at = self._at
        for file, size in zip(self._files, self._sizes, strict=True):
            if at < size:
                file.seek(at)
                data = file.read(min(len(buffer), size - at))
                buffer[: len(data)] = data
                self._at += len(data)
                return len(data)
            at -= size
        return 0

    def close(self) -> None:
        for file in self._files:
            file.close()
        super().close()


def files_in(folder: Path) -> list[Unpacked]:
    """All files under a folder, with their checksums, sorted; hidden ones are not counted."""
    found = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not any(part.startswith(".") for part in name.split("/")):
            with path.open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            found.append(Unpacked(name, path.stat().st_size, sha256))
    return found


def remove(folder: Path) -> None:
    """Remove a folder of archives that are unpacked."""
    shutil.rmtree(folder, ignore_errors=True)
