"""The store and a disk that fails: full, read-only, in the way. Nothing is half written."""

import errno
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from wakesmith.errors import StoreError
from wakesmith.store import Store, make_folder, make_way, write_atomic


def test_a_file_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_atomic(path, b"first")

    def fails(handle: int) -> None:
        raise OSError(errno.EIO, "the disk died")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(StoreError, match="the disk died"):
        write_atomic(path, b"second")
    assert path.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_too_large_for_the_process_is_a_store_error(tmp_path: Path) -> None:
    program = textwrap.dedent(
        """
        import resource, sys
        from pathlib import Path
        from wakesmith.errors import StoreError
        from wakesmith.store import Store
        store = Store(Path(sys.argv[1]))
        entry = store.entry("synth", 1, None)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        def work(folder):
            (folder / "small").write_bytes(bytes(1000))
            (folder / "large").write_bytes(bytes(1_000_000))
        try:
            store.make(entry, work)
        except StoreError as error:
            print(error, store.state(entry))
        """
    )
    command = [sys.executable, "-c", program, str(tmp_path / "store")]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "ulimit -f" in said
    assert said.endswith("partial\n")


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 kB of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount command, so no full disk can be had")
    if done.returncode:
        pytest.skip(f"no file system may be mounted here: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.mark.parametrize("writer", ["write_atomic", "plain", "numpy", "torch-like"])
def test_a_full_disk_loses_nothing(tiny_disk: Path, tmp_path: Path, writer: str) -> None:
    import numpy as np

    store = Store(tiny_disk / "store")
    entry = store.entry("synth", 1, None)

    def work(folder: Path) -> None:
        if not (folder / "first").exists():
            write_atomic(folder / "first", b"finished")
        data = bytes(300_000)
        if writer == "write_atomic":
            write_atomic(folder / "second", data)
        elif writer == "plain":
            (folder / "second").write_bytes(data)
        elif writer == "numpy":
            np.save(folder / "second.npy", np.zeros(300_000, np.uint8))
        else:
            with (folder / "filler").open("wb", buffering=0) as file:
                while file.write(bytes(4096)) == 4096:
                    pass
            raise RuntimeError("PytorchStreamWriter failed writing file")

    if writer == "torch-like":
        with pytest.raises(StoreError):  # the loop ends in ENOSPC
            store.make(entry, work)
    with pytest.raises(StoreError, match="is full") as caught:
        store.make(entry, work)
    assert str(tiny_disk) in str(caught.value)
    assert "free" in str(caught.value)
    assert store.state(entry) == "partial"
    assert (store.partial(entry) / "first").read_bytes() == b"finished"
    assert not list(store.partial(entry).glob(".*"))

    for path in store.partial(entry).iterdir():
        if path.name != "first":
            path.unlink()  # room is made

    def small(folder: Path) -> None:
        assert (folder / "first").exists()

    store.make(entry, small)
    assert store.has(entry)


def test_a_folder_that_may_not_be_written_is_a_store_error(tmp_path: Path) -> None:
    program = "import sys; sys.path[:0] = sys.argv[2:]\n" + textwrap.dedent(
        """
        from pathlib import Path
        from wakesmith.errors import StoreError
        from wakesmith.store import Store, make_folder
        import os
        if os.getuid() == 0:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
        place = Path(sys.argv[1])
        for make in (Store, lambda p: make_folder(p, "--output"), lambda p: make_folder(p.parent)):
            try:
                make(place)
            except StoreError as error:
                print(error)
        """
    )
    locked = tmp_path / "locked"
    locked.mkdir()
    locked.chmod(0o555)
    command = [sys.executable, "-c", program, str(locked / "store"), *sys.path]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said.count("cannot be written: Permission denied") == 3
    assert [line.rpartition(" ")[2] for line in said.splitlines()] == [
        "--store.",
        "--output.",
        "--store.",
    ]


def test_a_file_in_the_way_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("")
    with pytest.raises(StoreError, match="is a file"):
        Store(tmp_path / "store")
    with pytest.raises(StoreError, match="is a file"):
        Store(tmp_path / "store" / "deeper")
    with pytest.raises(StoreError, match=r"is a file.*--output"):
        make_folder(tmp_path / "store" / "run", "--output")
    make_folder(tmp_path / "new" / "run", "--output")
    assert (tmp_path / "new" / "run").is_dir()


@pytest.mark.parametrize("place", ["/proc", "/proc/here", "/proc/here/deeper", "x" * 300])
def test_whatever_refuses_a_folder_is_a_store_error(place: str, tmp_path: Path) -> None:
    """The system's own /proc takes no folder of root's either, and no name is 300 letters."""
    with pytest.raises(StoreError, match=r"cannot be written: .*--output"):
        make_folder(tmp_path / place, "--output")
    with pytest.raises(StoreError, match=r"cannot be written: .*--output"):
        make_way(tmp_path / place / "page.html", "--output")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_the_way_of_a_file_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "page.html").mkdir()
    with pytest.raises(StoreError, match=r"page.html is a folder.*--output"):
        make_way(tmp_path / "page.html", "--output")
    with pytest.raises(StoreError, match=r"page.html cannot be written.*--output"):
        write_atomic(tmp_path / "page.html", b"page", "--output")
    make_way(tmp_path / "new" / "page.html", "--output")
    assert sorted(tmp_path.rglob("*")) == [tmp_path / "new", tmp_path / "page.html"]


def test_errors_about_other_files_pass(store: Store, tmp_path: Path) -> None:
    def reads(folder: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(tmp_path / "sound.wav"))

    with pytest.raises(PermissionError):
        store.make(store.entry("gather", 1, None), reads)
