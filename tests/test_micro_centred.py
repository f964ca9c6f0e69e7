"""The logit of a streaming network is centred where a device's steps are finest."""

import micro_nets
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from wakesmith.families.microwakeword.shape import Shape
from wakesmith.stages.micro.export import centred
from wakesmith.stages.train.micro import peak

SHAPE = Shape(
    first_filters=8,
    pointwise=(8, 8),
    kernels=((3,), (5,)),
    repeats=(1, 1),
    residual=(False, False),
    frames=60,
)


def sayings(count: int = 41) -> list[tuple[NDArray[np.int8], float]]:
    rows = micro_nets.quantised_features(count, SHAPE.frames + 60)
    return [(row, 0.9) for row in rows]


def test_a_fifth_of_the_sayings_lies_below_a_half() -> None:
    net = micro_nets.trained(SHAPE)
    with torch.no_grad():
        net.bias.add_(3.0)
    before = net.bias.item()
    shift = centred(net, sayings())
    assert net.bias.item() == pytest.approx(before + shift, abs=1e-6)
    peaks = [peak(net, 5, *saying) for saying in sayings()]
    assert np.quantile(peaks, 0.2) == pytest.approx(0.5, abs=0.05)
    assert abs(centred(net, sayings())) < 0.25, "it is centred already"


def test_without_sayings_and_without_hope_it_stays_in_bounds() -> None:
    net = micro_nets.trained(SHAPE)
    assert centred(net, []) == 0.0
    with torch.no_grad():
        net.bias.add_(50.0)
    assert centred(net, sayings(3)) == pytest.approx(-np.log(99), abs=1e-6)
