"""The held-out groups as the report hears them: kinds, texts, and what is an hour of listening."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from wakesmith.plan.background import Altered, Piece
from wakesmith.plan.draws import Split
from wakesmith.plan.own import OTHERS
from wakesmith.plan.sources import File
from wakesmith.stages import streams


def group(folder: Path, text: str, windows: int = 2) -> Path:
    """A finished group's entry: silence, with the labels that are asked for."""
    folder.mkdir()
    np.save(folder / "spans.npy", np.tile([1.0, 2.0], (windows, 1)))
    np.save(folder / "frames.npy", np.zeros((windows, 4, 96), np.float16))
    np.save(folder / "audio.npy", np.zeros((windows, 48_000), np.int16))
    label = {"text": text, "engine": "flite", "voice": "slt", "snr": 10.0, "room": "dry"}
    (folder / "labels.jsonl").write_text(f"{json.dumps(label)}\n" * windows)
    return folder


def test_recordings_are_heard_beside_the_voices(tmp_path: Path) -> None:
    names = ("positive-test", "recording-test", "recording-train", "recording-validation")
    groups = {name: group(tmp_path / name, "") for name in names}
    heard = list(streams.trials(groups, "test"))
    assert [t.kind for t in heard] == ["synthetic", "synthetic", "recording", "recording"]
    assert [set(t.labels) for t in heard[1:3]] == [
        {"engine", "voice", "snr", "room"},
        {"snr", "room"},  # no engine speaks a recording
    ]
    assert [t.id for t in heard[1:3]] == ["synthetic 1", "recording slt"]


def test_your_negative_phrases_are_a_kind_of_their_own(tmp_path: Path) -> None:
    roles = ("near_miss", "own", "speech", "noise")
    groups = {f"{role}-test": group(tmp_path / role, f"a {role}") for role in roles}
    groups[f"{OTHERS}-test"] = group(tmp_path / OTHERS, "")
    split: Split = "test"
    heard = list(streams.negatives(groups, (), split))
    assert {(n.kind, n.text, n.counts) for n in heard} == {
        ("near_miss", "a near_miss", False),
        ("your_negative_phrases", "a own", False),
        ("your_negative_recordings", "slt", False),  # by the file's name: what is said is not known
        ("synthetic_speech", "", False),
        ("noise", "", True),
    }
    assert streams.minutes(groups, (), split) == 10 * 3 / 60


@pytest.mark.parametrize(("factor", "tempo"), [(0.85, 1.0), (1.3, 1.0), (1.3, 0.6)])
def test_background_in_other_voices_is_higher_and_of_a_tempo(
    tmp_path: Path, factor: float, tempo: float
) -> None:
    path = tmp_path / "evening.wav"
    tone = 8000 * np.sin(2 * np.pi * 500 * np.arange(160_000) / 16_000)
    soundfile.write(path, tone.astype(np.int16), 16_000)
    file = File(str(path), "0" * 64, 10.0)
    altered = (Altered(Piece(file, 4.0, 5.0), factor, tempo),)
    (heard,) = streams.negatives({}, (), "validation", altered)
    assert (heard.kind, heard.counts) == (streams.ALTERED, True)
    assert isinstance(heard.pcm, np.ndarray)
    assert len(heard.pcm) == pytest.approx(80_000 / factor / tempo, abs=2)
    peak = np.abs(np.fft.rfft(heard.pcm)).argmax() * 16_000 / len(heard.pcm)
    assert peak == pytest.approx(500 * factor, rel=0.01)
    assert streams.minutes({}, (), "validation", altered) == pytest.approx(5 / 60 / factor / tempo)
