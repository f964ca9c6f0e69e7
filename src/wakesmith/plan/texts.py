"""What is said in each split: the phrase, its near misses and running text.

No near-miss text and no sentence is in two splits, but for the user's own negative phrases: these
are trained on and tested both, by other voices, because the user asks whether they fire.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wakesmith.errors import PhraseError
from wakesmith.phrase import (
    NearMiss,
    Phones,
    in_dictionary,
    language_of,
    near_misses,
    own_misses,
    parse_pronunciation,
    pronounce,
    sentences,
    split,
    words_of,
)
from wakesmith.phrase.accents import accents
from wakesmith.phrase.arpabet import bare
from wakesmith.phrase.distance import distances, encode
from wakesmith.phrase.near_miss import floor_of
from wakesmith.plan.draws import Role, Split
from wakesmith.recipe import Recipe

_STAGE, _ACCENTS = 11, 1
_NEAR_MISSES = 1200
_SENTENCES = 3000
_SHARES: dict[Split, float] = {"train": 0.7, "validation": 0.15, "test": 0.15}
_MOST_ACCENTS = 24
"""So many ways in which accents may have the phrase."""
_OWN_SHARE = (0.15, 0.3)
"""The least and the most that the user's own phrases are of the near misses."""
_OWN_SAYINGS = 20
"""So many sayings of each of them are aimed at in between."""
Spoken = tuple[str, tuple[str, ...]]
"""A text and its phones; no phones lets the engine read it."""


@dataclass(frozen=True)
class Texts:
    """Texts by split, ready to draw from."""

    phrases: tuple[tuple[Spoken, float], ...]
    """The ways of saying the phrase, with their shares."""
    near_misses: dict[Split, tuple[NearMiss, ...]]
    """Those found by sound; the user's own are not among them."""
    own: tuple[Spoken, ...]
    """The negative phrases that the user gave."""
    sentences: dict[Split, tuple[str, ...]]

    def draw(self, rng: np.random.Generator, role: Role | str, split: Split) -> Spoken:
        """A text for an utterance of this role."""
        if role == "positive":
            shares = [share for _, share in self.phrases]
            return self.phrases[int(rng.choice(len(shares), p=shares))][0]
        if role == "near_miss":
            pool = self.near_misses[split]
            miss = pool[int(rng.integers(len(pool)))]
            return miss.text, miss.phones
        found = self.sentences[split]
        return found[int(rng.integers(len(found)))], ()

    def own_count(self, near_misses: int) -> int:
        """How many of so many near misses say the user's own phrases: 0 when there are none."""
        least, most = (int(share * near_misses) for share in _OWN_SHARE)
        return min(most, max(least, _OWN_SAYINGS * len(self.own))) if self.own else 0

    def own_turn(self, index: int, near_misses: int) -> Spoken | None:
        """What near miss ``index`` of so many says when it is the turn of a phrase of the user's.

        The turns are spread evenly and go round the phrases; no dice are thrown for them.
        """
        count = self.own_count(near_misses)
        before, now = index * count // near_misses, (index + 1) * count // near_misses
        if before == now:
            return None
        return self.own[before % len(self.own)]


def texts_of(recipe: Recipe) -> Texts:
    """Find pronunciations, near misses and sentences for a recipe, and split them."""
    readable = _readings(recipe)
    said = pronunciations(recipe)
    rng = np.random.default_rng([recipe.seed, _STAGE])
    misses = near_misses(
        next(iter(readable)),  # near misses are made of words whose sound is known
        said,
        _NEAR_MISSES + len(recipe.negatives.phrases),
        rng,
        custom=recipe.negatives.phrases,
        spellings=(recipe.phrase, *recipe.spellings),
        language=recipe.language,
    )
    phrases = (recipe.phrase, *recipe.spellings)
    lines = sentences(_SENTENCES, rng, phrases, said, recipe.language)
    shares = tuple(_SHARES.values())
    by_sound = [miss for miss in misses if miss.kind != "custom"]
    return Texts(
        _accented(recipe, readable.get(recipe.phrase, ()), misses),
        dict(zip(_SHARES, split(by_sound, shares, rng), strict=True)),
        tuple(sorted((m.text, m.phones) for m in misses if m.kind == "custom")),
        dict(zip(_SHARES, split(lines, shares, rng), strict=True)),
    )


def check(recipe: Recipe) -> None:
    """Raise the ``PhraseError`` that ``texts_of`` would, without looking for any near miss."""
    readable = _readings(recipe)
    said = [phones for found in readable.values() for phones in found]
    spellings = (recipe.phrase, *recipe.spellings)
    own_misses(next(iter(readable)), said, recipe.negatives.phrases, spellings, recipe.language)


def likeliest(recipe: Recipe) -> tuple[Spoken, Phones]:
    """How the phrase is said most often, and the phones that it has then (none: nobody knows)."""
    said = _readings(recipe).get(recipe.phrase, ())
    return _spoken(recipe, said)[0][0], said[0] if said else ()


def pronunciations(recipe: Recipe) -> tuple[Phones, ...]:
    """All ways in which the phrase and its spellings are said, the likeliest first, none twice."""
    said = (phones for found in _readings(recipe).values() for phones in found)
    return tuple(dict.fromkeys(said))


def _readings(recipe: Recipe) -> dict[str, tuple[Phones, ...]]:
    """How the phrase and its spellings are said, those left out that nothing can read.

    The phrase is said as the recipe pins it, else as dictionaries and engines read it.
    ``PhraseError`` when there is no reading at all; in other languages than English also when a
    spelling has none.
    """
    found: dict[str, tuple[Phones, ...]] = {}
    if recipe.pronunciations:
        found[recipe.phrase] = tuple(
            parse_pronunciation(text, recipe.language) for text in recipe.pronunciations
        )
    failed: PhraseError | None = None
    for text in (recipe.phrase, *recipe.spellings):
        try:
            found[text] = found.get(text) or pronounce(text, recipe.language)
        except PhraseError as error:
            if text != recipe.phrase and not language_of(recipe.language).english:
                raise  # it would be spoken, and wrongly
            failed = failed or error
    if failed and not found:
        raise failed
    return found


def _accented(
    recipe: Recipe, said: tuple[Phones, ...], misses: Sequence[NearMiss]
) -> tuple[tuple[Spoken, float], ...]:
    """``_spoken``, and a share of it as in other accents; none that sounds like a near miss, or
    nearly.

    Only English is read as one accent has it, and what a recipe pins is said as it says.
    """
    plain, share = _spoken(recipe, said), recipe.synth.accents
    if not said or not share or recipe.pronunciations or not language_of(recipe.language).english:
        return plain
    rng = np.random.default_rng([recipe.seed, _STAGE, _ACCENTS])
    every = accents(words_of(recipe.phrase), said, _MOST_ACCENTS, rng)
    found = {bare(phones): phones for phones in every}
    others = encode([phones for miss in misses for phones in _sounds_of(miss)])
    apart = floor_of("single", said) / 2
    ways = [
        (recipe.phrase, way)
        for way in found.values()
        if distances(way, others).min(initial=np.inf) >= apart
    ]
    if not ways:
        return plain
    kept = tuple((way, part * (1 - share)) for way, part in plain)
    return kept + tuple((way, share / len(ways)) for way in ways)


def _sounds_of(miss: NearMiss) -> tuple[Phones, ...]:
    """How a near miss is said; nothing where nobody knows, as of a user's that engines read."""
    if miss.phones:
        return (miss.phones,)
    try:
        return pronounce(miss.text)
    except PhraseError:
        return ()


def _spoken(recipe: Recipe, said: tuple[tuple[str, ...], ...]) -> tuple[tuple[Spoken, float], ...]:
    """Every way of saying the phrase: half of it the likeliest, the others share the rest.

    A phrase that nothing can read (``said`` is empty) is spoken in its spellings alone.
    """
    ways: list[Spoken] = [(recipe.phrase, phones) for phones in said]
    if said and not recipe.pronunciations and not language_of(recipe.language).english:
        ways = [(recipe.phrase, ())]  # each accent reads it in its own way
    elif in_dictionary(recipe.phrase) and not recipe.pronunciations:
        # Engines read dictionary words with more life than phone by phone.
        ways.insert(0, (recipe.phrase, ()))
    ways += [(spelling, ()) for spelling in recipe.spellings]
    if len(ways) == 1:
        return ((ways[0], 1.0),)
    return ((ways[0], 0.5), *((way, 0.5 / (len(ways) - 1)) for way in ways[1:]))
