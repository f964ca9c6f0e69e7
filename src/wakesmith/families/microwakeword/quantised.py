"""The network in whole numbers: all that a file needs, and all that a device computes with.

The rules are those of TFLite's converter: int8 weights without a zero point, one scale for each
output channel, int8 activations with one scale and a zero point, int32 biases at input scale times
weight scale.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from wakesmith.errors import DataError
from wakesmith.families.microwakeword.folded import Affine, fold
from wakesmith.families.microwakeword.network import MixedNet
from wakesmith.families.microwakeword.ranges import Ranges
from wakesmith.families.microwakeword.shape import INPUTS, Layer, Shape
from wakesmith.runtime.micro.frontend import INPUT_SCALE, INPUT_ZERO_POINT
from wakesmith.tflite.quantised import Weights
from wakesmith.tflite.schema import Quantisation

INPUT = "input"
"""Name of the features' scale among ``QuantisedNet.scales``."""

SURE = 7.0
"""A logit beyond which a probability in 256ths no longer changes: its range ends there, so that its
steps are finest where they matter."""

LEVELS = 127
"""Weights are whole numbers from -127 to 127."""

_SMALLEST = 1e-7
_BIAS_BITS = 24  # a bias of more would leave no room for the sum, and is of no use


@dataclass(frozen=True, eq=False)
class QuantisedLayer:
    """One layer."""

    layer: Layer
    kernel: Weights | None
    """``[channels, longest kernel]``, shorter ones behind zeros; ``None`` where there is none."""
    pointwise: Weights
    """``[outputs, inputs]``."""


@dataclass(frozen=True, eq=False)
class QuantisedNet:
    """A network in whole numbers."""

    shape: Shape
    first: Weights
    """``[filters, kernel, 40]``, oldest frame first."""
    layers: tuple[QuantisedLayer, ...]
    beside: Mapping[int, Weights]
    """What a block's input goes through on its way past the block, by the block's number."""
    output: Weights
    """``[1, frames · channels]``, oldest frame first."""
    scales: Mapping[str, Quantisation]
    """Of each activation, by the names of ``folded.Tap``, and of the ``input``."""


def quantise(net: MixedNet, ranges: Ranges) -> QuantisedNet:
    """The trained network in whole numbers, its activations at these ranges.

    The input has ESPHome's own scale, whatever was measured. Raises ``DataError`` when a weight or
    a range is no number.
    """
    folded = fold(net)
    scales = {INPUT: Quantisation((INPUT_SCALE,), INPUT_ZERO_POINT)}
    scales |= {name: activation_scale(name, ends) for name, ends in ranges.items()}
    first = weights(folded.first, scales[INPUT])
    at, came = scales["first"], scales["first"]
    layers, beside = [], {}
    for number, each in enumerate(folded.layers):
        if each.layer.repeat == 0:
            came = at
        kernel = None if each.kernel is None else weights(each.kernel, at)
        inner = at if kernel is None else scales[f"mixed.{number}"]
        layers.append(QuantisedLayer(each.layer, kernel, weights(each.pointwise, inner)))
        if each.layer.block in folded.beside and each.layer.repeat == 0:
            beside[each.layer.block] = weights(folded.beside[each.layer.block], came)
        at = scales[f"layer.{number}"]
    shaped = first.values.reshape(-1, net.shape.first_kernel, INPUTS)
    return QuantisedNet(
        net.shape,
        Weights(shaped, first.scales, first.bias),
        tuple(layers),
        beside,
        weights(folded.output, at),
        scales,
    )


def activation_scale(name: str, ends: tuple[float, float]) -> Quantisation:
    """The scale that spreads 256 levels over the range, widened to hold 0 exactly."""
    lowest, highest = ends
    if not (np.isfinite(lowest) and np.isfinite(highest)):
        raise DataError(f"The range of {name} is no number: training has failed; train again.")
    lowest, highest = min(lowest, 0.0), max(highest, 0.0)
    if name == "logit":
        lowest, highest = max(lowest, -SURE), min(highest, SURE)
    scale = float(np.float32(max(highest - lowest, 1e-6) / 255))
    return Quantisation((scale,), int(np.clip(round(-128 - lowest / scale), -128, 127)))


def weight_scales(weight: Tensor) -> Tensor:
    """The scale of each output's weights ``[outputs]``: the largest is 127."""
    return weight.detach().abs().amax(1).clamp_min(_SMALLEST) / LEVELS


def weights(affine: Affine, entering: Quantisation) -> Weights:
    """Weights and bias in whole numbers, for an input of the scale ``entering``.

    Where weights are next to nothing the bias rules their scale: it is no more than 2^24 units.
    """
    if not (affine.weight.isfinite().all() and affine.bias.isfinite().all()):
        raise DataError("A weight of the network is no number: training has failed; train again.")
    weight, bias = affine.weight.detach().cpu().double(), affine.bias.detach().cpu().double()
    unit = entering.scales[0]
    scales = torch.maximum(weight_scales(weight), bias.abs() / (unit * 2**_BIAS_BITS))
    scales = scales.float().double()  # as the file holds them
    values = torch.round(weight / scales[:, None]).clamp(-LEVELS, LEVELS)
    shifts = torch.round(bias / (scales * unit))
    return Weights(
        values.to(torch.int8).numpy(), scales.float().numpy(), shifts.to(torch.int32).numpy()
    )
