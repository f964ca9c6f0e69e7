"""How alike two strings of phones sound: a weighted edit distance, for one pair or for thousands.

Consonants are compared by place, manner and voicing, vowels by height, backness and rounding at
their start and at their end, with the multivalued features and values of Kondrak, "A New
Algorithm for the Alignment of Phonetic Sequences" (NAACL 2000, tables 2 and 3). The weights are
our own: they put the closest pairs of different phonemes near 0.25 and unlike ones at 1.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from wakesmith.phrase.arpabet import CONSONANTS, VOWELS, Phones

SYMBOLS = (*VOWELS, *CONSONANTS)
"""The bare symbols in the order of the cost table."""
Codes = NDArray[np.int16]

# Place, manner (Kondrak's values), voiced.
_CONSONANT = {
    "B": (1.0, 1.0, 1),
    "P": (1.0, 1.0, 0),
    "D": (0.85, 1.0, 1),
    "T": (0.85, 1.0, 0),
    "G": (0.6, 1.0, 1),
    "K": (0.6, 1.0, 0),
    "JH": (0.75, 0.9, 1),
    "CH": (0.75, 0.9, 0),
    "V": (0.95, 0.8, 1),
    "F": (0.95, 0.8, 0),
    "DH": (0.9, 0.8, 1),
    "TH": (0.9, 0.8, 0),
    "Z": (0.85, 0.8, 1),
    "S": (0.85, 0.8, 0),
    "ZH": (0.75, 0.8, 1),
    "SH": (0.75, 0.8, 0),
    "HH": (0.1, 0.8, 0),
    "M": (1.0, 1.0, 1),
    "N": (0.85, 1.0, 1),
    "NG": (0.6, 1.0, 1),
    "L": (0.85, 0.6, 1),
    "R": (0.8, 0.6, 1),
    "W": (1.0, 0.6, 1),
    "Y": (0.7, 0.6, 1),
}
_SIBILANT = ("S", "Z", "SH", "ZH", "CH", "JH")
# Height (1 high, 0.5 mid, 0 low), backness (1 front, 0 back), rounded, long: at start and end.
_VOWEL = {
    "IY": ((1.0, 1.0, 0, 1), (1.0, 1.0, 0, 1)),
    "IH": ((0.85, 0.85, 0, 0), (0.85, 0.85, 0, 0)),
    "EY": ((0.6, 1.0, 0, 1), (0.9, 1.0, 0, 1)),
    "EH": ((0.4, 1.0, 0, 0), (0.4, 1.0, 0, 0)),
    "AE": ((0.1, 0.9, 0, 0), (0.1, 0.9, 0, 0)),
    "AH": ((0.4, 0.4, 0, 0), (0.4, 0.4, 0, 0)),
    "AA": ((0.0, 0.2, 0, 1), (0.0, 0.2, 0, 1)),
    "AO": ((0.3, 0.0, 1, 1), (0.3, 0.0, 1, 1)),
    "OW": ((0.5, 0.1, 1, 1), (0.9, 0.1, 1, 1)),
    "UH": ((0.85, 0.2, 1, 0), (0.85, 0.2, 1, 0)),
    "UW": ((1.0, 0.1, 1, 1), (1.0, 0.0, 1, 1)),
    "ER": ((0.5, 0.5, 0, 1), (0.5, 0.5, 0, 1)),
    "AY": ((0.0, 0.4, 0, 1), (0.9, 1.0, 0, 1)),
    "AW": ((0.0, 0.4, 0, 1), (0.9, 0.1, 1, 1)),
    "OY": ((0.3, 0.0, 1, 1), (0.9, 1.0, 0, 1)),
}
_BASE = 0.18  # that two phonemes differ at all
_RELATED = {("Y", "IY"): 0.5, ("W", "UW"): 0.5, ("R", "ER"): 0.5, ("W", "OW"): 0.7}
# Pairs that many speakers do not tell apart: the cot-caught merger, weak vowels.
_MERGED = {("AA", "AO"): 0.1, ("AH", "IH"): 0.2}
_DROPPED = {"HH": 0.25, "AH": 0.5, "T": 0.5, "D": 0.5, "IH": 0.6, "R": 0.55, "Y": 0.5}
_DROPPED_ELSE = 0.7
_DROPPED_VOWEL = 0.85


def _pair(a: str, b: str) -> float:
    if a == b:
        return 0.0
    for table in (_MERGED, _RELATED):
        if (a, b) in table or (b, a) in table:
            return table.get((a, b), table.get((b, a), 1.0))
    if (a in VOWELS) != (b in VOWELS):
        return 1.0
    if a in VOWELS:
        ends = list(zip(_VOWEL[a], _VOWEL[b], strict=True))
        height = sum(abs(p[0] - q[0]) for p, q in ends) / 2
        back = sum(abs(p[1] - q[1]) for p, q in ends) / 2
        rounding = sum(abs(p[2] - q[2]) for p, q in ends) / 2
        long = abs(_VOWEL[a][0][3] - _VOWEL[b][0][3])
        rhotic = 0.25 if "ER" in (a, b) else 0.0
        return min(1.0, _BASE + 0.55 * height + 0.45 * back + 0.1 * rounding + 0.05 * long + rhotic)
    (place, manner, voice), (place2, manner2, voice2) = _CONSONANT[a], _CONSONANT[b]
    nasal = (a in ("M", "N", "NG")) != (b in ("M", "N", "NG"))
    sibilant = (a in _SIBILANT) != (b in _SIBILANT)
    return min(
        1.0,
        _BASE
        + 0.7 * abs(place - place2)
        + 0.8 * abs(manner - manner2)
        + 0.15 * abs(voice - voice2)
        + 0.3 * nasal
        + 0.15 * sibilant
        + (0.1 if "L" in (a, b) else 0.0),
    )


COSTS = np.array([[_pair(a, b) for b in SYMBOLS] for a in SYMBOLS], dtype=np.float32)
"""Cost of one phone standing for another, [39, 39], symmetric, 0 on the diagonal."""
DROPS = np.array(
    [_DROPPED.get(s, _DROPPED_VOWEL if s in VOWELS else _DROPPED_ELSE) for s in SYMBOLS],
    dtype=np.float32,
)
"""Cost of a phone more or less, [39]: little for those that are often weak or lost."""

_END = -1


@dataclass(frozen=True, eq=False)
class Sounds:
    """The phonemes of a language and how alike they are."""

    symbols: tuple[str, ...]
    """Bare symbols in the order of the costs."""
    costs: NDArray[np.float32]
    """Cost of one phone standing for another, [symbols, symbols], 0 on the diagonal."""
    drops: NDArray[np.float32]
    """Cost of a phone more or less, [symbols]."""
    nearest: Callable[[str], str] | None = None
    """The symbol that stands for one which is not among them; None when there is no other."""
    _codes: dict[str, int] = field(init=False, default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self._codes.update((symbol, i) for i, symbol in enumerate(self.symbols))

    def _code(self, phone: str) -> int:
        symbol = phone.rstrip("012")
        if symbol not in self._codes and self.nearest is not None:
            self._codes[symbol] = self._codes[self.nearest(symbol)]
        return self._codes[symbol]

    def costs_of(self, phone: str) -> NDArray[np.float32]:
        """Cost of each symbol standing for a phone, [symbols]."""
        costs: NDArray[np.float32] = self.costs[self._code(phone)]
        return costs

    def encode(self, strings: Sequence[Phones]) -> Codes:
        """Phone strings as codes, [strings, longest], -1 after the end; stress is left out."""
        longest = max((len(s) for s in strings), default=0)
        out = np.full((len(strings), longest), _END, dtype=np.int16)
        for row, phones in zip(out, strings, strict=True):
            row[: len(phones)] = [self._code(p) for p in phones]
        return out

    def distances(self, phones: Phones, table: Codes, within: bool = False) -> NDArray[np.float32]:
        """Edit distance of ``phones`` to every row of ``table``.

        With ``within`` it is the distance to the most alike stretch of the row instead of to the
        whole row (Sellers, "The theory and computation of evolutionary distances", 1980): 0 when
        the row contains the phones.
        """
        wanted = self.encode([phones])[0].astype(np.intp)
        count, longest = table.shape
        codes = np.where(table == _END, 0, table).astype(np.intp)
        dropped = self.drops[codes]
        lengths = (table != _END).sum(axis=1)
        row = np.zeros((longest + 1, count), dtype=np.float32)
        if not within:
            np.cumsum(dropped.T, axis=0, out=row[1:])
        for code in wanted:
            new = np.empty_like(row)
            new[0] = row[0] + self.drops[code]
            replaced = self.costs[code][codes]
            for j in range(longest):
                new[j + 1] = np.minimum(row[j] + replaced[:, j], row[j + 1] + self.drops[code])
                np.minimum(new[j + 1], new[j] + dropped[:, j], out=new[j + 1])
            row = new
        if not within:
            result: NDArray[np.float32] = row[lengths, np.arange(count)]
            return result
        beyond = np.arange(longest + 1)[:, None] > lengths
        row[beyond] = np.inf
        closest: NDArray[np.float32] = row.min(axis=0)
        return closest

    def distance(self, a: Phones, b: Phones) -> float:
        """Edit distance of two phone strings; 0 for homophones, about 1 for one unlike phone."""
        return float(self.distances(a, self.encode([b]))[0])


ENGLISH = Sounds(SYMBOLS, COSTS, DROPS)
encode, distances, distance = ENGLISH.encode, ENGLISH.distances, ENGLISH.distance
"""English's."""
