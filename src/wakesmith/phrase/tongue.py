"""What near misses are made of in one language: its words, its sounds and how these go together."""

import dataclasses
import functools
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from wakesmith.phrase import arpabet, foreign, ipa, letters
from wakesmith.phrase.arpabet import Phones, bare
from wakesmith.phrase.distance import DROPS, ENGLISH, SYMBOLS, Sounds
from wakesmith.phrase.language import Language, language_of
from wakesmith.phrase.spelling import by_word, respell
from wakesmith.phrase.vocabulary import Vocabulary, rhythm, vocabulary

_ADDED = 6  # consonants that are put in: so many of the weakest, and the commonest besides
_GREETINGS = {
    "sv": "hej hallå okej hejsan god tack",
    "da": "hej hallo okay goddag",
    "nb": "hei hallo ok",
    "de": "hallo hey okay guten he servus",
    "nl": "hallo hoi hé oké",
    "es": "hola oye oiga vale eh buenas",
    "pt": "olá oi ei tá bom",
    "fr": "salut dis hé bonjour allô",
    "it": "ciao ehi senti ok",
    "fi": "hei moi terve",
    "pl": "hej cześć dobra",
}
_STARTERS = 14


@dataclass(frozen=True, eq=False)
class Tongue:
    """A language for the makers of near misses."""

    sounds: Sounds
    words: Callable[[], Vocabulary]
    """Frequent words; loaded when asked for."""
    is_vowel: Callable[[str], bool]
    syllables: Callable[[Phones], tuple[Phones, ...]]
    respell: Callable[[Phones], str]
    """A made-up word's spelling."""
    sayable: Callable[[Phones], bool]
    """Whether a mouth of this language (and a voice) can say a made-up word."""
    added: tuple[str, ...]
    """Consonants to put in, the least heard first."""
    starters: Callable[[], tuple[str, ...]]
    """Words that phrases begin with."""
    by_word: Callable[[tuple[str, ...], Phones], tuple[Phones, ...]]
    """The phones shared out among words."""
    pins: bool = True
    """Whether voices can be told the phones; otherwise they read the text."""


def tongue_of(language: str, phrase: str = "") -> Tongue:
    """The tongue of a language's code.

    Of a language without a list of frequent words it is made of words in the ``phrase``'s letters
    (``letters``).
    """
    found = language_of(language)
    if found.english:
        return english()
    return _listed(found) if found.words else _unlisted(found, letters.alphabet(phrase))


@functools.cache
def english() -> Tongue:
    """English, with its own dictionary."""
    cheap = [SYMBOLS[i] for i in np.argsort(DROPS, kind="stable")]
    added = (*cheap[:_ADDED], "S", "L", "N", "K", "M")
    starters = "hey okay ok hi hello yo oh say play stop ask tell call please the my a our"
    return Tongue(
        ENGLISH,
        vocabulary,
        arpabet.is_vowel,
        arpabet.syllables,
        respell,
        _sayable,
        tuple(dict.fromkeys(s for s in added if not arpabet.is_vowel(s))),
        lambda: tuple(starters.split()),
        by_word,
    )


def _sayable(phones: Phones) -> bool:
    """Whether an English mouth (and a diphone voice) can say it: glides and H want a vowel next,
    NG one before."""
    for at, phone in enumerate(phones):
        following = phones[at + 1 : at + 2]
        before_vowel = bool(following) and arpabet.is_vowel(following[0])
        glided = phone == "HH" and following in (("W",), ("Y",))
        if phone in ("HH", "W", "Y") and not before_vowel and not glided:
            return False
        if phone == "NG" and not (at and arpabet.is_vowel(phones[at - 1])):
            return False
    return True


@functools.cache
def _listed(language: Language) -> Tongue:
    return _made(foreign.words_of(language), language)


@functools.cache
def _unlisted(language: Language, alphabet: str) -> Tongue:
    words = letters.words_in(language, alphabet)
    written = letters.spelling(words)
    return dataclasses.replace(
        _made(words, language),
        respell=lambda phones: "".join(written.get(phone, "") for phone in bare(phones)),
        pins=False,
    )


def _made(words: foreign.Words, language: Language) -> Tongue:
    def starters() -> tuple[str, ...]:
        greetings = _GREETINGS.get(language.primary, "").split()
        return tuple(dict.fromkeys([*greetings, *words.words]))[:_STARTERS]

    def is_vowel(phone: str) -> bool:
        return ipa.is_vowel(phone.rstrip("012"))

    def cut(phones: Phones) -> tuple[Phones, ...]:
        return _syllables(phones, words.onsets)

    def sayable(phones: Phones) -> bool:
        plain = bare(phones)
        at = [i for i, phone in enumerate(plain) if ipa.is_vowel(phone)]
        known = all(phone in words.signs for phone in plain)
        ends = bool(at) and plain[: at[0]] in words.onsets and plain[at[-1] + 1 :] in words.codas
        return known and ends

    weakest = [words.sounds.symbols[i] for i in np.argsort(words.sounds.drops, kind="stable")]
    common = (*weakest[:_ADDED], "s", "l", "n", "k", "m", "r", "t")
    return Tongue(
        words.sounds,
        lambda: _vocabulary(words),
        is_vowel,
        cut,
        lambda phones: "".join(bare(phones)),
        sayable,
        tuple(dict.fromkeys(s for s in common if s in words.signs and not ipa.is_vowel(s))),
        starters,
        lambda texts, phones: foreign.by_word(texts, phones, language),
    )


@functools.cache
def _vocabulary(words: foreign.Words) -> Vocabulary:
    return Vocabulary(
        words.words,
        words.phones,
        words.sounds.encode(words.phones),
        tuple(_rhythm(phones) for phones in words.phones),
    )


def _rhythm(phones: Phones) -> str:
    return rhythm(phones, lambda phone: ipa.is_vowel(phone.rstrip("012")))


def _syllables(phones: Phones, onsets: frozenset[Phones]) -> tuple[Phones, ...]:
    """Cut before the longest run of consonants that begins words (maximal onset)."""
    plain = bare(phones)
    at = [i for i, phone in enumerate(plain) if ipa.is_vowel(phone)]
    cuts = [0]
    for left, right in itertools.pairwise(at):
        cuts.append(next(i for i in range(left + 1, right + 1) if _fits(plain[i:right], onsets)))
    ends: Sequence[int] = [*cuts[1:], len(phones)]
    return tuple(phones[a:b] for a, b in zip(cuts, ends, strict=True))


def _fits(consonants: Phones, onsets: frozenset[Phones]) -> bool:
    return not consonants or consonants in onsets
