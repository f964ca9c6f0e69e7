"""Hearing one saying in live sound: when it begins, when it has ended, and how loud it was."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np

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
_ROOM_SECONDS = 3.0
"""The quietest tenth of the last so many seconds is how loud the room is."""

Meter = Callable[[float], None]
"""Hears the level in dBFS of each ``HOP``."""


def level(pcm: Pcm) -> float:
    """RMS in dBFS, at least -96."""
    power = float(np.mean(np.square(pcm.astype(np.float64) / 32768))) if len(pcm) else 0.0
    return max(-96.0, 10 * float(np.log10(power + 1e-12)))


def sayings(blocks: Iterable[Pcm], meter: Meter | None = None) -> Iterator[Pcm]:
    """The sayings in running sound, each with ``EDGE`` of what is around it, in bounded memory.

    Speech is what lies ``ABOVE`` the room, which is measured all along. A saying ends after
    ``PAUSE`` of quiet or ``LONGEST``. What is shorter than ``SHORTEST`` is a noise and left out.
    """
    edge = round(EDGE * 50)
    before: list[Pcm] = []
    levels: list[float] = []
    held: list[Pcm] = []
    loud: list[bool] = []
    for hop in hops(blocks):
        now = level(hop)
        if meter is not None:
            meter(now)
        levels = [*levels[-round(_ROOM_SECONDS * 50) :], now]
        room = float(np.percentile(levels, 10))
        # At the very start a voice may be all that was heard: the quietest possible room is taken.
        floor = room if len(levels) > 25 else min(room, _QUIETEST)
        speech = now > max(floor + ABOVE, _QUIETEST)
        if not held:
            before = [*before[-(edge + _BEGINS) :], hop]
            loud = [*loud[-(_BEGINS - 1) :], speech]
            if sum(loud) == _BEGINS:
                held, loud = before, [True] * _BEGINS
            continue
        held.append(hop)
        loud.append(speech)
        quiet = loud[::-1].index(True)
        if quiet >= round(PAUSE * 50) or len(loud) >= round(LONGEST * 50):
            yield from _ended(held, sum(loud), quiet, edge)
            before, held, loud = held[-edge:], [], []
    if held:
        yield from _ended(held, sum(loud), loud[::-1].index(True), edge)


def hops(blocks: Iterable[Pcm]) -> Iterator[Pcm]:
    """The same sound in pieces of ``HOP``; what is left at the end is dropped."""
    rest: Pcm = np.zeros(0, np.int16)
    for block in blocks:
        rest = np.concatenate([rest, block])
        whole = len(rest) // HOP * HOP
        yield from rest[:whole].reshape(-1, HOP)
        rest = rest[whole:].copy()


def _ended(held: list[Pcm], loud: int, quiet: int, edge: int) -> Iterator[Pcm]:
    if loud * HOP >= SHORTEST * SAMPLE_RATE:
        yield np.concatenate(held[: len(held) - max(0, quiet - edge)])
