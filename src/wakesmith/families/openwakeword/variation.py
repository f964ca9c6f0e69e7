"""How embeddings differ when people say the same words: noise that training adds to windows.

A synthetic voice and a person who say one sentence differ, frame by frame, by more than their
statistics: ``x_real = x_synthetic · A + r``. What is left over, ``r``, holds speakers, manner and
microphones with the words held fixed. A network that is trained with such differences added to
its windows, positives and negatives alike, learns not to look at them. ``r`` is kept as a vector
autoregressive process of order one (Lütkepohl, "New Introduction to Multiple Time Series
Analysis", 2005, 2.1): its covariance and that of neighbouring frames, a few tens of kB.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wakesmith.errors import DataError
from wakesmith.families.openwakeword.figures import Matrix, load_figures, save_figures

_RIDGE = 1e-3
"""Added to the covariance's diagonal, as a share of its mean, before it is inverted."""


@dataclass(frozen=True, eq=False)
class Variation:
    """Second-order statistics of differences between frames [width] of the same words."""

    covariance: Matrix
    """``E[r_t r_tᵀ]``, [width, width]."""
    lagged: Matrix
    """``E[r_(t+1) r_tᵀ]``, [width, width]."""
    frames: int
    """How many frames it was taken of."""

    def table(self, rows: int, seed: int) -> NDArray[np.float32]:
        """A stretch [rows, width] of the process, the same for the same seed."""
        width = len(self.covariance)
        level = np.trace(self.covariance) / width
        ridged = self.covariance + _RIDGE * level * np.eye(width)
        step = self.lagged @ np.linalg.inv(ridged)
        # A process that would grow is no difference of speech: hold it back.
        step *= min(1.0, 0.99 / np.abs(np.linalg.eigvals(step)).max())
        values, vectors = np.linalg.eigh(ridged - step @ ridged @ step.T)
        spread = vectors * np.sqrt(np.maximum(values, 0))
        shocks = np.random.default_rng(seed).standard_normal((rows, width)) @ spread.T
        state = np.zeros(width)
        for row in shocks:
            state = step @ state + row
            row[:] = state
        table: NDArray[np.float32] = shocks.astype(np.float32)
        return table

    def save(self, path: Path) -> None:
        """Write an ``.npz`` file, whole or not at all."""
        save_figures(path, self.frames, covariance=self.covariance, lagged=self.lagged)


def load_variation(path: Path) -> Variation:
    """Read what ``Variation.save`` wrote; ``DataError`` when it is not that."""
    (covariance, lagged), frames = load_figures(path, "variation", covariance=2, lagged=2)
    return Variation(covariance, lagged, frames)


def measure_variation(residuals: list[NDArray[Any]]) -> Variation:
    """The variation of stretches ``[n, width]`` of differences, each unbroken in time."""
    total = sum(len(r) for r in residuals)
    if total < 2:
        raise DataError("there are no differences to take the variation of")
    mean = sum(np.asarray(r, np.float64).sum(0) for r in residuals) / total
    centred = [np.asarray(r, np.float64) - mean for r in residuals]
    covariance = sum(r.T @ r for r in centred) / total
    lagged = sum(r[1:].T @ r[:-1] for r in centred) / max(1, total - len(centred))
    return Variation(np.asarray(covariance), np.asarray(lagged), total)
