"""Training a network to bear being rounded: quantisation-aware fine-tuning.

Weights and activations are rounded on the way forward as the export will round them, and gradients
pass as if they had not been, except where a value lies outside its range (the straight-through
estimator; Jacob et al. 2018, arXiv:1712.05877).
"""

import torch
from torch import Tensor, nn

from wakesmith.families.microwakeword.folded import Affine, fold, run
from wakesmith.families.microwakeword.network import MixedNet
from wakesmith.families.microwakeword.quantised import LEVELS, activation_scale, weight_scales
from wakesmith.families.microwakeword.ranges import Ranges


class QuantisedMixedNet(nn.Module):
    """A network seen through its own rounding; training it trains ``net`` in place.

    The running statistics of normalisation stay as they are, whatever the mode, since what is
    rounded is the weights with those folded in. The logit is not rounded: the loss is to see how
    sure the network is, and also beyond what a probability in 256ths can say. Export afterwards
    with ``quantise(net, ranges)``, the same ranges.
    """

    def __init__(self, net: MixedNet, ranges: Ranges) -> None:
        super().__init__()
        self.net = net
        self.shape = net.shape
        self._scales = {
            name: activation_scale(name, ends) for name, ends in ranges.items() if name != "logit"
        }

    def forward(self, x: Tensor) -> Tensor:
        """Logits ``[n, positions]`` of features ``[n, frames, 40]`` as a device has them."""
        return run(fold(self.net).map(_rounded), x, self._round)

    def _round(self, name: str, values: Tensor) -> Tensor:
        scale = self._scales.get(name)
        if scale is None:
            return values
        return torch.fake_quantize_per_tensor_affine(
            values, scale.scales[0], scale.zero, -LEVELS - 1, LEVELS
        )


def _rounded(affine: Affine) -> Affine:
    """Weights in 255 steps for each output. A bias has 32 bits: rounding it changes nothing."""
    scales = weight_scales(affine.weight)
    zeros = torch.zeros_like(scales, dtype=torch.int32)
    weight = torch.fake_quantize_per_channel_affine(
        affine.weight, scales, zeros, 0, -LEVELS, LEVELS
    )
    return Affine(weight, affine.bias)
