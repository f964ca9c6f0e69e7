"""Two runs in one store, and what is collected from it."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers import fill

from wakesmith.errors import StoreError
from wakesmith.store import Store, named_in

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
    for path in (synth.path, train.path, other.path, store.partial(old)):
        aged(path, 8)
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


def test_collect_keeps_what_an_interrupted_run_has_made(store: Store) -> None:
    """No run.json names it yet: neither what unfinished work needs nor what is recent may go."""
    needed, forgotten = store.entry("synth", 1, None), store.entry("synth", 2, None)
    before, recent = store.entry("synth", 3, None), store.entry("mix", 1, None)
    then = store.entry("train", 1, None, before)
    for entry in (needed, forgotten, before, recent, then):
        store.make(entry, fill)
    for entry in (needed, forgotten, before):
        aged(entry.path, 8)
    begun = store.entry("train", 2, None, needed)

    def killed(folder: Path) -> None:
        fill(folder)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.make(begun, killed)
    removed = store.collect([])
    assert removed.names == (forgotten.name,)
    assert set(removed.recent) == {e.name for e in (needed, before, recent, then, begun)}
    aged(store.partial(begun), 8)
    assert store.collect([]).names == tuple(sorted([needed.name, begun.name]))
    assert store.collect([], partial_days=0).recent == ()
    assert not list((store.root / "done").iterdir())


def test_runs_name_their_entries_in_any_json(tmp_path: Path) -> None:
    (tmp_path / "saga").mkdir()
    (tmp_path / "saga" / "run.json").write_text('{"entries": ["train-0123456789abcdef"], "x": 1}')
    (tmp_path / "broken.json").write_text('synth-0123456789abcdef" and-not')
    assert named_in(tmp_path) == {"train-0123456789abcdef", "synth-0123456789abcdef"}
