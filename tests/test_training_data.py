"""Which windows pools allow, how they are gathered, and the loss on them."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from wakesmith.errors import DataError
from wakesmith.stages.train import Group, Pool, near_misses, positives, ready_windows, streams
from wakesmith.stages.train.loss import detection_loss, learning_rate, ramped, steered

WINDOW = 4
Frames = NDArray[np.float32]


def numbered(*shape: int) -> Frames:
    """Frames that hold their own number in every channel."""
    rows = int(np.prod(shape))
    return np.repeat(np.arange(rows, dtype=np.float32), 96).reshape(*shape, 96)


def gathered(group: Group, picks: NDArray[np.int64]) -> NDArray[np.int64]:
    """Numbers of the frames in the windows, ``[n, window]``."""
    out = torch.empty(len(picks), group.window, 96)
    group.gather(picks, out)
    numbers: NDArray[np.int64] = out[:, :, 0].long().numpy()
    return numbers


def drawn(pool: Pool, n: int = 400, looks: int = 1) -> NDArray[np.int64]:
    group = Group([pool])
    return gathered(group, group.draw(np.random.default_rng(0), n, looks).reshape(-1))


@given(st.floats(0, 25), st.tuples(st.floats(-0.5, 0.5), st.floats(0, 0.5)), st.integers(4, 20))
def test_positive_windows_end_where_they_should(
    end: float, span: tuple[float, float], length: int
) -> None:
    offset = (span[0], span[0] + span[1])
    windows = drawn(positives(numbered(3, length), np.full(3, end), offset, WINDOW))
    assert (np.diff(windows) == 1).all()
    assert (windows[:, 0] // length == windows[:, -1] // length).all()
    seconds = (windows[:, -1] % length - end) * 0.08
    low, high = ((np.array([WINDOW - 1, length - 1]) - end) * 0.08).tolist()
    first = min(max(offset[0], low), high) - 1e-4
    assert (seconds >= first).all()
    # With no frame inside the span, the first after its beginning.
    assert (seconds <= max(offset[1], first + 0.081, low) + 1e-4).all()


def test_all_offsets_and_sayings_are_drawn() -> None:
    windows = drawn(positives(numbered(5, 20), np.full(5, 10.0), (0.0, 0.24), WINDOW))
    assert set((windows[:, -1] % 20).tolist()) == {10, 11, 12, 13}
    assert set((windows[:, -1] // 20).tolist()) == set(range(5))


def test_near_misses_end_from_just_before_their_end() -> None:
    windows = drawn(near_misses(numbered(5, 20), np.full(5, 10.0), WINDOW))
    assert set((windows[:, -1] % 20).tolist()) == set(range(8, 20))


@given(st.lists(st.integers(1, 12), min_size=1, max_size=6).filter(lambda x: max(x) >= WINDOW))
def test_stream_windows_never_cross_a_segment(lengths: list[int]) -> None:
    starts = np.cumsum([0, *lengths[:-1]])
    pool = streams(numbered(sum(lengths)), starts, WINDOW)
    windows = drawn(pool)
    owner = np.searchsorted(starts, windows, "right")
    assert (owner[:, 0] == owner[:, -1]).all()
    assert pool.windows == sum(max(0, length - WINDOW + 1) for length in lengths)
    assert sorted(set(windows[:, 0].tolist())) == sorted(set(pool.every().tolist()))


def test_ready_windows_give_their_last_frames() -> None:
    windows = drawn(ready_windows(numbered(7, 6), WINDOW))
    assert (windows[:, 0] % 6 == 2).all()
    assert set((windows[:, 0] // 6).tolist()) == set(range(7))


def test_looks_are_windows_of_one_saying() -> None:
    pool = positives(numbered(9, 20), np.full(9, 10.0), (0.0, 0.24), WINDOW)
    windows = drawn(pool, n=50, looks=3).reshape(50, 3, WINDOW)
    assert (windows[:, :, -1] // 20 == windows[:, :1, -1] // 20).all()
    assert len(np.unique(windows[:, :, -1] % 20)) == 4


def test_groups_draw_by_share_and_gather_across_pools(tmp_path: Path) -> None:
    np.save(tmp_path / "half.npy", numbered(50).astype(np.float16) + 1000)
    mapped = np.load(tmp_path / "half.npy", mmap_mode="r")
    group = Group(
        [streams(numbered(30), np.array([0]), WINDOW), streams(mapped, np.array([0]), WINDOW)],
        [3, 1],
    )
    picks = group.draw(np.random.default_rng(0), 4000)[:, 0]
    windows = gathered(group, picks)
    assert 0.72 < (windows[:, 0] < 30).mean() < 0.78
    mixed = np.random.default_rng(1).permutation(len(picks))
    np.testing.assert_array_equal(gathered(group, picks[mixed]), windows[mixed])
    items = list(group.items())
    assert [counts.tolist() for _, counts in items] == [[27], [47]]
    assert gathered(group, items[1][0])[:, 0].tolist() == list(range(1000, 1047))


def test_alignment_on_the_fly_and_in_a_file(tmp_path: Path) -> None:
    dice = np.random.default_rng(0)
    frames = dice.standard_normal((200, 96)).astype(np.float16)
    alignment = dice.standard_normal((96, 96)) / 10, dice.standard_normal(96)
    pool = streams(frames, np.array([0]), WINDOW, alignment)
    rows = np.arange(0, 190, 7)
    fly, file = torch.empty(2, len(rows), WINDOW, 96)
    pool.gather(rows, fly)
    pool.aligned(tmp_path / "a" / "pool.npy").gather(rows, file)
    expected = np.stack([frames[row : row + WINDOW] @ alignment[0] + alignment[1] for row in rows])
    np.testing.assert_allclose(fly.numpy(), expected, atol=1e-5)
    np.testing.assert_allclose(file.numpy(), expected, atol=5e-3)


def test_frames_on_the_device_are_the_same() -> None:
    pool = streams(numbered(50), np.array([0, 20]), WINDOW)
    np.testing.assert_array_equal(drawn(pool), drawn(pool.on(torch.device("cpu"))))


@pytest.mark.parametrize(
    "make",
    [
        lambda: streams(numbered(3), np.array([0]), WINDOW),
        lambda: streams(numbered(30), np.array([5]), WINDOW),
        lambda: streams(numbered(30).astype(np.int32), np.array([0]), WINDOW),
        lambda: streams(np.zeros((30, 95), np.float32), np.array([0]), WINDOW),
        lambda: streams(numbered(30)[::2], np.array([0]), WINDOW),
        lambda: positives(numbered(2, 3), np.zeros(2), (0, 0.3), WINDOW),
        lambda: positives(numbered(2, 9), np.zeros(3), (0, 0.3), WINDOW),
        lambda: ready_windows(numbered(2, 3), WINDOW),
        lambda: Group([]),
        lambda: Group([streams(numbered(9), np.array([0]), WINDOW)], [0.0]),
    ],
)
def test_what_cannot_be_trained_on_is_said(make) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(DataError):
        make()


def test_the_loss_is_weighted_cross_entropy() -> None:
    logits = torch.tensor([2.0, -1.0, 0.5, -3.0, 1.0])
    value = detection_loss(logits[None], 2, 1, negative_weight=4.0, smoothing=0.1)
    labels = torch.tensor([0.9, 0.9, 0.1, 0.1, 0.1])
    weights = torch.tensor([1.0, 1, 4, 4, 4])
    p = torch.sigmoid(logits)
    losses = -(labels * p.log() + (1 - labels) * (1 - p).log())
    torch.testing.assert_close(value, (weights * losses).sum() / weights.sum())


def test_the_loss_of_several_members_is_the_mean_of_theirs() -> None:
    opinions = torch.tensor([[2.0, -1.0, 0.5], [0.0, 3.0, -2.0]])
    each = [detection_loss(one[None], 1, 1, negative_weight=3.0) for one in opinions]
    together = detection_loss(opinions, 1, 1, negative_weight=3.0)
    torch.testing.assert_close(together, torch.stack(each).mean())


def test_only_the_best_look_counts() -> None:
    logits = torch.tensor([5.0, -9.0, 1.0, 4.0, -2.0], requires_grad=True)
    value = detection_loss(logits[None], 2, 2, negative_weight=1.0)
    torch.testing.assert_close(
        value, detection_loss(torch.tensor([[5.0, 4.0, -2.0]]), 2, 1, negative_weight=1.0)
    )
    value.backward()  # type: ignore[no-untyped-call]
    assert logits.grad is not None
    assert (logits.grad != 0).tolist() == [True, False, False, True, True]


def test_focal_loss_forgets_what_is_easy() -> None:
    easy, hard = torch.tensor([6.0, -1.0]), torch.tensor([1.0, -1.0])
    plain = [detection_loss(x[None], 1, 1, negative_weight=1.0) for x in (easy, hard)]
    focal = [detection_loss(x[None], 1, 1, negative_weight=1.0, focal=2.0) for x in (easy, hard)]
    assert focal[0] / focal[1] < plain[0] / plain[1]


@given(st.integers(1, 500))
def test_the_learning_rate_is_one_cycle(steps: int) -> None:
    rates = [learning_rate(step, steps, 1.0) for step in range(1, steps + 1)]
    top = rates.index(max(rates))
    assert max(rates) == 1.0
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert steps < 3 or rates[-1] < 1e-9


def test_the_weight_of_negatives() -> None:
    assert steered(10, rate=2, target=0.5, limit=100) == 20
    assert steered(90, rate=2, target=0.5, limit=100) == 100
    assert steered(10, rate=0.5, target=0.5, limit=100) == 9
    assert steered(1, rate=0, target=0.5, limit=100) == 1
    assert steered(0.5, rate=0, target=0.5, limit=0.5) == 0.5  # never above the limit
    assert steered(0.3, rate=2, target=0.5, limit=0.5) == 0.5
    assert ramped(9, step=0, steps=100) == 1
    assert ramped(9, step=50, steps=100) == 9
