"""The network that a recipe describes: one member, or several whose logits are averaged.

Members start from different weights and make different mistakes; what only one of them takes for
the phrase rarely stays above the threshold (deep ensembles: Lakshminarayanan, Pritzel and Blundell
2017, arXiv:1612.01474; figures in docs/log.md).
"""

from collections.abc import Iterator
from typing import TypeVar

import torch
from torch import Tensor, nn

from wakesmith import recipe
from wakesmith.families.openwakeword.lowering import Graph
from wakesmith.families.openwakeword.network import (
    Convolutional,
    Dense,
    Member,
    Network,
    Recurrent,
)

V = TypeVar("V")
_KINDS: dict[str, type[Dense | Convolutional | Recurrent]] = {
    "dnn": Dense,
    "conv": Convolutional,
    "recurrent": Recurrent,
}


def build(network: recipe.Network) -> Network:
    """The network that the recipe describes, with fresh weights from torch's generator."""
    make = _KINDS[network.kind]
    if network.members == 1:
        return make(network)
    return Ensemble([make(network) for _ in range(network.members)])


class Ensemble(Network):
    """Several members; the logit is the mean of theirs."""

    def __init__(self, members: list[Dense | Convolutional | Recurrent]) -> None:
        super().__init__(members[0].window)
        self.members = nn.ModuleList(members)

    def opinions(self, x: Tensor) -> Tensor:
        return torch.cat([member.opinions(x) for member in self._members()])

    def standardise(self, mean: Tensor, deviation: Tensor) -> None:
        for member in self._members():
            member.standardise(mean, deviation)

    def lower_logit(self, graph: Graph[V], x: V, scale: float, shift: float) -> V:
        share = 1 / len(self.members)
        parts = [m.lower_logit(graph, x, scale * share, shift * share) for m in self._members()]
        total = parts[0]
        for part in parts[1:]:
            total = graph.add(total, part)
        return total

    def _members(self) -> Iterator[Member]:
        for member in self.members:
            assert isinstance(member, Member)
            yield member
