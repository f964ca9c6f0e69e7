"""Synthetic sayings in the sound of the background."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from wakesmith.errors import DataError
from wakesmith.events import silent
from wakesmith.families.microwakeword.shape import shape_of
from wakesmith.recipe import MicroNetwork
from wakesmith.runtime.micro.frontend import INPUT_ZERO_POINT
from wakesmith.stages.arrays import save_array, save_arrays
from wakesmith.stages.micro import revoice
from wakesmith.stages.train.micro import Class, sayings

FRAMES = 254
BLOCK = 2_998
"""Frames of a mixed block of 30 s."""


def talk(rows: int, seed: int, voice: float) -> NDArray[np.int8]:
    """Frames [rows, 40] of somebody who utters one of twelve sounds after the other, with pauses;
    ``voice`` shifts what all of them have in common."""
    sounds = np.random.default_rng(0).uniform(0, 190, (12, 40)) * (np.arange(40) % 3 > 0)
    dice = np.random.default_rng(seed)
    said = np.repeat(dice.integers(12, size=rows // 8 + 1), 8)[:rows]
    pauses = np.repeat(dice.random(rows // 40 + 1) < 0.25, 40)[:rows]
    tint = 25 * np.cos(np.arange(40) / 6 + voice)
    loud = np.where(pauses[:, None], 4.0, sounds[said] + tint) + dice.normal(0, 15, (rows, 40))
    return np.clip(loud + INPUT_ZERO_POINT, -128, 127).astype(np.int8)


def hiss(rows: int) -> NDArray[np.int8]:
    """Frames of noise without any shape."""
    return np.random.default_rng(9).integers(-30, 40, (rows, 40)).astype(np.int8)


@pytest.fixture
def group(tmp_path: Path) -> Path:
    """120 windows of one synthetic voice."""
    folder = tmp_path / "group"
    folder.mkdir()
    save_array(folder / "micro.npy", talk(120 * FRAMES, 1, 0.0).reshape(120, FRAMES, 40))
    return folder


def background(folder: Path, *streams: NDArray[np.int8]) -> Path:
    """An entry of background with such streams, then a mixed block."""
    parts = [*streams, hiss(BLOCK)]
    lengths = np.array([len(part) for part in parts])
    folder.mkdir()
    save_array(folder / "micro.npy", np.concatenate(parts))
    save_array(folder / "starts.npy", np.cumsum(lengths) - lengths)
    return folder


def revoiced(tmp_path: Path, group: Path, heard: Path, workers: int = 1) -> NDArray[np.int8]:
    out = tmp_path / f"made-{heard.name}-{workers}"
    out.mkdir()
    revoice.revoice(out, group, heard, 3, workers, silent, "positive-train")
    assert [path.name for path in out.iterdir()] == ["revoiced.npy"]
    made: NDArray[np.int8] = np.load(out / "revoiced.npy")
    return made


def test_what_is_said_stays_and_who_says_it_changes(group: Path, tmp_path: Path) -> None:
    heard = background(tmp_path / "people", talk(9_000, 2, 1.0), talk(9_000, 3, 1.0), hiss(9_000))
    own = np.load(group / "micro.npy")
    made = revoiced(tmp_path, group, heard)
    assert made.shape == own.shape
    assert made.dtype == np.int8
    wanted = talk(120 * FRAMES, 1, 1.0).reshape(own.shape)  # the same, said by the other voice
    assert np.corrcoef(made.ravel(), wanted.ravel())[0, 1] > 0.95
    colour = [sound.mean((0, 1)) for sound in (made, wanted, own)]
    apart = [np.abs(colour[0] - other).mean() for other in colour[1:]]
    assert apart[0] < 0.25 * apart[1]


def test_noise_is_nobody(group: Path, tmp_path: Path) -> None:
    made = revoiced(tmp_path, group, background(tmp_path / "noise", hiss(20_000)))
    np.testing.assert_array_equal(made, np.load(group / "micro.npy"))


def test_mixed_blocks_and_short_rests_are_no_stretches(tmp_path: Path) -> None:
    heard = background(tmp_path / "people", talk(4_500 + 1_999, 2, 0.0), talk(3_100, 3, 0.0))
    assert revoice.stretches(heard) == [(0, 4_500), (6_499, 9_599)]


def test_one_worker_makes_what_two_do(group: Path, tmp_path: Path) -> None:
    heard = background(tmp_path / "people", talk(9_000, 2, 1.0))
    one, two = (revoiced(tmp_path, group, heard, workers) for workers in (1, 2))
    np.testing.assert_array_equal(one, two)


def test_it_goes_on_after_a_kill(group: Path, tmp_path: Path) -> None:
    heard = background(tmp_path / "people", talk(9_000, 2, 1.0))
    whole = revoiced(tmp_path, group, heard)
    out = tmp_path / "killed"
    out.mkdir()
    save_arrays(out / "shard-00000.npz", {"revoiced": whole[:96]})
    (out / "revoiced.part").write_bytes(b"half of a file")
    revoice.revoice(out, group, heard, 3, 1, silent, "positive-train")
    np.testing.assert_array_equal(np.load(out / "revoiced.npy"), whole)
    assert [path.name for path in out.iterdir()] == ["revoiced.npy"]


def test_a_share_of_what_is_taken_is_moved_towards_the_other_voice() -> None:
    shape = shape_of(MicroNetwork())
    own = np.zeros((40, FRAMES, 40), np.int8)
    source = sayings(own, np.full(40, 2.0), (0.0, 0.4), shape)
    with pytest.raises(DataError, match="in other voices"):
        source.also_in(own[0])
    both = Class([source.also_in(np.full((40 * FRAMES, 40), 100, np.int8)), source])
    picks = both.group.draw(np.random.default_rng(0), 600, 1)[:, 0]
    assert not both.taken(picks).any()
    taken = both.taken(picks, np.random.default_rng(0), 0.7)
    height = taken[:, 0, 0]
    assert (taken == height[:, None, None]).all()
    moved = height[height > 0]
    assert 30 <= moved.min() < 40 < 90 < moved.max() <= 100
    assert abs(len(moved) / 600 - 0.7 / 2) < 0.08  # half of the sources have another voice
