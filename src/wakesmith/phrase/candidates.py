"""Where near misses come from: one generator of (text, phones) for each kind.

``words`` are the phrase's words and ``parts`` their phones. Nothing here looks at how close to the
phrase a candidate is in the end; ``near_miss`` does. What a language is to them is its ``Tongue``.
"""

import itertools
from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np

from wakesmith.phrase.arpabet import Phones
from wakesmith.phrase.tongue import Tongue
from wakesmith.phrase.vocabulary import rhythm

Pair = tuple[str, Phones]
Parts = Sequence[Phones]

_NEAREST = 500
_COMPANIONS = 700
_CLOSEST_SOUNDS = 9
_COMMON = 1_500
"""The words that run together like the phrase are among so many, the most frequent."""
_RUN_ON = ((2, 16), (3, 8), (4, 4))
"""How many words, and how many of the nearest are tried for each."""
_WAYS = 32
"""At most so many ways of cutting a phrase into words."""


def other_words(words: Sequence[str], parts: Parts, tongue: Tongue) -> Iterator[Pair]:
    """Each word replaced by the most similar frequent words; then two words at once."""
    if len(words) == 1:
        return
    similar = [_nearest(part, _NEAREST, tongue) for part in parts]
    for at, found in enumerate(similar):
        for text, phones in found:
            yield _joined([*words[:at], text, *words[at + 1 :]], _with(parts, at, phones))
    for (i, a), (j, b) in itertools.combinations(enumerate(similar), 2):
        for (text, phones), (text2, phones2) in itertools.product(a[:25], b[:25]):
            replaced = list(words)
            replaced[i], replaced[j] = text, text2
            yield _joined(replaced, _with(_with(parts, i, phones), j, phones2))


def other_sounds(
    words: Sequence[str], parts: Parts, tongue: Tongue, rng: np.random.Generator
) -> Iterator[Pair]:
    """One phoneme replaced, dropped or put in; then as many pairs of such changes."""
    once: list[tuple[int, Phones]] = []
    for at, part in enumerate(parts):
        once.extend((at, changed) for changed in _edits(part, tongue))
    for at, changed in once:
        yield _respelled(words, parts, tongue, {at: changed})
    for _ in range(2 * len(once)):
        at, changed = once[int(rng.integers(len(once)))]
        again = list(_edits(changed, tongue))
        if not again:
            continue
        yield _respelled(words, parts, tongue, {at: again[int(rng.integers(len(again)))]})


def pieces(words: Sequence[str], parts: Parts, tongue: Tongue) -> Iterator[Pair]:
    """Runs of the phrase's words, single syllables, and the phrase cut off at either end."""
    for i, j in itertools.combinations(range(len(words) + 1), 2):
        yield _joined(words[i:j], parts[i:j])
    for at, part in enumerate(parts):
        cut = tongue.syllables(part)
        for i, j in itertools.combinations(range(len(cut) + 1), 2):
            piece = tuple(itertools.chain(*cut[i:j]))
            if any(map(tongue.is_vowel, piece)):
                yield tongue.respell(piece), piece
        for n in range(1, len(part)):
            head, tail = part[:n], part[n:]
            if any(map(tongue.is_vowel, head)) and tongue.sayable(head):
                yield _joined([*words[:at], tongue.respell(head)], [*parts[:at], head])
            if any(map(tongue.is_vowel, tail)) and tongue.sayable(tail):
                yield _joined([tongue.respell(tail), *words[at + 1 :]], [tail, *parts[at + 1 :]])


def orders(words: Sequence[str], parts: Parts, tongue: Tongue) -> Iterator[Pair]:
    """The words in every other order, each word twice, and the syllables in other orders."""
    if len(words) > 1:
        for order in itertools.islice(itertools.permutations(range(len(words))), 1, 24):
            yield _joined([words[i] for i in order], [parts[i] for i in order])
        for word, part in zip(words, parts, strict=True):
            yield _joined([word, word], [part, part])
    cut = [syllable for part in parts for syllable in tongue.syllables(part)]
    for order in itertools.islice(itertools.permutations(range(len(cut))), 1, 60):
        yield _joined([tongue.respell(cut[i]) for i in order], [cut[i] for i in order])
    for at, syllable in enumerate(cut):
        doubled = [*cut[:at], syllable, *cut[at:]]
        yield tongue.respell(tuple(itertools.chain(*doubled))), tuple(itertools.chain(*doubled))


def singles(parts: Parts, tongue: Tongue) -> Iterator[Pair]:
    """Frequent words that sound like the whole phrase, and like each of its words."""
    whole = tuple(itertools.chain(*parts))
    yield from _nearest(whole, _NEAREST, tongue)
    if len(parts) > 1:
        for part in parts:
            yield from _nearest(part, _NEAREST // 2, tongue)


def company(words: Sequence[str], parts: Parts, tongue: Tongue) -> Iterator[Pair]:
    """Each word of a longer phrase beside another word; of a single word, its two halves."""
    known = tongue.words()
    common = list(zip(known.words, known.phones, strict=True))[:_COMPANIONS]
    named = dict(zip(known.words, known.phones, strict=True))
    starters = [(word, named[word]) for word in tongue.starters() if word in named]
    if len(words) > 1:
        for text, phones in common:
            yield _joined([words[0], text], [parts[0], phones])
            yield _joined([text, words[-1]], [phones, parts[-1]])
        for text, phones in starters:
            yield _joined([text, *words[1:]], [phones, *parts[1:]])
        return
    cut = tongue.syllables(parts[0])
    for at in range(1, len(cut)):
        first, last = tuple(itertools.chain(*cut[:at])), tuple(itertools.chain(*cut[at:]))
        for text, phones in common[: _COMPANIONS // len(cut)]:
            yield _joined([tongue.respell(first), text], [first, phones])
            yield _joined([text, tongue.respell(last)], [phones, last])
    if len(cut) == 1:
        for (text, phones), (text2, phones2) in itertools.product(
            starters, _nearest(parts[0], _COMPANIONS // len(starters), tongue)
        ):
            yield _joined([text, text2], [phones, phones2])


def across(parts: Parts, tongue: Tongue, rng: np.random.Generator) -> Iterator[Pair]:
    """Two to four common words that, run together, sound much like the phrase ("hey so or")."""
    whole = tuple(itertools.chain(*parts))
    known = tongue.words()
    codes = known.codes[:_COMMON]
    most = max(tried for _, tried in _RUN_ON)

    @cache
    def nearest(piece: Phones) -> list[Pair]:
        order = np.argsort(tongue.sounds.distances(piece, codes), kind="stable")[:most]
        return [(known.words[i], known.phones[i]) for i in order]

    for words, tried in _RUN_ON:
        for ends in _ends(whole, words, tongue, rng):
            pieces = itertools.pairwise((0, *ends, len(whole)))
            for some in itertools.product(*(nearest(whole[a:b])[:tried] for a, b in pieces)):
                yield _joined([text for text, _ in some], [phones for _, phones in some])


def _ends(
    whole: Phones, words: int, tongue: Tongue, rng: np.random.Generator
) -> list[tuple[int, ...]]:
    """Where all but the last of so many words may end in the phrase; some of the ways, if many.

    A word of several phones has a vowel.
    """

    def sayable(ends: tuple[int, ...]) -> bool:
        pieces = (whole[a:b] for a, b in itertools.pairwise((0, *ends, len(whole))))
        return all(len(piece) == 1 or any(map(tongue.is_vowel, piece)) for piece in pieces)

    every = list(filter(sayable, itertools.combinations(range(1, len(whole)), words - 1)))
    if len(every) <= _WAYS:
        return every
    return [every[i] for i in np.sort(rng.choice(len(every), _WAYS, replace=False))]


def rhythms(parts: Parts, tongue: Tongue, rng: np.random.Generator) -> Iterator[Pair]:
    """Frequent words, as many as the phrase has, each with the stress of the word in its place.

    Of a single word the other single words of its rhythm, and pairs that share it.
    """
    known = tongue.words()
    by_rhythm: dict[str, list[int]] = {}
    for i, pattern in enumerate(known.rhythms[:12_000]):
        by_rhythm.setdefault(pattern, []).append(i)
    shapes = [[rhythm(part, tongue.is_vowel) for part in parts]]
    whole = "".join(shapes[0])
    shapes += [[whole[:i], whole[i:]] for i in range(1, len(whole)) if len(parts) == 1]
    for shape in shapes:
        pools = [by_rhythm.get(pattern, []) for pattern in shape]
        if not all(pools):
            continue
        for _ in range(1500 // len(shapes)):
            chosen = [pool[int(len(pool) * rng.random() ** 2)] for pool in pools]
            yield _joined([known.words[i] for i in chosen], [known.phones[i] for i in chosen])


def _nearest(part: Phones, count: int, tongue: Tongue) -> list[Pair]:
    """The frequent words that are the most similar, the closest first, without homophones."""
    known = tongue.words()
    apart = tongue.sounds.distances(part, known.codes)
    order = np.argsort(apart, kind="stable")[: count + 20]
    kept = [int(i) for i in order if apart[i] > 0][:count]
    return [(known.words[i], known.phones[i]) for i in kept]


def _edits(part: Phones, tongue: Tongue) -> Iterator[Phones]:
    """The word with one phoneme replaced by a close one, dropped, or one put in."""
    return filter(tongue.sayable, _all_edits(part, tongue))


def _all_edits(part: Phones, tongue: Tongue) -> Iterator[Phones]:
    is_vowel, symbols = tongue.is_vowel, tongue.sounds.symbols
    for at, phone in enumerate(part):
        digit = phone[len(phone.rstrip("012")) :]
        costs = tongue.sounds.costs_of(phone)
        close = [symbols[i] for i in np.argsort(costs, kind="stable")[1 : _CLOSEST_SOUNDS + 1]]
        for other in close:
            if is_vowel(other) == is_vowel(phone):
                yield (*part[:at], other + digit, *part[at + 1 :])
        if sum(map(is_vowel, part)) > is_vowel(phone):
            yield (*part[:at], *part[at + 1 :])
    for at in range(len(part) + 1):
        beside = part[max(0, at - 1) : at + 1]
        for symbol in tongue.added:
            if symbol not in beside and any(map(is_vowel, beside)):
                yield (*part[:at], symbol, *part[at:])


def _respelled(
    words: Sequence[str], parts: Parts, tongue: Tongue, changed: dict[int, Phones]
) -> Pair:
    texts = [tongue.respell(changed[i]) if i in changed else word for i, word in enumerate(words)]
    return _joined(texts, [changed.get(i, part) for i, part in enumerate(parts)])


def _with(parts: Parts, at: int, phones: Phones) -> list[Phones]:
    return [phones if i == at else part for i, part in enumerate(parts)]


def _joined(words: Sequence[str], parts: Parts) -> Pair:
    return " ".join(words), tuple(itertools.chain(*parts))
