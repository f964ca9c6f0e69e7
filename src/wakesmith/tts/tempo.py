"""Speech slower or faster at its own pitch."""

import numpy as np

from wakesmith.runtime.frontend import Pcm

_WINDOW, _REACH = 400, 160
"""Samples of a window, and by how many it may be taken from elsewhere."""


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
