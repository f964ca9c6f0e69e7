"""What a network computes, in the few operations that both file formats know.

A network describes itself once (``Network.lower``) against the protocol ``Graph``; ``to_onnx`` and
``to_tflite`` each bring a graph of their own. Vectors are ``[1, width]`` and sequences
``[1, frames, width]``; ONNX takes any number in place of the 1. Between ``windows`` and ``average``
there are as many as there are windows in each.
"""

from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

Weights = NDArray[np.float32]
V = TypeVar("V")
"""A value inside a graph: a name, a tensor …"""


class Graph(Protocol[V]):
    """Operations on the values of a graph. All numbers are float32."""

    def flatten(self, x: V) -> V:
        """A sequence ``[1, frames, width]`` as the vector ``[1, frames · width]``."""

    def affine(self, x: V, factor: Weights, offset: Weights) -> V:
        """``x · factor + offset``, each ``[width]``, of every frame."""

    def linear(self, x: V, weight: Weights, bias: Weights) -> V:
        """``x @ weight [outputs, inputs]ᵀ + bias [outputs]`` of a vector, or of each frame."""

    def convolve(self, x: V, weight: Weights, bias: Weights) -> V:
        """A sequence under kernels ``[outputs, inputs, odd size]``, zero-padded to its length."""

    def normalise(self, x: V, weight: Weights, bias: Weights, epsilon: float) -> V:
        """Layer normalisation over the width (Ba, Kiros and Hinton 2016)."""

    def relu(self, x: V) -> V:
        """``max(x, 0)``."""

    def sigmoid(self, x: V) -> V:
        """``1 / (1 + exp(-x))``."""

    def tanh(self, x: V) -> V:
        """Hyperbolic tangent."""

    def add(self, a: V, b: V) -> V:
        """``a + b``."""

    def subtract(self, a: V, b: V) -> V:
        """``a - b``."""

    def multiply(self, a: V, b: V) -> V:
        """``a · b``, element by element."""

    def mean(self, x: V) -> V:
        """Mean of a sequence over its frames, a vector."""

    def maximum(self, x: V) -> V:
        """Largest value of a sequence over its frames, a vector."""

    def join(self, a: V, b: V) -> V:
        """Two vectors side by side."""

    def frames(self, x: V) -> list[V]:
        """The frames of a sequence, as vectors."""

    def stack(self, frames: list[V]) -> V:
        """Vectors as the frames of a sequence."""

    def zeros(self, width: int) -> V:
        """The vector of so many zeros."""

    def windows(self, x: V, length: int) -> V:
        """All windows of ``length`` frames of a sequence, one frame apart, as sequences."""

    def average(self, x: V) -> V:
        """The mean of the numbers ``[1, 1]`` that the windows were turned into."""
