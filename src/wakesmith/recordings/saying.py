"""Hearing one saying in live sound: when it begins, when it has ended, and how loud it was."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from wakesmith.runtime.frontend import SAMPLE_RATE, Pcm

HOP = SAMPLE_RATE // 50
"""Samples (20 ms) of which a level is taken."""
ABOVE = 12.0
"""dB that speech is above the room."""
_QUIETEST = -55.0
"""dBFS that speech has at least."""
_BEGINS = 3
"""Hops in a row above that are a beginning; a click is shorter."""
PAUSE = 0.7
"""Seconds of quiet that end a saying."""
EDGE = 0.3
"""Seconds of the room that are kept before and after it."""
LONGEST = 6.0
"""Seconds after which a saying that does not end is cut."""
SHORTEST = 0.15
"""Seconds of sound under which nothing was said."""
_PAUSE_HOPS, _LONGEST_HOPS = round(PAUSE * 50), round(LONGEST * 50)
_START, _AT_ONCE = 25, 5  # hops heard before the room is known, and between two looks at it
_ROOM_SECONDS = 3.0
"""The quietest tenth of the last so many seconds is how loud the room is."""

_NOTHING = -96.0
"""dBFS of silence."""

Meter = Callable[[float], None]
"""Hears the level in dBFS of each ``HOP``."""


def level(pcm: Pcm) -> float:
    """RMS in dBFS, at least -96."""
    return float(_levels(pcm[None])[0]) if len(pcm) else _NOTHING


def _levels(rows: Pcm) -> NDArray[np.float64]:
    """The same of each row."""
    power = np.square(rows.astype(np.float64) / 32768).mean(1)
    return np.asarray(np.maximum(_NOTHING, 10 * np.log10(power + 1e-12)), np.float64)


def sayings(blocks: Iterable[Pcm], meter: Meter | None = None) -> Iterator[Pcm]:
    """The sayings in running sound, each with ``EDGE`` of what is around it, in bounded memory.

    Speech is what lies ``ABOVE`` the room, which is measured all along. A saying ends after
    ``PAUSE`` of quiet or ``LONGEST``. What is shorter than ``SHORTEST`` is a noise and left out.
    """
    edge = round(EDGE * 50)
    room = _Room()
    before: deque[Pcm] = deque(maxlen=edge + _BEGINS)
    held: list[Pcm] = []
    run = loud = quiet = 0  # hops in a row above; those of the saying above; and below, at its end
    for hop, now in hops(blocks):
        if meter is not None:
            meter(now)
        speech = now > room.threshold(now, learning=not held)
        run = run + 1 if speech else 0
        if not held:
            before.append(hop)
            if run == _BEGINS:
                held, loud, quiet = list(before), _BEGINS, 0
            continue
        held.append(hop)
        loud, quiet = loud + speech, 0 if speech else quiet + 1
        if quiet >= _PAUSE_HOPS or len(held) >= _LONGEST_HOPS:
            yield from _ended(held, loud, quiet, edge)
            before.clear()
            before.extend(held[-edge:])
            held, run = [], 0
    if held:
        yield from _ended(held, loud, quiet, edge)


class _Room:
    """How loud the room is, from the levels of the last seconds."""

    def __init__(self) -> None:
        self._levels: deque[float] = deque(maxlen=round(_ROOM_SECONDS * 50))
        self._floor = _QUIETEST - ABOVE
        self._heard = 0

    def threshold(self, now: float, learning: bool) -> float:
        """The level, in dBFS, that speech is above; the same as before where nothing is learnt."""
        self._levels.append(now)
        self._heard += 1
        # At the very start a voice may be all that was heard: the quietest room is taken for it.
        if learning and self._heard % _AT_ONCE == 0 and self._heard > _START:
            self._floor = sorted(self._levels)[len(self._levels) // 10]
        return max(self._floor + ABOVE, _QUIETEST)


def hops(blocks: Iterable[Pcm]) -> Iterator[tuple[Pcm, float]]:
    """The same sound in pieces of ``HOP`` with their levels; what is left at the end is dropped."""
    rest: Pcm = np.zeros(0, np.int16)
    for block in blocks:
        rest = np.concatenate([rest, block])
        whole = len(rest) // HOP * HOP
        rows = rest[:whole].reshape(-1, HOP)
        yield from zip(rows, _levels(rows).tolist(), strict=True)
        rest = rest[whole:].copy()


def _ended(held: list[Pcm], loud: int, quiet: int, edge: int) -> Iterator[Pcm]:
    if loud * HOP >= SHORTEST * SAMPLE_RATE:
        yield np.concatenate(held[: len(held) - max(0, quiet - edge)])
