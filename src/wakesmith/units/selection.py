"""Which units a saying is joined from.

The cost of a unit is how unlike its neighbours and its length are to those that are wanted, that of
a join how unlike what follows a unit is to what it is joined to; units that were said one after the
other cost nothing to join. The cheapest path is found by dynamic programming (Hunt and Black, "Unit
selection in a concatenative speech synthesis system", ICASSP 1996). Costs are blurred by dice, so
that many different sayings come of one voice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from wakesmith.runtime.frontend import Pcm
from wakesmith.units.inventory import NUMBER, SYMBOLS, Inventory
from wakesmith.units.joining import FADE, joined
from wakesmith.units.recogniser import FRAME, SILENCE

VOICE_SECONDS = 480.0
"""Speech that a voice chooses from."""
_CANDIDATES = 80
"""Units of each phone that are looked at."""
_SHORTEST, _LONGEST = 2, 40
"""Frames of a unit."""
_RELATED, _STRANGE = 0.4, 1.0
"""Cost of a neighbour that is another phone of the same kind, and of any other;"""
_OUTSIDE = 0.5
"""what it counts where the phrase begins and ends,"""
_LENGTH = 0.6
"""of a length e times the voice's own,"""
_JOIN, _DISTANCE = 1.0, 0.35
"""of a join, and of a distance between spectra of one (natural logarithm, RMS over bands),"""
_DICE = 0.5
"""and of the dice: exponentially distributed, with this mean."""
_KINDS = (
    "AA AE AH AO AW AY EH ER EY IH IY OW OY UH UW",
    "P T K B D G",
    "F TH S SH HH V DH Z ZH CH JH",
    "M N NG",
    "L R W Y",
    SILENCE,
)


@dataclass(frozen=True)
class Saying:
    """What was joined."""

    pcm: Pcm
    phones: int
    joins: int
    """The fewer, the more like speech it is."""


class Voice:
    """Units that sound as if one person said them."""

    def __init__(self, inventory: Inventory, stretch: int) -> None:
        """The person who is heard in a stretch, and who sounds most alike."""
        self._inventory = inventory
        chosen = np.isin(inventory.units[:, 3], inventory.near(stretch, VOICE_SECONDS))
        self._units = inventory.units[chosen]
        symbol, _, frames, where = self._units.T
        same = where[1:] == where[:-1]
        pause = NUMBER[SILENCE]
        self._before = np.concatenate([[pause], np.where(same, symbol[:-1], pause)])
        self._after = np.concatenate([np.where(same, symbol[1:], pause), [pause]])
        fits = (frames >= _SHORTEST) & (frames <= _LONGEST)
        self._of = [np.flatnonzero((symbol == n) & fits) for n in range(len(SYMBOLS))]

    def says(self, phones: Sequence[str], rng: np.random.Generator) -> Saying | None:
        """A saying of the phones (ARPABET without stress), each call another one; None where a
        phone is in none of its speech."""
        numbers = [NUMBER[phone] for phone in phones]
        pause = NUMBER[SILENCE]
        found: list[NDArray[np.int64]] = []
        cost, back = np.zeros(0), list[NDArray[np.int64]]()
        for at, number in enumerate(numbers):
            wanted = (
                numbers[at - 1] if at else pause,
                numbers[at + 1] if at + 1 < len(numbers) else pause,
            )
            weights = (1.0 if at else _OUTSIDE, 1.0 if at + 1 < len(numbers) else _OUTSIDE)
            units, own = self._candidates(number, wanted, weights, rng)
            if not len(units):
                return None
            if at:
                through = cost[:, None] + self._joins(found[-1], units)
                back.append(through.argmin(0))
                own = own + through.min(0)
            found.append(units)
            cost = own
        path = [int(cost.argmin())]
        for best in reversed(back):
            path.append(int(best[path[-1]]))
        return self._cut([int(units[i]) for units, i in zip(found, reversed(path), strict=True)])

    def _candidates(
        self,
        number: int,
        wanted: tuple[int, int],
        weights: tuple[float, float],
        rng: np.random.Generator,
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The best units of a phone, and their costs."""
        units = self._of[number]
        if not len(units):
            return units, np.zeros(0)
        frames = self._units[units, 2]
        cost = weights[0] * _unlike()[self._before[units], wanted[0]]
        cost = cost + weights[1] * _unlike()[self._after[units], wanted[1]]
        cost = cost + _LENGTH * np.abs(np.log(frames / frames.mean()))
        cost = cost + rng.exponential(_DICE, len(units))
        best = np.argsort(cost, kind="stable")[:_CANDIDATES]
        return units[best], cost[best]

    def _joins(self, left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.float64]:
        """[left, right]: cost of joining the one to the other: what comes last in the one and first
        behind it, against what comes before the other and first in it."""
        spectra = self._inventory.spectra
        last = len(spectra) - 1
        ends, starts = self._units[left, 1] + self._units[left, 2], self._units[right, 1]
        one = np.stack([spectra[ends - 1], spectra[np.minimum(ends, last)]], 1).astype(np.float32)
        other = np.stack([spectra[np.maximum(starts - 1, 0)], spectra[starts]], 1)
        apart = np.square(one[:, None] - other[None].astype(np.float32)).mean((2, 3))
        cost = _JOIN + _DISTANCE * np.sqrt(apart)
        follows = (left[:, None] + 1 == right) & (
            self._units[left, None, 3] == self._units[right, 3]
        )
        return np.where(follows, 0.0, cost)

    def _cut(self, units: Sequence[int]) -> Saying:
        """The sound of units, those that follow each other in one piece."""
        runs: list[list[int]] = []
        for unit in units:
            if (
                runs
                and runs[-1][-1] + 1 == unit
                and self._units[unit - 1, 3] == self._units[unit, 3]
            ):
                runs[-1].append(unit)
            else:
                runs.append([unit])
        pcm = self._inventory.pcm
        pieces = []
        for run in runs:
            first = int(self._units[run[0], 1]) * FRAME - FADE
            end = int(self._units[run[-1], 1] + self._units[run[-1], 2]) * FRAME + FADE
            inside = pcm[max(0, first) : end].astype(np.float32)
            pieces.append(np.pad(inside, (max(0, -first), max(0, end - len(pcm)))))
        return Saying(joined(pieces), len(units), len(pieces) - 1)


@cache
def _unlike() -> NDArray[np.float64]:
    """[symbols, symbols]: cost of the one for the other."""
    cost = np.full((len(SYMBOLS), len(SYMBOLS)), _STRANGE)
    for kind in _KINDS:
        numbers = [NUMBER[symbol] for symbol in kind.split()]
        cost[np.ix_(numbers, numbers)] = _RELATED
    np.fill_diagonal(cost, 0.0)
    return cost
