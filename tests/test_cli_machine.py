"""``wakesmith gc`` and ``voices``: what is on this machine."""

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result

from wakesmith.runtime.frontend import Pcm
from wakesmith.store import Store
from wakesmith.tts import registry

Call = Callable[..., Result]


class Two:
    """An engine with two voices of English."""

    name = "flite"
    languages = ("en",)

    def voices(self, language: str) -> tuple[str, ...]:
        return ("awb", "slt") if language == "en" else ()

    def speak(self, *said: object) -> tuple[Pcm, int]:
        raise AssertionError("who lists voices speaks nothing")


@pytest.fixture
def one_of_two(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine with one engine and without the other, whatever this one has."""
    engines = {
        "flite": (Two, lambda: True, lambda: "install flite"),
        "espeak": (Two, lambda: False, lambda: "install espeak-ng"),
    }
    monkeypatch.setattr(registry, "_ENGINES", engines)
    registry.engine.cache_clear()
    yield
    registry.engine.cache_clear()


@pytest.mark.usefixtures("one_of_two")
def test_voices_are_listed_or_said_to_be_missing(call: Call) -> None:
    result = call("voices")
    assert result.exit_code == 0
    assert result.stdout == "flite\tawb\nflite\tslt\n"
    assert result.stderr == "espeak is not installed: install espeak-ng\n"
    lines = call("voices", "--json").stdout.splitlines()
    assert [json.loads(line) for line in lines] == [
        {"engine": "flite", "voice": "awb"},
        {"engine": "flite", "voice": "slt"},
    ]


@pytest.mark.usefixtures("one_of_two")
def test_a_language_that_no_voice_speaks_is_said_and_those_that_there_are(call: Call) -> None:
    result = call("voices", "--language", "de")
    assert (result.exit_code, result.stdout) == (4, "")
    assert (
        "error: No installed engine (flite) speaks 'de'. Languages that there are: en."
        in result.stderr
    )
    assert "espeak: install espeak-ng." in result.stderr
    check = call("check", "hallo saga", "--set", "language=de")
    assert check.exit_code == 4
    assert "set `language` to one of them, and respell the phrase or write its" in check.stderr


def test_gc_keeps_what_runs_name(call: Call) -> None:
    store = Store(Path(".wakesmith"))
    kept, lost = store.entry("train", 1, 1), store.entry("train", 1, 2)
    for entry in (kept, lost):
        store.make(entry, lambda folder: None)
    del store
    assert call("gc").exit_code == 2  # no folder of runs: all would go
    Path("runs/saga").mkdir(parents=True)
    Path("runs/saga/run.json").write_text(json.dumps({"entries": [kept.name]}))
    young = call("gc")
    assert young.stdout == ""
    assert "1 entry that no run names kept: made" in young.stderr
    assert "--partial-days" in young.stderr
    then = time.time() - 8 * 86_400
    for path in (lost.path, lost.path / "entry.json"):
        os.utime(path, (then, then))
    dry = call("gc", "--dry-run")
    assert dry.stdout.split() == [lost.name]
    assert "would be removed" in dry.stderr
    assert lost.path.exists()
    assert call("gc").stdout.split() == [lost.name]
    assert kept.path.exists()
    assert not lost.path.exists()
    assert call("gc", "--all").stdout.split() == []  # it is of today
    assert call("gc", "--all", "--partial-days", "0").stdout.split() == [kept.name]


def test_gc_makes_no_store(call: Call) -> None:
    Path("holiday").mkdir()
    for place in ("none", "holiday"):
        result = call("gc", "--store", place)
        assert result.exit_code == 2
        assert f"There is no store at {place}" in result.stderr
    assert not Path("none").exists()
    assert not list(Path("holiday").iterdir())
