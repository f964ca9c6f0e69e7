"""Phrases and words of other languages than English: read by espeak-ng, frequent by wordfreq.

What espeak-ng reads in another language's voice it marks ``(en)``; such a reading is taken only of
words in the language's own letters, which is how it reads loan words.
"""

import itertools
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from wakesmith.errors import PhraseError
from wakesmith.phrase import ipa
from wakesmith.phrase.arpabet import Phones, bare, listed
from wakesmith.phrase.distance import Sounds
from wakesmith.phrase.frequent import IDEOGRAPHS, frequent, script_of, scripts_of
from wakesmith.phrase.language import Language
from wakesmith.phrase.reading import Reading, read_words

_TONAL = frozenset(listed("cmn yue hak vi th shn my"))
_LONGEST = 14  # phones of a word
_NEAR = 0.3
"""A sound that a person wrote stands for the nearest of the language's within this cost."""
_STRESS = {"ˈ": "1", "ˌ": "2"}
_BREAKS = "ˈˌ' .‿|-"
_MARKS = ("Mn", "Mc", "Lm", "Sk")  # Unicode's kinds of the signs that change a letter


@dataclass(frozen=True, eq=False)
class Words:
    """The frequent words of a language as espeak-ng reads them, and the sounds in them."""

    words: tuple[str, ...]
    """In order of frequency; one of those that sound the same."""
    phones: tuple[Phones, ...]
    sounds: Sounds
    """Its phonemes; any other stands for the nearest of them."""
    signs: dict[str, str]
    """Bare phone to espeak-ng's mnemonic, without stress."""
    onsets: frozenset[Phones]
    """Bare consonants that begin words."""
    codas: frozenset[Phones]
    """Bare consonants that end words."""


def pronounce(phrase: str, words: Sequence[str], language: Language) -> tuple[Phones, ...]:
    """How the accents of a language read a phrase, its own accent first.

    ``PhraseError`` names the word that it has no reading for, and says what to do.
    """
    if not words:
        raise PhraseError(
            f"The phrase {phrase!r} has no word that can be spoken. Write it in letters."
        )
    for word in words:
        _check_letters(word, phrase, language)
    found: dict[Phones, None] = {}
    for file in language.accents.values():
        parts = [phones_of(reading, language) for reading in read_words(file, words)]
        for word, part in zip(words, parts, strict=True):
            if not any(map(ipa.is_vowel, bare(part))):
                raise PhraseError(_unread(word, phrase, language, "espeak-ng has no reading of it"))
        found.setdefault(tuple(itertools.chain(*parts)))
    return tuple(found)


def by_word(words: Sequence[str], phones: Phones, language: Language) -> tuple[Phones, ...]:
    """The phones shared out among the words as espeak-ng would read each, at the least distance.

    Every word gets at least one phone; ``words`` must not be empty nor more than the phones.
    """
    if len(words) == 1:
        return (phones,)
    said = [phones_of(reading, language) for reading in read_words(language.file, words)]
    if tuple(itertools.chain(*said)) == phones and all(said):
        return tuple(said)
    sounds = words_of(language).sounds if language.words else sounds_of([*said, phones])
    best: dict[int, tuple[float, tuple[int, ...]]] = {0: (0.0, ())}
    for k, wanted in enumerate(said):
        left = len(words) - k - 1
        after: dict[int, tuple[float, tuple[int, ...]]] = {}
        for start, (cost, cuts) in best.items():
            ends = range(start + 1, len(phones) - left + 1) if left else [len(phones)]
            for end in ends:
                whole = cost + sounds.distance(wanted, phones[start:end])
                if end not in after or whole < after[end][0]:
                    after[end] = (whole, (*cuts, end))
        best = after
    cuts = (0, *best[len(phones)][1])
    return tuple(phones[a:b] for a, b in itertools.pairwise(cuts))


def parse(text: str, language: Language) -> Phones:
    """IPA that a person wrote, as phonemes of the language.

    A stress mark goes to the next vowel. A phoneme is the longest of the language's that fits;
    another stands for the nearest. ``PhraseError`` names what is not IPA or far from all of them.
    """
    inner = text.strip("/[] ")
    plain = ipa.plain(inner)
    known = sounds_known(language)
    phones: list[str] = []
    stress, at = "0", 0
    while at < len(plain):
        sign = plain[at]
        if sign in "ˈˌ'":
            stress = _STRESS.get(sign, "1")
            at += 1
            continue
        if sign in _BREAKS or sign == "͡":
            at += 1
            continue
        if not ipa.is_letter(sign):
            raise PhraseError(
                f"The pronunciation {text!r} has {sign!r}, which is not IPA. Write it in IPA "
                f"with the sounds of {language.name}: {' '.join(known)}."
            )
        ends = [end for end in range(at + 1, len(plain) + 1) if _may_end(plain, end)]
        fit = next((plain[at:end] for end in reversed(ends) if plain[at:end] in known), "")
        fit = fit or plain[at : ends[0]]
        phone = _known(fit, known, text, language)
        if ipa.is_vowel(phone):
            phone, stress = phone + stress, "0"
        phones.append(phone)
        at += len(fit)
    if not any(ipa.is_vowel(p) for p in bare(tuple(phones))):
        raise PhraseError(f"The pronunciation {text!r} has no vowel, so that it cannot be spoken.")
    return _stressed(tuple(phones))


def _may_end(plain: str, at: int) -> bool:
    """Whether a phone may end before a place: not before a mark that belongs to its letter."""
    if at == len(plain) or plain[at] in _BREAKS:
        return True
    return unicodedata.category(plain[at]) not in _MARKS


def _known(phone: str, known: Sequence[str], text: str, language: Language) -> str:
    if phone in known or not known:
        return phone
    nearest = min(known, key=lambda other: (ipa.cost(phone, other), other))
    if ipa.cost(phone, nearest) > _NEAR:
        raise PhraseError(
            f"The pronunciation {text!r} has {phone!r}, a sound that {language.name} has not as "
            f"espeak-ng speaks it. It has {' '.join(known)}."
        )
    return nearest


def _stressed(phones: Phones) -> Phones:
    """With a primary stress on the first vowel, unless a stress is there already."""
    if any(p[-1] in "12" for p in phones):
        return phones
    first = next(i for i, p in enumerate(phones) if ipa.is_vowel(p))
    return (*phones[:first], phones[first][:-1] + "1", *phones[first + 1 :])


def phones_of(reading: Reading, language: Language) -> Phones:
    """The phones of a reading; vowels with their stress digit, tones as Chao's letters."""
    return tuple(phone for phone, _ in _pairs(reading, language))


def _pairs(reading: Reading, language: Language) -> list[tuple[str, str]]:
    """Phone and bare mnemonic of each phoneme."""
    tonal = language.primary in _TONAL
    found = (_phone(written, sign, tonal) for written, sign in reading)
    return [pair for pair in found if pair is not None]


@cache
def _phone(written: str, sign: str, tonal: bool) -> tuple[str, str] | None:
    """One phoneme of espeak-ng's; None for what is no sound."""
    if written.startswith("("):
        return None
    stress = next((_STRESS[c] for c in written if c in _STRESS), "0")
    phone = ipa.plain("".join(c for c in written if c not in "ˈˌ-"))
    sign = sign.lstrip("',%=")
    if tonal:
        tone = "".join(itertools.takewhile(str.isdigit, reversed(sign)))[::-1]
        phone = phone.rstrip("0123456789ɜ" if tone else "") or phone
        phone += "".join(ipa.TONES.get(digit, "") for digit in tone)
    phone = "".join(c for c in phone if not c.isdigit())
    if not any(map(ipa.is_letter, phone)):
        return None
    return (phone + stress if ipa.is_vowel(phone) else phone), sign


@cache
def words_of(language: Language) -> Words:
    """The frequent words of a language that wordfreq lists, read by its own accent."""
    return words_read(frequent(language), language)


def words_read(
    listed: Sequence[str], language: Language, keeps: Callable[[str, Phones], bool] | None = None
) -> Words:
    """Words read by the language's own accent; those that ``keeps`` says, all by default.

    What espeak-ng reads in another language is left out.
    """
    kept: dict[Phones, tuple[str, Phones]] = {}
    signs: dict[str, Counter[str]] = {}
    for word, reading in zip(listed, read_words(language.file, listed), strict=True):
        pairs = _pairs(reading, language)
        phones = tuple(phone for phone, _ in pairs)
        if not phones or any(written.startswith("(") for written, _ in reading):
            continue
        if keeps is not None and not keeps(word, phones):
            continue
        for phone, sign in pairs:
            signs.setdefault(phone.rstrip("012"), Counter())[sign] += 1
        if len(phones) <= _LONGEST and any(ipa.is_vowel(p) for p in bare(phones)):
            kept.setdefault(bare(phones), (word, phones))
    texts = tuple(word for word, _ in kept.values())
    read = tuple(phones for _, phones in kept.values())
    edges = [_edges(bare(phones)) for phones in read]
    return Words(
        texts,
        read,
        sounds_of(read),
        _commonest(signs),
        frozenset(onset for onset, _ in edges),
        frozenset(coda for _, coda in edges),
    )


def signs_of(language: Language, readings: Sequence[Reading]) -> dict[str, str]:
    """Bare phone to espeak-ng's mnemonic, as they stand side by side in some readings."""
    signs: dict[str, Counter[str]] = {}
    for reading in readings:
        if not any(written.startswith("(") for written, _ in reading):
            for phone, sign in _pairs(reading, language):
                signs.setdefault(phone.rstrip("012"), Counter())[sign] += 1
    return _commonest(signs)


def _commonest(signs: Mapping[str, Counter[str]]) -> dict[str, str]:
    told = {phone: found.most_common(1)[0][0] for phone, found in signs.items()}
    return {phone: sign for phone, sign in told.items() if sign}


def sounds_of(strings: Sequence[Phones]) -> Sounds:
    """The phonemes that occur in some strings of phones."""
    symbols = tuple(sorted({phone for phones in strings for phone in bare(phones)}))
    costs = np.array([[ipa.cost(a, b) for b in symbols] for a in symbols], dtype=np.float32)
    drops = np.array([ipa.drop(symbol) for symbol in symbols], dtype=np.float32)

    def nearest(symbol: str) -> str:
        return min(symbols, key=lambda other: (ipa.cost(symbol, other), other))

    return Sounds(symbols, costs, drops, nearest)


def sounds_known(language: Language) -> tuple[str, ...]:
    """The phonemes of a language as espeak-ng speaks it; none when its words are not known."""
    return words_of(language).sounds.symbols if language.words else ()


def _edges(phones: Phones) -> tuple[Phones, Phones]:
    """The consonants before the first vowel, and those after the last."""
    at = [i for i, phone in enumerate(phones) if ipa.is_vowel(phone)]
    return phones[: at[0]], phones[at[-1] + 1 :]


def _check_letters(word: str, phrase: str, language: Language) -> None:
    """``PhraseError`` when espeak-ng would not read a word as a word of this language."""
    if any(c.isdigit() for c in word):
        raise PhraseError(
            _unread(word, phrase, language, "numbers are not read", "Write it out as it is said")
        )
    own = scripts_of(language)
    odd = {script_of(c) for c in word} - own
    if not own or not odd:
        return
    if language.primary == "ja" and IDEOGRAPHS in odd:
        why, do = "espeak-ng reads kana and no kanji", "Write it in kana (ねえ さくら)"
    else:
        told = " or ".join(sorted(script.capitalize() for script in own if script))
        why = f"it is not written in {told}, the letters that espeak-ng reads as {language.name}"
        do = "Write it in those letters, as it sounds"
        if language.code == "cmn" and "LATIN" in odd:
            do = "Write it in Chinese characters, or set `language` to cmn-latn-pinyin"
    raise PhraseError(_unread(word, phrase, language, why, do))


def _unread(word: str, phrase: str, language: Language, why: str, do: str = "") -> str:
    return (
        f"No pronunciation in {language.name} is known for {word!r} in the phrase {phrase!r}: "
        f"{why}. {do or 'Write it as it sounds'}, or give the whole phrase a respelling under "
        "`spellings` or a pronunciation in IPA under `pronunciations`."
    )
