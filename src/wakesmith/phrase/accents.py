"""How people of other accents say a phrase, as rules on the phonemes of a dictionary's reading.

Synthetic voices say what they are told, in one accent; people who wake a device do not. An accent
is a handful of habits, each of which a speaker has or has not, and keeps to throughout a phrase:
those of native accents (Wells, "Accents of English", 1982) and of people who grew up with another
language (Swan and Smith, "Learner English", 2001). How often each is drawn is our choice.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from wakesmith.phrase.arpabet import Phones, is_vowel
from wakesmith.phrase.spelling import by_word

_TRIES = 20
"""Draws for each way that is asked for: short phrases have few."""


@dataclass(frozen=True)
class _Place:
    """A phone within its word; ``""`` stands for what is not there."""

    phone: str
    before: str
    after: str

    @property
    def bare(self) -> str:
        """The phone without its stress."""
        return self.phone.rstrip("012")

    def replaced(self, bare: str) -> Phones:
        """Another phone instead, as stressed as this one."""
        return (bare + self.phone[len(self.bare) :],)


_Habit = Callable[[_Place, np.random.Generator], Phones | None]
"""What is said instead of a phone; None leaves it to other habits."""


def _swap(table: dict[str, tuple[str, ...]]) -> _Habit:
    def habit(at: _Place, rng: np.random.Generator) -> Phones | None:
        found = table.get(at.bare)
        return at.replaced(found[int(rng.integers(len(found)))]) if found else None

    return habit


def _not_rhotic(at: _Place, _: np.random.Generator) -> Phones | None:
    """No r but before a vowel: England, Australia, much of Africa and Asia."""
    if at.bare == "ER":
        return at.replaced("AH")
    return () if at.phone == "R" and not is_vowel(at.after) else None


def _flapped(at: _Place, _: np.random.Generator) -> Phones | None:
    """A t between vowels, the second not stressed, is a flap: North America, Australia."""
    follows = is_vowel(at.before) or at.before == "R"
    return ("D",) if at.phone == "T" and follows and at.after.endswith("0") else None


def _full_vowels(at: _Place, rng: np.random.Generator) -> Phones | None:
    """Vowels without stress keep their colour, of which the phonemes no longer tell."""
    if at.phone != "AH0":
        return None
    return (("AA0", "EH0", "IH0", "AO0")[int(rng.integers(4))],) if at.after else ("AA0",)


def _no_glides(at: _Place, _: np.random.Generator) -> Phones | None:
    """News without a y; before other vowels it is a vowel of its own."""
    if at.phone != "Y":
        return None
    return () if at.after.startswith("UW") else ("IY0",)


def _hard_ends(at: _Place, _: np.random.Generator) -> Phones | None:
    """No voice in a last consonant: German, Dutch, Slavic languages."""
    hard = {"B": "P", "D": "T", "G": "K", "Z": "S", "V": "F"}.get(at.phone)
    return (hard,) if hard and not at.after else None


def _no_breath(at: _Place, _: np.random.Generator) -> Phones | None:
    """No aspiration at the beginning, which sounds like the voiced consonant: Romance languages."""
    soft = {"P": "B", "T": "D", "K": "G"}.get(at.phone)
    return (soft,) if soft and not at.before and is_vowel(at.after) else None


def _round_v(at: _Place, _: np.random.Generator) -> Phones | None:
    """No difference between v and w, heard as the latter where a vowel follows."""
    return ("W",) if at.phone == "V" and is_vowel(at.after) else None


_HABITS: tuple[tuple[float, _Habit], ...] = (
    (0.4, _not_rhotic),
    (0.3, _flapped),
    (0.4, _full_vowels),
    (0.15, _no_glides),
    (0.25, _hard_ends),
    (0.15, _no_breath),
    (0.25, _swap({"IY": ("IH",), "UW": ("UH",)})),
    (0.2, _swap({"IH": ("IY",), "UH": ("UW",)})),
    (0.25, _swap({"AE": ("EH", "AA"), "EH": ("AE",)})),
    (0.2, _swap({"AA": ("AO", "AE"), "AO": ("AA", "OW")})),
    (0.2, _swap({"EY": ("EH",), "OW": ("AO",)})),
    (0.15, _round_v),
    (0.15, _swap({"W": ("V",)})),
    (0.2, _swap({"TH": ("T", "S"), "DH": ("D", "Z")})),
    (0.15, _swap({"Z": ("S",), "ZH": ("SH",), "JH": ("CH",)})),
)
"""Each with the probability that a speaker has it; of two that fit a phone the first counts."""


def accents(
    words: tuple[str, ...], said: Sequence[Phones], count: int, rng: np.random.Generator
) -> tuple[Phones, ...]:
    """Up to ``count`` other ways of saying a phrase of these words that is ``said`` so (ARPABET),
    none twice.

    Fewer, or none, where the habits of accents have little to change.
    """
    found: dict[Phones, None] = {}
    for _ in range(_TRIES * count if said else 0):
        phones = said[int(rng.integers(len(said)))]
        known = 0 < len(words) <= len(phones)
        way = _way(by_word(words, phones) if known else (phones,), rng)
        if way not in said:
            found[way] = None
        if len(found) == count:
            break
    return tuple(found)


def _way(parts: Sequence[Phones], rng: np.random.Generator) -> Phones:
    """One speaker's way of saying words of these phones."""
    habits = [habit for share, habit in _HABITS if rng.random() < share]
    way: list[str] = []
    for phones in parts:
        for before, phone, after in zip(("", *phones), phones, (*phones[1:], ""), strict=False):
            place = _Place(phone, before, after)
            changes = (habit(place, rng) for habit in habits)
            way += next((change for change in changes if change is not None), (phone,))
    return tuple(way)
