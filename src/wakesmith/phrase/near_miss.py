"""What sounds like the phrase and is not: the negatives that decide where the detector's line runs.

Kinds:
  word     the phrase with a word or two replaced by frequent ones of similar sound ("aid corpus")
  sound    one or two phonemes put in, taken out or replaced; made-up words ("hey zahgda")
  part     the beginning or the end of the phrase, by words and syllables ("hey", "hey sa")
  order    the phrase's words or syllables in another order ("saga hey")
  single   a frequent word that sounds like the phrase or like one of its words ("sagging")
  company  a word of the phrase beside another frequent word ("hey sam", "okay saga")
  across   common words that, run together, sound much like the phrase ("hey so or")
  rhythm   frequent words with the phrase's rhythm ("they water")
  custom   phrases that the user gave
What comes closer than ``floor_of`` is left out; of many phrases that is all of the first two kinds.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from wakesmith.errors import PhraseError
from wakesmith.phrase import candidates
from wakesmith.phrase.arpabet import Phones, bare
from wakesmith.phrase.language import language_of
from wakesmith.phrase.phonemes import pronounce, words_of
from wakesmith.phrase.tongue import Tongue, tongue_of

FLOOR = 2.0
"""Nothing closer to the phrase than this, about two phonemes, is a near miss. People differ from
synthetic voices by more than one phoneme does in the embedding, so a closer negative costs the
detector more real sayings than it saves false accepts (docs/log.md has the figures). What a user
gives by name is taken however close it is."""
FLOOR_SHARE = 0.3
"""The floor of a short phrase as a share of its phonemes: two of "bob"'s three are not a near
miss."""
_LACKING = ("part", "order")
_LACKING_FLOOR = 1.0
"""The floor of kinds that lack a word or have words moved: no accent does that."""

SHARES = {
    "across": 0.26,
    "word": 0.18,
    "sound": 0.16,
    "single": 0.10,
    "company": 0.10,
    "rhythm": 0.10,
    "part": 0.06,
    "order": 0.04,
}
"""Share of each kind among those drawn, as long as the kind has that many."""


@dataclass(frozen=True)
class NearMiss:
    """Something to say that must not fire."""

    text: str
    phones: Phones
    """How to say it; empty lets the engine read the text."""
    kind: str
    distance: float
    """Weighted edit distance to the phrase's nearest pronunciation (about 1 a phoneme)."""


def near_misses(
    phrase: str,
    pronunciations: Sequence[Phones],
    count: int,
    rng: np.random.Generator,
    custom: Sequence[str] = (),
    floor: float | None = None,
    spellings: Sequence[str] = (),
    language: str = "en",
) -> tuple[NearMiss, ...]:
    """``count`` near misses of a phrase, distinct in text and sound, kinds balanced, shuffled.

    All of ``custom`` come first of all in the count and may exceed it; the rest is drawn from
    each kind in turn, the closest with the greatest chance. Fewer come back when there are no
    more. None is the phrase or one of its ``spellings``, sounds like one of the ``pronunciations``
    (closer than ``floor``, by default that of ``floor_of``) or has it inside. The result depends on
    the arguments and the state of ``rng`` alone. ``PhraseError`` when a custom phrase is the phrase
    itself or a spelling of it, or cannot be read in another language than English.
    """
    spoken = tuple(dict.fromkeys(tuple(p) for p in pronunciations)) or pronounce(phrase, language)
    own, tongue = _written(phrase, spellings), tongue_of(language, phrase)
    found = own_misses(phrase, spoken, custom, spellings, language)
    taken = {m.text for m in found}
    heard = {bare(m.phones) for m in found if m.phones}
    pools = {
        kind: iter(
            _drawn(_kept(kind, pairs, own, spoken, floor or floor_of(kind, spoken), tongue), rng)
        )
        for kind, pairs in _candidates(phrase, spoken[0], tongue, rng).items()
    }
    wanted = max(0, count - len(found))
    quota = {kind: round(SHARES[kind] * wanted) for kind in pools}
    chosen = list(found)
    for limits in (quota, dict.fromkeys(pools, wanted)):
        while len(chosen) < len(found) + wanted and any(limits.values()):
            for kind, pool in pools.items():
                if not limits[kind] or len(chosen) >= len(found) + wanted:
                    continue
                miss = _fresh(pool, taken, heard)
                if miss is None:
                    limits[kind] = 0
                else:
                    limits[kind] -= 1
                    chosen.append(miss)
    order = rng.permutation(len(chosen))
    if not tongue.pins:
        chosen = [replace(miss, phones=()) for miss in chosen]
    return tuple(chosen[i] for i in order)


def floor_of(kind: str, pronunciations: Sequence[Phones]) -> float:
    """The smallest distance from a phrase at which something of a kind is a near miss."""
    whole = min(FLOOR, FLOOR_SHARE * min(map(len, pronunciations)))
    return min(_LACKING_FLOOR, whole) if kind in _LACKING else whole


Item = TypeVar("Item", NearMiss, str)


def split(
    items: Sequence[Item], shares: Sequence[float], rng: np.random.Generator
) -> tuple[tuple[Item, ...], ...]:
    """Items dealt out in the given shares so that no text and no sound is in two parts.

    Texts are compared without case; of near misses the phones count too, without stress. What is
    left over by rounding goes to the first part. The order within a part is that of ``items``.
    """
    groups: dict[int, list[int]] = {}
    named: dict[Hashable, int] = {}
    for at, item in enumerate(items):
        keys: list[Hashable] = [(item if isinstance(item, str) else item.text).casefold()]
        if isinstance(item, NearMiss) and item.phones:
            keys.append(bare(item.phones))
        met = sorted({named[key] for key in keys if key in named})
        home = met[0] if met else at
        members = groups.setdefault(home, [])
        for other in met[1:]:
            members.extend(groups.pop(other))
            named.update({key: home for key, group in named.items() if group == other})
        members.append(at)
        named.update(dict.fromkeys(keys, home))
    order = list(groups)
    order = [order[i] for i in rng.permutation(len(order))]
    total = float(sum(shares))
    sizes = [int(len(items) * share / total) for share in shares]
    parts: list[list[int]] = [[] for _ in shares]
    for home in order:
        part = next((i for i in range(len(parts) - 1, 0, -1) if len(parts[i]) < sizes[i]), 0)
        parts[part].extend(groups[home])
    return tuple(tuple(items[i] for i in sorted(part)) for part in parts)


def own_misses(
    phrase: str,
    spoken: Sequence[Phones],
    custom: Sequence[str],
    spellings: Sequence[str] = (),
    language: str = "en",
) -> list[NearMiss]:
    """The phrases that the user gave; ``PhraseError`` as for ``near_misses``."""
    if not custom:
        return []
    own, sounds = _written(phrase, spellings), tongue_of(language, phrase).sounds
    out: dict[str, NearMiss] = {}
    for text in custom:
        words = " ".join(words_of(text))
        try:
            phones = pronounce(text, language)[0]
        except PhraseError:
            if not language_of(language).english:
                raise  # espeak-ng would say something else: letters' names, or English
            phones = ()
        if words in own or bare(phones) in {bare(p) for p in spoken}:
            raise PhraseError(
                f"The negative phrase {text!r} is the wake phrase {phrase!r} itself, one of its "
                f"spellings, or sounds the same. Take it out of `negatives.phrases`."
            )
        apart = min(sounds.distance(p, phones) for p in spoken) if phones else 0.0
        # The text alone is spoken: the user's spelling may be meant as it is.
        out.setdefault(words, NearMiss(text, (), "custom", round(apart, 4)))
    return list(out.values())


def _written(phrase: str, spellings: Sequence[str]) -> set[str]:
    """The phrase and its spellings, as words alone."""
    return {" ".join(words_of(text)) for text in (phrase, *spellings)}


def _candidates(
    phrase: str, phones: Phones, tongue: Tongue, rng: np.random.Generator
) -> dict[str, list[tuple[str, Phones]]]:
    """All candidates of each kind, near or not."""
    words = words_of(phrase)
    parts = tongue.by_word(words, phones) if len(words) <= len(phones) else (phones,)
    if len(parts) != len(words):
        words = (" ".join(words),)
    made = {
        "word": candidates.other_words(words, parts, tongue),
        "sound": candidates.other_sounds(words, parts, tongue, rng),
        "part": candidates.pieces(words, parts, tongue),
        "order": candidates.orders(words, parts, tongue),
        "single": candidates.singles(parts, tongue),
        "company": candidates.company(words, parts, tongue),
        "across": candidates.across(parts, tongue, rng),
        "rhythm": candidates.rhythms(parts, tongue, rng),
    }
    return {kind: list(pairs) for kind, pairs in made.items()}


def _kept(
    kind: str,
    pairs: list[tuple[str, Phones]],
    own: set[str],
    spoken: Sequence[Phones],
    floor: float,
    tongue: Tongue,
) -> list[NearMiss]:
    """Those that pass, the closest first."""
    first: dict[Phones, tuple[str, Phones]] = {}  # of one sound, the text that came first
    for text, phones in pairs:
        if phones and text not in own:
            first.setdefault(bare(phones), (text, phones))
    pairs = list(first.values())
    if not pairs:
        return []
    sounds = tongue.sounds
    table = sounds.encode([phones for _, phones in pairs])
    inside = np.min([sounds.distances(p, table, within=True) for p in spoken], axis=0)
    apart = np.min([sounds.distances(p, table) for p in spoken], axis=0)
    order = np.argsort(apart, kind="stable")
    return [
        NearMiss(pairs[i][0], pairs[i][1], kind, round(float(apart[i]), 4))
        for i in order
        if inside[i] >= floor
    ]


def _drawn(pool: list[NearMiss], rng: np.random.Generator) -> list[NearMiss]:
    """The pool in a random order in which close ones tend to come early.

    Sampling without replacement with weights 1/(0.3 + distance)^2, by exponential keys
    (Efraimidis and Spirakis, "Weighted random sampling with a reservoir", 2006).
    """
    if not pool:
        return []
    weights = 1 / (0.3 + np.array([miss.distance for miss in pool])) ** 2
    keys = rng.exponential(size=len(pool)) / weights
    return [pool[i] for i in np.argsort(keys, kind="stable")]


def _fresh(pool: Iterator[NearMiss], taken: set[str], heard: set[Phones]) -> NearMiss | None:
    """The pool's next one with a new text and a new sound, which are noted."""
    for miss in pool:
        sound = bare(miss.phones)
        if miss.text not in taken and sound not in heard:
            taken.add(miss.text)
            heard.add(sound)
            return miss
    return None
