"""How good a wake phrase is, before anything is trained: what is easy about it, and what is hard.

Each thing that makes a phrase hard adds points, with a sentence that says why; its difficulty is
their sum. What is asked follows those who sell detectors: six phonemes or more, three syllables
or more, varied sounds, no longer than it must be (Picovoice, "Tips for Choosing a Wake Word");
two seconds at most, no common words (Microsoft, "Recommendations and guidelines for keyword
recognition"). The points are our own: they put the words that ``bench/README.md`` measured on
people's recordings in the order of the recall found (view glass, computer, amelia), which is three
words and no proof.
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from wakesmith.phrase import ipa, tongue
from wakesmith.phrase.arpabet import Phones, bare, listed
from wakesmith.phrase.frequent import frequencies
from wakesmith.phrase.guess import not_in_dictionary
from wakesmith.phrase.language import language_of
from wakesmith.phrase.phonemes import parse_pronunciation, pronounce, words_of
from wakesmith.words import count_of

PHONEMES, SYLLABLES = 6, 3
"""Fewer are too few (Picovoice)."""
LONGEST = 2.0
"""Seconds that a wake phrase may take (Microsoft)."""
GOOD, FAIR = 20, 40
"""Difficulty below which a phrase is good, and fair."""
_PHONE_SECONDS = 0.09
"""A phone's mean length when one speaks clearly; in running speech it is some 0.08 s (Crystal and
House, "Segmental durations in connected-speech signals", JASA 83, 1988)."""
_WORDS_AN_HOUR = 9_000
"""Of talk: 150 a minute."""
UNLISTED = 1.0
"""Zipf frequency that words which no list holds are taken to have: they may be rarer."""
_COMMON = 4.0
"""Zipf frequency of a word that is met daily: one in a hundred thousand."""
_NEAREST = 6
_PAIRS = 40  # nearest words of each of the phrase's that are combined
_SOUNDS_LIKE = 0.5
"""Distance over which the chance of taking one for the other falls to 1/e: an assumption."""
_ALIKE = 0.2
"""Distance up to which words sound alike, of the phrase's number of phonemes: an assumption. So
many common words lie farther that, if they counted, they would outweigh those that sound alike."""
_OBSTRUENTS = frozenset(listed("B CH D DH F G JH K P S SH T TH V Z ZH"))


@dataclass(frozen=True)
class Reason:
    """Something that makes a phrase hard, or that is good to know."""

    points: float
    """What it adds to the difficulty; 0 when it is in the phrase's favour."""
    text: str


@dataclass(frozen=True)
class Neighbour:
    """Frequent words that sound alike."""

    text: str
    distance: float
    """About one a phoneme; 0 sounds the same or has the phrase inside."""
    an_hour: float
    """How often it is said in an hour of talk, by the words' frequencies alone."""


@dataclass(frozen=True)
class Advice:
    """What is known of a phrase."""

    phrase: str
    phones: Phones
    syllables: int
    stresses: int
    """Syllables with a stress, primary or secondary."""
    seconds: float
    """About how long it takes to say."""
    parts: tuple[tuple[str, float], ...]
    """Each word and its Zipf frequency: 6 is one in a thousand words, 3 one in a million."""
    an_hour: float
    """How often the words come together by chance in an hour of talk."""
    neighbours: tuple[Neighbour, ...]
    """The frequent words and phrases that sound the most alike, the closest first."""
    reasons: tuple[Reason, ...]
    """Why it is hard, the weightiest first; then what speaks for it."""

    @property
    def difficulty(self) -> float:
        """Sum of the reasons' points: 0 is as easy as can be."""
        return round(sum(reason.points for reason in self.reasons), 1)

    @property
    def verdict(self) -> str:
        """good, fair or hard."""
        return next(
            (word for word, end in (("good", GOOD), ("fair", FAIR)) if self.difficulty < end),
            "hard",
        )


def advise(phrase: str, language: str = "en", pronunciation: str = "") -> Advice:
    """Look at one phrase; ``PhraseError`` when it cannot be read.

    ``pronunciation`` is as in a recipe; none has it read.
    """
    pinned = parse_pronunciation(pronunciation, language) if pronunciation else None
    phones = pinned or pronounce(phrase, language)[0]
    speech = tongue.tongue_of(language, phrase)
    words = words_of(phrase)
    known = frequencies(language_of(language))
    parts = tuple((word, round(known.get(word, UNLISTED), 2)) for word in words)
    vowels = [phone for phone in phones if speech.is_vowel(phone)]
    near = _neighbours(words, phones, speech, known)
    heard = _heard_as(words, phones, speech, known)
    made = Advice(
        phrase,
        phones,
        len(vowels),
        sum(phone[-1] in "12" for phone in vowels),
        round(_PHONE_SECONDS * len(phones) + 0.1 * (len(words) - 1), 2),
        parts,
        _an_hour([frequency for _, frequency in parts]),
        near[:_NEAREST],
        (),
    )
    guesses = () if pinned else tuple(map(_guess, not_in_dictionary(phrase, language)))
    told = (*_reasons(made, near), *_company(heard), *guesses)
    reasons = sorted(told, key=lambda reason: -reason.points)
    return Advice(**{**vars(made), "reasons": tuple(reasons)})


def ranked(phrases: Sequence[str], language: str = "en") -> tuple[Advice, ...]:
    """Advice on several phrases, the easiest first."""
    found = [advise(phrase, language) for phrase in dict.fromkeys(phrases)]
    return tuple(sorted(found, key=lambda advice: advice.difficulty))


def _guess(word: str) -> Reason:
    return Reason(
        3.0, f'no dictionary holds "{word}": people may say it otherwise than it is spoken here'
    )


def _reasons(made: Advice, near: Sequence[Neighbour]) -> Iterator[Reason]:
    yield from _length(made)
    yield from _sounds(made)
    yield from _commonness(made)
    yield from _likeness([n for n in near if n.distance <= _ALIKE * len(made.phones)])


def _length(made: Advice) -> Iterator[Reason]:
    count = len(made.phones)
    told = count_of(count, "phoneme")
    if count < PHONEMES:
        points = 12.0 * (PHONEMES - count) + 6
        yield Reason(points, f"it has {told}: fewer than {PHONEMES} are easily misheard")
    elif count < 8:
        yield Reason(3.0 * (8 - count), f"it has {told}: 8 or more are safer")
    else:
        yield Reason(0.0, f"it has {told}, which is long enough to tell it by")
    if made.syllables < SYLLABLES:
        told = count_of(made.syllables, "syllable")
        yield Reason(
            10.0 * (SYLLABLES - made.syllables),
            f'it has {told}: {SYLLABLES} or more are wanted ("hey" before it adds one)',
        )
    if made.seconds > LONGEST:
        yield Reason(
            10.0 * (made.seconds - LONGEST) + 5,
            f"it takes about {made.seconds:.1f} s to say: over {LONGEST:.0f} s people shorten it",
        )


def _sounds(made: Advice) -> Iterator[Reason]:
    plain = bare(made.phones)
    hard = sum(map(_is_obstruent, plain)) / len(plain)
    if hard < 0.25:
        yield Reason(
            round(15 * (1 - hard / 0.25), 1),
            "it has few stops and hisses (p t k s sh …), which mark it off from other talk",
        )
    variety = len(set(plain)) / len(plain)
    if variety < 0.85:
        yield Reason(round(40 * (0.85 - variety), 1), "it repeats its sounds")
    else:
        yield Reason(0.0, "its sounds are varied")
    if made.stresses < 2:
        yield Reason(4.0, "only one of its syllables is stressed")


def _commonness(made: Advice) -> Iterator[Reason]:
    often = made.an_hour
    points = round(min(30.0, max(0.0, 6 * (math.log10(often) + 3))), 1)
    if points > 0:
        yield Reason(points, f"it is said {_rate(often)}, and each time is a false alarm")
    else:
        yield Reason(0.0, "its words hardly ever come together in ordinary talk")


def _company(heard: Sequence[tuple[str, float]]) -> Iterator[Reason]:
    """That all words of a phrase are common, as they sound: they meet more than chance says."""
    if len(heard) > 1:
        text, rarest = min(heard, key=lambda part: part[1])
        if rarest > _COMMON:
            yield Reason(
                round(4 * (rarest - _COMMON), 1),
                f'each of its words is common by itself as it sounds, even "{text}"',
            )


def _likeness(near: Sequence[Neighbour]) -> Iterator[Reason]:
    confused = sum(n.an_hour * math.exp(-n.distance / _SOUNDS_LIKE) for n in near)
    points = round(min(25.0, max(0.0, 6 * (math.log10(confused + 1e-12) + 3.5))), 1)
    if points > 0:
        worst = max(near, key=lambda n: n.an_hour * math.exp(-n.distance / _SOUNDS_LIKE))
        yield Reason(
            points,
            f'frequent words sound like it: "{worst.text}", at a distance of {worst.distance:.1f} '
            f"phonemes, is said {_rate(worst.an_hour)}",
        )
    else:
        yield Reason(0.0, "no words that sound like it are frequent enough to matter")


def _rate(an_hour: float) -> str:
    """How often in words."""
    if an_hour >= 1.5:
        return f"about {an_hour:.0f} times in an hour of talk"
    if an_hour > 0.67:
        return "about once in an hour of talk"
    return f"about once in {1 / max(an_hour, 1e-6):,.0f} hours of talk"


def _is_obstruent(phone: str) -> bool:
    if phone.isascii() and phone.isupper():
        return phone in _OBSTRUENTS
    return not ipa.is_vowel(phone) and ipa.is_obstruent(phone)


def _an_hour(zipf: Sequence[float]) -> float:
    """How often words of these frequencies follow each other by chance."""
    return _WORDS_AN_HOUR * math.prod(10 ** (z - 9) for z in zipf)


def _heard_as(
    words: Sequence[str], phones: Phones, speech: tongue.Tongue, known: dict[str, float]
) -> list[tuple[str, float]]:
    """For each word the most frequent that sounds the same, and its Zipf frequency."""
    if len(words) > len(phones):
        return []
    vocabulary = speech.words()
    out = []
    for word, part in zip(words, speech.by_word(tuple(words), phones), strict=True):
        same = np.flatnonzero(speech.sounds.distances(part, vocabulary.codes) == 0)
        spelled = [word, *(vocabulary.words[int(i)] for i in same)]
        out.append(max(((text, known.get(text, UNLISTED)) for text in spelled), key=lambda p: p[1]))
    return out


def _neighbours(
    words: Sequence[str], phones: Phones, speech: tongue.Tongue, known: dict[str, float]
) -> tuple[Neighbour, ...]:
    """Frequent words and rows of words that sound like the phrase, the closest first.

    Of a phrase of several words each is replaced by those that sound like it; the phrase itself,
    and what merely sounds the same, is none of them.
    """
    vocabulary = speech.words()
    sounds = speech.sounds
    own = " ".join(words)
    whole = sounds.distances(phones, vocabulary.codes)
    inside = sounds.distances(phones, vocabulary.codes, within=True)
    apart = np.minimum(whole, inside)
    found = {
        vocabulary.words[int(i)]: (float(apart[i]), [known.get(vocabulary.words[int(i)], UNLISTED)])
        for i in np.argsort(apart, kind="stable")[: 2 * _PAIRS]
    }
    if 1 < len(words) <= len(phones):
        parts = speech.by_word(tuple(words), phones)
        similar = []
        for word, part in zip(words, parts, strict=True):
            close = sounds.distances(part, vocabulary.codes)
            order = np.argsort(close, kind="stable")[:_PAIRS]
            nearest = [(vocabulary.words[int(i)], float(close[i])) for i in order]
            similar.append([(word, 0.0), *nearest] if len(words) < 4 else [(word, 0.0)])
        for chosen in itertools.product(*similar):
            distance = sum(d for _, d in chosen)
            zipf = [known.get(word, UNLISTED) for word, _ in chosen]
            found.setdefault(" ".join(word for word, _ in chosen), (distance, zipf))
    found.pop(own, None)
    near = (Neighbour(text, round(d, 2), _an_hour(zipf)) for text, (d, zipf) in found.items())
    return tuple(sorted(near, key=lambda n: (n.distance, -n.an_hour)))
