"""Small networks of every kind, and features for them."""

import numpy as np
import torch
from numpy.typing import NDArray

from wakesmith.families.microwakeword.network import MixedNet
from wakesmith.families.microwakeword.shape import Shape

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
    """A network whose normalisation has seen something, as after training."""
    torch.manual_seed(3)
    net = MixedNet(shape)
    for _ in range(3):
        net(features(16, shape.frames))
    for parameter in net.parameters():
        parameter.data += 0.05 * torch.randn_like(parameter)
    return net.eval()


def features(n: int, frames: int) -> torch.Tensor:
    """About what a front end gives: 0 to 26."""
    return torch.rand(n, frames, 40) * 26


def quantised_features(n: int, frames: int) -> NDArray[np.int8]:
    """Features as a device quantises them: every value, and smooth in time as sound is."""
    noise = np.random.default_rng([n, frames]).integers(-128, 128, (n, frames + 2, 40))
    return ((noise[:, 2:] + noise[:, 1:-1] + noise[:, :-2]) // 3).astype(np.int8)
