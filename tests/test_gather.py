"""What is told of the user's own files before any work is done."""

import wave
from pathlib import Path

import numpy as np
import pytest

from wakesmith import audio
from wakesmith.errors import AudioError, DataError
from wakesmith.events import Event, Noted, Warned
from wakesmith.plan.sources import Sources
from wakesmith.recipe import load
from wakesmith.runtime.frontend import Pcm
from wakesmith.stages.gather import gather


def tone(seconds: float = 1.0) -> Pcm:
    time = np.arange(int(16_000 * seconds)) / 16_000
    pcm: Pcm = (8000 * np.sin(2 * np.pi * 300 * time)).astype(np.int16)
    return pcm


def looked_at(folder: Path, what: str, events: list[Event]) -> Sources:
    recipe = load(None, phrase="hey saga", overrides=[f"{what}=['{folder}']"])
    return gather(recipe, folder.parent / "files.json", events.append)


def messages(events: list[Event], kind: type[Noted] | type[Warned]) -> str:
    return " ".join(e.message for e in events if isinstance(e, kind))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "sound"
    path.mkdir()
    return path


def test_bad_files_are_named_and_left_out(folder: Path) -> None:
    audio.write(folder / "good.wav", tone())
    (folder / "empty.wav").touch()
    (folder / "text.wav").write_text("this is no sound")
    audio.write(folder / "silent.wav", np.zeros(16_000, np.int16))
    events: list[Event] = []
    found = looked_at(folder, "recordings.folders", events)
    assert [Path(f.path).name for f in found.recordings] == ["good.wav"]
    told = messages(events, Warned)
    assert all(name in told for name in ("empty.wav", "text.wav", "silent.wav"))


def test_nothing_usable_is_an_error(folder: Path) -> None:
    (folder / "empty.wav").touch()
    with pytest.raises(AudioError, match=r"none of 1 file of background.*empty\.wav"):
        looked_at(folder, "negatives.background", [])


def test_conversions_are_said(folder: Path) -> None:
    with wave.open(str(folder / "old.wav"), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(1)
        file.setframerate(44_100)
        file.writeframes(bytes(np.random.default_rng(0).integers(0, 256, 88_200, np.uint8)))
    events: list[Event] = []
    found = looked_at(folder, "recordings.folders", events)
    assert found.recordings[0].seconds == pytest.approx(1.0)
    told = messages(events, Noted)
    assert all(part in told for part in ("8-bit", "stereo", "44100 Hz"))


def test_files_that_are_broken_off_are_warned_of_and_used(folder: Path) -> None:
    for name in ("whole.wav", "cut.wav"):
        audio.write(folder / name, tone(2.0))
    (folder / "cut.wav").write_bytes((folder / "cut.wav").read_bytes()[:40_044])
    for _ in ("read", "remembered"):
        events: list[Event] = []
        found = looked_at(folder, "negatives.background", events)
        assert [f.seconds for f in found.background] == [1.25, 2.0]
        told = messages(events, Warned)
        assert "as far as they go: cut.wav: broken off: 1.25 s of 2.00 s are there." in told
        assert "whole.wav" not in told
        assert "broken" not in messages(events, Noted)


def test_an_unchanged_file_is_not_read_again_and_a_moved_one_is_the_same(folder: Path) -> None:
    audio.write(folder / "a.wav", tone())
    one = looked_at(folder, "negatives.background", [])
    again = looked_at(folder, "negatives.background", [])
    assert one == again
    (folder / "a.wav").rename(folder / "b.wav")
    moved = looked_at(folder, "negatives.background", [])
    assert moved.background[0].digest == one.background[0].digest


def test_a_feature_file_of_another_shape_is_refused(folder: Path) -> None:
    np.save(folder / "odd.npy", np.zeros((4, 7), np.float32))
    recipe = load(None, phrase="hey saga", overrides=[f"negatives.features=['{folder}/odd.npy']"])
    with pytest.raises(DataError, match=r"odd\.npy.*\[4, 7\].*96"):
        gather(recipe, folder / "files.json", lambda event: None)


def features(folder: Path, rows: np.ndarray) -> Sources:
    np.save(folder / "rows.npy", rows)
    recipe = load(None, phrase="hey saga", overrides=[f"negatives.features=['{folder}/rows.npy']"])
    return gather(recipe, folder / "files.json", lambda event: None)


def test_a_feature_file_is_named_by_rows_from_all_of_it(folder: Path) -> None:
    rows = np.random.default_rng(0).normal(size=(3000, 96)).astype(np.float32)
    one = features(folder, rows).features[0].digest
    assert features(folder, rows).features[0].digest == one
    rows[-1] += 1
    assert features(folder, rows).features[0].digest != one


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (np.zeros((100, 96)), "float64"),
        (np.zeros((0, 96), np.float32), r"shape \[0, 96\]"),
        (np.asfortranarray(np.zeros((100, 96), np.float32)), "Fortran order"),
        (np.zeros((8, 96), np.float32), "holds 8 frames in a row, the network looks at 16"),
    ],
)
def test_features_that_cannot_be_trained_on_are_told_at_once(
    folder: Path, rows: np.ndarray, said: str
) -> None:
    with pytest.raises(DataError, match=said):
        features(folder, rows)


@pytest.mark.parametrize("kind", ["empty", "archive"])
def test_what_is_no_feature_file_is_told_by_name(folder: Path, kind: str) -> None:
    path = folder / "rows.npy"
    if kind == "empty":
        path.write_bytes(b"")
    else:
        with path.open("wb") as file:
            np.savez(file, a=np.zeros(3))
    recipe = load(None, phrase="hey saga", overrides=[f"negatives.features=['{path}']"])
    with pytest.raises(DataError, match=r"rows\.npy"):
        gather(recipe, folder / "files.json", lambda event: None)


def test_recordings_of_several_sayings_are_named_each_time(folder: Path) -> None:
    pause = np.zeros(14_400, np.int16)
    audio.write(folder / "one.wav", np.concatenate([pause, pause, tone(1.2), pause, pause]))
    audio.write(folder / "two.wav", np.concatenate([tone(0.5), pause, tone(0.5)]))
    audio.write(folder / "long.wav", tone(2.8))
    audio.write(folder / "hour.wav", tone(25.0))
    for _ in ("read", "remembered"):
        events: list[Event] = []
        looked_at(folder, "recordings.folders", events)
        told = [e.message for e in events if isinstance(e, Warned)]
        assert any("3 of the recordings" in text and "long.wav, two.wav" in text for text in told)
        assert not any("one.wav" in text for text in told)
    events = []
    looked_at(folder, "negatives.background", events)
    assert not messages(events, Warned)


@pytest.mark.parametrize(("family", "told"), [("openwakeword", True), ("both", False)])
def test_sets_that_the_family_does_not_use_are_told(
    tmp_path: Path, family: str, told: bool
) -> None:
    events: list[Event] = []
    overrides = [f"family={family}", "micro.sets=[{folder: a}]"]
    gather(load(phrase="hey saga", overrides=overrides), tmp_path / "files.json", events.append)
    said = "micro.sets: 1 spectrogram set not used: the family is openwakeword"
    assert (said in messages(events, Noted)) == told
