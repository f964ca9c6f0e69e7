"""Rows of an ``.npy`` that is too large to download, by range requests (fsspec)."""

import io
import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wakesmith.errors import DataError, MissingExtra
from wakesmith.sources.addresses import NoAnswerError, ask, web_address
from wakesmith.sources.fetch import Say

_HEADER = 4096
"""Bytes that hold the header of an ``.npy``, and more."""
_TRIES = 4


@dataclass(frozen=True)
class RemoteArray:
    """What the header of an array says, and what names its content."""

    digest: str
    """SHA-256 as it is published, else the server's validator."""
    shape: tuple[int, ...]
    dtype: str
    """As numpy writes it, e.g. ``<f2``."""
    offset: int
    """Bytes before the first row."""

    @property
    def row(self) -> int:
        """Bytes of a row."""
        return prod(self.shape[1:]) * np.dtype(self.dtype).itemsize


def look(
    addresses: Sequence[str], sha256: str | None = None, say: Say = lambda text: None
) -> RemoteArray:
    """What the array of the first address that answers is; some kB are transferred.

    ``say`` hears of an address that fails while there is another. Raises ``DataError`` when none
    answers, when it is no ``.npy`` in C order, or when the server does not send parts of files.
    """
    told: list[str] = []
    for address in addresses:
        if told:
            say(f"{told[-1]}; trying {address}")
        if address.startswith("file://"):
            with Path(address.removeprefix("file://")).open("rb") as file:
                return _header(file.read(_HEADER), address, sha256 or address)
        try:
            answer = ask(address, 0, last=_HEADER - 1)
            with answer.stream:
                head = answer.stream.read(_HEADER)
        except (NoAnswerError, OSError) as error:
            told.append(f"{address} {error}")
            continue
        if not answer.part:
            told.append(f"{address} sends no parts of files (it knows no range requests)")
            continue
        named = sha256 or answer.sha256 or f"{answer.validator} {answer.total}"
        found = _header(head, address, named)
        whole = found.offset + found.shape[0] * found.row
        if answer.total not in (None, whole):
            raise DataError(f"{address} has {answer.total} bytes; its header speaks of {whole}")
        return found
    raise DataError(
        f"no rows can be read: {'; '.join(told)}. Download the whole file instead, and name it "
        "under negatives.features."
    )


def read_rows(
    addresses: Sequence[str], array: RemoteArray, first: int, count: int, pause: float = 1.0
) -> NDArray[Any]:
    """Rows ``first`` to ``first + count`` of an array, in one request; a cut is tried again.

    ``DataError`` when no address gives them.
    """
    start, size = array.offset + first * array.row, count * array.row
    said = ""
    for number in range(_TRIES):
        if number:
            time.sleep(pause * 2 ** (number - 1))
        for address in addresses:
            try:
                data = _part(address, start, size)
            except DataError as error:
                said = str(error)
                continue
            rows = np.frombuffer(data, np.dtype(array.dtype))
            return rows.reshape(count, *array.shape[1:])
    raise DataError(f"rows {first} to {first + count} cannot be read: {said}. Run again to go on.")


def _part(address: str, start: int, size: int) -> bytes:
    try:
        import fsspec
    except ModuleNotFoundError:
        raise MissingExtra("fsspec", "data", "Reading rows of a remote file") from None
    try:
        # The whole size is not asked for: the header is known, and each request saved counts.
        places = fsspec.core.url_to_fs(web_address(address))
        with places[0].open(places[1], "rb", size=start + size, cache_type="none") as file:
            file.seek(start)
            data = bytes(file.read(size))
    except MissingExtra:
        raise
    except Exception as error:  # that of whatever library stands behind the address
        raise DataError(f"{address}: {str(error) or type(error).__name__}") from None
    if len(data) != size:
        raise DataError(f"{address} sent {len(data)} bytes of {size}")
    return data


def _header(head: bytes, address: str, named: str) -> RemoteArray:
    file = io.BytesIO(head)
    try:
        version = np.lib.format.read_magic(file)
        read = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }[version]
        shape, fortran, dtype = read(file)
    except (ValueError, KeyError) as error:
        raise DataError(f"{address} is no .npy: {error}") from None
    if fortran or dtype.hasobject or not shape:
        raise DataError(f"{address} holds {dtype} in an order whose rows do not lie together")
    return RemoteArray(named, tuple(shape), dtype.str, file.tell())
