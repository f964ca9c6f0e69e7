"""The network as it is exported: normalisation folded into weights, every activation in sight.

``run`` computes what ``MixedNet`` does in evaluation and hands each activation that a device keeps
as whole numbers to a ``Tap``: to measure its range, or to have it rounded. Tensors keep their
gradients, so a network can be trained through it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from wakesmith.families.microwakeword.network import (
    MixedNet,
    MixedNetLayer,
    Pointwise,
    depthwise,
    first_windows,
    pooled,
)
from wakesmith.families.microwakeword.shape import Layer, Shape

Tap = Callable[[str, Tensor], Tensor]
"""Given an activation's name and values, gives the values to go on with. The names: ``first``, for
each layer ``mixed.N``, ``pointwise.N`` (only before an addition) and ``layer.N``, for each block
with a residual ``beside.N``, and ``logit``; N counts from 0."""


@dataclass(frozen=True, eq=False)
class Affine:
    """Weights ``[outputs, inputs]`` and bias ``[outputs]``."""

    weight: Tensor
    bias: Tensor


@dataclass(frozen=True, eq=False)
class FoldedLayer:
    """One layer."""

    layer: Layer
    kernel: Affine | None
    """``[channels, longest kernel]``, shorter ones behind zeros; ``None`` where there is none."""
    pointwise: Affine


@dataclass(frozen=True, eq=False)
class FoldedNet:
    """A network's weights without normalisation."""

    shape: Shape
    first: Affine
    """``[filters, kernel · 40]``, oldest frame first."""
    layers: tuple[FoldedLayer, ...]
    beside: dict[int, Affine]
    """What a block's input goes through on its way past the block, by the block's number."""
    output: Affine
    """``[1, frames · channels]``, oldest frame first."""

    def map(self, change: Callable[[Affine], Affine]) -> "FoldedNet":
        """The network with every pair of weights and bias changed."""
        layers = tuple(
            FoldedLayer(
                each.layer,
                None if each.kernel is None else change(each.kernel),
                change(each.pointwise),
            )
            for each in self.layers
        )
        beside = {block: change(affine) for block, affine in self.beside.items()}
        return FoldedNet(self.shape, change(self.first), layers, beside, change(self.output))


def fold(net: MixedNet) -> FoldedNet:
    """The network's weights as they are now, its normalisation by the running statistics."""
    layers, beside = [], {}
    for module in net.layers:
        assert isinstance(module, MixedNetLayer)
        weight = module.kernel()
        kernel = None if weight is None else Affine(weight, weight.new_zeros(len(weight)))
        layers.append(FoldedLayer(module.layer, kernel, _folded(module.pointwise)))
    for block, way in net.beside.items():
        assert isinstance(way, Pointwise)
        beside[int(block)] = _folded(way)
    return FoldedNet(
        net.shape,
        Affine(net.first, net.first.new_zeros(len(net.first))),
        tuple(layers),
        beside,
        Affine(net.output.t().reshape(1, -1), net.bias),
    )


def run(net: FoldedNet, x: Tensor, tap: Tap) -> Tensor:
    """Logits ``[n, positions]`` of features ``[n, frames, 40]``, as of ``MixedNet``."""
    shape = net.shape
    rows, size = first_windows(x, shape, shape.positions(x.shape[1]))
    y = (net.first.weight @ rows.t()).view(-1, *size)
    y = tap("first", torch.relu(y + net.first.bias[:, None, None]))
    beside: Tensor | None = None
    for number, each in enumerate(net.layers):
        block = each.layer.block
        if each.layer.repeat == 0:
            way = net.beside.get(block)
            beside = None if way is None else tap(f"beside.{block}", _over_frames(way, y))
        if each.kernel is not None:
            mixed = depthwise(y, each.kernel.weight) + each.kernel.bias[:, None, None]
            y = tap(f"mixed.{number}", mixed)
        y = _over_frames(each.pointwise, y)
        if beside is not None:
            y = tap(f"pointwise.{number}", y) + beside[:, :, -y.shape[2] :]
        y = tap(f"layer.{number}", torch.relu(y))
    weight = net.output.weight.view(-1, shape.width).t()
    return tap("logit", depthwise(pooled(y, shape), weight).sum(0) + net.output.bias)


def _over_frames(affine: Affine, y: Tensor) -> Tensor:
    made = torch.addmm(affine.bias[:, None], affine.weight, y.reshape(len(y), -1))
    return made.view(-1, *y.shape[1:])


def _folded(module: Pointwise) -> Affine:
    norm = module.norm
    assert norm.running_mean is not None
    assert norm.running_var is not None
    factor = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    return Affine(module.weight * factor[:, None], norm.bias - norm.running_mean * factor)
