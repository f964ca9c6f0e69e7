"""A small web server: ranges, validators, cut connections, and a hub like Hugging Face's."""

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Web:
    """What is served, and what was asked for."""

    files: dict[str, bytes] = field(default_factory=dict)
    """By path, without the leading slash."""
    ranges: bool = True
    validators: bool = True
    cuts: list[int] = field(default_factory=list)
    """Bytes of a body after which the connection breaks, one for each of the next bodies."""
    lengths: bool = True
    """Whether it says how long a file is."""
    hub: dict[str, str] = field(default_factory=dict)
    """Path of a file on a hub -> path of the file that it is stored as."""
    stored: dict[str, bytes] = field(default_factory=dict)
    """Where a hub's storage holds something else than the hub says."""
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    """Method, path and range of all requests."""
    sent: int = 0
    """Bytes of bodies."""
    address: str = ""

    def at(self, path: str) -> str:
        """The address of a file."""
        return f"{self.address}/{path}"

    def bodies(self) -> list[str]:
        """The ranges that GET asked for."""
        return [asked for method, _, asked in self.asked if method == "GET"]


def tag(data: bytes) -> str:
    """The ETag of a file."""
    return f'"{hashlib.sha256(data).hexdigest()}"'


@contextmanager
def served(**given: object) -> Iterator[Web]:
    """A server on this machine, for as long as it lasts."""
    web = Web(**given)  # type: ignore[arg-type]
    handler = type("Handler", (_Handler,), {"web": web})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    web.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    web: Web

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def log_message(self, format: str, *args: object) -> None:
        """Tests read ``asked`` instead."""

    def _answer(self, body: bool) -> None:
        web = self.web
        path = self.path.lstrip("/").partition("?")[0]
        web.asked.append((self.command, path, self.headers.get("Range", "")))
        if path.startswith("api/"):
            self._tree(path)
            return
        if path in web.hub:
            self._redirect(web.hub[path])
            return
        data = web.stored.get(path, web.files.get(path))
        if data is None:
            self._head(404, {"Content-Length": "0"})
            return
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if self.headers.get("If-Range") not in (None, tag(data)) or not web.ranges:
            asked = None
        headers = {"ETag": tag(data)} if web.validators else {}
        status, part = 200, data
        if asked:
            first, last = int(asked[1]), int(asked[2] or len(data) - 1)
            if first >= len(data):
                self._head(416, {"Content-Range": f"bytes */{len(data)}", "Content-Length": "0"})
                return
            status, part = 206, data[first : last + 1]
            headers["Content-Range"] = f"bytes {first}-{first + len(part) - 1}/{len(data)}"
        if web.ranges:
            headers["Accept-Ranges"] = "bytes"
        if web.lengths:
            headers["Content-Length"] = str(len(part))
        else:
            headers["Connection"] = "close"
        self._head(status, headers)
        if body:
            kept = part[: web.cuts.pop(0)] if web.cuts else part
            web.sent += len(kept)
            self.wfile.write(kept)
            if len(kept) < len(part):
                self.wfile.flush()
                self.close_connection = True

    def _redirect(self, stored: str) -> None:
        """As a hub does for large files: their content's SHA-256 and size, and where they are."""
        data = self.web.files[stored]
        self._head(
            302,
            {
                # By another name of this machine: the storage is not the hub.
                "Location": self.web.at(stored).replace("127.0.0.1", "localhost"),
                "X-Linked-Etag": tag(data),
                "X-Linked-Size": str(len(data)),
                "X-Repo-Commit": "0" * 40,
                "Content-Length": "0",
            },
        )

    def _tree(self, path: str) -> None:
        """What is in a folder of a hub, as its API lists it."""
        found = re.fullmatch(r"api/(datasets/[^/]+/[^/]+)/tree/([^/]+)(?:/(.*))?", path)
        assert found is not None, path
        base = f"{found[1]}/resolve/{found[2]}/"
        listed = []
        for named, stored in sorted(self.web.hub.items()):
            if named.startswith(base + (found[3] or "")):
                data = self.web.files[stored]
                lfs = {"oid": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 9}
                one = {"type": "file", "path": named.removeprefix(base), "size": len(data)}
                listed.append({**one, "oid": "0" * 40, "lfs": lfs})
        body = json.dumps(listed).encode()
        headers = {"Content-Length": str(len(body)), "Content-Type": "application/json"}
        self._head(200, headers)
        self.wfile.write(body)

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
