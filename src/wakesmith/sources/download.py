"""A source of the catalog on this machine: download, what is there, and whether it still is."""

import contextlib
import dataclasses
import fcntl
import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wakesmith.errors import DataError, MissingExtra
from wakesmith.licence import Licence
from wakesmith.sources.addresses import HUGGING_FACE, NoAnswerError, ask, hub, hub_file
from wakesmith.sources.catalog import Item, Source, licence_of, named, source
from wakesmith.sources.fetch import Say, digest, obtain
from wakesmith.sources.place import require_space, source_folder, writing
from wakesmith.sources.unpack import SEGMENT, files_in, is_archive, remove, unpack

NOTE = "SOURCE.json"
"""What a downloaded folder is: its licence, where it came from, and every file's checksum."""
_PARTIAL = ".partial"
_ARCHIVES = ".archives"
_DONE = ".done.json"

Heard = Callable[[str, int, int | None], None]
"""Hears of which file how many bytes, of how many, are there."""


@dataclass(frozen=True)
class Fault:
    """A file that is not what was downloaded."""

    name: str
    what: str


def held(name: str) -> bool:
    """Whether a source is there, whole."""
    return (source_folder(name) / NOTE).is_file()


def begun(name: str) -> int:
    """Bytes of a download that was broken off; 0 for none."""
    partial = _partial(name)
    files = partial.rglob("*") if partial.exists() else ()
    return sum(path.stat().st_size for path in files if path.is_file())


def weigh(wanted: Source) -> int | None:
    """Bytes of a source: as published, and of files without a published size as their server says
    it now; None where that says nothing either."""
    if wanted.size is not None or wanted.tree:
        return wanted.size
    sizes = [item.size if item.size is not None else _weighed(item) for item in wanted.items]
    known = [size for size in sizes if size is not None]
    return sum(known) if len(known) == len(sizes) else None


def _weighed(item: Item) -> int | None:
    for address in item.addresses:
        with contextlib.suppress(NoAnswerError):
            answer = ask(address, 0, last=0)
            answer.stream.close()
            return answer.total
    return None


def missing(name: str) -> DataError:
    """The error of who needs a source that is not here."""
    return DataError(f"data:{name} is not downloaded. Get it with: wakesmith data download {name}")


def located(place: str) -> Path:
    """Where a place of a recipe lies: a path as it is, ``data:NAME/sub/folder`` in the downloads.

    Raises ``DataError`` that names the command when the source is not downloaded.
    """
    in_catalog = named(place)
    if in_catalog is None:
        return Path(place)
    name, inner = in_catalog
    if not held(name):
        source(name)  # says so when there is no such thing at all
        raise missing(name)
    folder = source_folder(name)
    path = folder / inner
    if not path.exists() or not path.resolve().is_relative_to(folder.resolve()):
        there = sorted(p.name for p in folder.iterdir() if p.name != NOTE)[:8]
        raise DataError(f"{place}: there is no {inner!r} in {folder}; it holds {', '.join(there)}")
    return path


def download(wanted: Source, say: Say = lambda text: None, heard: Heard = lambda *at: None) -> Path:
    """The folder of a source, made if it is not there; what an earlier try got is gone on with.

    ``say`` hears of addresses that fail, of files that nobody publishes a checksum of, and of
    archives, which are unpacked, and removed. Raises as ``obtain`` and ``unpack`` do.
    """
    folder, partial = source_folder(wanted.name), _partial(wanted.name)
    if held(wanted.name):
        return folder
    with _alone(partial):
        items = wanted.items + (_tree(wanted.tree, partial) if wanted.tree else ())
        done = _Done(partial / _DONE)
        left = [item for item in items if item.name not in done]
        require_space(partial, sum(item.size or 0 for item in left) - _parts(partial, left))
        for item in left:
            _one(item, partial, done, say, heard)
        files = files_in(partial)
        note = {
            "name": wanted.name,
            "about": wanted.about,
            "home": wanted.home,
            "licence": dataclasses.asdict(wanted.licence),
            "downloaded": time.strftime("%Y-%m-%d"),
            "from": done.values,
            "files": {one.name: {"size": one.size, "sha256": one.sha256} for one in files},
        }
        with writing(partial):
            remove(partial / _ARCHIVES)
            (partial / _DONE).unlink(missing_ok=True)
            (partial / NOTE).write_text(json.dumps(note, indent=1), encoding="utf-8")
            partial.rename(folder)
    return folder


def verify(name: str) -> list[Fault]:
    """What of a downloaded source is no longer as it came; ``DataError`` when it is not here."""
    folder = source_folder(name)
    if not held(name):
        raise missing(name)
    known = read_note(folder / NOTE).get("files", {})
    faults = []
    for file, about in sorted(known.items()):
        path = folder / file
        if not path.is_file():
            faults.append(Fault(file, "is missing"))
        elif path.stat().st_size != about["size"]:
            size = path.stat().st_size
            faults.append(Fault(file, f"has {size} bytes, {about['size']} were downloaded"))
        elif digest(path) != about["sha256"]:
            faults.append(Fault(file, "has other content than was downloaded"))
    return faults


def read_note(path: Path) -> dict[str, Any]:
    """What a ``SOURCE.json`` says; ``DataError`` when it says nothing that can be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        licence_of(found.get("licence"), str(path))
    except (OSError, ValueError, AttributeError) as error:
        raise DataError(f"{path} cannot be read: {error}") from None
    return dict(found)


def noted_licence(path: Path) -> Licence:
    """The licence that a ``SOURCE.json`` states."""
    return licence_of(read_note(path).get("licence"), str(path))


class _Done:
    """What is whole already, by item, in a file that a stop leaves as it was."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.values: dict[str, dict[str, Any]] = {}
        with contextlib.suppress(OSError, ValueError):
            self.values = json.loads(path.read_text())

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def add(self, name: str, value: dict[str, Any]) -> None:
        self.values[name] = value
        draft = self._path.with_suffix(".unfinished")
        with writing(self._path):
            draft.write_text(json.dumps(self.values))
            draft.replace(self._path)


def _one(item: Item, partial: Path, done: _Done, say: Say, heard: Heard) -> None:
    packed = is_archive(item.name) or SEGMENT.search(item.name)
    target = partial / _ARCHIVES / item.name if packed else partial / item.name

    def progress(at: int, total: int | None) -> None:
        heard(item.name, at, total)

    got = obtain(
        item.addresses,
        target,
        size=item.size,
        sha256=item.sha256,
        checksum=item.checksum,
        progress=progress,
        say=say,
    )
    published = item.sha256 or item.checksum or any(hub_file(one) for one in item.addresses)
    if not published:
        say(f"{item.name}: nobody publishes a checksum of it; recorded is what came, {got.sha256}")
    if is_archive(item.name):
        say(f"{item.name}: unpacking")
        unpack(target, partial)
        with writing(target):
            for path in (target, *target.parent.glob(f"{target.stem}.z[0-9][0-9]")):
                path.unlink()
    done.add(
        item.name,
        {"address": got.address or item.addresses[0], "size": got.size, "sha256": got.sha256},
    )


def _tree(address: str, partial: Path) -> tuple[Item, ...]:
    """All files below a folder of a hub, named as seen from it.

    The list is kept beside what came of it, so that a download that goes on asks for the same.
    """
    kept = partial / ".tree.json"
    if kept.exists():
        listed = json.loads(kept.read_text())
    else:
        listed = _listed(address)
        with writing(kept):
            kept.write_text(json.dumps(listed))
    items = []
    for path, size, sha256 in listed:
        one = hub_file(f"{address}/{path}")
        assert one is not None
        items.append(Item(path, (f"{address}/{path}",), size, sha256))
    return tuple(items)


def _listed(address: str) -> list[tuple[str, int, str | None]]:
    try:
        import huggingface_hub
        from huggingface_hub.utils import logging
    except ModuleNotFoundError:
        raise MissingExtra("huggingface_hub", "data", "A download from Hugging Face") from None
    asked = hub_file(f"{address}/.")
    assert asked is not None
    folder = asked.path.removesuffix("/.").removesuffix(".")
    loud = logging.get_verbosity()
    # It tries again by itself, and says so each time.
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    try:
        found = huggingface_hub.HfApi(endpoint=hub()).list_repo_tree(
            asked.repository,
            folder or None,
            recursive=True,
            revision=asked.revision,
            repo_type=asked.kind,
        )
        files = [one for one in found if isinstance(one, huggingface_hub.hf_api.RepoFile)]
    except Exception as error:  # that of whatever HTTP library this version of it stands on
        first = str(error).strip().partition("\n")[0] or type(error).__name__
        raise DataError(
            f"{address} cannot be listed at {hub() or HUGGING_FACE}: {first}. "
            "Run again when it answers."
        ) from None
    finally:
        logging.set_verbosity(loud)
    prefix = f"{folder}/" if folder else ""
    return [
        (one.path.removeprefix(prefix), one.size, one.lfs.sha256 if one.lfs else None)
        for one in files
    ]


def _parts(partial: Path, items: list[Item]) -> int:
    """Bytes that earlier tries got of these."""
    names = {Path(item.name).name for item in items}
    parts = (path for path in partial.rglob("*.part") if path.stem in names)
    return sum(path.stat().st_size for path in parts)


def _partial(name: str) -> Path:
    folder = source_folder(name)
    return folder.with_name(f".{folder.name}{_PARTIAL}")


@contextlib.contextmanager
def _alone(partial: Path) -> Iterator[None]:
    """The folder of an unfinished download, for this process only."""
    lock = partial.with_name(re.sub(f"{re.escape(_PARTIAL)}$", ".lock", partial.name))
    with writing(partial):
        partial.mkdir(parents=True, exist_ok=True)
        handle = lock.open("w")
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DataError(
                f"{partial} is being filled by another process. Wait until it is done, or stop "
                "it; then run again."
            ) from None
        yield
        if not partial.exists():
            lock.unlink(missing_ok=True)
