"""MixedNet in torch: many scores in one pass, each layer a valid convolution over time.

Inside, a sound is ``[channels, n, frames]``. So the first and the pointwise convolutions are each
one matrix product, the batch normalisation reads rows, and a depthwise convolution is a product of
each channel with its own banded matrix. The latter does more sums than it must, but runs at the
speed of a matrix product, which depthwise kernels are far from: on one core a training step on 128
windows takes 0.4 of the time of ``torch.nn.Conv1d`` (``bench/README.md``).
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from wakesmith.families.microwakeword.normalised import normalised
from wakesmith.families.microwakeword.shape import INPUTS, Layer, Shape

__all__ = ["MixedNet", "MixedNetLayer", "Shape"]

EPSILON, MOMENTUM = 1e-3, 0.01
"""Keras' batch normalisation, which microWakeWord uses."""

_LONG = 80  # frames out from which blocks are quicker than one matrix, mostly of zeros
_BLOCK = 40


class Pointwise(nn.Module):
    """A convolution over one frame without a bias, then batch normalisation."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = _uniform((outputs, inputs), inputs)
        self.norm = nn.BatchNorm1d(outputs, eps=EPSILON, momentum=MOMENTUM)

    def forward(self, x: Tensor) -> Tensor:
        """``[inputs, n, frames]`` to ``[outputs, n, frames]``."""
        y = normalised(torch.mm(self.weight, x.reshape(len(x), -1)), self.norm)
        return y.view(-1, *x.shape[1:])


class MixedNetLayer(nn.Module):
    """Mixed depthwise kernels, a pointwise convolution, the block's input if asked for, ReLU."""

    def __init__(self, layer: Layer) -> None:
        super().__init__()
        self.layer = layer
        kernels = zip(layer.groups, layer.kernels, strict=True) if layer.ring else ()
        self.kernels = nn.ParameterList(_uniform((group, size), size) for group, size in kernels)
        """One ``[channels, frames]`` for each group; no bias, as the normalisation has one."""
        self.pointwise = Pointwise(layer.inputs, layer.outputs)

    def kernel(self) -> Tensor | None:
        """All depthwise kernels, ``[inputs, longest]``: they end at the newest frame, shorter ones
        behind zeros."""
        if not self.layer.ring:
            return None
        longest = self.layer.ring + 1
        rows = [F.pad(kernel, (longest - kernel.shape[1], 0)) for kernel in self.kernels]
        return rows[0] if len(rows) == 1 else torch.cat(rows)

    def forward(self, x: Tensor, beside: Tensor | None) -> Tensor:
        """``[inputs, n, frames]`` to ``[outputs, n, frames - ring]``; ``beside`` is added."""
        kernel = self.kernel()
        y: Tensor = self.pointwise(x if kernel is None else depthwise(x, kernel))
        if beside is not None:
            y = y + beside[:, :, -y.shape[2] :]
        return F.relu(y)  # not in place: y is a view, whose gradient would be copied


class MixedNet(nn.Module):
    """The network of a ``Shape``; fresh weights come from torch's global generator."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        inputs = shape.first_kernel * INPUTS
        self.first = _uniform((shape.first_filters, inputs), inputs)
        """``[filters, kernel · 40]``, oldest frame first; no bias."""
        self.layers = nn.ModuleList(MixedNetLayer(layer) for layer in shape.layers)
        self.beside = nn.ModuleDict(
            {
                str(layer.block): Pointwise(layer.inputs, layer.outputs)
                for layer in shape.layers
                if layer.residual and layer.repeat == 0
            }
        )
        """What a block's input goes through on its way past the block, by the block's number."""
        seen = 1 if shape.pooling else shape.last
        self.output = _uniform((shape.width, seen), shape.width * seen)
        """``[channels, frames]`` of the linear layer."""
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        """Logits ``[n, positions]`` of features ``[n, frames, 40]``, oldest frame first.

        Position ``p`` is the score of the ``shape.frames`` frames from frame ``p · stride`` on, the
        very one that they get alone. Raises ``ValueError`` when there are fewer frames than that.
        """
        positions = self.shape.positions(x.shape[1])
        if x.dim() != 3 or x.shape[2] != INPUTS or not positions:
            raise ValueError(
                f"features {list(x.shape)}: [n, at least {self.shape.frames}, {INPUTS}] are needed"
            )
        logits: Tensor = self.last(self.hidden(self.start(x, positions))).sum(0) + self.bias
        return logits

    def start(self, x: Tensor, positions: int) -> Tensor:
        """The first convolution, of those frames that matter to so many positions."""
        rows, size = first_windows(x, self.shape, positions)
        return F.relu_(torch.mm(self.first, rows.t())).view(-1, *size)

    def hidden(self, y: Tensor) -> Tensor:
        """All blocks."""
        beside = None
        for module in self.layers:
            assert isinstance(module, MixedNetLayer)
            if module.layer.repeat == 0:
                number = str(module.layer.block)
                beside = self.beside[number](y) if number in self.beside else None
            y = module(y, beside)
        return y

    def last(self, y: Tensor) -> Tensor:
        """``[channels, n, positions]`` that add up to the logits."""
        return depthwise(pooled(y, self.shape), self.output)


def first_windows(x: Tensor, shape: Shape, positions: int) -> tuple[Tensor, torch.Size]:
    """What the first convolution looks at, of features ``[n, frames, 40]`` and for so many
    positions: rows ``[n · steps, kernel · 40]``, and how many, ``[n, steps]``."""
    frames = shape.receptive + (positions - 1) * shape.stride
    windows = x[:, :frames].unfold(1, shape.first_kernel, shape.stride).transpose(2, 3)
    return windows.reshape(-1, shape.first_kernel * INPUTS), windows.shape[:2]


def pooled(y: Tensor, shape: Shape) -> Tensor:
    """``y [channels, n, frames]`` as the linear layer sees it."""
    if shape.pooling == "average":
        return F.avg_pool1d(y, shape.last, 1)
    if shape.pooling == "max":
        return F.max_pool1d(y, shape.last, 1)
    return y


def depthwise(x: Tensor, weight: Tensor) -> Tensor:
    """``y[c, n, t] = Σ_k x[c, n, t + k] · weight[c, k]``, for all ``t`` that have every frame.

    Each channel is multiplied by the matrix that has its kernel along the diagonal. Those matrices
    grow with the square of the frames, so a long sound is cut in blocks that overlap.
    """
    frames = x.shape[2] - weight.shape[1] + 1
    if frames <= _LONG:
        return torch.bmm(x, _banded(weight, frames))
    y: Tensor = _Blocks.apply(x, _banded(weight, _BLOCK))  # type: ignore[no-untyped-call]
    return y


class _Blocks(torch.autograd.Function):
    """Each block of ``x [channels, n, seen]`` times ``matrix [channels, seen, frames]``.

    Blocks overlap: cut out by torch's own operators, they would be copied on the way forward, and
    on the way back each would get a gradient of the size of ``x``.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, matrix: Tensor) -> Tensor:
        ctx.save_for_backward(x, matrix)
        return torch.cat([torch.bmm(x[:, :, a], matrix[b]) for a, b, _ in _blocks(x, matrix)], 2)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor]:
        x, matrix = ctx.saved_tensors
        of_x, of_matrix = torch.zeros_like(x), torch.zeros_like(matrix)
        for seen, part, made in _blocks(x, matrix):
            toward = grads[0][:, :, made]
            of_x[:, :, seen] += torch.bmm(toward, matrix[part].mT)
            of_matrix[part] += torch.bmm(x[:, :, seen].mT, toward)
        return of_x, of_matrix


def _blocks(x: Tensor, matrix: Tensor) -> Iterator[tuple[slice, tuple[slice, ...], slice]]:
    """Of each block: the frames that it sees, its part of the matrix, the frames that it makes."""
    _, seen, block = matrix.shape
    before = seen - block
    frames = x.shape[2] - before
    for at in range(0, frames, block):
        end = min(at + block, frames)
        part = slice(None), slice(end - at + before), slice(end - at)
        yield slice(at, end + before), part, slice(at, end)


def _banded(weight: Tensor, frames: int) -> Tensor:
    """``[channels, frames + kernel - 1, frames]`` with the kernel ``[channels, kernel]`` in every
    column, one lower each time.

    Rows of kernel and zeros, one longer than the matrix is wide, are laid end to end: read at the
    matrix' own width, each row begins one to the right of the one above.
    """
    seen = frames + weight.shape[1] - 1
    rows = F.pad(weight, (0, frames))[:, None].expand(-1, frames, -1).reshape(len(weight), -1)
    return rows[:, : frames * seen].view(-1, frames, seen).transpose(1, 2)


def _uniform(shape: tuple[int, ...], inputs: int) -> nn.Parameter:
    """Weights as torch's own layers begin: uniform within 1 / √inputs."""
    bound = inputs**-0.5
    return nn.Parameter(torch.empty(shape).uniform_(-bound, bound))
