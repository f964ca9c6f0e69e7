"""Which sizes of a MixedNet can be built, trained on what is kept of sayings, and run on a device.

Arithmetic alone, for the recipe, which tells before any work, and for the network itself.
"""

from typing import Protocol

from wakesmith.recipe.fields import Fault

SAYING_FRAMES = 254
"""Spectra of 10 ms kept of a saying: of 32 chunks of 80 ms (``plan.groups``), of which one looks at
30 ms."""
LARGEST_STRIDE = 255
"""Longest stride of a model: ESPHome keeps it in 8 bits (``streaming_model.cpp``)."""
STATES = 20
"""States that a model may keep on a device (``runtime.micro.operators.MAX_VARIABLES``; importing it
would load LiteRT to show a recipe)."""


class Sizes(Protocol):
    """A network's sizes, all at least 1; ``MicroNetwork`` and ``Shape`` say what each is."""

    @property
    def first_filters(self) -> int: ...
    @property
    def first_kernel(self) -> int: ...
    @property
    def stride(self) -> int: ...
    @property
    def pointwise(self) -> tuple[int, ...]: ...
    @property
    def kernels(self) -> tuple[tuple[int, ...], ...]: ...
    @property
    def repeats(self) -> tuple[int, ...]: ...
    @property
    def residual(self) -> tuple[bool, ...]: ...
    @property
    def frames(self) -> int: ...


def unbuildable(sizes: Sizes) -> list[Fault]:
    """Why no such network can be built; empty when it can."""
    counts = [len(sizes.pointwise), len(sizes.kernels), len(sizes.repeats), len(sizes.residual)]
    if len(set(counts)) > 1:
        listed = ", ".join(map(str, counts))
        each = "each needs one for every block"
        return [((), f"pointwise, kernels, repeats and residual have {listed} entries; {each}")]
    found: list[Fault] = []
    if sizes.first_kernel < sizes.stride:
        told = f"first_kernel is {sizes.first_kernel} and stride {sizes.stride}"
        more = "frames would be skipped. Make first_kernel as large as stride or larger"
        found.append((("first_kernel",), f"{told}: {more}"))
    inputs = (sizes.first_filters, *sizes.pointwise)
    for block, (kernels, repeats) in enumerate(zip(sizes.kernels, sizes.repeats, strict=True)):
        channels = min(inputs[block : block + (2 if repeats > 1 else 1)])
        if channels < len(kernels):
            told = f"block {block + 1} has {len(kernels)} kernels for {channels} channels"
            found.append((("kernels", block), f"{told}; each kernel needs one"))
    if last_frames(sizes) < 1:
        seen = sizes.first_kernel + rings(sizes) * sizes.stride
        most = stretch(SAYING_FRAMES, sizes.stride)
        advice = "Raise frames, or take shorter kernels"
        if seen > most:
            advice = f"Take shorter kernels, as a saying has {most} frames to train on"
        told = f"the layers look at {seen} frames and frames is {sizes.frames}"
        found.append((("frames",), f"{told}. {advice}"))
    return found


def unusable(sizes: Sizes) -> list[Fault]:
    """Why a network that can be built cannot be trained here, or does not run on a device."""
    found: list[Fault] = []
    most, kept = stretch(SAYING_FRAMES, sizes.stride), states(sizes)
    if sizes.frames > most:
        told = f"{sizes.frames} is more than the {most} frames that are trained on of each saying"
        found.append((("frames",), f"{told} (at a stride of {sizes.stride})"))
    if kept > STATES:
        told = f"the network keeps {kept} states from score to score; devices have room for"
        found.append(((), f"{told} {STATES}. Take fewer blocks or repeats"))
    return found


def rings(sizes: Sizes) -> int:
    """Earlier frames, ``stride`` apart, that all blocks together look at."""
    blocks = zip(sizes.kernels, sizes.repeats, strict=True)
    return sum((max(kernels) - 1) * repeats for kernels, repeats in blocks)


def last_frames(sizes: Sizes) -> int:
    """Frames, ``stride`` apart, that the last linear layer sees; below 1 when none are left."""
    return (sizes.frames - sizes.first_kernel) // sizes.stride + 1 - rings(sizes)


def states(sizes: Sizes) -> int:
    """States that the streaming model keeps: one wherever a layer looks at earlier frames."""
    blocks = zip(sizes.kernels, sizes.repeats, strict=True)
    ends = (sizes.first_kernel > sizes.stride) + (last_frames(sizes) > 1)
    return ends + sum(repeats for kernels, repeats in blocks if max(kernels) > 1)


def stretch(frames: int, stride: int) -> int:
    """Frames of a saying that are trained on at once: whole strides, so that scores of sayings side
    by side fall on the same frames of each, and what is over is room for shifting them."""
    return (frames - stride + 1) // stride * stride
