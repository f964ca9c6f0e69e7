"""Bytes of an address from an offset on: ``https://…``, or ``hf://…`` of a Hugging Face hub.

The hub's own library says where a file of it is, how large, and of what SHA-256. The bytes are
asked for here, by range: that library begins anew after a kill, which 17 GB are too many for.
"""

import http.client
import os
import re
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import IO
from urllib.parse import urlsplit

from wakesmith.errors import MissingExtra

TIMEOUT = 30.0
"""Seconds that a server may keep silent."""
_AGENT = "wakesmith (+https://pypi.org/project/wakesmith)"
_HUB = re.compile(r"hf://(?:(datasets|spaces)/)?([^/@]+/[^/@]+)(?:@([^/]+))?/(.+)")
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")
_AGAIN = {408, 425, 429}
"""Statuses of a request that may be better later, of those that blame it (RFC 9110)."""


class NoAnswerError(Exception):
    """An address did not give what was asked of it."""

    def __init__(self, said: str, *, final: bool = False) -> None:
        super().__init__(said)
        self.final = final
        """Whether asking again is of no use."""


@dataclass(frozen=True)
class Answer:
    """What an address sends."""

    stream: IO[bytes]
    start: int
    """Offset of the stream's first byte: the one asked for, or 0 where the server knows no
    ranges, or where the file is not the one whose validator was given."""
    total: int | None
    """Size of the whole file; None when the server does not say."""
    validator: str
    """Names the file as it is now (ETag or date); empty when the server does not say."""
    sha256: str | None = None
    """As the hub publishes it."""
    part: bool = False
    """Whether the server sends the part that was asked for, and not the whole."""


@dataclass(frozen=True)
class HubFile:
    """An address on a hub, taken apart."""

    kind: str
    """model, dataset or space."""
    repository: str
    revision: str
    path: str


def hub_file(address: str) -> HubFile | None:
    """What a ``hf://`` address names, as fsspec writes it; None for any other address.

    ``hf://datasets/OWNER/NAME@REVISION/PATH``; without ``datasets/`` a model, without
    ``@REVISION`` the branch main. Raises ``ValueError`` for one that is not written so.
    """
    if not address.startswith("hf://"):
        return None
    found = _HUB.fullmatch(address)
    if found is None:
        raise ValueError(f"{address} is not written hf://datasets/OWNER/NAME/PATH")
    kind, repository, revision, path = found.groups()
    return HubFile((kind or "models").removesuffix("s"), repository, revision or "main", path)


HUGGING_FACE = "https://huggingface.co"
"""The hub that its library asks where no other is named."""


def hub() -> str | None:
    """The hub that is asked: ``$HF_ENDPOINT``, or None for the library's own, ``HUGGING_FACE``."""
    return os.environ.get("HF_ENDPOINT", "").rstrip("/") or None


def ask(address: str, start: int = 0, validator: str = "", last: int | None = None) -> Answer:
    """The bytes of a file from ``start`` on, if it is still the one that ``validator`` names.

    With ``last`` no more than to that byte are asked for.

    Without a validator the server is trusted to have the same file as before. Raises
    ``NoAnswerError``.
    """
    try:
        on_hub = hub_file(address)
    except ValueError as error:
        raise NoAnswerError(str(error), final=True) from None
    if on_hub:
        return _ask_hub(on_hub, start, validator, last)
    if urlsplit(address).scheme not in {"http", "https"}:
        raise NoAnswerError("is no address that begins with https:// or hf://", final=True)
    headers = {"If-Range": validator} if start and validator else {}
    return _request(address, start, headers, last)


def web_address(address: str) -> str:
    """A ``hf://`` address as that of its web server; any other as it is."""
    on_hub = hub_file(address)
    return _hub_address(on_hub) if on_hub else address


def _request(address: str, start: int, headers: dict[str, str], last: int | None = None) -> Answer:
    asked = {"User-Agent": _AGENT, "Accept-Encoding": "identity", **headers}
    if start or last is not None:
        asked["Range"] = f"bytes={start}-{'' if last is None else last}"
    try:
        request = urllib.request.Request(address, headers=asked)
        response = urllib.request.urlopen(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        with error:
            if start and error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
                return _request(address, 0, {})  # there is less of it than was kept
            final = 400 <= error.code < 500 and error.code not in _AGAIN
            raise NoAnswerError(f"answers {error.code} {error.reason}", final=final) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NoAnswerError(_reason(error)) from None
    head = response.headers
    strong = head.get("ETag", "")
    known = "" if strong.startswith("W/") else strong or head.get("Last-Modified", "")
    if response.status == http.client.PARTIAL_CONTENT:
        found = _RANGE.fullmatch(head.get("Content-Range", ""))
        if found is None or int(found[1]) != start:
            response.close()
            raise NoAnswerError("sends another part of the file than was asked for", final=True)
        total = None if found[2] == "*" else int(found[2])
        return Answer(response, start, total, known, part=True)
    length = head.get("Content-Length", "")
    return Answer(response, 0, int(length) if length.isdecimal() else None, known)


def _hub_address(file: HubFile) -> str:
    try:
        import huggingface_hub
    except ModuleNotFoundError:
        raise MissingExtra("huggingface_hub", "data", "A download from Hugging Face") from None
    return huggingface_hub.hf_hub_url(
        file.repository,
        file.path,
        repo_type=file.kind,
        revision=file.revision,
        endpoint=hub(),
    )


def _ask_hub(file: HubFile, start: int, validator: str, last: int | None) -> Answer:
    address = _hub_address(file)
    import huggingface_hub

    try:
        about = huggingface_hub.get_hf_file_metadata(address)
    except Exception as error:  # that of whatever HTTP library this version of it stands on
        status = getattr(getattr(error, "response", None), "status_code", 0)
        final = 400 <= status < 500 and status not in _AGAIN
        first = str(error).strip().partition("\n")[0] or type(error).__name__
        raise NoAnswerError(first, final=final) from None
    named = about.etag or ""
    if validator and validator != named:
        start = 0
    # A user's token is for the hub, and not for the storage that it sends on to.
    own = urlsplit(about.location).netloc == urlsplit(address).netloc
    token = huggingface_hub.get_token() if own else None
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    found = _request(about.location, start, headers, last)
    sha256 = named if re.fullmatch("[0-9a-f]{64}", named) else None
    total = about.size or found.total
    return Answer(found.stream, found.start, total, named, sha256, found.part)


def _reason(error: Exception) -> str:
    inner = error.reason if isinstance(error, urllib.error.URLError) else error
    words = getattr(inner, "strerror", None) or str(inner) or type(inner).__name__
    return f"does not answer: {words}"
