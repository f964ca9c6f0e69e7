"""Which recordings of the phrase seem to hold more than one saying of it."""

from collections.abc import Sequence

import numpy as np

from wakesmith import audio
from wakesmith.runtime.frontend import SAMPLE_RATE, Pcm

LONGEST = 2.5
"""Seconds that one saying may last; people say "view glass" in 1.81 s at the 95th percentile
(docs/log.md)."""
PAUSE = 0.7
"""Seconds of quiet inside one saying that are too long to belong to it."""
_NAMED = 5
_HOP = SAMPLE_RATE // 50
_QUIET_DB = 25.0
"""Quiet is what lies so far below the loudest 20 ms."""


def several(pcm: Pcm) -> bool:
    """Whether sound of more than ``LONGEST`` or a pause of ``PAUSE`` is in a recording.

    Silence before and after what is said does not count. Noise louder than 25 dB below the speech
    hides a pause.
    """
    start, end = audio.trim(pcm)
    if end - start > LONGEST * SAMPLE_RATE:
        return True
    said = pcm[start:end].astype(np.float32)
    power = np.square(said[: len(said) // _HOP * _HOP]).reshape(-1, _HOP).mean(1)
    if not len(power):
        return False
    loud = np.flatnonzero(power > power.max() * 10 ** (-_QUIET_DB / 10))
    return bool((np.diff(loud) - 1 >= PAUSE * SAMPLE_RATE / _HOP).any())


def warning(names: Sequence[str]) -> str:
    """What to say of the files for which ``several`` is true."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return (
        f"{len(names)} of the recordings of the phrase last longer than {LONGEST:g} s or have a "
        f"long pause ({', '.join(names[:_NAMED])}{more}): each file counts as one saying, and "
        "training takes the last in it, so cut recordings of several and what else is said"
    )
