"""The frequent words of a language by wordfreq, in the letters that espeak-ng reads it in."""

import heapq
import itertools
import math
import unicodedata
from collections import Counter
from functools import cache

import numpy as np

from wakesmith.phrase.language import Language

_MOST_WORDS = 10_000
_RAREST = 2.5  # Zipf frequency, as for English
_SCRIPT_WORDS, _SCRIPT_SHARE = 400, 0.02
IDEOGRAPHS = "CJK"
"""The script of Chinese characters and kanji."""


@cache
def _frequent(language: Language) -> tuple[tuple[str, float], ...]:
    """Words in the language's own letters and their Zipf frequency, the most frequent first."""
    import wordfreq

    least = 10.0 ** (_RAREST - 9)
    ranked = sorted(
        (-share, word)
        for word, share in wordfreq.get_frequency_dict(language.words).items()
        if share >= least and _is_word(word)
    )
    own = scripts_of(language)
    kept = ((word, share) for share, word in ranked if own.issuperset(map(script_of, word)))
    return tuple(
        (word, float(np.log10(-share)) + 9) for word, share in itertools.islice(kept, _MOST_WORDS)
    )


def frequent(language: Language) -> tuple[str, ...]:
    """The language's frequent words in its own letters, the most frequent first."""
    return tuple(word for word, _ in _frequent(language)) if language.words else ()


def frequencies(language: Language) -> dict[str, float]:
    """Word to its Zipf frequency: log10 of occurrences in a thousand million words.

    All of English, the frequent words of another language, none where no list is known.
    """
    if language.english:
        import wordfreq

        shares = wordfreq.get_frequency_dict("en")
        return {word: math.log10(share) + 9 for word, share in shares.items() if share > 0}
    return dict(_frequent(language)) if language.words else {}


@cache
def scripts_of(language: Language) -> frozenset[str]:
    """The scripts that a language is written in and espeak-ng reads: LATIN, HIRAGANA …

    Empty when no word of it is known.
    """
    import wordfreq

    if not language.words:
        return frozenset()
    words = wordfreq.get_frequency_dict(language.words)
    common = heapq.nsmallest(_SCRIPT_WORDS, words, key=lambda word: (-words[word], word))
    counts = Counter(script_of(c) for word in common for c in word if c.isalpha())
    total = sum(counts.values())
    kept = {script for script, n in counts.items() if n >= _SCRIPT_SHARE * total}
    if language.primary == "ja":  # espeak-ng reads no kanji
        kept = {"HIRAGANA", "KATAKANA"}
    if IDEOGRAPHS in kept:
        kept = {IDEOGRAPHS}
    return frozenset((*kept, ""))


def _is_word(word: str) -> bool:
    letters = all(c.isalpha() or unicodedata.category(c)[0] == "M" for c in word)
    return letters and (len(word) > 1 or script_of(word) == IDEOGRAPHS)


@cache
def script_of(sign: str) -> str:
    """The script of a letter by its Unicode name; empty for marks, which follow any."""
    if not sign.isalpha():
        return ""
    first = unicodedata.name(sign, "?").split()[0]
    return "KATAKANA" if first.startswith("KATAKANA") else first
