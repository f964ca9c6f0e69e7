"""The score as the mean of the logits of the last few windows, inside the exported network.

One window that happens to look like the phrase then does not fire, and a phrase that keeps its
score over several windows stands out (posterior smoothing: Chen, Parada and Heigold, "Small-
footprint keyword spotting using deep neural networks", ICASSP 2014; figures in docs/log.md).
Runtimes know nothing of it: the exported network only looks at a few embeddings more.
"""

from typing import TypeVar

from torch import Tensor

from wakesmith.families.openwakeword.lowering import Graph
from wakesmith.families.openwakeword.network import Network

V = TypeVar("V")


def smoothed(network: Network, count: int) -> Network:
    """The network whose logit is the mean of ``network``'s on its last ``count`` windows."""
    return network if count == 1 else Smoothed(network, count)


class Smoothed(Network):
    """The mean of a network's logits on windows one frame apart."""

    def __init__(self, inner: Network, count: int) -> None:
        super().__init__(inner.window + count - 1)
        self.inner = inner

    def opinions(self, x: Tensor) -> Tensor:
        windows = x.unfold(1, self.inner.window, 1).transpose(2, 3)
        every = self.inner.opinions(windows.flatten(0, 1))
        return every.view(len(every), *windows.shape[:2]).mean(2)

    def standardise(self, mean: Tensor, deviation: Tensor) -> None:
        self.inner.standardise(mean, deviation)

    def lower_logit(self, graph: Graph[V], x: V, scale: float, shift: float) -> V:
        windows = graph.windows(x, self.inner.window)
        return graph.average(self.inner.lower_logit(graph, windows, scale, shift))


def inner(network: Network) -> Network:
    """What ``smoothed`` was given."""
    return network.inner if isinstance(network, Smoothed) else network
