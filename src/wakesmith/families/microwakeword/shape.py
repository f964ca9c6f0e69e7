"""How a microWakeWord network is built: the choices of microWakeWord's own configuration."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from wakesmith.errors import RecipeError
from wakesmith.recipe import MicroNetwork, mixednet
from wakesmith.runtime.micro.frontend import CHANNELS

Pooling = Literal["average", "max"]


@dataclass(frozen=True)
class Layer:
    """One repeat of a block, or what it is made from."""

    block: int
    repeat: int
    inputs: int
    """Channels that come in."""
    outputs: int
    """Channels that go out."""
    kernels: tuple[int, ...]
    """Depthwise kernels, one for each group of channels, in frames; (1,) stands for none."""
    residual: bool

    @property
    def ring(self) -> int:
        """Earlier frames that the layer looks at."""
        return max(self.kernels) - 1

    @property
    def groups(self) -> tuple[int, ...]:
        """Channels under each kernel: equal parts, and the first takes what is over."""
        part = self.inputs // len(self.kernels)
        first = self.inputs - part * (len(self.kernels) - 1)
        return (first, *[part] * (len(self.kernels) - 1))


@dataclass(frozen=True)
class Shape:
    """MixedNet (``microwakeword/mixednet.py``, Apache-2.0): a convolution with a stride, blocks of
    mixed depthwise and pointwise convolutions, and one linear layer over the frames that are left.

    The defaults are about the sizes of the official models. Raises ``RecipeError`` naming what
    cannot be built.
    """

    first_filters: int = 32
    """Channels of the first convolution (``first_conv_filters``)."""
    first_kernel: int = 5
    """Frames that it looks at (``first_conv_kernel_size``)."""
    stride: int = 3
    """Frames between two scores."""
    pointwise: tuple[int, ...] = (64, 64, 64, 64)
    """Channels of each block (``pointwise_filters``)."""
    kernels: tuple[tuple[int, ...], ...] = ((5,), (7, 11), (9, 15), (23,))
    """Depthwise kernels of each block, in frames of the stride (``mixconv_kernel_sizes``)."""
    repeats: tuple[int, ...] = (1, 1, 1, 1)
    """How often each block's layers are repeated (``repeat_in_block``)."""
    residual: tuple[bool, ...] = (False, False, False, False)
    """Blocks whose input is added to each of their layers (``residual_connection``)."""
    frames: int = 194
    """Frames of 10 ms that one score looks at."""
    pooling: Pooling | None = None
    """What the last frames become before the linear layer; ``None`` lets it see each."""

    def __post_init__(self) -> None:
        sizes = (self.first_filters, self.first_kernel, self.stride, *self.pointwise, *self.repeats)
        _need(
            min(sizes) >= 1 and all(kernels and min(kernels) >= 1 for kernels in self.kernels),
            "filters, kernels, stride and repeats must be at least 1",
        )
        faults = [said for _, said in mixednet.unbuildable(self)]
        _need(not faults, "; ".join(faults))

    @property
    def layers(self) -> tuple[Layer, ...]:
        """All repeats of all blocks, in the order in which they run."""
        widths = pairwise((self.first_filters, *self.pointwise))
        blocks = zip(widths, self.kernels, self.repeats, self.residual, strict=True)
        return tuple(
            Layer(block, repeat, inputs if repeat == 0 else outputs, outputs, kernels, residual)
            for block, ((inputs, outputs), kernels, repeats, residual) in enumerate(blocks)
            for repeat in range(repeats)
        )

    @property
    def width(self) -> int:
        """Channels that the last linear layer sees."""
        return (self.first_filters, *self.pointwise)[-1]

    @property
    def last(self) -> int:
        """Frames, ``stride`` apart, that the last linear layer sees."""
        return mixednet.last_frames(self)

    @property
    def receptive(self) -> int:
        """Frames that matter to a score: ``frames`` less those that no stride reaches."""
        steps = self.last - 1 + mixednet.rings(self)
        return self.first_kernel + steps * self.stride

    def positions(self, frames: int) -> int:
        """Scores that so many frames give; 0 when they are too few."""
        return max(0, (frames - self.frames) // self.stride + 1)


INPUTS = CHANNELS
"""Channels of a feature frame."""


def _need(fits: bool, problem: str) -> None:
    if not fits:
        raise RecipeError(f"This microWakeWord network cannot be built: {problem}.")


def shape_of(network: MicroNetwork) -> Shape:
    """The shape of a recipe's network; ``RecipeError`` where it cannot be built."""
    values = network.model_dump()
    return Shape(**{**values, "pooling": None if network.pooling == "none" else network.pooling})
