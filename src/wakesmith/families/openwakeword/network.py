"""The networks: a window of embeddings in, a logit out.

Three kinds. ``dnn`` is openWakeWord's own (``openwakeword/train.py``, Apache-2.0: Flatten, Linear,
LayerNorm, ReLU, then blocks of the last three); ``conv`` looks for short patterns wherever they
are in the window; ``recurrent`` reads the window from left to right. Each says what it computes
twice, side by side: in torch (``features``) and for export (``lower``).
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from wakesmith import recipe
from wakesmith.families.openwakeword.lowering import Graph, Weights
from wakesmith.runtime.frontend import EMBEDDING_DIM

V = TypeVar("V")


class Network(nn.Module, ABC):
    """What the family trains and exports: a score for each window of embeddings."""

    def __init__(self, window: int) -> None:
        super().__init__()
        self.window = window
        """Embeddings that one score looks at."""

    def forward(self, x: Tensor) -> Tensor:
        """Logits ``[n]`` of windows ``[n, window, 96]``."""
        return self.opinions(x).mean(0)

    @abstractmethod
    def opinions(self, x: Tensor) -> Tensor:
        """Logits ``[members, n]``: of every member by itself. Their mean is the network's."""

    @abstractmethod
    def standardise(self, mean: Tensor, deviation: Tensor) -> None:
        """Have the first layer see embeddings shifted and scaled, each ``[96]``.

        Embeddings spread by about 10 around means of their own; layers learn best around 0 and 1.
        Where it can, a first layer takes the two into its weights rather than touch each window.
        """

    @abstractmethod
    def lower_logit(self, graph: Graph[V], x: V, scale: float, shift: float) -> V:
        """``scale · logit + shift`` without dropout, written to ``graph``, the two folded in."""

    def lower_score(self, graph: Graph[V], x: V, shift: float) -> V:
        """``sigmoid(logit + shift)`` written to ``graph``."""
        return graph.sigmoid(self.lower_logit(graph, x, 1.0, shift))


class Member(Network):
    """One network: ``features`` of a window, then one linear layer to the logit."""

    def __init__(self, window: int, width: int) -> None:
        super().__init__(window)
        self.output = nn.Linear(width, 1)
        self.factor: Tensor
        self.offset: Tensor
        self.register_buffer("factor", torch.ones(EMBEDDING_DIM))
        self.register_buffer("offset", torch.zeros(EMBEDDING_DIM))

    def standardise(self, mean: Tensor, deviation: Tensor) -> None:
        self.factor.copy_(1 / deviation.clamp_min(1e-3))
        self.offset.copy_(-mean * self.factor)

    def opinions(self, x: Tensor) -> Tensor:
        logits: Tensor = self.output(self.features(x))
        return logits.squeeze(1)[None]

    @abstractmethod
    def features(self, x: Tensor) -> Tensor:
        """What the last layer sees, ``[n, width]``."""

    @abstractmethod
    def lower(self, graph: Graph[V], x: V) -> V:
        """``features`` without dropout, written to ``graph``."""

    def lower_logit(self, graph: Graph[V], x: V, scale: float, shift: float) -> V:
        weight = self.output.weight.detach().cpu().double() * scale
        bias = self.output.bias.detach().cpu().double() * scale + shift
        return graph.linear(self.lower(graph, x), _array(weight), _array(bias))


class Layer(nn.Module):
    """Linear, LayerNorm, ReLU and, in training, dropout."""

    def __init__(self, inputs: int, outputs: int, dropout: float) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, outputs)
        self.norm = nn.LayerNorm(outputs)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        """``[n, inputs]`` to ``[n, outputs]``, with the linear part's weights as they are given."""
        hidden: Tensor = self.dropout(torch.relu(self.norm(F.linear(x, weight, bias))))
        return hidden

    def lower(self, graph: Graph[V], x: V, weight: Tensor, bias: Tensor) -> V:
        """The layer written to ``graph``."""
        x = graph.linear(x, _array(weight), _array(bias))
        return graph.relu(_lower_norm(graph, x, self.norm))


class Dense(Member):
    """openWakeWord's fully connected network."""

    def __init__(self, network: recipe.Network) -> None:
        width = network.layer_size
        super().__init__(network.window, width)
        inputs = [network.window * EMBEDDING_DIM] + [width] * network.blocks
        self.layers = nn.ModuleList(Layer(size, width, network.dropout) for size in inputs)

    def features(self, x: Tensor) -> Tensor:
        x = x.flatten(1)
        for layer, weight, bias in self._weighted():
            x = layer(x, weight, bias)
        return x

    def lower(self, graph: Graph[V], x: V) -> V:
        x = graph.flatten(x)
        for layer, weight, bias in self._weighted():
            x = layer.lower(graph, x, weight, bias)
        return x

    def _weighted(self) -> Iterator[tuple[Layer, Tensor, Tensor]]:
        """The layers with their weights, standardisation folded into the first."""
        for number, layer in enumerate(self.layers):
            assert isinstance(layer, Layer)
            weight: Tensor = layer.linear.weight
            bias: Tensor = layer.linear.bias
            if number == 0:
                frames = weight.view(-1, self.window, EMBEDDING_DIM)
                bias = bias + (frames * self.offset).sum((1, 2))
                weight = (frames * self.factor).flatten(1)
            yield layer, weight, bias


class Convolution(nn.Module):
    """Convolution over time, LayerNorm over channels, ReLU and, in training, dropout."""

    def __init__(self, inputs: int, outputs: int, dropout: float) -> None:
        super().__init__()
        self.convolution = nn.Conv1d(inputs, outputs, kernel_size=3, padding=1)
        self.norm = nn.LayerNorm(outputs)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        """``[n, frames, inputs]`` to ``[n, frames, outputs]``, with the kernels that are given."""
        x = F.conv1d(x.transpose(1, 2), weight, bias, padding=1).transpose(1, 2)
        hidden: Tensor = self.dropout(torch.relu(self.norm(x)))
        return hidden

    def lower(self, graph: Graph[V], x: V, weight: Tensor, bias: Tensor) -> V:
        """The layer written to ``graph``."""
        x = graph.convolve(x, _array(weight), _array(bias))
        return graph.relu(_lower_norm(graph, x, self.norm))


class Convolutional(Member):
    """Convolutions over time with residual blocks; mean and maximum over the frames decide.

    Layer rather than batch normalisation, so that averaged checkpoints need no new statistics.
    With the same ``layer_size`` it has fewer weights than ``dnn`` and does more arithmetic.
    """

    def __init__(self, network: recipe.Network) -> None:
        channels = network.layer_size
        super().__init__(network.window, 2 * channels)
        self.first = Convolution(EMBEDDING_DIM, channels, network.dropout)
        self.blocks = nn.ModuleList(
            Convolution(channels, channels, network.dropout) for _ in range(network.blocks)
        )

    def features(self, x: Tensor) -> Tensor:
        x = self.first(x, *self._first_weights())
        for block in self._blocks():
            x = x + block(x, block.convolution.weight, block.convolution.bias)
        return torch.cat([x.mean(1), x.amax(1)], 1)

    def lower(self, graph: Graph[V], x: V) -> V:
        x = self.first.lower(graph, x, *self._first_weights())
        for block in self._blocks():
            weight, bias = block.convolution.weight, block.convolution.bias
            assert bias is not None
            x = graph.add(x, block.lower(graph, x, weight, bias))
        return graph.join(graph.mean(x), graph.maximum(x))

    def _first_weights(self) -> tuple[Tensor, Tensor]:
        """Standardisation folded into the first kernels: beyond the window lie zeros, not means."""
        kernels, bias = self.first.convolution.weight, self.first.convolution.bias
        assert bias is not None
        shift = (kernels * self.offset[:, None]).sum((1, 2))
        return kernels * self.factor[:, None], bias + shift

    def _blocks(self) -> Iterator[Convolution]:
        for block in self.blocks:
            assert isinstance(block, Convolution)
            yield block


class Recurrent(Member):
    """Layers of gated recurrent units (Cho et al. 2014); the last state decides.

    For export the recurrence is unrolled: a window is short, and so every runtime can run it.
    """

    def __init__(self, network: recipe.Network) -> None:
        width = network.layer_size
        super().__init__(network.window, width)
        layers = 1 + network.blocks
        self.unit = nn.GRU(
            EMBEDDING_DIM,
            width,
            num_layers=layers,
            batch_first=True,
            dropout=network.dropout if layers > 1 else 0.0,
        )
        self.norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(network.dropout)

    def features(self, x: Tensor) -> Tensor:
        states, _ = self.unit(torch.addcmul(self.offset, x, self.factor))
        hidden: Tensor = self.dropout(self.norm(states[:, -1]))
        return hidden

    def lower(self, graph: Graph[V], x: V) -> V:
        x = graph.affine(x, _array(self.factor), _array(self.offset))
        for layer in range(self.unit.num_layers):
            states = self._lower_layer(graph, x, layer)
            if layer < self.unit.num_layers - 1:
                x = graph.stack(states)
        return _lower_norm(graph, states[-1], self.norm)

    def _lower_layer(self, graph: Graph[V], x: V, layer: int) -> list[V]:
        """All states of one layer, with the gates as torch defines them (``torch.nn.GRU``)."""
        inputs, states, input_bias, state_bias = (
            np.split(_array(getattr(self.unit, f"{name}_l{layer}")), 3)
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        )
        zero = np.zeros_like(input_bias[0])
        # The biases of reset and update gate only ever add up; the new state's are apart, as the
        # reset gate lies between them.
        resets = graph.frames(graph.linear(x, inputs[0], input_bias[0] + state_bias[0]))
        updates = graph.frames(graph.linear(x, inputs[1], input_bias[1] + state_bias[1]))
        news = graph.frames(graph.linear(x, inputs[2], input_bias[2]))
        state = graph.zeros(self.unit.hidden_size)
        made = []
        for reset, update, new in zip(resets, updates, news, strict=True):
            reset = graph.sigmoid(graph.add(reset, graph.linear(state, states[0], zero)))
            update = graph.sigmoid(graph.add(update, graph.linear(state, states[1], zero)))
            past = graph.multiply(reset, graph.linear(state, states[2], state_bias[2]))
            new = graph.tanh(graph.add(new, past))
            kept = graph.multiply(update, graph.subtract(state, new))
            state = graph.add(new, kept)
            made.append(state)
        return made


def _lower_norm(graph: Graph[V], x: V, norm: nn.LayerNorm) -> V:
    return graph.normalise(x, _array(norm.weight), _array(norm.bias), norm.eps)


def _array(tensor: Tensor) -> Weights:
    return np.asarray(tensor.detach().cpu().numpy(), np.float32)
