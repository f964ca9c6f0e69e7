"""What the training is given: what is kept for validation, and what alignment is measured on."""

from pathlib import Path

import numpy as np
import pytest

from wakesmith.events import Event, Noted, Warned
from wakesmith.plan.own import OTHERS
from wakesmith.recipe import Recipe, load
from wakesmith.stages.dataset import Folders, alignment_of, dataset
from wakesmith.stages.feature_files import held_back

RNG = np.random.default_rng(0)


def frames(count: int) -> np.ndarray:
    return RNG.normal(size=(count, 96)).astype(np.float32)


def recipe(*overrides: str) -> Recipe:
    return load(None, phrase="hey saga", overrides=list(overrides))


def group(folder: Path, sayings: int = 8, length: int = 30) -> Path:
    """A finished group of sayings that end 0.4 s before their last frame."""
    folder.mkdir()
    end = (length + 10) * 0.08 - 0.4
    np.save(folder / "spans.npy", np.tile(np.array([0.2, end], np.float32), (sayings, 1)))
    np.save(folder / "frames.npy", frames(sayings * length).reshape(sayings, length, 96))
    (folder / "labels.jsonl").write_text("{}\n" * sayings)
    return folder


@pytest.fixture
def groups(tmp_path: Path) -> dict[str, Path]:
    sayings = ("positive-train", "positive-validation", "speech-train")
    names = (*sayings, "noise-train", "noise-validation")
    return {name: group(tmp_path / name) for name in names}


def test_the_end_of_running_features_is_kept_for_validation(
    groups: dict[str, Path], tmp_path: Path
) -> None:
    rows = frames(1000)
    np.save(tmp_path / "rows.npy", rows)
    np.save(tmp_path / "windows.npy", frames(1600).reshape(100, 16, 96))
    files = (tmp_path / "rows.npy", tmp_path / "windows.npy")
    data = dataset(recipe(), Folders(groups, {}, files), lambda event: None)
    assert data.background is not None
    running, windows, _ = data.background.pools
    kept = data.validation_background.pools[-1]
    assert (running.windows, windows.windows, kept.windows) == (885, 100, 69)
    np.testing.assert_array_equal(kept.frames[-1], rows[-1])
    # A window of frames lies between the two.
    np.testing.assert_array_equal(kept.frames[0], rows[916])


def test_too_few_features_are_all_trained_on() -> None:
    assert held_back(1000, 0.1, 16) == 900
    assert held_back(200, 0.1, 16) == 200
    assert held_back(1000, 0.0, 16) == 1000


def background(folder: Path, minutes: float) -> Path:
    folder.mkdir()
    count = int(minutes * 60 / 0.08)
    np.save(folder / "frames.npy", frames(count))
    np.save(folder / "starts.npy", np.zeros(1, np.int64))
    return folder


@pytest.mark.parametrize(("copies", "own"), [(0, True), (1, False)])
def test_mixed_copies_are_no_more_background(
    groups: dict[str, Path], tmp_path: Path, copies: int, own: bool
) -> None:
    told: list[Event] = []
    chosen = recipe(
        "alignment.enabled=true", "alignment.own_minutes=1", f"negatives.copies={copies}"
    )
    folders = Folders(groups, {"train": background(tmp_path / "own", 1.5)}, ())
    assert alignment_of(chosen, folders, told.append) is not None
    said = " ".join(event.message for event in told if isinstance(event, Noted))
    assert ("your own background" in said) == own


def test_alignment_without_speech_is_off_and_said(groups: dict[str, Path]) -> None:
    told: list[Event] = []
    del groups["speech-train"]
    chosen = recipe("alignment.enabled=true", "synth.speech=0")
    assert alignment_of(chosen, Folders(groups, {}, ()), told.append) is None
    assert any("not aligned" in event.message for event in told if isinstance(event, Warned))


def test_background_under_a_window_is_left_out_and_said(
    groups: dict[str, Path], tmp_path: Path
) -> None:
    heard: list[Event] = []
    folders = Folders(groups, {"train": background(tmp_path / "short", 1 / 60)}, ())
    data = dataset(recipe(), folders, heard.append)
    assert data.background is not None
    assert len(data.background.pools) == 1  # the noise
    assert [e.message for e in heard if isinstance(e, Warned)] == [
        "the background for train is too short for one window"
    ]


def test_there_is_variation_enough_for_any_batch(groups: dict[str, Path]) -> None:
    asked = recipe("train.batch.background=9000")
    data = dataset(asked, Folders(groups, {}, ()), lambda event: None)
    assert data.variation is not None
    assert len(data.variation) > asked.train.windows * asked.network.window


def test_recordings_of_something_else_are_near_misses_as_they_are(
    groups: dict[str, Path], tmp_path: Path
) -> None:
    groups["near_miss-train"] = group(tmp_path / "near_miss", sayings=30)
    groups[f"{OTHERS}-train"] = group(tmp_path / "others", sayings=10)
    data = dataset(recipe("alignment.enabled=true"), Folders(groups, {}, ()), lambda event: None)
    assert data.near_miss is not None
    spoken, recorded = data.near_miss.pools
    assert (spoken.alignment is None, recorded.alignment is None) == (False, True)
    assert data.near_miss.shares == pytest.approx([0.75, 0.25])
