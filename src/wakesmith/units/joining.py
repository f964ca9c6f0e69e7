"""Cut units out of speech and join them, at a tempo of one's own."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wakesmith.runtime.frontend import Pcm

FADE = 96
"""Samples to either side of a join over which one unit fades into the next: 6 ms."""
_WINDOW, _REACH = 400, 160
"""Samples of a window of ``stretched``, and by how many it may be taken from elsewhere."""


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


def stretched(pcm: Pcm, tempo: float) -> Pcm:
    """The same speech ``tempo`` times as fast, at its own pitch (waveform-similarity overlap-add:
    Verhelst and Roelands, ICASSP 1993)."""
    if tempo == 1 or len(pcm) < _WINDOW:
        return pcm
    hop, length = _WINDOW // 2, round(len(pcm) / tempo)
    window = np.hanning(_WINDOW + 1)[:-1].astype(np.float32)
    sound = np.pad(pcm.astype(np.float32), (_WINDOW, 3 * _WINDOW))
    out = np.zeros(length + 2 * _WINDOW, np.float32)
    # How loud each stretch of a window is, whatever it is compared with.
    power = np.concatenate([[0.0], np.cumsum(np.square(sound, dtype=np.float64))])
    taken = 0
    for at in range(0, length + hop, hop):
        ideal = min(round(at * tempo) + hop, len(sound) - _WINDOW - _REACH)
        if at:
            follows = sound[taken + hop : taken + hop + _WINDOW]
            first = max(0, ideal - _REACH)
            near = sound[first : ideal + _REACH + _WINDOW]
            match = np.correlate(near, follows[: len(near)], "valid")
            starts = first + np.arange(len(match))
            loud = np.sqrt(power[starts + _WINDOW] - power[starts] + 1)
            taken = int(starts[np.argmax(match / loud)])
        else:
            taken = ideal
        out[at : at + _WINDOW] += sound[taken : taken + _WINDOW] * window
    # Windows half a window apart add up to one; the first hop has only half of them.
    return np.clip(np.rint(out[hop : hop + length]), -32768, 32767).astype(np.int16)
