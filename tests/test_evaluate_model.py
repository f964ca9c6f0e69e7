"""``evaluate_model`` end to end: a published head on folders of sound files."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from helpers import pretrained

from wakesmith.errors import AudioError, ModelError, StoreError
from wakesmith.events import Event, Noted, Progress, Warned
from wakesmith.measure import Evaluation
from wakesmith.stages.evaluate import evaluate_model


@pytest.fixture(scope="module")
def jarvis() -> Path:
    """The head of hey_jarvis that the pyopen-wakeword package carries."""
    return pretrained("hey_jarvis")


def sound(path: Path, seconds: float, rate: int = 16_000, channels: int = 1, seed: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = (round(seconds * rate), channels)
    soundfile.write(path, np.random.default_rng(seed).normal(0, 0.05, shape), rate)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    positives, negatives = tmp_path / "said", tmp_path / "room"
    sound(positives / "ann" / "1.wav", 1.2)
    sound(positives / "ann" / "2.flac", 1.0, 44_100, 2)
    sound(positives / "bob" / "1.ogg", 1.5, 22_050)
    (positives / "bob" / "broken.wav").write_bytes(b"RIFF no sound at all")
    sound(negatives / "hall.wav", 70.0)
    sound(negatives / "music" / "deep" / "song.flac", 35.0, 44_100, 2)
    (negatives / "music" / "empty.wav").touch()
    return positives, negatives


def test_any_model_is_measured_on_any_audio(
    jarvis: Path, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    told: list[Event] = []
    found = evaluate_model(jarvis, *folders, output=tmp_path / "out", emit=told.append)
    assert (found.name, found.threshold) == ("hey_jarvis", 0.5)
    assert (found.recall.k, found.recall.n) == (0, 3)
    assert [t.id for t in found.trials] == ["ann/1.wav", "ann/2.flac", "bob/1.ogg"]
    assert {t.kind for t in found.trials} == {"recording"}
    folder = next(b for b in found.breakdowns if b.label == "folder")
    assert [(g.value, g.recall.n) for g in folder.groups] == [("ann", 2), ("bob", 1)]
    kinds = {k.kind: k.rate.hours * 3600 for k in found.kinds}
    assert kinds == {"room": pytest.approx(70), "music": pytest.approx(35, abs=0.01)}
    assert found.false_accepts.k == 0

    warned = [e.message for e in told if isinstance(e, Warned)]
    assert len(warned) == 1
    assert warned[0].startswith("2 files that cannot be read left out")
    assert "broken.wav" in warned[0]
    assert "empty.wav" in warned[0]
    assert warned[0] in found.notes
    noted = [e.message for e in told if isinstance(e, Noted)]
    assert "1 file: stereo mixed to mono" in noted
    done = [e for e in told if isinstance(e, Progress)]
    assert done[-1].done == done[-1].total == 2

    stored = (tmp_path / "out" / "report.json").read_text()
    assert Evaluation.from_json(stored) == found
    assert json.loads(stored)["recall"]["n"] == 3
    assert (tmp_path / "out" / "report.png").read_bytes().startswith(b"\x89PNG")
    assert "hey jarvis" in (tmp_path / "out" / "report.html").read_text()


def test_an_output_that_cannot_be_written_is_said_before_anything_is_heard(
    jarvis: Path, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    told: list[Event] = []
    with pytest.raises(StoreError, match=r"file is a file.*--output"):
        evaluate_model(jarvis, *folders, output=tmp_path / "file" / "out", emit=told.append)
    assert told == []


def test_files_and_lists_are_taken_too(jarvis: Path, folders: tuple[Path, Path]) -> None:
    positives, negatives = folders
    songs = negatives / "music" / "deep"
    found = evaluate_model(
        jarvis, [positives / "ann" / "1.wav"], [songs, negatives / "hall.wav"], threshold=0.9
    )
    assert found.threshold == 0.9
    assert [t.id for t in found.trials] == ["1.wav"]
    assert sorted(k.kind for k in found.kinds) == ["deep", "room"]


def test_long_sayings_are_pointed_out(
    jarvis: Path, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    sound(tmp_path / "long" / "all.wav", 12.0)
    found = evaluate_model(jarvis, tmp_path / "long", folders[1] / "hall.wav")
    assert any("all.wav" in note and "one saying" in note for note in found.notes)


def test_unusable_folders_are_an_error(
    jarvis: Path, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    positives, negatives = folders
    broken = tmp_path / "broken"
    broken.mkdir()
    with pytest.raises(AudioError, match="no sound file"):
        evaluate_model(jarvis, broken, negatives)
    (broken / "a.wav").write_bytes(b"nothing")
    with pytest.raises(AudioError, match=r"none of 1 file can be used: .*a\.wav"):
        evaluate_model(jarvis, broken, negatives)
    with pytest.raises(AudioError, match=r"none of 1 file can be used: .*a\.wav"):
        evaluate_model(jarvis, positives, broken)
    with pytest.raises(AudioError, match="no such file or folder"):
        evaluate_model(jarvis, tmp_path / "missing", negatives)
    soundfile.write(broken / "a.wav", np.zeros(16_000), 16_000)
    with pytest.raises(AudioError, match="silent"):
        evaluate_model(jarvis, broken, negatives)


def test_something_else_than_a_model_is_an_error(
    folders: tuple[Path, Path], tmp_path: Path
) -> None:
    with pytest.raises(ModelError):
        evaluate_model(tmp_path / "missing.tflite", *folders)
    with pytest.raises(ModelError):
        evaluate_model(folders[0], *folders)


def test_wavs_that_end_before_their_header_says_are_warned_of(
    jarvis: Path, folders: tuple[Path, Path]
) -> None:
    positives, negatives = folders
    for path, size in ((positives / "ann" / "1.wav", 32_044), (negatives / "hall.wav", 320_044)):
        path.write_bytes(path.read_bytes()[:size])
    told: list[Event] = []
    found = evaluate_model(jarvis, positives, negatives / "hall.wav", emit=told.append)
    (note,) = (n for n in found.notes if "header" in n)
    assert note in {e.message for e in told if isinstance(e, Warned)}
    assert note.startswith("2 files end before their header says, and what is there counts: ")
    assert "ann/1.wav: broken off: 1.00 s of 1.20 s are there" in note
    assert "hall.wav: broken off: 10.00 s of 70.00 s are there" in note
    assert not any("broken off" in e.message for e in told if isinstance(e, Noted))


def test_a_negative_that_breaks_off_counts_as_far_as_it_goes(
    jarvis: Path, folders: tuple[Path, Path]
) -> None:
    positives, negatives = folders
    song = negatives / "music" / "deep" / "long.flac"
    sound(song, 70.0)
    whole = song.read_bytes()
    song.write_bytes(whole[: len(whole) * 95 // 100])
    found = evaluate_model(jarvis, positives, [song, negatives / "hall.wav"])
    assert any("long.flac" in note for note in found.notes)
    heard = {k.kind: k.rate.hours * 3600 for k in found.kinds}
    assert 0 < heard["deep"] < 70
