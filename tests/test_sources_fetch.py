"""Downloads: whole and right, or not there."""

import hashlib
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from web import Web, served

from wakesmith.errors import DataError, StoreError
from wakesmith.sources.fetch import fetch
from wakesmith.sources.fetch import obtain as obtain_patiently

DATA = np.random.default_rng([1]).integers(0, 256, 3_000_000, np.uint8).tobytes()
SHA = hashlib.sha256(DATA).hexdigest()
obtain = partial(obtain_patiently, pause=0.0)


@pytest.fixture
def web() -> Iterator[Web]:
    with served(files={"file": DATA}) as server:
        yield server


def test_a_file_comes_whole_and_once(web: Web, tmp_path: Path) -> None:
    target, heard = tmp_path / "deep" / "file", list[tuple[int, int | None]]()
    said = fetch([web.at("file")], target, progress=lambda *at: heard.append(at))
    assert said == target
    assert target.read_bytes() == DATA
    assert heard[0] == (0, len(DATA))
    assert heard[-1] == (len(DATA), len(DATA))
    assert fetch([web.at("file")], target, size=len(DATA), sha256=SHA) == target
    assert len(web.asked) == 1
    assert list(target.parent.iterdir()) == [target]


def test_a_connection_cut_twice_goes_on_where_it_was(web: Web, tmp_path: Path) -> None:
    web.cuts = [1_000_000, 700_000]
    got = obtain([web.at("file")], tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == DATA
    assert got.sha256 == SHA
    assert web.bodies() == ["", "bytes=1000000-", "bytes=1700000-"]
    assert web.sent == len(DATA)


def test_a_later_run_goes_on_with_what_an_earlier_one_kept(web: Web, tmp_path: Path) -> None:
    target = tmp_path / "file"
    web.cuts = [1_000_000, *[0] * 9]
    with pytest.raises(DataError, match=r"1\.0 MB of it are kept: run again"):
        obtain([web.at("file")], target)
    assert not target.exists()
    web.cuts, web.sent = [], 0
    obtain([web.at("file")], target)
    assert target.read_bytes() == DATA
    assert web.sent == len(DATA) - 1_000_000


@pytest.mark.parametrize("validators", [True, False])
def test_another_file_at_the_server_is_not_mixed_in(
    web: Web, tmp_path: Path, validators: bool
) -> None:
    web.validators = validators
    web.cuts = [1_000_000, *[0] * 9]
    with pytest.raises(DataError):
        obtain([web.at("file")], tmp_path / "file")
    web.cuts, web.files["file"] = [], DATA[::-1]
    obtain([web.at("file")], tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == DATA[::-1]


def test_a_server_without_ranges_begins_anew(web: Web, tmp_path: Path) -> None:
    web.ranges, web.cuts = False, [1_000_000]
    obtain([web.at("file")], tmp_path / "file", sha256=SHA)
    assert web.sent == len(DATA) + 1_000_000


def test_mirrors_are_asked_in_turn_and_go_on_with_what_there_is(web: Web, tmp_path: Path) -> None:
    web.files["mirror"] = DATA
    web.cuts = [1_000_000]
    web.validators = False
    told: list[int] = []

    def heard(done: int, total: int | None) -> None:
        if done == 1_000_000:
            web.files.pop("file", None)  # the first is gone once it broke off
        told.append(done)

    said: list[str] = []
    addresses = [web.at("missing"), web.at("file"), web.at("mirror")]
    got = obtain(addresses, tmp_path / "file", sha256=SHA, progress=heard, say=said.append)
    assert got.address == web.at("mirror")
    assert said == [
        f"file: {web.at('missing')} answers 404 Not Found; trying {web.at('file')}",
        f"file: {web.at('file')} answers 404 Not Found; trying {web.at('mirror')}",
    ]
    assert web.sent == len(DATA)
    with pytest.raises(DataError, match=r"missing answers 404.*gone answers 404"):
        obtain([web.at("missing"), web.at("gone")], tmp_path / "other")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_an_address_that_stays_silent_is_said_once_and_tried_again(
    web: Web, tmp_path: Path
) -> None:
    web.cuts = [0, 0, 0]
    said: list[str] = []
    obtain([web.at("file")], tmp_path / "file", say=said.append)
    (line,) = said
    assert line.startswith(f"file: {web.at('file')} broke off after 0 B")
    assert line.endswith(f"; trying {web.at('file')} again in 0 s")
    assert "\n" not in line


def test_a_corrupt_file_is_deleted_and_said(web: Web, tmp_path: Path) -> None:
    web.files["bad"] = DATA[:-1] + b"!"
    with pytest.raises(DataError, match=rf"sent 3.0 MB with SHA-256 \w+, expected {SHA}; deleted"):
        obtain([web.at("bad")], tmp_path / "file", sha256=SHA)
    assert not list(tmp_path.iterdir())
    obtain([web.at("bad"), web.at("file")], tmp_path / "file", sha256=SHA)
    assert (tmp_path / "file").read_bytes() == DATA
    with pytest.raises(DataError, match="has another file: size 3000000, expected 5"):
        obtain([web.at("file")], tmp_path / "other", size=5)


def test_a_spoilt_part_costs_a_new_start(web: Web, tmp_path: Path) -> None:
    web.cuts = [1_000_000, *[0] * 9]
    with pytest.raises(DataError):
        obtain([web.at("file")], tmp_path / "file", sha256=SHA)
    web.cuts = []
    with (tmp_path / "file.part").open("r+b") as part:
        part.write(b"spoilt")
    obtain([web.at("file")], tmp_path / "file", sha256=SHA)
    assert (tmp_path / "file").read_bytes() == DATA


def test_a_file_whose_end_nobody_knows_is_refused(web: Web, tmp_path: Path) -> None:
    web.lengths = False
    with pytest.raises(DataError, match="may be cut"):
        obtain([web.at("file")], tmp_path / "file")
    obtain([web.at("file")], tmp_path / "file", sha256=SHA)


def test_no_address_at_all(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no address"):
        obtain([], tmp_path / "file")
    with pytest.raises(DataError, match="begins with https"):
        obtain(["file:///etc/passwd"], tmp_path / "file")
    with pytest.raises(DataError, match="is not written hf://"):
        obtain(["hf://datasets/name"], tmp_path / "file")


def test_two_downloads_of_one_file_exclude_each_other(web: Web, tmp_path: Path) -> None:
    tried: list[int] = []

    def heard(done: int, total: int | None) -> None:
        if not tried:
            tried.append(done)
            with pytest.raises(DataError, match="by another process"):
                obtain([web.at("file")], tmp_path / "file")

    obtain([web.at("file")], tmp_path / "file", progress=heard)
    assert tried == [0]


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no file system may be mounted here: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_full_disk_is_said_before_the_first_byte(web: Web, tiny_disk: Path) -> None:
    heard: list[int] = []
    with pytest.raises(StoreError, match=r"needs 3\.0 MB more.*WAKESMITH_DATA"):
        obtain([web.at("file")], tiny_disk / "file", progress=lambda done, _: heard.append(done))
    assert not heard
    assert not list(tiny_disk.iterdir())


def test_a_disk_that_fills_up_keeps_what_came(web: Web, tiny_disk: Path) -> None:
    web.lengths = False  # so nobody can say it beforehand
    with pytest.raises(StoreError, match=r"its disk is full.*WAKESMITH_DATA"):
        obtain([web.at("file")], tiny_disk / "file", sha256=SHA)
    assert (tiny_disk / "file.part").stat().st_size > 500_000
    assert not (tiny_disk / "file").exists()


@pytest.fixture
def hub(web: Web, monkeypatch: pytest.MonkeyPatch) -> Web:
    web.hub["datasets/someone/sounds/resolve/main/deep/file.npy"] = "file"
    monkeypatch.setenv("HF_ENDPOINT", web.address)
    return web


def test_a_hub_names_the_content_and_a_cut_goes_on(hub: Web, tmp_path: Path) -> None:
    address = "hf://datasets/someone/sounds/deep/file.npy"
    hub.cuts = [1_000_000, *[0] * 9]
    with pytest.raises(DataError, match="kept"):
        obtain([address], tmp_path / "file")
    hub.cuts, hub.sent = [], 0
    got = obtain([address], tmp_path / "file")
    assert (got.sha256, got.address) == (SHA, address)
    assert hub.sent == len(DATA) - 1_000_000
    with pytest.raises(DataError, match=r"404"):
        obtain(["hf://datasets/someone/sounds/other.npy"], tmp_path / "other")


def test_a_hub_s_storage_that_sends_something_else_is_noticed(hub: Web, tmp_path: Path) -> None:
    hub.stored["file"] = bytes(len(DATA))
    with pytest.raises(DataError, match=f"expected {SHA}; deleted"):
        obtain(["hf://datasets/someone/sounds/deep/file.npy"], tmp_path / "file")
    assert not list(tmp_path.iterdir())
