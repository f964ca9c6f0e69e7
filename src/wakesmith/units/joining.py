"""Join pieces of sound."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wakesmith.runtime.frontend import Pcm

FADE = 96
"""Samples to either side of a join over which one unit fades into the next: 6 ms."""


def joined(pieces: Sequence[NDArray[np.float32]]) -> Pcm:
    """Pieces of sound one after another, each with ``FADE`` samples more before and behind it than
    are wanted: neighbours fade into each other, the first rises and the last falls."""
    rise = np.linspace(0, 1, 2 * FADE, dtype=np.float32)
    out = pieces[0].copy()
    out[: 2 * FADE] *= rise
    for piece in pieces[1:]:
        out[-2 * FADE :] = out[-2 * FADE :] * (1 - rise) + piece[: 2 * FADE] * rise
        out = np.concatenate([out, piece[2 * FADE :]])
    out[-2 * FADE :] *= rise[::-1]
    return np.clip(np.rint(out), -32768, 32767).astype(np.int16)
