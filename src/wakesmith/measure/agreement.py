"""Which of many voices says something else than the others do.

Voices differ more than what they say does: the distance to the other voices alone finds another
word, but hardly another vowel. So each voice says contrasts, too, variants of the phrase with one
phone changed, and how it differs from the others there, at the same place of the phrase, is taken
off; what stays is in the phrase alone (the interaction of a two-way layout, voice by text).
"""

import numpy as np
from numpy.typing import NDArray

FRAMES = 16
"""Frames that a saying is stretched to."""
_CHUNK = 1280
_HEARD = (1.0, 7.0)
"""Embeddings from so many chunks after the saying's start to so many after its end see it well."""

Sayings = NDArray[np.float32]
"""[voices, texts, FRAMES, 96]: the phrase first, then the contrasts."""


def stretched(frames: NDArray[np.float32], lead: int, samples: int) -> NDArray[np.float32]:
    """Embeddings [n, 96] of a saying of so many samples after ``lead`` chunks: [FRAMES, 96]."""
    last = min(lead + samples / _CHUNK + _HEARD[1], len(frames) - 1)
    at = np.linspace(lead + _HEARD[0], last, FRAMES)
    low = np.floor(at).astype(int)
    high = np.minimum(low + 1, len(frames) - 1)
    share = (at - low)[:, None].astype(np.float32)
    mixed: NDArray[np.float32] = frames[low] * (1 - share) + frames[high] * share
    return mixed


def disagreement(said: Sayings) -> NDArray[np.float64]:
    """How far each voice's phrase is from the others' [voices], in robust standard deviations.

    The larger of two: the greatest distance of any frame, and the greatest change of any frame's
    direction. About 0 for the voices in the middle.
    """
    flat = said.reshape(-1, said.shape[-1]).astype(np.float64)
    values = (said - flat.mean(0)) / np.maximum(flat.std(0), 1e-6)
    middle = np.median(values, axis=0)
    off = values - middle
    own = off[:, 0] - (off[:, 1:].mean(1) if said.shape[1] > 1 else 0.0)
    distance = np.sqrt((own**2).mean(-1)).max(-1)
    there = middle[0] + own
    lengths = np.linalg.norm(there, axis=-1) * np.linalg.norm(middle[0], axis=-1)
    turned = (1 - (there * middle[0]).sum(-1) / np.maximum(lengths, 1e-9)).max(-1)
    return np.maximum(robust(distance), robust(turned))


def robust(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Deviations from the median over 1.4826 times the median absolute deviation."""
    off = values - np.median(values)
    spread: NDArray[np.float64] = off / max(1.4826 * float(np.median(np.abs(off))), 1e-9)
    return spread
