"""Sayings joined from units of people's speech in the plan: whose, which, how they are mixed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from wakesmith.phrase.arpabet import bare
from wakesmith.plan.background import Piece, gathered, pieces_of
from wakesmith.plan.banks import Rows
from wakesmith.plan.draws import Role, Split
from wakesmith.plan.groups import (
    STREAM_CHUNKS,
    STREAM_TAIL,
    WARM_UP,
    WINDOW_FRAMES,
    Group,
    JoinedTake,
)
from wakesmith.plan.mixing import draw_mix
from wakesmith.plan.sources import File
from wakesmith.plan.texts import Texts, pronunciations
from wakesmith.recipe import Recipe
from wakesmith.recipe.learning import LATEST

JOINED, JOINED_MISSES, JOINED_HELD = "joined-train", "near_miss_joined-train", "joined-validation"
"""Names of the groups."""
SAID_IN = {JOINED: "the phrase", JOINED_MISSES: "near misses", JOINED_HELD: "the phrase, held back"}
"""What is said in each."""
_STAGE = 23  # plan.feedback has it, too, with keys of other lengths
_LISTENED, _SAID, _TAKEN = 0, 1, 2  # kinds of dice
_ROLES: dict[str, Role] = {JOINED: "positive", JOINED_MISSES: "near_miss", JOINED_HELD: "positive"}
_PIECE_SECONDS = 60.0
_HELD_HOURS = 0.5
"""Hours that are listened to at most for what is validated on."""
_OF_ONE = 12
"""Sayings of a voice."""
_SPARE = 1.5
"""Sayings that are joined for each that is kept."""
LEAST_SECONDS = 300.0
"""Speech below which nothing is joined: half of the phones would lack a neighbour that fits."""
_AFTER = {
    JOINED: (0.4, LATEST),
    JOINED_MISSES: (-0.1, LATEST),
    JOINED_HELD: (STREAM_TAIL, STREAM_TAIL),
}
"""Seconds of a window after what is said: as of recordings."""
_TEMPO = (0.65, 1.05)
"""Of running speech: people say a wake word by itself and slowly (docs/log.md, 2026-11-21);"""
_LIKELIEST = 0.5
"""Share of sayings of the phrase in its likeliest pronunciation, of several."""
_AS_IT_IS = 0.4
"""share of takes in the voice's own pitch,"""
_HIGHER, _LOWER = (1.08, 1.38), (0.84, 0.95)
"""of the others two of three towards children and small people (as ``plan.background``)."""
_HIGHER_SHARE = 2 / 3

Phones = tuple[str, ...]
"""ARPABET without stress."""


@dataclass(frozen=True)
class Joined:
    """A saying to be joined."""

    voice: float
    """Whose it is: that of the stretch of speech this far along all of them, in [0, 1)."""
    phones: Phones
    seed: int
    """Of the dice that blur the costs of units."""


@dataclass(frozen=True)
class JoinedSet:
    """Sayings of one kind, and their windows."""

    voices: tuple[tuple[Joined, ...], ...]
    """Sayings, by voice;"""
    kept: int
    """of which so many are kept."""
    group: Group


@dataclass(frozen=True)
class Units:
    """What is listened to, and what is joined from it."""

    split: Split
    pieces: tuple[tuple[Piece, ...], ...]
    """Of the split's background, by task."""
    sets: tuple[JoinedSet, ...]

    @property
    def minutes(self) -> float:
        """How much is listened to."""
        return sum(piece.seconds for task in self.pieces for piece in task) / 60


def draw_units(
    recipe: Recipe, texts: Texts, files: Mapping[Split, tuple[File, ...]], rows: Rows
) -> tuple[Units, ...]:
    """Draw all of it, for training and validation; nothing where nothing is asked for, nor of a
    split with less than ``LEAST_SECONDS`` to listen to. ``PhraseError`` when nobody knows how the
    phrase is said."""
    given = recipe.units
    if not given.asked:
        return ()
    phrase = tuple(dict.fromkeys(map(bare, pronunciations(recipe))))
    misses = tuple(bare(miss.phones) for miss in texts.near_misses["train"] if miss.phones)
    held = max(1, recipe.synth.validation // 2)
    wanted: dict[Split, list[tuple[str, Sequence[Phones], int]]] = {
        "train": [(JOINED, phrase, given.sayings), (JOINED_MISSES, misses, given.near_misses)],
        "validation": [(JOINED_HELD, phrase, held)],
    }
    drawn = []
    for split, sets in wanted.items():
        every = pieces_of(files[split], _PIECE_SECONDS)
        hours = given.hours if split == "train" else min(given.hours, _HELD_HOURS)
        heard = _listened(recipe, every, hours)
        if sum(piece.seconds for task in heard for piece in task) >= LEAST_SECONDS:
            made = tuple(_drawn(recipe, *one, rows) for one in sets if one[1] and one[2])
            drawn.append(Units(split, heard, made))
    return tuple(drawn) if "train" in [one.split for one in drawn] else ()


def _listened(
    recipe: Recipe, every: Sequence[Piece], hours: float
) -> tuple[tuple[Piece, ...], ...]:
    """Pieces from everywhere, as many as make so many hours."""
    rng = np.random.default_rng([recipe.seed, _STAGE, _LISTENED])
    chosen, seconds = list[int](), 0.0
    for index in rng.permutation(len(every)):
        if seconds >= hours * 3600:
            break
        chosen.append(int(index))
        seconds += every[index].seconds
    return tuple(gathered([every[index] for index in sorted(chosen)]))


def _drawn(
    recipe: Recipe, name: str, spoken: Sequence[Phones], count: int, rows: Rows
) -> JoinedSet:
    """A set of which each saying is one of ``spoken``."""
    total, voices = round(_SPARE * count), []

    def dice(kind: int, *index: int) -> np.random.Generator:
        return np.random.default_rng([recipe.seed, _STAGE, kind, list(_ROLES).index(name), *index])

    for first in range(0, total, _OF_ONE):
        rng = dice(_SAID, first)
        voice = float(rng.random())
        voices.append(
            tuple(
                Joined(voice, _one_of(spoken, name, rng), int(rng.integers(1 << 31)))
                for _ in range(min(_OF_ONE, total - first))
            )
        )
    return JoinedSet(tuple(voices), count, _group(recipe, name, count, rows, dice))


def _one_of(spoken: Sequence[Phones], name: str, rng: np.random.Generator) -> Phones:
    """Of what is said of the phrase the first, the likeliest, half of the time."""
    index = int(rng.integers(len(spoken)))
    first = _ROLES[name] == "positive" and len(spoken) > 1 and rng.random() < _LIKELIEST
    return spoken[0 if first else index]


def _group(
    recipe: Recipe,
    name: str,
    count: int,
    rows: Rows,
    dice: Callable[..., np.random.Generator],
) -> Group:
    takes, mixes = list[JoinedTake](), []
    split: Split = "validation" if name == JOINED_HELD else "train"
    for index in range(count):
        for copy in range(recipe.units.copies if split == "train" else 1):
            rng = dice(_TAKEN, index, copy)
            takes.append(_take(rng, index))
            mixes.append(
                draw_mix(
                    rng,
                    recipe.mix,
                    clip=len(takes) - 1,
                    after=float(rng.uniform(*_AFTER[name])),
                    noise_rows=rows.noise[split],
                    room_rows=rows.rooms[split],
                )
            )
    chunks = WINDOW_FRAMES + WARM_UP if split == "train" else STREAM_CHUNKS
    return Group(name, _ROLES[name], split, chunks, False, tuple(takes), tuple(mixes))


def _take(rng: np.random.Generator, index: int) -> JoinedTake:
    tempo = float(np.exp(rng.uniform(*np.log(_TEMPO))))
    resample = 1.0
    if rng.random() >= _AS_IT_IS:
        span = _HIGHER if rng.random() < _HIGHER_SHARE else _LOWER
        resample = float(np.exp(rng.uniform(*np.log(span))))
    return JoinedTake(index, tempo, resample)
