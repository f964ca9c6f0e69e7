"""Phonemes of other languages than English, in IPA: their features, and how alike two are.

A phone is one phoneme as espeak-ng parts them: a letter or a few that belong together (``tʃ``,
``aɪ``, ``ong``), with the marks that belong to it, and with a tone's letters (``au˨˩˦``). A vowel
carries a stress digit as in ARPABET, whose symbols are all of capital letters, so that no phone is
of both alphabets.

Places, manners and vowel features are those of ``distance`` (Kondrak 2000), carried on to the rest
of the IPA chart (Handbook of the International Phonetic Association, 1999); weights too.
"""

import unicodedata
from functools import cache

from wakesmith.phrase.arpabet import listed

TONES = dict(zip("12345", "˩˨˧˦˥", strict=True))
"""Chao's tone letters for espeak-ng's digits."""
_PLACES = {
    1.0: "p b m ɸ β ʙ ɓ w ʍ",
    0.95: "f v ɱ ʋ ⱱ",
    0.9: "θ ð ǀ",
    0.85: "t d n s z r ɾ l ɬ ɮ ɗ ɺ",
    0.8: "ɹ ʃ ʒ ʈ ɖ ɳ ʂ ʐ ɽ ɻ ɭ",
    0.75: "ɕ ʑ ɧ",
    0.7: "c ɟ ɲ ç ʝ j ʎ ɥ ʄ",
    0.6: "k ɡ ŋ x ɣ ɰ ʟ ɠ",
    0.5: "q ɢ ɴ χ ʁ ʀ ʛ",
    0.3: "ħ ʕ",
    0.1: "h ɦ ʔ",
}
_STOP, _FRICATIVE, _LIQUID = 1.0, 0.8, 0.6  # Kondrak's values; nasals count as stops
_MANNERS = {
    _STOP: "p b t d ʈ ɖ c ɟ k ɡ q ɢ ʔ m ɱ n ɳ ɲ ŋ ɴ ɓ ɗ ʄ ɠ ʛ ǀ",
    _LIQUID: "r ɾ l ɹ ɽ ɻ ɭ ɺ ʎ ʟ ʀ ʙ j w ʍ ɥ ɰ ʋ ⱱ",
}
_PLACE = {letter: place for place, text in _PLACES.items() for letter in text.split()}
_MANNER = {letter: manner for manner, text in _MANNERS.items() for letter in text.split()}
_VOICELESS = frozenset(listed("p t ʈ c k q ʔ f θ s ʃ ʂ ɕ ç x χ ħ h ɸ ɬ ɧ ʍ"))
_NASALS = frozenset(listed("m ɱ n ɳ ɲ ŋ ɴ"))
_SIBILANTS = frozenset(listed("s z ʃ ʒ ʂ ʐ ɕ ʑ ɧ"))
_LATERALS = frozenset(listed("l ɭ ʎ ʟ ɬ ɮ ɺ"))
# Height (1 high, 0 low), backness (1 front, 0 back), rounded.
_VOWEL = {
    "i": (1.0, 1.0, 0),
    "y": (1.0, 1.0, 1),
    "ɨ": (1.0, 0.5, 0),
    "ʉ": (1.0, 0.5, 1),
    "ɯ": (1.0, 0.0, 0),
    "u": (1.0, 0.0, 1),
    "ɪ": (0.85, 0.85, 0),
    "ʏ": (0.85, 0.85, 1),
    "ᵻ": (0.85, 0.6, 0),
    "ʊ": (0.85, 0.2, 1),
    "e": (0.65, 1.0, 0),
    "ø": (0.65, 1.0, 1),
    "ɘ": (0.65, 0.5, 0),
    "ɵ": (0.65, 0.5, 1),
    "ɤ": (0.65, 0.0, 0),
    "o": (0.65, 0.0, 1),
    "ə": (0.5, 0.5, 0),
    "ɚ": (0.5, 0.5, 0),
    "ɛ": (0.4, 1.0, 0),
    "œ": (0.4, 1.0, 1),
    "ɜ": (0.4, 0.5, 0),
    "ɝ": (0.4, 0.5, 0),
    "ɞ": (0.4, 0.5, 1),
    "ʌ": (0.4, 0.2, 0),
    "ɔ": (0.4, 0.0, 1),
    "æ": (0.15, 0.9, 0),
    "ɐ": (0.2, 0.5, 0),
    "a": (0.0, 0.7, 0),
    "ɶ": (0.0, 0.9, 1),
    "ɑ": (0.0, 0.1, 0),
    "ɒ": (0.0, 0.0, 1),
}
_BASE = 0.18  # that two letters differ at all, as in ``distance``
_MARKS = {"ː": 0.06, "ˑ": 0.03, "̃": 0.2, "ʲ": 0.15, "ʰ": 0.1, "ʱ": 0.1, "ʷ": 0.12, "ˤ": 0.15}
_MARK_ELSE = 0.05
_SYLLABIC = "\u0329"
_GLIDES = {("j", "i"): 0.5, ("w", "u"): 0.5, ("j", "ɪ"): 0.5, ("w", "ʊ"): 0.5, ("ɥ", "y"): 0.5}
_TONE = 0.25  # another tone on the same syllable: about the closest pair of phonemes
_LETTER_DROP = 0.5  # a letter of a diphthong or an affricate more or less
_WEAK = {"h": 0.25, "ɦ": 0.25, "ʔ": 0.25, "ə": 0.5, "t": 0.5, "d": 0.5, "j": 0.5, "ɹ": 0.55}
_CONSONANT_DROP, _VOWEL_DROP = 0.7, 0.85
SPELLED = {"g": "ɡ", "ʧ": "tʃ", "ʤ": "dʒ", "ʦ": "ts", "ʣ": "dz", "ʨ": "tɕ", "ʥ": "dʑ"}
"""Letters that people write for others."""


def plain(text: str) -> str:
    """A transcription with the letters that are read here, marks apart from their letters."""
    text = unicodedata.normalize("NFD", text).replace("c\u0327", "ç")
    return "".join(SPELLED.get(c, c) for c in text)


def is_letter(sign: str) -> bool:
    """Whether a sign is an IPA letter; marks and tones are none."""
    return sign in _VOWEL or sign in _PLACE


@cache
def is_vowel(phone: str) -> bool:
    """Whether a phone is the middle of a syllable."""
    return any(c in _VOWEL for c in phone) or _SYLLABIC in phone


def is_obstruent(phone: str) -> bool:
    """Whether a phone is a stop, a fricative or both: nothing that one could sing."""
    return any(_MANNER.get(c, _FRICATIVE) > _LIQUID for c in phone if c in _PLACE) and not any(
        c in _NASALS for c in phone
    )


@cache
def cost(a: str, b: str) -> float:
    """Of one bare phone standing for another, 0 to 1: of their letters the cheapest alignment."""
    if a == b:
        return 0.0
    letters, others = _letters(a), _letters(b)
    glide = (a[:1], b[:1]) in _GLIDES or (b[:1], a[:1]) in _GLIDES
    if is_vowel(a) != is_vowel(b) and not glide:
        return 1.0
    row = [_LETTER_DROP * j for j in range(len(others) + 1)]
    for i, letter in enumerate(letters, start=1):
        new = [_LETTER_DROP * i]
        for j, other in enumerate(others, start=1):
            new.append(
                min(
                    row[j] + _LETTER_DROP,
                    new[j - 1] + _LETTER_DROP,
                    row[j - 1] + _letter_cost(letter, other),
                )
            )
        row = new
    apart = row[-1] / max(1.0, (len(letters) + len(others)) / 2)
    if _tone(a) != _tone(b):
        apart += _TONE
    return min(1.0, max(apart, 0.05))


def drop(phone: str) -> float:
    """Cost of a bare phone more or less."""
    if phone in _WEAK:
        return _WEAK[phone]
    return _VOWEL_DROP if is_vowel(phone) else _CONSONANT_DROP


def _letters(phone: str) -> tuple[tuple[str, str], ...]:
    """The letters of a phone, each with its marks."""
    out: list[tuple[str, str]] = []
    for c in phone:
        if is_letter(c):
            out.append((c, ""))
        elif out and c not in TONES.values():
            out[-1] = (out[-1][0], out[-1][1] + c)
    return tuple(out)


def _tone(phone: str) -> str:
    return "".join(c for c in phone if c in TONES.values())


@cache
def _letter_cost(a: tuple[str, str], b: tuple[str, str]) -> float:
    marks = sum(_MARKS.get(c, _MARK_ELSE) for c in set(a[1]) ^ set(b[1]))
    x, y = a[0], b[0]
    if x == y:
        return min(1.0, marks)
    if (x, y) in _GLIDES or (y, x) in _GLIDES:
        return 0.5
    if (x in _VOWEL) != (y in _VOWEL):
        return 1.0
    if x in _VOWEL:
        (height, back, round_), (height2, back2, round2) = _VOWEL[x], _VOWEL[y]
        apart = 0.55 * abs(height - height2) + 0.45 * abs(back - back2)
        return min(1.0, _BASE + apart + 0.1 * abs(round_ - round2) + marks)
    apart = 0.7 * abs(_PLACE[x] - _PLACE[y])
    apart += 0.8 * abs(_MANNER.get(x, _FRICATIVE) - _MANNER.get(y, _FRICATIVE))
    apart += 0.15 * ((x in _VOICELESS) != (y in _VOICELESS))
    apart += 0.3 * ((x in _NASALS) != (y in _NASALS))
    apart += 0.15 * ((x in _SIBILANTS) != (y in _SIBILANTS))
    apart += 0.1 * ((x in _LATERALS) or (y in _LATERALS))
    return min(1.0, _BASE + apart + marks)
