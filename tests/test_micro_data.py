"""Which windows of micro spectra may be taken, what is known of them, and the loss on them."""

import math
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from wakesmith.errors import DataError
from wakesmith.families.microwakeword.features import end_frame, frames_of, spectra
from wakesmith.families.microwakeword.shape import Shape
from wakesmith.runtime.micro.frontend import MicroFrontend, dequantised, esphome_int8
from wakesmith.stages.train.loss import dense_loss, saying_weights
from wakesmith.stages.train.micro import Class, Source, others, running, sayings
from wakesmith.stages.train.micro.augment import bands_mixed, masked
from wakesmith.stages.train.micro.batches import Batches
from wakesmith.stages.train.micro.sources import OTHER, PHRASE, UNKNOWN

SHAPE = Shape(frames=74, kernels=((5,), (3,), (3,), (3,)))
LENGTH = 130


def blank(n: int, length: int = LENGTH) -> NDArray[np.int8]:
    """Sayings whose frames hold their own number, the saying's in channel 1."""
    frames = np.zeros((n, length, 40), np.int8)
    frames[:, :, 0] = np.arange(length) % 120
    frames[:, :, 1] = np.arange(n)[:, None]
    return frames


def some(seed: int, n: int, length: int = LENGTH) -> NDArray[np.int8]:
    return np.random.default_rng(seed).integers(-128, 127, (n, length, 40)).astype(np.int8)


def batches(positive: Source, background: Source, n: int = 8) -> Batches:
    return Batches(Class([positive]), {"background": (Class([background]), 3)}, n, SHAPE)


def stream(seed: int = 0, frames: int = 2000) -> Source:
    made = running(some(seed, 1, frames)[0], np.zeros(1, np.int64), SHAPE)
    assert made is not None
    return made


@given(st.floats(0.6, 1.2), st.tuples(st.floats(0, 0.3), st.floats(0, 0.3)))
def test_windows_that_end_after_the_phrase_are_the_phrase(
    end: float, span: tuple[float, float]
) -> None:
    offset = (span[0], span[0] + span[1])
    truth = sayings(blank(2), np.full(2, end), offset, SHAPE).truth.reshape(2, LENGTH)
    after = (np.arange(LENGTH) - end_frame(np.array(end))) / 100
    inside = (after >= offset[0] + 1e-6) & (after <= offset[1] - 1e-6)
    assert (truth[:, inside] == PHRASE).all()
    assert (truth[:, (after < offset[0] - 1e-6) | (after > offset[1] + 0.031)] == UNKNOWN).all()


def test_a_batch_knows_what_its_windows_are() -> None:
    positive = sayings(blank(50), np.full(50, 1.0), (0.0, 0.1), SHAPE)
    batch = batches(positive, stream()).draw(np.random.default_rng(3))
    width = positive.pool.window
    assert batch.x.shape == (5, 504, 40)
    assert batch.said == 2
    assert width % SHAPE.stride == 0
    assert batch.truth.shape == (5, SHAPE.positions(504))
    assert (batch.truth[2:] == OTHER).all()
    numbers = torch.round(batch.x / 0.10162353515625 - 128)
    shifts = set()
    for row, position in np.ndindex(2, batch.truth.shape[1]):
        first = position * SHAPE.stride
        within = first // width == (first + SHAPE.frames - 1) // width < 504 // width
        truth = int(batch.truth[row, position])
        if not within:
            # It looks at two sayings, or at the silence that fills up the row.
            assert truth == UNKNOWN
            assert batch.penalty[row, position] == 0
            continue
        last = int(numbers[row, first + SHAPE.receptive - 1, 0])
        shifts.add(int(numbers[row, first // width * width, 0]))
        since = (last - float(end_frame(np.array(1.0)))) / 100
        assert truth == (PHRASE if 0 <= since <= 0.1 else UNKNOWN)
    assert len(shifts) > 2  # frames are shifted


def test_the_teacher_and_penalties_come_with_the_windows() -> None:
    positive = sayings(blank(50), np.full(50, 1.0), (0.0, 0.1), SHAPE, penalty=3.0)
    logits = np.tile(np.arange(LENGTH), 50).astype(np.float16)
    taught = positive.taught_by(logits)
    batch = batches(taught, stream()).draw(np.random.default_rng(3))
    numbers = torch.round(batch.x / 0.10162353515625 - 128)
    rows, positions = torch.nonzero(batch.truth == PHRASE, as_tuple=True)
    last = numbers[rows, positions * SHAPE.stride + SHAPE.receptive - 1, 0]
    torch.testing.assert_close(batch.taught[rows, positions], last)
    assert (batch.penalty[rows, positions] == 3).all()
    assert batch.taught[2:].isnan().all()
    assert (batch.penalty[2:] == 1).all()
    with pytest.raises(DataError, match="the teacher judged"):
        positive.taught_by(logits[1:])


def test_stretches_never_cross_a_segment() -> None:
    frames = np.zeros((3000, 40), np.int8)
    frames[:, 0] = np.repeat([1, 2, 3], [900, 400, 1700])
    made = running(frames, np.array([0, 900, 1300]), SHAPE)
    assert made is not None
    x = batches(sayings(blank(9), np.ones(9), (0, 0.1), SHAPE), made).draw(np.random.default_rng(0))
    inside = x.x[x.said :, :, 0]
    assert (inside == inside[:, :1]).all()
    assert running(frames[:400], np.array([0]), SHAPE) is None


def test_groups_of_sources_are_drawn_by_share() -> None:
    one, other = (others(np.full((9, LENGTH, 40), n, np.int8), SHAPE) for n in (5, 6))
    found = Class([one, other], [3, 1])
    picks = found.group.draw(np.random.default_rng(0), 2000)[:, 0]
    out = torch.empty(2000, one.pool.window, 40, dtype=torch.int8)
    found.group.gather(picks, out)
    assert 0.7 < (out[:, 0, 0] == 5).float().mean() < 0.8


@pytest.mark.parametrize(
    "make",
    [
        lambda: others(some(0, 3).astype(np.int16), SHAPE),
        lambda: others(np.zeros((3, 130, 39), np.int8), SHAPE),
        lambda: others(some(0, 3, 60), SHAPE),
        lambda: others(some(0, 3)[:, ::2], SHAPE),
        lambda: others(some(0, 0), SHAPE),
        lambda: running(some(0, 3), np.zeros(1, np.int64), SHAPE),
    ],
)
def test_what_cannot_be_trained_on_is_said(make: Any) -> None:
    with pytest.raises(DataError):
        make()


def test_masks_are_silence_and_no_longer_than_asked() -> None:
    x = torch.ones(40, 300, 40)
    masked(x, np.random.default_rng(0), (2, 15), (1, 5))
    silent_frames, silent_bands = (x == 0).all(2), (x == 0).all(1)
    assert 0 < silent_frames.sum(1).max() <= 30
    assert 0 < silent_bands.sum(1).max() <= 5
    assert ((x == 0) == (silent_frames[:, :, None] | silent_bands[:, None])).all()
    untouched = torch.ones(3, 300, 40)
    masked(untouched, np.random.default_rng(0), (0, 15), (1, 0))
    assert (untouched == 1).all()


def test_bands_are_mixed_towards_another_sound() -> None:
    x, other = torch.zeros(400, 20, 40), torch.ones(3, 20, 40)
    bands_mixed(x, other, np.random.default_rng(0), 0.5)
    assert (x == x[:, :1]).all()
    assert 0.4 < (x.amax((1, 2)) > 0).float().mean() < 0.6
    assert x.max() <= 0.5
    inside = x[:, 0] > 0
    widths = inside.sum(1)[inside.any(1)]
    assert 5 <= widths.min() < widths.max() <= 40
    borders = (inside[:, 1:] != inside[:, :-1]).sum(1)
    assert borders.max() <= 2  # one band


def test_the_dense_loss() -> None:
    logits = torch.tensor([[2.0, -1.0, 0.5, -3.0]])
    truth = torch.tensor([[1, 0, -1, 0]], dtype=torch.int8)
    penalty = torch.tensor([[1.0, 2.0, 1.0, 1.0]])
    taught = torch.tensor([[0.0, float("nan"), 0.0, -1.0]])
    value = dense_loss(
        logits,
        truth,
        penalty,
        taught,
        positive_weight=3.0,
        negative_weight=4.0,
        distillation=0.5,
    )
    labels = torch.tensor([0.75, 0.0, 0.0, 0.5 * torch.sigmoid(torch.tensor(-1.0)).item()])
    weights = torch.tensor([3.0, 8.0, 0.0, 4.0])
    p = torch.sigmoid(logits[0])
    losses = -(labels * p.log() + (1 - labels) * (1 - p).log())
    torch.testing.assert_close(value, (weights * losses).sum() / weights.sum())


def test_a_teacher_is_heard_at_a_temperature_and_where_nothing_else_is_known() -> None:
    logits, taught = torch.tensor([[2.0, -1.0, 0.5]]), torch.tensor([[3.0, float("nan"), -2.0]])
    truth = torch.tensor([[1, 0, -1]], dtype=torch.int8)
    loss = partial(
        dense_loss, logits, truth, torch.tensor([[1.0, 1.0, 2.0]]), taught, positive_weight=1.0,
        negative_weight=1.0, distillation=1.0,
    )  # fmt: skip

    def entropy(logit: float, label: float) -> float:
        p = 1 / (1 + math.exp(-logit))
        return -label * math.log(p) - (1 - label) * math.log(1 - p)

    said = 2 * entropy(2 / 2, 1 / (1 + math.exp(-3 / 2)))
    unsaid = 2 * entropy(0.5 / 2, 1 / (1 + math.exp(2 / 2)))
    plain = entropy(-1, 0)
    assert loss(temperature=2.0).item() == pytest.approx((said + plain) / 2, abs=1e-6)
    both = (said + plain + 0.25 * 2 * unsaid) / 2.5
    assert loss(temperature=2.0, untold=0.25).item() == pytest.approx(both, abs=1e-6)


def test_the_best_windows_of_a_saying_count_most() -> None:
    """Two sayings in the first row, one in the second; all else counts as ever."""
    truth = torch.tensor([[1, 1, -1, 1, 0], [0, 1, 1, 1, -1]], dtype=torch.int8)
    logits = torch.tensor([[2.0, 1.0, 9.0, -4.0, 9.0], [9.0, 0.0, 0.0, 0.0, 9.0]])
    e = math.exp(2.0)  # a logit more at a temperature of one half
    expected = [[2 * e / (1 + e), 2 / (1 + e), 1, 1, 1], [1, 1, 1, 1, 1]]
    torch.testing.assert_close(saying_weights(logits, truth, 0.5), torch.tensor(expected))
    assert saying_weights(logits * 100, truth, 0.01)[0].tolist() == [2, 0, 1, 1, 1]
    torch.testing.assert_close(saying_weights(logits, truth, 1e6), torch.ones(2, 5))
    nothing_said = torch.zeros(1, 3, dtype=torch.int8)
    assert saying_weights(torch.zeros(1, 3), nothing_said, 0.5).tolist() == [[1, 1, 1]]


def test_the_choice_is_part_of_the_loss_and_has_no_gradient() -> None:
    """Of windows that are the phrase alone: a teacher's, those before the end and those that do not
    count weigh what they did."""
    logits = torch.tensor([[1.0, -1.0, -2.0, 0.5, 0.0]], requires_grad=True)
    truth = torch.tensor([[1, 1, 0, -1, 0]], dtype=torch.int8)
    penalty = torch.tensor([[2.0, 2.0, 1.0, 1.0, 0.0]])
    taught = torch.tensor([[2.0, 0.0, torch.nan, -1.0, 3.0]])
    loss = partial(
        dense_loss, logits, truth, penalty, taught, positive_weight=3.0, negative_weight=1.0,
        distillation=1.0, untold=0.5,
    )  # fmt: skip
    gradients = [torch.autograd.grad(loss(choice=choice), logits)[0][0] for choice in (0.0, 0.5)]
    torch.testing.assert_close(gradients[1], gradients[0] * saying_weights(logits, truth, 0.5)[0])
    assert gradients[1][4] == 0
    assert (gradients[1][:4] != 0).all()


def test_spectra_are_those_of_a_device_that_heard_the_room_before() -> None:
    """In steady noise the estimate is settled from the first frame on, as after a long while."""
    dice = np.random.default_rng(0)
    long = dice.normal(0, 500, 16_000 * 8).astype(np.int16)
    cut = long[16_000 * 6 :]
    stream = MicroFrontend()
    heard = dequantised(esphome_int8(stream.push(long)))[-frames_of(len(cut)) :]
    made = dequantised(spectra(cut[None])[0])
    assert made.shape == heard.shape == (198, 40)
    stream.reset()
    cold = dequantised(esphome_int8(stream.push(cut)))
    assert np.abs(made[:30] - heard[:30]).mean() < np.abs(cold[:30] - heard[:30]).mean() / 3
    np.testing.assert_array_equal(spectra(np.stack([cut, cut]))[1], spectra(cut[None])[0])


def test_frames_end_where_they_are_said_to() -> None:
    assert frames_of(480) == 1
    assert frames_of(479) == 0
    assert frames_of(32 * 1280) == 254
    assert float(end_frame(np.array(0.03))) == 0.0
    assert float(end_frame(np.array(1.0))) == pytest.approx(97.0)


def test_the_same_dice_draw_the_same_batch() -> None:
    draw = batches(sayings(blank(50), np.full(50, 1.0), (0.0, 0.1), SHAPE), stream())
    one, same, other = (draw.draw(np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert torch.equal(one.x, same.x)
    assert torch.equal(one.truth, same.truth)
    assert not torch.equal(one.x, other.x)
