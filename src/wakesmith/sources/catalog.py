"""The catalog: what can be downloaded, from where, under which licence, and what it is for.

A user's own, ``catalog.yaml`` in the folder of downloads, adds to it or takes an entry's place.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

from wakesmith.errors import DataError
from wakesmith.licence import UNKNOWN, Licence
from wakesmith.sources.addresses import hub_file
from wakesmith.sources.place import MARK, data_folder

_OWN = Path(__file__).parent / "catalog.yaml"
_KEYS = {"about", "use", "home", "required", "licence", "size", "files", "tree"}
_FILE_KEYS = {"address", "name", "size", "sha256", "checksum"}


@dataclass(frozen=True)
class Item:
    """One file of a source."""

    name: str
    """Where it goes in the source's folder; an archive's name says of what kind it is."""
    addresses: tuple[str, ...]
    size: int | None = None
    sha256: str | None = None
    checksum: str = ""
    """As ``md5:…`` or ``sha1:…``, where no SHA-256 is published."""


@dataclass(frozen=True)
class Source:
    """One entry of the catalog."""

    name: str
    about: str
    use: str = ""
    """The field of the recipe that it is for."""
    home: str = ""
    required: bool = False
    licence: Licence = UNKNOWN
    items: tuple[Item, ...] = ()
    tree: str = ""
    """A folder of a hub, of which all files are meant; empty for none."""
    tree_size: int | None = None

    @property
    def size(self) -> int | None:
        """Bytes to download; None where it is not published of all."""
        sizes = [item.size for item in self.items] + ([self.tree_size] if self.tree else [])
        known = [size for size in sizes if size is not None]
        return sum(known) if len(known) == len(sizes) else None


def catalog() -> dict[str, Source]:
    """All entries by name. ``DataError`` when the user's own cannot be read."""
    own = data_folder() / "catalog.yaml"
    return {**_read(_OWN), **(_read(own) if own.exists() else {})}


def source(name: str) -> Source:
    """An entry by its name; ``DataError`` names those that there are."""
    found = catalog()
    if name not in found:
        raise DataError(f"the catalog has no {name!r}; it has {', '.join(sorted(found))}")
    return found[name]


@cache
def _entries(path: Path, changed: float) -> dict[str, Source]:
    import yaml

    try:
        read = yaml.safe_load(path.read_text(encoding="utf-8"))
        if not isinstance(read, Mapping):
            raise ValueError("holds no entries")
        return {str(name): _entry(str(name), given) for name, given in read.items()}
    except (OSError, UnicodeDecodeError, ValueError, TypeError, yaml.YAMLError) as error:
        raise DataError(f"the catalog {path} cannot be used: {error}") from error


def _read(path: Path) -> dict[str, Source]:
    return _entries(path, path.stat().st_mtime)


def _entry(name: str, given: Any) -> Source:
    _check_keys(name, given, _KEYS)
    if not name.replace("-", "").replace("_", "").isalnum():
        raise ValueError(f"{name!r}: a name is made of letters, digits, - and _")
    items = tuple(_item(name, one) for one in given.get("files") or ())
    tree = str(given.get("tree") or "")
    if tree and hub_file(f"{tree}/.") is None:
        raise ValueError(f"{name}: a tree is a folder of a hub, hf://datasets/OWNER/NAME/folder")
    if not items and not tree:
        raise ValueError(f"{name}: has neither files nor a tree")
    return Source(
        name,
        str(given.get("about") or ""),
        str(given.get("use") or ""),
        str(given.get("home") or ""),
        bool(given.get("required")),
        licence_of(given.get("licence"), name),
        items,
        tree,
        given.get("size"),
    )


def _item(name: str, given: Any) -> Item:
    _check_keys(name, given, _FILE_KEYS)
    address = given.get("address")
    addresses = tuple(map(str, address if isinstance(address, list) else [address or ""]))
    if not all(addresses):
        raise ValueError(f"{name}: a file has no address")
    for one in addresses:
        hub_file(one)  # ValueError
    sha256 = given.get("sha256")
    if sha256 is not None and not re.fullmatch("[0-9a-f]{64}", str(sha256)):
        raise ValueError(f"{name}: a sha256 is 64 hexadecimal digits in lower case, in quotes")
    stored = str(given.get("name") or addresses[0].partition("?")[0].rpartition("/")[2])
    size = given.get("size")
    return Item(
        stored,
        addresses,
        None if size is None else int(size),
        sha256,
        str(given.get("checksum") or ""),
    )


def licence_of(given: Any, whose: str) -> Licence:
    """A licence as a mapping of its fields; nothing is ``UNKNOWN``. ``ValueError`` for another."""
    if given is None:
        return UNKNOWN
    _check_keys(f"{whose}: licence", given, {field.name for field in fields(Licence)})
    commercial = given.get("commercial")
    if not isinstance(given.get("name"), str) or commercial not in (True, False, None):
        raise ValueError(
            f"{whose}: a licence has a name, and commercial: true, false or null (not known)"
        )
    return Licence(
        given["name"], commercial, str(given.get("url") or ""), str(given.get("note") or "")
    )


def _check_keys(whose: str, given: Any, known: set[str]) -> None:
    if not isinstance(given, Mapping):
        raise ValueError(f"{whose}: is not a mapping")
    unknown = sorted(str(key) for key in given if key not in known)
    if unknown:
        raise ValueError(f"{whose}: unknown {', '.join(unknown)}; known are {sorted(known)}")


def named(place: str) -> tuple[str, str] | None:
    """Name and path of a place in the catalog, ``data:NAME/sub/folder``; None for any other."""
    if not place.startswith(MARK):
        return None
    name, _, inner = place.removeprefix(MARK).partition("/")
    return name, inner
