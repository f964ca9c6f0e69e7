"""The store: finished work is never redone, changed work never taken for finished."""

import errno
import json
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from wakesmith.errors import StoreError
from wakesmith.store import (
    Entry,
    Store,
    digest,
    digest_files,
    in_words,
    named_in,
    plain,
    write_atomic,
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def fill(folder: Path) -> None:
    (folder / "data").write_text("whole")


def test_an_entry_is_made_once(store: Store) -> None:
    entry = store.entry("synth", 1, {"clips": 3})
    calls = []

    def work(folder: Path) -> None:
        calls.append(folder)
        fill(folder)

    assert store.state(entry) == "to do"
    store.make(entry, work)
    store.make(entry, work)
    assert len(calls) == 1
    assert store.state(entry) == "cached"
    assert (entry.path / "data").read_text() == "whole"
    assert not store.partial(entry).exists()


def test_a_name_says_what_made_it(store: Store) -> None:
    base = store.entry("synth", 1, {"a": 1, "b": [2]})
    assert base.name.startswith("synth-")
    assert store.entry("synth", 1, {"b": [2], "a": 1}).name == base.name
    for other in (
        store.entry("mix", 1, {"a": 1, "b": [2]}),
        store.entry("synth", 2, {"a": 1, "b": [2]}),
        store.entry("synth", 1, {"a": 1, "b": [3]}),
        store.entry("synth", 1, {"a": 1, "b": [2]}, base),
    ):
        assert other.name != base.name


def test_names_are_the_same_on_every_machine(store: Store) -> None:
    assert store.entry("synth", 1, {"phrase": "héy"}).name == "synth-a1fa07c8b59811e5"


def test_only_plain_values_can_name_an_entry(store: Store) -> None:
    with pytest.raises(TypeError):
        store.entry("synth", 1, {"path": Path("x")})
    with pytest.raises(ValueError, match="JSON compliant"):
        store.entry("synth", 1, float("nan"))
    with pytest.raises(ValueError, match="cannot begin"):
        store.entry("no/stage", 1, None)


def test_plain_turns_frozen_values_into_json() -> None:
    @dataclass(frozen=True)
    class Point:
        x: float
        where: Path

    assert plain({"a": (Point(float("inf"), Path("b")), None, True)}) == {
        "a": [{"x": "inf", "where": "b"}, None, True]
    }
    with pytest.raises(TypeError, match="set"):
        plain({1, 2})
    assert digest([1, 2]) != digest([2, 1])


def test_files_are_named_by_content(tmp_path: Path) -> None:
    for name, text in (("a", "x"), ("b", "y"), ("c", "x")):
        (tmp_path / name).write_text(text)
    a, b, c = (tmp_path / name for name in "abc")
    assert digest_files([a, b]) == digest_files([b, c]) != digest_files([a, a])


def test_what_made_it_is_kept_beside_it(store: Store) -> None:
    first = store.entry("synth", 1, {"clips": 3})
    second = store.entry("train", 2, None, first)
    store.make(second, fill)
    assert json.loads((second.path / "entry.json").read_text()) == {
        "stage": "train",
        "version": 2,
        "parameters": None,
        "inputs": [first.name],
    }


def test_partial_work_outlives_a_failure(store: Store) -> None:
    entry = store.entry("synth", 1, None)

    def fails(folder: Path) -> None:
        (folder / "half").write_text("1")
        (folder / ".other.123.unfinished").write_text("rubbish")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.make(entry, fails)
    assert store.state(entry) == "partial"

    def goes_on(folder: Path) -> None:
        assert [path.name for path in folder.iterdir()] == ["half"]

    store.make(entry, goes_on)
    assert (entry.path / "half").read_text() == "1"


KILLED = """
import sys, time
from pathlib import Path
from wakesmith.store import Store, write_atomic

store = Store(Path(sys.argv[1]))
entry = store.entry("synth", 1, None)

def work(folder):
    for index in range(40):
        path = folder / f"{index:02d}"
        if not path.exists():
            write_atomic(path, bytes([index]) * 5000)
            with open(sys.argv[2], "a") as log:
                log.write(f"{index}\\n")
            print(index, flush=True)
            time.sleep(0.003)

store.make(entry, work)
print("done", flush=True)
"""


def test_a_kill_anywhere_costs_one_file_at_most(tmp_path: Path) -> None:
    log = tmp_path / "log"
    command = [sys.executable, "-c", KILLED, str(tmp_path / "store"), str(log)]
    kills = 0
    for lines in (1, 3, 9, 2, 7, 5, 1000):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for _, line in zip(range(lines), process.stdout, strict=False):
                if line == "done\n":
                    break
            else:
                process.kill()
                kills += 1
        store = Store(tmp_path / "store")
        entry = store.entry("synth", 1, None)
        assert store.has(entry) == (process.returncode == 0)
        del store
    assert kills == 6
    files = sorted(path.name for path in entry.path.iterdir())
    assert files == [*(f"{i:02d}" for i in range(40)), "entry.json"]
    assert all((entry.path / f"{i:02d}").read_bytes() == bytes([i]) * 5000 for i in range(40))
    assert len(log.read_text().split()) <= 40 + kills


HOLDER = """
import sys, time
from pathlib import Path
from wakesmith.store import Store

store = Store(Path(sys.argv[1]))

def work(folder):
    print("ready", flush=True)
    time.sleep(60)

store.make(store.entry("synth", 1, None), work)
"""


@pytest.fixture
def holder(tmp_path: Path, store: Store) -> Iterator[subprocess.Popen[str]]:
    """Another process at work on an entry of the same store."""
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "store")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
        process.kill()


def test_two_runs_do_not_make_the_same_entry(store: Store, holder: subprocess.Popen[str]) -> None:
    entry = store.entry("synth", 1, None)
    with pytest.raises(StoreError, match=f"process {holder.pid} on "):
        store.make(entry, fill)
    store.make(store.entry("synth", 2, None), fill)  # any other is free
    holder.kill()
    holder.wait()
    store.make(entry, fill)  # the system lets go of a dead process's lock
    assert store.has(entry)


def test_nothing_is_collected_beneath_a_run(store: Store, holder: subprocess.Popen[str]) -> None:
    with pytest.raises(StoreError, match="A run is using"):
        store.collect([])
    holder.kill()
    holder.wait()
    store.collect([])


def aged(folder: Path, days: float) -> None:
    then = time.time() - days * 86_400
    for path in [*folder.rglob("*"), folder]:
        os.utime(path, (then, then))


def test_collect_keeps_what_is_named_and_what_that_was_made_from(store: Store) -> None:
    synth = store.entry("synth", 1, None)
    train = store.entry("train", 1, None, synth)
    other = store.entry("train", 2, None, synth)
    old, fresh = store.entry("mix", 1, None), store.entry("mix", 2, None)
    for entry in (synth, train, other):
        store.make(entry, fill)
    for entry in (old, fresh):
        store.partial(entry).mkdir()
        fill(store.partial(entry))
    aged(store.partial(old), 8)
    would = store.collect([train.name], dry=True)
    assert store.has(other)
    assert would == store.collect([train.name])
    assert set(would.names) == {other.name, old.name}
    assert would.size > 0
    assert [store.state(e) for e in (synth, train, other, old, fresh)] == [
        "cached",
        "cached",
        "to do",
        "to do",
        "partial",
    ]
    store.make(other, fill)  # what was removed can be made again


def test_runs_name_their_entries_in_any_json(tmp_path: Path) -> None:
    (tmp_path / "saga").mkdir()
    (tmp_path / "saga" / "run.json").write_text('{"entries": ["train-0123456789abcdef"], "x": 1}')
    (tmp_path / "broken.json").write_text('synth-0123456789abcdef" and-not')
    assert named_in(tmp_path) == {"train-0123456789abcdef", "synth-0123456789abcdef"}


def test_a_file_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_atomic(path, b"first")

    def fails(handle: int) -> None:
        raise OSError(errno.EIO, "the disk died")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(OSError, match="the disk died"):
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
        from wakesmith.store import Store
        import os
        if os.getuid() == 0:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
        try:
            Store(Path(sys.argv[1]))
        except StoreError as error:
            print(error)
        """
    )
    locked = tmp_path / "locked"
    locked.mkdir()
    locked.chmod(0o555)
    command = [sys.executable, "-c", program, str(locked / "store"), *sys.path]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "cannot be written" in said
    assert "--store" in said


def test_a_file_in_the_way_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("")
    with pytest.raises(StoreError, match="is a file"):
        Store(tmp_path / "store")
    with pytest.raises(StoreError, match="is a file"):
        Store(tmp_path / "store" / "deeper")


def test_errors_about_other_files_pass(store: Store, tmp_path: Path) -> None:
    def reads(folder: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(tmp_path / "sound.wav"))

    with pytest.raises(PermissionError):
        store.make(store.entry("gather", 1, None), reads)


def test_sizes_in_words() -> None:
    assert [in_words(n) for n in (0, 999, 1000, 12_345_678, 5 * 10**12)] == [
        "0 B",
        "999 B",
        "1.0 kB",
        "12.3 MB",
        "5000.0 GB",
    ]


def test_an_entry_shows_its_name() -> None:
    assert repr(Entry("synth-1", Path("x"), "{}")) == "Entry(name='synth-1', path=PosixPath('x'))"
