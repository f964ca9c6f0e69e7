"""Brings synthetic embeddings to the statistics of real speech (CORAL).

Correlation alignment: B. Sun, J. Feng, K. Saenko, "Return of Frustratingly Easy Domain Adaptation",
AAAI 2016 (arXiv:1511.05547). The source is whitened with its own covariance and coloured with the
target's; unlike the paper, the means are moved as well.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wakesmith.errors import DataError
from wakesmith.families.openwakeword.figures import Matrix, load_figures, save_figures


@dataclass(frozen=True, eq=False)
class Statistics:
    """Mean and covariance of frames of embeddings."""

    mean: Matrix
    """``[width]``"""
    covariance: Matrix
    """``[width, width]``, of the frames as the whole population (divided by their number)."""
    frames: int
    """How many frames these are the statistics of."""

    def merge(self, other: "Statistics") -> "Statistics":
        """The statistics of both sets of frames together.

        Pairwise update of T. Chan, G. Golub, R. LeVeque, "Updating Formulae and a Pairwise
        Algorithm for Computing Sample Variances", 1979: exact, and no large sums cancel.
        """
        if other.frames == 0:
            return self
        if self.frames == 0:
            return other
        total = self.frames + other.frames
        share = other.frames / total
        gap = other.mean - self.mean
        covariance = (
            (1 - share) * self.covariance
            + share * other.covariance
            + share * (1 - share) * np.outer(gap, gap)
        )
        return Statistics(self.mean + share * gap, covariance, total)

    def save(self, path: Path) -> None:
        """Write an ``.npz`` file, as a whole or not at all."""
        save_figures(path, self.frames, mean=self.mean, covariance=self.covariance)


def load_statistics(path: Path) -> Statistics:
    """Read what ``Statistics.save`` wrote; ``DataError`` when it is not that."""
    (mean, covariance), frames = load_figures(path, "embedding statistics", mean=1, covariance=2)
    return Statistics(mean, covariance, frames)


def measure_statistics(blocks: Iterable[NDArray[Any]]) -> Statistics:
    """Statistics of frames that come in blocks ``[n, width]``, one block in memory at a time.

    Raises ``DataError`` when there is no frame, or a number that is none.
    """
    total: Statistics | None = None
    for block in blocks:
        if len(block) == 0:
            continue
        frames = np.asarray(block, np.float64)
        if not np.isfinite(frames).all():
            raise DataError("the frames hold infinite values or values that are no number")
        mean = frames.mean(0)
        centred = frames - mean
        part = Statistics(mean, centred.T @ centred / len(frames), len(frames))
        total = part if total is None else total.merge(part)
    if total is None:
        raise DataError("there are no frames to take statistics of")
    return total


def align(source: Statistics, target: Statistics, ridge: float) -> tuple[Matrix, Matrix]:
    """``(matrix [width, width], offset [width])`` so that ``x @ matrix + offset`` takes frames with
    the source's statistics to the target's.

    It is ``(x - m_s) C_s^-½ C_t^½ + m_t`` with symmetric square roots. ``ridge`` is added to the
    diagonal of both covariances as a share of their mean variance: directions in which the source
    hardly varies are then not blown up. Equal statistics give the identity, whatever the ridge.
    """
    matrix = _power(source.covariance, -0.5, ridge) @ _power(target.covariance, 0.5, ridge)
    return matrix, target.mean - source.mean @ matrix


def _power(covariance: Matrix, exponent: float, ridge: float) -> Matrix:
    """A symmetric power of ``covariance`` with the ridge added."""
    width = len(covariance)
    level = np.trace(covariance) / width
    values, vectors = np.linalg.eigh(covariance + ridge * level * np.eye(width))
    # Rounding can leave an eigenvalue at or below zero where frames do not vary at all.
    values = np.maximum(values, level * 1e-12 + np.finfo(np.float64).tiny)
    return np.asarray((vectors * values**exponent) @ vectors.T)
