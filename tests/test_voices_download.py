"""Voices that can be downloaded: the list, the files, and what is said when they are not right."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_voices
from click.testing import Result
from web import Web, served

from wakesmith import audio, tts
from wakesmith.errors import DataError, VoiceError
from wakesmith.tts import catalog, kokoro, piper
from wakesmith.tts.licences import read_card

Call = Callable[..., Result]
NAME = "en_US-tiny-medium"
HUB = "rhasspy/piper-voices/resolve/main"
PLACE = "en/en_US/tiny/medium"
CARD = b"# Model card for tiny\n\n* URL: https://example.org/\n* License: CC BY-NC 4.0\n"


def listed(name: str, place: str, files: dict[str, bytes]) -> dict[str, Any]:
    """A voice's part of voices.json, as the hub's own list has it."""
    return {
        "key": name,
        "name": name.split("-")[1],
        "language": {"code": name.split("-")[0], "family": name[:2]},
        "quality": "medium",
        "num_speakers": 12,
        "speaker_id_map": {},
        "files": {
            f"{place}/{file}": {
                "size_bytes": len(data),
                "md5_digest": hashlib.md5(data).hexdigest(),
            }
            for file, data in files.items()
        },
        "aliases": [],
    }


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """A hub with one Piper voice, and an empty folder of downloads."""
    graph = tiny_voices.piper(tmp_path / "published", NAME)
    files = {
        f"{NAME}.onnx": graph.read_bytes(),
        f"{NAME}.onnx.json": Path(f"{graph}.json").read_bytes(),
        "MODEL_CARD": CARD,
    }
    voices = {
        NAME: listed(NAME, PLACE, files),
        "sv_SE-other-low": listed("sv_SE-other-low", "sv/x", {"sv_SE-other-low.onnx": b"x" * 2000}),
    }
    held = {f"{HUB}/{PLACE}/{file}": data for file, data in files.items()}
    held[f"{HUB}/voices.json"] = json.dumps(voices).encode()
    monkeypatch.setenv("WAKESMITH_DATA", str(tmp_path / "data"))
    with served(files=held) as web:
        monkeypatch.setenv("HF_ENDPOINT", web.address)
        yield web


def test_a_voice_is_downloaded_and_speaks(hub: Web, call: Call) -> None:
    result = call("voices", "download", NAME)
    assert result.exit_code == 0
    path, licence = result.stdout.strip().split("\t")
    assert Path(path) == piper.folder() / f"{NAME}.onnx"
    assert licence == "CC-BY-NC-4.0"
    assert {p.name for p in piper.folder().iterdir()} == {
        "voices.json",
        ".download",
        f"{NAME}.onnx",
        f"{NAME}.onnx.json",
        f"{NAME}.MODEL_CARD",
    }
    assert not list((piper.folder() / ".download").iterdir())
    said = call("voices", "say", "hey saga", "--voice", NAME, "--count", "3")
    assert said.exit_code == 0
    rows = [line.split("\t") for line in said.stdout.splitlines()]
    assert [row[0] for row in rows] == [f"hey_saga-{n}.wav" for n in (1, 2, 3)]
    assert rows[0][1] == f"piper/{NAME}:p0"
    assert len({row[1] for row in rows}) == 3
    sounds = [audio.read(row[0]).pcm for row in rows]
    assert all(4000 < len(sound) < 40_000 and np.abs(sound).max() > 1000 for sound in sounds)
    again = call(
        "voices", "say", "hey saga", "--voice", NAME, "--count", "3", "--output", "x/y.wav"
    )
    assert again.exit_code == 0
    assert audio.read("x/y-2.wav").pcm.tobytes() == sounds[1].tobytes()


def test_a_cut_is_gone_on_with(hub: Web) -> None:
    hub.cuts.extend([10**9, 1000, 1200])
    path = catalog.download(NAME)
    assert path.read_bytes() == hub.files[f"{HUB}/{PLACE}/{NAME}.onnx"]
    assert not hub.cuts
    assert any(asked.startswith("bytes=1000-") for asked in hub.bodies())


def test_a_file_that_is_another_than_listed_is_deleted(hub: Web) -> None:
    right = hub.files[f"{HUB}/{PLACE}/{NAME}.onnx"]
    hub.files[f"{HUB}/{PLACE}/{NAME}.onnx"] = right[:-1] + b"?"
    with pytest.raises(DataError, match=f"{NAME}.onnx came with MD5"):
        catalog.download(NAME)
    assert piper.models() == {}
    assert not list(piper.folder().rglob("*.onnx"))
    hub.files[f"{HUB}/{PLACE}/{NAME}.onnx"] = right
    assert catalog.download(NAME).is_file()


def test_what_is_not_published_is_said_with_what_is_near(hub: Web) -> None:
    with pytest.raises(VoiceError, match=f"No voice 'en_US-tiny-high'.*Near to it: {NAME}"):
        catalog.download("en_US-tiny-high")
    with pytest.raises(VoiceError, match="Near to it: best"):
        catalog.download("bestt")


def test_the_list_names_what_is_here_and_what_can_be_had(hub: Web, call: Call) -> None:
    rows = [json.loads(line) for line in call("voices", "list", "--json").stdout.splitlines()]
    state = {row["voice"]: row["state"] for row in rows}
    assert state[NAME] == state["sv_SE-other-low"] == state[kokoro.MODEL] == "download"
    assert next(row["bytes"] for row in rows if row["voice"] == "sv_SE-other-low") == 2000
    all_lines = call("voices", "list", "--all").stdout.splitlines()
    assert len(all_lines) == len(rows)
    swedish = call("voices", "list", "--language", "sv").stdout.splitlines()
    assert "download\tpiper\tsv_SE-other-low\tsv_SE\t12 speakers\t2.0 kB" in swedish
    assert not any(NAME in line for line in swedish)
    catalog.download(NAME)
    rows = [json.loads(line) for line in call("voices", "list", "--json").stdout.splitlines()]
    (found,) = [row for row in rows if row["voice"] == NAME]
    assert (found["state"], found["licence"], found["speakers"]) == (
        "installed",
        "CC-BY-NC-4.0",
        12,
    )


def test_the_list_is_short_unless_a_language_or_all_is_asked_for(hub: Web, call: Call) -> None:
    lines = call("voices", "list").stdout.splitlines()
    at = lines.index("to download: piper, 2 voices of 2 languages")
    assert lines[at + 1] == "    en_US 1, sv_SE 1"
    for engine in tts.installed():
        count = sum(line.startswith(f"installed: {engine}, ") for line in lines)
        assert count == 1
    assert len(lines) < 60
    assert max(map(len, lines)) <= 100
    if "espeak" in tts.installed():
        (told,) = (line for line in lines if line.startswith("installed: espeak, "))
        rows = [json.loads(line) for line in call("voices", "list", "--json").stdout.splitlines()]
        assert told.startswith(f"installed: espeak, {sum(r['engine'] == 'espeak' for r in rows)} ")
        swedish = call("voices", "list", "--language", "sv").stdout
        assert f" sv {swedish.count('installed')}," in " ".join(lines)
    assert "--language en" in call("voices", "list").stderr


def test_the_list_is_asked_for_once_a_week(hub: Web) -> None:
    catalog.published()
    asked = len(hub.asked)
    assert catalog.published()[1] == ""
    assert len(hub.asked) == asked
    old = piper.folder() / "voices.json"
    os.utime(old, (1, 1))
    catalog.published()
    assert len(hub.asked) > asked
    os.utime(old, (1, 1))
    del hub.files[f"{HUB}/voices.json"]
    voices, note = catalog.published()
    assert "earlier day" in note
    assert NAME in {voice.name for voice in voices}


def test_without_a_list_the_installed_ones_are_still_listed(hub: Web, call: Call) -> None:
    hub.files[f"{HUB}/voices.json"] = b"[]"
    result = call("voices", "list")
    assert result.exit_code == 0
    assert "no list of voices" in result.stderr
    del hub.files[f"{HUB}/voices.json"]
    assert f": voices.json cannot be downloaded: {hub.address}" in call("voices", "list").stderr
    hub.files[f"{HUB}/voices.json"] = b'{"../up": {}}'
    with pytest.raises(DataError, match="is not a list of Piper voices"):
        catalog.published()


def test_kokoro_is_two_files(
    hub: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: Call
) -> None:
    graph = tiny_voices.kokoro(tmp_path / "published")
    for name in (kokoro.GRAPH, kokoro.SPEAKERS):
        hub.files[f"release/{name}"] = (graph.parent / name).read_bytes()
    monkeypatch.setattr(catalog, "_KOKORO", (f"{hub.address}/release/{{name}}",))
    result = call("voices", "download", kokoro.MODEL)
    assert result.stdout.strip() == f"{kokoro.folder() / kokoro.GRAPH}\tApache-2.0"
    assert tts.voices_of("en")["kokoro"]
    said = call("voices", "say", "hey saga", "--voice", "kokoro-v1.0:af_one~am_two@0.5")
    assert said.exit_code == 0
    assert Path("hey_saga.wav").stat().st_size > 8000


def test_plain_voices_lists_a_model_once(hub: Web, call: Call) -> None:
    catalog.download(NAME)
    lines = call("voices").stdout.splitlines()
    assert f"piper\t{NAME}\t12 speakers" in lines
    rows = [json.loads(line) for line in call("voices", "--json").stdout.splitlines()]
    assert {"engine": "piper", "voice": NAME, "speakers": 12} in rows


def test_say_refuses_what_it_cannot_speak(hub: Web, call: Call) -> None:
    result = call("voices", "say", "hey saga", "--voice", "nobody")
    assert (result.exit_code, result.stdout) == (4, "")
    assert "wakesmith voices list" in result.stderr
    assert call("voices", "say", "hey", "--voice", "x", "--count", "0").exit_code == 2
    assert call("voices", "say", "!", "--voice", "x").exit_code == 2
    catalog.download(NAME)
    wrong = call("voices", "say", "hey", "--voice", NAME, "--pronunciation", "/h€/")
    assert (wrong.exit_code, wrong.stdout) == (2, "")
    Path("file").write_text("")
    unwritable = call("voices", "say", "hey", "--voice", NAME, "--output", "file/x.wav")
    assert unwritable.exit_code == 6
    assert "file" in unwritable.stderr


def test_a_voice_that_was_trained_further_may_be_bound_by_another(tmp_path: Path) -> None:
    card = tmp_path / "a.MODEL_CARD"
    card.write_text("* License: CC BY 4.0\n\n## Training\n\nFinetuned from U.S. English lessac.\n")
    further = read_card(card)
    assert (further.name, further.commercial) == ("CC-BY-4.0", None)
    assert "lessac" in further.note
    card.write_text("* License: CC BY 4.0\n")
    assert read_card(card).commercial is True
