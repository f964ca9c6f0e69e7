"""Small networks of every kind, and features for them."""

import copy
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from wakesmith.families.microwakeword.network import MixedNet
from wakesmith.families.microwakeword.shape import Shape
from wakesmith.runtime.micro.frontend import dequantised

SHAPES = {
    "official": Shape(),
    "uneven groups": Shape(
        first_filters=10,
        pointwise=(13, 11),
        kernels=((3, 5, 7), (3, 4)),
        repeats=(1, 1),
        residual=(False, False),
        frames=60,
    ),
    "repeats beside residuals": Shape(
        first_filters=8,
        first_kernel=3,
        stride=2,
        pointwise=(12, 12, 6),
        kernels=((3,), (1,), (2, 5)),
        repeats=(2, 1, 3),
        residual=(True, True, False),
        frames=61,
    ),
    "average": Shape(
        first_filters=6,
        first_kernel=4,
        stride=1,
        pointwise=(8,),
        kernels=((5, 9),),
        repeats=(1,),
        residual=(True,),
        frames=30,
        pooling="average",
    ),
    "max": Shape(
        first_filters=6,
        stride=3,
        pointwise=(8, 4),
        kernels=((3,), (1, 1)),
        repeats=(1, 1),
        residual=(False, False),
        frames=41,
        pooling="max",
    ),
    "one last frame": Shape(
        first_filters=4,
        first_kernel=3,
        pointwise=(5,),
        kernels=((4,),),
        repeats=(1,),
        residual=(False,),
        frames=12,
    ),
}


def trained(shape: Shape) -> MixedNet:
    """A network that has learned to hear ``word`` at the end of its window."""
    return copy.deepcopy(_trained(shape))


@cache
def _trained(shape: Shape) -> MixedNet:
    torch.manual_seed(3)
    net = MixedNet(shape)
    x = _noise(64, shape.frames)
    ending = word(min(shape.frames, 24))
    x[::2, -len(ending) :] += ending
    features, truth = torch.from_numpy(dequantised(_clipped(x))), torch.ones(64, 1)
    truth[1::2] = 0
    optimiser = torch.optim.Adam(net.parameters(), 5e-3)
    for _ in range(60):
        optimiser.zero_grad()
        torch.autograd.backward(F.binary_cross_entropy_with_logits(net(features), truth))
        optimiser.step()
    with torch.no_grad():
        for _ in range(300):  # the running statistics follow at 1 % a step
            net(features)
    return net.eval()


def features(n: int, frames: int) -> torch.Tensor:
    """About what a front end gives: 0 to 26."""
    return torch.rand(n, frames, 40) * 26


def quantised_features(n: int, frames: int) -> NDArray[np.int8]:
    """Features as a device quantises them, with a word now and then."""
    x = _noise(n, frames)
    for row, sound in enumerate(x):
        for end in range(24 + 7 * row, frames, 97):
            sound[end - 24 : end] += word(24)
    return _clipped(x)


def word(frames: int) -> NDArray[np.float64]:
    """A tone that rises, ``[frames, 40]``."""
    pitch = np.linspace(5, 30, frames)[:, None]
    return 120 * np.exp(-(((np.arange(40) - pitch) / 4) ** 2))


def _noise(n: int, frames: int) -> NDArray[np.float64]:
    """Smooth in time, as sound is."""
    noise = np.random.default_rng([n, frames]).normal(-60, 40, (n, frames + 2, 40))
    return (noise[:, 2:] + noise[:, 1:-1] + noise[:, :-2]) / 3


def _clipped(x: NDArray[np.float64]) -> NDArray[np.int8]:
    return np.clip(np.round(x), -128, 127).astype(np.int8)
