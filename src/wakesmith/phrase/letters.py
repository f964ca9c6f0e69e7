"""Made-up words of a language that no list of frequent words is known for, by its letters.

The letters are those of the phrase's script. A word is kept when espeak-ng reads it as one word of
the language: about as many phonemes as letters, with vowels between them.
"""

import unicodedata
from collections import Counter
from functools import cache

import numpy as np

from wakesmith.errors import PhraseError
from wakesmith.phrase import foreign, ipa
from wakesmith.phrase.arpabet import Phones, bare
from wakesmith.phrase.language import Language

_SEED = 41
_TRIED = 6_000
_LETTERS = (2, 8)
_CLUSTER = 2  # consonants in a row that nearly every language has
_BLOCK = 0x80  # letters of a script lie in one such stretch of Unicode
_FEWEST = 200


def alphabet(phrase: str) -> str:
    """The small letters of a phrase's script, sorted: a to z beside the phrase's own of Latin."""
    own = {c for c in phrase.lower() if c.isalpha()}
    if not own:
        return ""
    if any(unicodedata.name(c, "").startswith("LATIN") for c in own):
        return "".join(sorted(own | set("abcdefghijklmnopqrstuvwxyz")))
    script = {unicodedata.name(c, "?").split()[0] for c in own}
    first = min(map(ord, own)) // _BLOCK * _BLOCK
    near = map(chr, range(first, first + _BLOCK))
    small = {c for c in near if c.isalpha() and c == c.lower()}
    same = {c for c in small if unicodedata.name(c, "?").split()[0] in script}
    return "".join(sorted(own | same))


@cache
def words_in(language: Language, letters: str) -> foreign.Words:
    """Made-up words in these letters, as ``foreign.words_of`` has real ones.

    ``PhraseError`` when espeak-ng reads too few of them.
    """
    rng = np.random.default_rng([_SEED, len(letters)])
    tried: dict[str, None] = {}
    for _ in range(_TRIED if letters else 0):
        count = int(rng.integers(_LETTERS[0], _LETTERS[1] + 1))
        tried["".join(letters[int(i)] for i in rng.integers(len(letters), size=count))] = None
    made = foreign.words_read(list(tried), language, keeps=_pronounceable)
    if len(made.words) < _FEWEST:
        raise PhraseError(
            f"wordfreq has no list of words of {language.name}, and espeak-ng reads too few "
            "made-up ones in these letters. Write the phrase in the letters of the language."
        )
    return made


def spelling(words: foreign.Words) -> dict[str, str]:
    """Bare phone to the letter that it is mostly read from, of words with a letter a phone."""
    found: dict[str, Counter[str]] = {}
    for word, phones in zip(words.words, words.phones, strict=True):
        if len(word) == len(phones):
            for letter, phone in zip(word, bare(phones), strict=True):
                found.setdefault(phone, Counter())[letter] += 1
    return {phone: counts.most_common(1)[0][0] for phone, counts in found.items()}


def _pronounceable(word: str, phones: Phones) -> bool:
    plain = bare(phones)
    if not 0.5 * len(word) <= len(plain) <= 1.5 * len(word) or len(set(plain)) < 2:
        return False
    run = longest = 0
    for phone in plain:
        run = 0 if ipa.is_vowel(phone) else run + 1
        longest = max(longest, run)
    return longest <= _CLUSTER and any(map(ipa.is_vowel, plain))
