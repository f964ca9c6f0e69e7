"""What is said in each split: the phrase, its near misses and running text. No near-miss text and
no sentence is in two splits."""

from dataclasses import dataclass

import numpy as np

from wakesmith.phrase import (
    NearMiss,
    in_dictionary,
    near_misses,
    parse_pronunciation,
    pronounce,
    sentences,
    split,
)
from wakesmith.plan.draws import Role, Split
from wakesmith.recipe import Recipe

_STAGE = 11
_NEAR_MISSES = 1200
_SENTENCES = 3000
_SHARES: dict[Split, float] = {"train": 0.7, "validation": 0.15, "test": 0.15}
Spoken = tuple[str, tuple[str, ...]]
"""A text and its phones; no phones lets the engine read it."""


@dataclass(frozen=True)
class Texts:
    """Texts by split, ready to draw from."""

    phrases: tuple[tuple[Spoken, float], ...]
    """The ways of saying the phrase, with their shares."""
    near_misses: dict[Split, tuple[NearMiss, ...]]
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


def texts_of(recipe: Recipe) -> Texts:
    """Find pronunciations, near misses and sentences for a recipe, and split them."""
    said = pronunciations_of(recipe)
    rng = np.random.default_rng([recipe.seed, _STAGE])
    misses = near_misses(
        recipe.phrase,
        said,
        _NEAR_MISSES,
        rng,
        custom=recipe.negatives.phrases,
    )
    lines = sentences(_SENTENCES, rng, (recipe.phrase, *recipe.spellings), said)
    shares = tuple(_SHARES.values())
    return Texts(
        _spoken(recipe, said),
        dict(zip(_SHARES, split(misses, shares, rng), strict=True)),
        dict(zip(_SHARES, split(lines, shares, rng), strict=True)),
    )


def pronunciations_of(recipe: Recipe) -> tuple[tuple[str, ...], ...]:
    """How the phrase is said: as the recipe pins it, else as dictionaries and engines read it."""
    if recipe.pronunciations:
        return tuple(parse_pronunciation(text) for text in recipe.pronunciations)
    return pronounce(recipe.phrase, recipe.language)


def _spoken(recipe: Recipe, said: tuple[tuple[str, ...], ...]) -> tuple[tuple[Spoken, float], ...]:
    """Every way of saying the phrase: half of it the likeliest, the others share the rest."""
    ways: list[Spoken] = [(recipe.phrase, phones) for phones in said]
    if in_dictionary(recipe.phrase) and not recipe.pronunciations:
        # Engines read dictionary words with more life than phone by phone.
        ways.insert(0, (recipe.phrase, ()))
    ways += [(spelling, ()) for spelling in recipe.spellings]
    if len(ways) == 1:
        return ((ways[0], 1.0),)
    return ((ways[0], 0.5), *((way, 0.5 / (len(ways) - 1)) for way in ways[1:]))
