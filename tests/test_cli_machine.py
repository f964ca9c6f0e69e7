"""``wakesmith gc`` and ``voices``: what is on this machine."""

import json
from collections.abc import Callable, Iterator

import pytest
from click.testing import Result

from wakesmith.runtime.frontend import Pcm
from wakesmith.tts import registry

Call = Callable[..., Result]


class Two:
    """An engine with two voices of English."""

    name = "flite"

    def voices(self, language: str) -> tuple[str, ...]:
        return ("awb", "slt") if language == "en" else ()

    def speak(self, *said: object) -> tuple[Pcm, int]:
        raise NotImplementedError


@pytest.fixture
def one_of_two(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine with one engine and without the other, whatever this one has."""
    engines = {
        "flite": (Two, lambda: True, "install flite"),
        "espeak": (Two, lambda: False, "install espeak-ng"),
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
    assert call("voices", "--language", "de").stdout == ""
