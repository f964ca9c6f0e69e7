"""The catalog, its sources on this machine, and the commands about them."""

import gzip
import io
import json
import logging
import subprocess
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from web import Web, served

from wakesmith.errors import DataError
from wakesmith.sources.catalog import catalog, source
from wakesmith.sources.download import download, held, located
from wakesmith.sources.unpack import unpack

NOISE = np.random.default_rng([2]).integers(0, 256, 400_000, np.uint8).tobytes()


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    return buffer.getvalue()


def tarred(files: dict[str, bytes], link: str = "") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as packed:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            packed.addfile(member, io.BytesIO(data))
        if link:
            member = tarfile.TarInfo("link")
            member.type, member.linkname = tarfile.SYMTYPE, link
            packed.addfile(member)
    return gzip.compress(buffer.getvalue())


@pytest.fixture
def web() -> Iterator[Web]:
    with served() as server:
        yield server


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of downloads."""
    monkeypatch.setenv("WAKESMITH_DATA", str(tmp_path / "downloads"))
    return tmp_path / "downloads"


def offer(data: Path, name: str, **entry: object) -> None:
    """Put a source into the user's own catalog."""
    data.mkdir(exist_ok=True)
    path = data / "catalog.yaml"
    known = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps({**known, name: entry}))  # JSON is YAML


def test_the_catalog_is_whole(data: Path) -> None:
    found = catalog()
    assert {"mit-rooms", "musan", "fsd50k", "audioset", "fma-xs", "acav100m"} <= set(found)
    for one in found.values():
        assert one.about
        assert one.use
        assert one.home.startswith("https://")
        for item in one.items:
            assert not item.sha256 or len(item.sha256) == 64
    assert found["acav100m"].size == 128 + 5_625_000 * 16 * 96 * 2
    assert found["acav100m"].licence.commercial is False
    assert found["fsd50k"].size is None  # nobody publishes it to the byte
    assert [one.name for one in found.values() if one.required] == ["mit-rooms", "oww-validation"]


@pytest.mark.parametrize("sha256", ["ABC", 0, "g" * 64])
def test_a_checksum_that_is_none_is_refused(data: Path, sha256: object) -> None:
    offer(data, "mine", files=[{"address": "https://example.org/a.wav", "sha256": sha256}])
    with pytest.raises(DataError, match="64 hexadecimal digits"):
        catalog()


def test_a_source_of_files_and_archives(data: Path, web: Web) -> None:
    web.files = {
        "sounds.zip": zipped({"sounds/a.wav": NOISE, "sounds/deep/b.wav": b"b"}),
        "more.tar.gz": tarred({"more/c.wav": b"c"}),
        "rows.npy": b"rows",
    }
    web.cuts = [100_000, 50_000]
    offer(data, "mine", about="a test", files=[{"address": web.at(name)} for name in web.files])
    told: list[str] = []
    assert not held("mine")
    with pytest.raises(DataError, match="wakesmith data download mine"):
        located("data:mine")
    folder = download(source("mine"), told.append)
    there = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    assert there == ["SOURCE.json", "more/c.wav", "rows.npy", "sounds/a.wav", "sounds/deep/b.wav"]
    assert (folder / "sounds/a.wav").read_bytes() == NOISE
    assert sum("nobody publishes a checksum" in text for text in told) == 3
    assert [p.name for p in folder.parent.iterdir()] == ["mine"]
    assert located("data:mine/sounds") == folder / "sounds"
    assert located("elsewhere") == Path("elsewhere")
    asked = len(web.asked)
    assert download(source("mine")) == folder
    assert len(web.asked) == asked
    with pytest.raises(DataError, match=r"no 'nowhere' in .* it holds more, rows.npy, sounds"):
        located("data:mine/nowhere")
    with pytest.raises(DataError, match="there is no"):
        located("data:mine/../other")
    with pytest.raises(DataError, match="the catalog has no 'nothing'"):
        located("data:nothing")


def test_a_download_that_broke_off_goes_on(data: Path, web: Web) -> None:
    web.files = {"first.npy": b"first", "second.zip": zipped({"a": NOISE})}
    offer(data, "mine", files=[{"address": web.at(name)} for name in web.files])
    del web.files["second.zip"]
    with pytest.raises(DataError, match="404"):
        download(source("mine"))
    assert not held("mine")
    web.files, web.asked[:] = {"second.zip": zipped({"a": NOISE})}, []
    folder = download(source("mine"))
    assert (folder / "first.npy").read_bytes() == b"first"
    assert {path for _, path, _ in web.asked} == {"second.zip"}


def test_a_folder_of_a_hub(data: Path, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", web.address)
    web.files = {"x": b"one", "y": b"two", "z": b"other"}
    base = "datasets/someone/rooms/resolve/main"
    web.hub = {f"{base}/16khz/1.wav": "x", f"{base}/16khz/deep/2.wav": "y", f"{base}/README": "z"}
    offer(data, "rooms", tree="hf://datasets/someone/rooms/16khz", size=6)
    folder = download(source("rooms"))
    assert (folder / "1.wav").read_bytes() == b"one"
    assert (folder / "deep/2.wav").read_bytes() == b"two"
    assert not (folder / "README").exists()


def test_a_hub_that_does_not_answer_is_said_once(
    data: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr("time.sleep", lambda seconds: None)  # between its tries
    monkeypatch.setattr(logging.getLogger("huggingface_hub"), "propagate", True)
    offer(data, "rooms", tree="hf://datasets/someone/rooms/16khz", size=6)
    with pytest.raises(DataError, match=r"cannot be listed at http://127\.0\.0\.1:9.*answers"):
        download(source("rooms"))
    assert not caplog.records


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.zip", zipped({"good": b"1", "../outside": b"2"}), "outside its folder"),
        ("a.zip", zipped({"/absolute": b"2"}), "outside its folder"),
        ("a.tar.gz", tarred({"good": b"1", "../outside": b"2"}), "outside its folder"),
        ("a.tar.gz", tarred({"good": b"1"}, link="/etc"), "holds a link"),
        ("a.zip", zipped({"a": NOISE})[:-30_000], "is broken"),
        ("a.tar.gz", tarred({"a": NOISE})[:-30_000], "is broken"),
        ("a.zip", zipped({"a": NOISE}).replace(NOISE[:9], b"corrupted"), "is broken"),
    ],
)
def test_archives_that_are_broken_or_mean_harm(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(content)
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(DataError, match=said):
        unpack(tmp_path / name, folder)
    assert {p.name for p in folder.rglob("*")} <= {"good"}
    assert {p.name for p in tmp_path.iterdir()} == {name, "folder"}


def test_a_link_in_a_zip_is_not_followed(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        packed.writestr(link, "/etc")
    with pytest.raises(DataError, match="holds a link"):
        unpack(tmp_path / "a.zip", tmp_path / "folder")


def test_a_zip_split_in_several_files(tmp_path: Path) -> None:
    files = {f"{i}.wav": NOISE[i * 30_000 : (i + 1) * 30_000] for i in range(8)}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    # Three files of at most 100 kB each, as `zip -s` makes them.
    _split(zipped(files), tmp_path, 100_000)
    folder = tmp_path / "folder"
    folder.mkdir()
    unpack(tmp_path / "split.zip", folder)
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == files


def _split(whole: bytes, folder: Path, size: int) -> None:
    """Cut a zip in segments, its list's places counted in them (APPNOTE.TXT 4.4)."""
    end = whole.rindex(b"PK\x05\x06")
    count = int.from_bytes(whole[end + 10 : end + 12], "little")
    at = first = int.from_bytes(whole[end + 16 : end + 20], "little")
    out = bytearray(whole)
    segments = -(-first // size)  # the list goes to a last one of its own
    for _ in range(count):
        place = int.from_bytes(out[at + 42 : at + 46], "little")
        out[at + 34 : at + 36] = (place // size).to_bytes(2, "little")
        out[at + 42 : at + 46] = (place % size).to_bytes(4, "little")
        lengths = [int.from_bytes(out[at + i : at + i + 2], "little") for i in (28, 30, 32)]
        at += 46 + sum(lengths)
    out[end + 4 : end + 8] = segments.to_bytes(2, "little") * 2
    out[end + 16 : end + 20] = (0).to_bytes(4, "little")
    for number in range(segments):
        part = bytes(out[:first][number * size : (number + 1) * size])
        (folder / f"split.z{number + 1:02}").write_bytes(part)
    (folder / "split.zip").write_bytes(bytes(out[first:]))


def test_the_commands(data: Path, web: Web, call: Callable[..., Result]) -> None:
    web.files = {"a.npy": b"content"}
    licence = {"name": "CC-BY-NC-4.0", "commercial": False, "note": "name the makers"}
    offer(data, "mine", about="a test", use="mix.rooms", licence=licence)
    listed = call("data", "list")
    assert listed.exit_code == 3
    assert "neither files nor a tree" in listed.stderr
    entry = {"address": web.at("a.npy"), "size": 7}
    offer(data, "mine", about="a test", use="mix.rooms", licence=licence, files=[entry])
    listed = call("data", "list")
    assert "mine  (7 B, not downloaded)" in listed.stdout
    assert "CC-BY-NC-4.0 (NO commercial use; name the makers)" in listed.stdout
    got = call("data", "download", "mine")
    assert got.exit_code == 0
    assert "mine: 7 B, licence: CC-BY-NC-4.0" in got.stderr
    assert got.stdout == f"mine: {data / 'data' / 'mine'}\n"
    lines = [json.loads(line) for line in call("data", "list", "--json").stdout.splitlines()]
    assert {one["name"]: one["state"] for one in lines}["mine"] == "downloaded"
    assert call("data", "verify").stdout == "mine: good\n"
    (data / "data/mine/a.npy").write_bytes(b"another")
    spoilt = call("data", "verify", "mine")
    assert spoilt.exit_code == 3
    assert "a.npy has other content than was downloaded" in spoilt.stdout
    assert call("data", "verify", "musan").exit_code == 3
    assert call("data", "download").exit_code == 2
    web.files["large"] = bytes(9)
    offer(data, "unsaid", files=[{"address": web.at("large")}])
    assert "unsaid: 9 B, licence: not stated" in call("data", "download", "unsaid").stderr
    offer(data, "twice", files=[{"address": [web.at("lost"), web.at("large")], "size": 9}])
    told = call("data", "download", "twice").stderr
    assert f"lost: {web.at('lost')} answers 404 Not Found; trying {web.at('large')}" in told
    offer(data, "gone", files=[{"address": web.at("gone")}])
    asked = call("data", "download", "gone")
    assert "To download gone, whose size nobody says, give --yes" in asked.stderr
    asked = call("data", "download", "musan")
    assert asked.exit_code == 2
    assert "To download 11.1 GB, give --yes" in asked.stderr


def test_a_small_disk_is_said_before_all(data: Path, web: Web, call: Callable[..., Result]) -> None:
    data.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(data)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no file system may be mounted here: {done.stderr.strip()}")
    try:
        files = [{"address": web.at(name), "size": 700_000} for name in ("a", "b")]
        offer(data, "mine", files=files)
        full = call("data", "download", "mine")
        assert full.exit_code == 6
        assert "needs 1.4 MB more" in full.stderr
        assert not web.asked
    finally:
        subprocess.run(["umount", "--lazy", str(data)], check=True)
