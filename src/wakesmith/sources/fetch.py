"""Download a file, through cuts and kills: it is whole and the right one, or it is not there."""

import contextlib
import fcntl
import hashlib
import http.client
import io
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from wakesmith.errors import DataError
from wakesmith.sources.addresses import Answer, NoAnswerError, ask
from wakesmith.sources.place import in_words, require_space, writing

Heard = Callable[[int, int | None], None]
"""Hears how many bytes of how many there are; the second is None while nobody knows."""
Say = Callable[[str], None]
"""Hears in a line what became of an address, and what is done next."""

PART = ".part"
"""Ending of a file that is not whole yet; beside it lies what names the file that it is of."""
_NOTE = ".part.json"
_BLOCK = 1 << 18
_ROUNDS = 4
"""So many times in a row all addresses are asked without a single byte, before giving up."""


@dataclass(frozen=True)
class Fetched:
    """A file that is there, and right."""

    path: Path
    size: int
    sha256: str
    address: str
    """Where it came from; empty when it was there before."""


def fetch(
    addresses: Sequence[str],
    target: Path,
    *,
    size: int | None = None,
    sha256: str | None = None,
    progress: Heard = lambda done, total: None,
    say: Say = lambda text: None,
) -> Path:
    """The file of the first address that gives it, at ``target``; see ``obtain``."""
    return obtain(addresses, target, size=size, sha256=sha256, progress=progress, say=say).path


def obtain(
    addresses: Sequence[str],
    target: Path,
    *,
    size: int | None = None,
    sha256: str | None = None,
    checksum: str = "",
    progress: Heard = lambda done, total: None,
    say: Say = lambda text: None,
    pause: float = 1.0,
) -> Fetched:
    """Download ``target`` from one of ``addresses``, which all have the same file.

    What an earlier try got is kept in ``target.part`` and gone on with; a server that has another
    file by now is noticed. A file that is there already and as it should be is left alone. The next
    address is asked when one fails, which ``say`` hears, and why; ``pause`` seconds, doubled each
    time, lie between rounds that bring nothing. Raises ``StoreError`` when the disk cannot take it,
    said before the first byte where the size is known, and ``DataError`` when no address gives the
    file, or only one of another ``size``, ``sha256`` or ``checksum`` (as ``md5:…`` or ``sha1:…``,
    for files whose makers publish nothing better), which is deleted.
    """
    if target.is_file():
        there = _right(target, size, sha256, checksum)
        if there is not None:
            return there
    with writing(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
    with _part(target) as part:
        return _Download(
            list(addresses), target, part, size, sha256, checksum, progress, say, pause
        ).run()


def digest(path: Path, kind: str = "sha256") -> str:
    """Checksum of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, kind).hexdigest()


def _right(path: Path, size: int | None, sha256: str | None, checksum: str) -> Fetched | None:
    """The file if it is as it should be, as far as that is known."""
    found = path.stat().st_size
    if size not in (None, found):
        return None
    kind, _, known = checksum.partition(":")
    if checksum and digest(path, kind) != known:
        return None
    got = digest(path)
    return None if sha256 not in (None, got) else Fetched(path, found, got, "")


@contextlib.contextmanager
def _part(target: Path) -> Iterator[io.FileIO]:
    """The unfinished file, to be written by this process alone."""
    path = target.with_name(target.name + PART)
    with writing(path):
        file = path.open("ab", buffering=0)
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            mine = path.exists() and os.path.samestat(path.stat(), os.fstat(file.fileno()))
        except BlockingIOError:
            mine = False
        if not mine:  # or it was renamed by another between the opening and the lock
            raise DataError(
                f"{target} is being downloaded by another process. Wait until it is done, or stop "
                "it; then run again."
            )
        try:
            yield file
        finally:
            if not os.fstat(file.fileno()).st_size and path.exists():  # an empty part says nothing
                path.unlink()
                _note_of(target).unlink(missing_ok=True)


def _note_of(target: Path) -> Path:
    return target.with_name(target.name + _NOTE)


def _write(file: io.FileIO, block: bytes) -> None:
    """Write a block; of one that the disk does not take all of, what it takes."""
    rest = memoryview(block)
    while rest:
        rest = rest[file.write(rest) :]


@dataclass
class _Download:
    """One file on its way."""

    addresses: list[str]
    target: Path
    part: io.FileIO
    size: int | None
    sha256: str | None
    checksum: str
    progress: Heard
    say: Say
    pause: float

    def run(self) -> Fetched:
        said: dict[str, str] = {}
        rounds = 0
        while self.addresses and rounds < _ROUNDS:
            if rounds:
                time.sleep(self.pause * 2 ** (rounds - 1))
            rounds += 1
            order = list(self.addresses)
            for address, following in zip(order, [*order[1:], None], strict=True):
                more = True
                while more:  # an address that sends something is asked again, as often as it cuts
                    before = self._held()
                    try:
                        return self._from(address)
                    except NoAnswerError as error:
                        known, said[address] = said.get(address), str(error)
                        more = self._held() > before and not error.final
                        rounds = 0 if more else rounds
                        if error.final:
                            self.addresses.remove(address)
                        after = (
                            "" if more or known == str(error) else self._after(following, rounds)
                        )
                        if after:
                            self.say(f"{self.target.name}: {address} {error}; {after}")
        told = "; ".join(f"{address} {words}" for address, words in said.items())
        held = self._held()
        kept = f" {in_words(held)} of it are kept: run again to go on." if held else ""
        raise DataError(f"{self.target.name} cannot be downloaded: {told or 'no address'}.{kept}")

    def _after(self, following: str | None, rounds: int) -> str:
        """What is done once an address failed; empty when nothing is."""
        if following is not None:
            return f"trying {following}"
        if not self.addresses or rounds == _ROUNDS:
            return ""
        wait = f" in {self.pause * 2 ** (rounds - 1):g} s" if rounds else ""
        return f"trying {self.addresses[0]} again{wait}"

    def _held(self) -> int:
        return os.fstat(self.part.fileno()).st_size

    def _from(self, address: str) -> Fetched:
        start, validator = self._resumable(address)
        resumed = start > 0
        if not resumed or start != self._note().get("size"):  # else a kill came before the renaming
            answer = ask(address, start, validator)
            with answer.stream:
                self._take(address, answer)
            resumed = answer.start > 0
            self._whole(answer)
        return self._finish(address, resumed)

    def _resumable(self, address: str) -> tuple[int, str]:
        """From where on this address may go on, and the validator of what there is."""
        note = self._note()
        if self.size not in (None, note.get("size")):
            return 0, ""
        if note.get("address") == address and (note.get("validator") or self.sha256):
            return self._held(), str(note.get("validator", ""))
        same = self.sha256 is not None and note.get("sha256") == self.sha256
        return (self._held(), "") if same else (0, "")

    def _take(self, address: str, answer: Answer) -> None:
        """Write what comes, or say beforehand that it cannot be right or has no room."""
        for what, known, told in (
            ("size", self.size, answer.total),
            ("SHA-256", self.sha256, answer.sha256),
        ):
            if None not in (known, told) and known != told:
                raise NoAnswerError(
                    f"has another file: {what} {told}, expected {known}", final=True
                )
        self.sha256 = self.sha256 or answer.sha256
        total = answer.total if answer.total is not None else self.size
        if total is not None:
            require_space(self.target.parent, total - answer.start)
        with writing(self.target):
            self.part.truncate(answer.start)
            note = {"address": address, "validator": answer.validator, "size": total}
            _note_of(self.target).write_text(json.dumps({**note, "sha256": self.sha256}))
        done = answer.start
        self.progress(done, total)
        while True:
            try:
                block = answer.stream.read(_BLOCK)
            except (OSError, http.client.HTTPException) as error:
                raise NoAnswerError(f"broke off after {in_words(done)}: {error}") from None
            if not block:
                break
            with writing(self.target):
                _write(self.part, block)
            done += len(block)
            self.progress(done, total)

    def _whole(self, answer: Answer) -> None:
        """Raise unless all has come that was announced."""
        held, total = self._held(), answer.total if answer.total is not None else self.size
        if total is None and self.sha256 is None:
            if getattr(answer.stream, "chunked", False):
                return  # whose end was announced
            raise NoAnswerError("does not say how large the file is, so it may be cut", final=True)
        if total is not None and held < total:
            raise NoAnswerError(f"broke off after {in_words(held)} of {in_words(total)}")

    def _finish(self, address: str, resumed: bool) -> Fetched:
        path = Path(str(self.part.name))
        found = _right(path, self.size, self.sha256, self.checksum)
        if found is None:
            wrong = f"sent {in_words(self._held())} with SHA-256 {digest(path)}, expected " + (
                self.sha256 or self.checksum or f"{self.size} bytes"
            )
            with writing(self.target):
                self.part.truncate(0)
            _note_of(self.target).unlink(missing_ok=True)
            # What an earlier run had may have been at fault; otherwise it is what this one has.
            raise NoAnswerError(f"{wrong}; deleted", final=not resumed)
        with writing(self.target):
            os.fsync(self.part.fileno())
            path.replace(self.target)
            _note_of(self.target).unlink(missing_ok=True)
        return Fetched(self.target, found.size, found.sha256, address)

    def _note(self) -> dict[str, object]:
        try:
            found = json.loads(_note_of(self.target).read_text())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}
