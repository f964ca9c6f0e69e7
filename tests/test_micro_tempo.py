"""Rows of a training batch at other speeds."""

import numpy as np
import torch

from wakesmith.families.microwakeword.shape import Shape, shape_of
from wakesmith.recipe import MicroNetwork
from wakesmith.stages.train.micro.batches import Batch
from wakesmith.stages.train.micro.sources import UNKNOWN
from wakesmith.stages.train.micro.tempo import played

SHAPE: Shape = shape_of(MicroNetwork())
FRAMES = 504


def batch(rows: int = 60) -> Batch:
    """Rows whose frames say when they are, and whose windows say when they end."""
    positions = SHAPE.positions(FRAMES)
    seconds = torch.arange(FRAMES, dtype=torch.float32).view(1, -1, 1).expand(rows, -1, 40)
    ends = torch.arange(positions) * SHAPE.stride + SHAPE.receptive - 1.0
    known = torch.ones(rows, positions)
    return Batch(seconds.clone(), rows, known.to(torch.int8), known, ends.expand(rows, -1).clone())


def test_what_is_known_of_a_window_goes_with_the_moment_it_ends_at() -> None:
    heard = played(batch(), SHAPE, np.random.default_rng(0), (0.8, 1.6), 0.5)
    speed = heard.x[:, 100, 0] / 100
    assert 0.8 <= speed.min() < 1 < speed.max() <= 1.6
    ends = torch.arange(heard.truth.shape[1]) * SHAPE.stride + SHAPE.receptive - 1
    known = heard.truth == 1
    for row in range(len(speed)):
        told, sound = heard.taught[row, known[row]], heard.x[row, ends[known[row]], 0]
        assert (told - sound).abs().max() <= SHAPE.stride / 2 + 1e-3
    assert (known.sum(1) > 0).all()
    unknown = ~known
    assert unknown.any()
    assert (heard.truth[unknown] == UNKNOWN).all()
    assert (heard.penalty[unknown] == 0).all()
    assert heard.taught[unknown].isnan().all()


def test_the_other_rows_are_as_they_were_and_none_is_written_over() -> None:
    before = batch(400)
    heard = played(before, SHAPE, np.random.default_rng(1), (1.25, 1.5), 0.75)
    same = (heard.x == before.x).all(2).all(1)
    assert abs(same.float().mean() - 0.25) < 0.1
    assert torch.equal(heard.truth[same], before.truth[same])
    assert torch.equal(heard.taught[same], before.taught[same])
    assert torch.equal(before.x, batch(400).x)
    after_the_end = heard.x[~same][:, -1]
    assert (after_the_end == 0).all()
