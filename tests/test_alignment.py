"""Alignment of embeddings: statistics in blocks, and CORAL's promises."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from wakesmith.errors import DataError
from wakesmith.families.openwakeword.alignment import (
    Statistics,
    align,
    load_statistics,
    measure_statistics,
)


def made_up(seed: int, n: int = 4000, width: int = 12) -> NDArray[np.float32]:
    """Frames with correlated channels and means of their own; no direction hardly varies, as in a
    matrix of plain dice one may (seed 5519), which no small ridge can align."""
    dice = np.random.default_rng(seed)
    one, other = (np.linalg.qr(dice.standard_normal((width, width)))[0] for _ in range(2))
    mixing = one * dice.uniform(0.5, 4.0, width) @ other
    made: NDArray[np.float64] = dice.standard_normal((n, width)) @ mixing * 3
    made += dice.standard_normal(width) * 10
    return made.astype(np.float32)


@given(st.lists(st.integers(0, 4000), max_size=5), st.sampled_from([np.float16, np.float32]))
def test_blocks_make_no_difference(cuts: list[int], kind: type) -> None:
    frames: NDArray[np.floating[Any]] = made_up(0).astype(kind)
    statistics = measure_statistics(np.split(frames, sorted(cuts)))
    np.testing.assert_allclose(statistics.mean, frames.mean(0, dtype=np.float64), rtol=1e-9)
    expected = np.cov(frames.T.astype(np.float64), bias=True)
    np.testing.assert_allclose(statistics.covariance, expected, rtol=1e-9, atol=1e-9)
    assert statistics.frames == len(frames)


def test_merging_is_measuring_together() -> None:
    first, second = made_up(1), made_up(2, n=100)
    merged = measure_statistics([first]).merge(measure_statistics([second]))
    together = measure_statistics([np.concatenate([first, second])])
    np.testing.assert_allclose(merged.covariance, together.covariance, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(merged.mean, together.mean, rtol=1e-9)


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_aligned_frames_have_the_targets_statistics(one: int, other: int) -> None:
    source, target = made_up(one), measure_statistics([made_up(other)])
    matrix, offset = align(measure_statistics([source]), target, ridge=1e-9)
    moved = measure_statistics([source @ matrix + offset])
    np.testing.assert_allclose(moved.mean, target.mean, atol=1e-2)
    size = np.abs(target.covariance).max()
    np.testing.assert_allclose(moved.covariance, target.covariance, atol=5e-3 * size)


@given(st.integers(0, 10_000), st.floats(1e-4, 1.0))
def test_equal_statistics_give_the_identity(seed: int, ridge: float) -> None:
    statistics = measure_statistics([made_up(seed)])
    matrix, offset = align(statistics, statistics, ridge)
    np.testing.assert_allclose(matrix, np.eye(12), atol=1e-6)
    np.testing.assert_allclose(offset, 0, atol=1e-4)


def test_a_channel_that_never_varies_is_not_blown_up() -> None:
    source = made_up(3)
    source[:, 4] = 7.0
    matrix, offset = align(measure_statistics([source]), measure_statistics([made_up(4)]), 0.02)
    assert np.abs(matrix).max() < 100
    assert np.isfinite(offset).all()


def test_saved_and_loaded(tmp_path: Path) -> None:
    statistics = measure_statistics([made_up(5)])
    statistics.save(tmp_path / "speech.npz")
    loaded = load_statistics(tmp_path / "speech.npz")
    assert loaded.frames == 4000
    np.testing.assert_allclose(loaded.covariance, statistics.covariance, rtol=1e-6)


def test_files_and_frames_that_are_none_are_said(tmp_path: Path) -> None:
    (tmp_path / "broken.npz").write_bytes(b"PK not a zip")
    with pytest.raises(DataError, match=r"broken\.npz is not a file of embedding statistics"):
        load_statistics(tmp_path / "broken.npz")
    np.savez(tmp_path / "odd.npz", mean=np.zeros(3), covariance=np.eye(2), frames=1)
    with pytest.raises(DataError, match="do not fit"):
        load_statistics(tmp_path / "odd.npz")
    with pytest.raises(DataError, match="no frames"):
        measure_statistics([np.zeros((0, 12))])
    with pytest.raises(DataError, match="no number"):
        measure_statistics([np.full((3, 12), np.inf)])


def test_merging_with_nothing_changes_nothing() -> None:
    statistics = measure_statistics([made_up(6)])
    nothing = Statistics(np.zeros(12), np.zeros((12, 12)), 0)
    assert statistics.merge(nothing) is statistics
    assert nothing.merge(statistics) is statistics
