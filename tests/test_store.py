"""The store: finished work is never redone, changed work never taken for finished."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import fill

from wakesmith.sources.place import in_words
from wakesmith.store import (
    Entry,
    Store,
)


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
        assert sorted(path.name for path in folder.iterdir()) == ["entry.json", "half"]

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
