"""The user's background audio in the plan: in pieces, mixed, and as other people would sound.

What is recorded at home or read aloud is mostly grown people's, close to the microphone. A network
that knows no other takes children for the phrase, so background is altered towards other voices,
mostly slower ones: to set the threshold on, and for a teacher's opinion, from which a micro network
learns.
"""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from wakesmith.plan.banks import Rows
from wakesmith.plan.draws import Mix, Split
from wakesmith.plan.mixing import draw_mix
from wakesmith.plan.sources import File
from wakesmith.recipe import Recipe

_STAGE = 21
BLOCK_SECONDS = 30.0
"""Background audio is mixed in blocks of this length."""
PIECE_SECONDS = 300.0
"""Background audio is read and embedded in pieces of this length, one task each."""
ALTERED_HOURS = 2.5
"""At most so much background is altered, before some of it is slowed: enough for one event at the
usual 0.5 per hour."""
_ALTERED_SECONDS = 60.0
_HIGHER, _LOWER = (1.08, 1.38), (0.82, 0.95)
"""Towards children and small people, whose formants lie up to 35 % higher (Lee, Potamianos and
Narayanan, JASA 105, 1999), and towards large ones;"""
_HIGHER_SHARE = 0.7
"""mostly the former: what is recorded is mostly grown men and women."""
LESSON_ROUNDS = 3
"""How often background is altered for a teacher's opinion."""
_SLOWER, _SLOWER_SHARE = (0.55, 1.0), 2 / 3
"""Tempo of what is altered, and of how much: who is small, or reads a foreign language, is also
slow, and what is resampled towards them is faster."""
# Kinds of dice; plan.own has 0 and 5 of the same stage.
_MIXES, _CALIBRATE, _TEACH, _TEACH_MIXES, _TEACH_TEMPO, _CALIBRATE_TEMPO = 1, 3, 4, 6, 7, 8


@dataclass(frozen=True)
class Piece:
    """A stretch of one background file."""

    file: File
    start: float
    seconds: float


@dataclass(frozen=True)
class Altered:
    """A piece of background as other people would have said it."""

    piece: Piece
    resample: float
    """How much faster and higher it plays, in pitch and formants,"""
    tempo: float = 1.0
    """having been said so much faster at its own pitch."""

    @property
    def seconds(self) -> float:
        """How long it is, played so."""
        return self.piece.seconds / self.resample / self.tempo


_Piece = TypeVar("_Piece", Piece, Altered)


@dataclass(frozen=True)
class Background:
    """Pieces that one task reads, joins and embeds, and the mixes of its blocks."""

    pieces: tuple[Piece | Altered, ...]
    mixes: tuple[Mix, ...]
    """Mix ``clip`` is the block of ``BLOCK_SECONDS`` within the joined pieces."""

    @property
    def minutes(self) -> float:
        """How long the joined pieces are."""
        return sum(piece.seconds for piece in self.pieces) / 60


def background_tasks(
    recipe: Recipe, files: tuple[File, ...], split: Split, rows: Rows
) -> tuple[Background, ...]:
    """Cut background files into tasks of about ``PIECE_SECONDS`` with a mix for each block."""
    copies = recipe.negatives.copies if split == "train" else 0
    return tuple(
        Background(some, mixes_of(recipe, some, (_STAGE, _MIXES, index), copies, split, rows))
        for index, some in enumerate(gathered(pieces_of(files, PIECE_SECONDS)))
    )


def pieces_of(files: tuple[File, ...], seconds: float) -> list[Piece]:
    """The files in pieces of so many seconds; the last of each is what is left."""
    return [
        Piece(file, file.start + float(start), min(seconds, file.seconds - float(start)))
        for file in files
        for start in np.arange(0.0, file.seconds, seconds)
    ]


def gathered(pieces: Sequence[_Piece]) -> Iterator[tuple[_Piece, ...]]:
    """Pieces in order, so many together that they are ``PIECE_SECONDS`` long or just longer."""
    some: list[_Piece] = []
    for piece in pieces:
        some.append(piece)
        if sum(one.seconds for one in some) >= PIECE_SECONDS:
            yield tuple(some)
            some = []
    if some:
        yield tuple(some)


def mixes_of(
    recipe: Recipe,
    pieces: Sequence[Piece | Altered],
    key: tuple[int, ...],
    copies: int,
    split: Split,
    rows: Rows,
) -> tuple[Mix, ...]:
    """So many mixes of each whole block of the joined pieces of a task; ``key`` names the task's
    dice: their stage, their kind and the numbers of the task."""
    blocks = int(sum(piece.seconds for piece in pieces) // BLOCK_SECONDS)
    return tuple(
        draw_mix(
            np.random.default_rng([recipe.seed, *key, block, copy]),
            recipe.mix,
            clip=block,
            after=0.0,
            noise_rows=rows.noise[split],
            room_rows=rows.rooms[split],
        )
        for block in range(blocks)
        for copy in range(copies)
    )


def altered_background(recipe: Recipe, files: tuple[File, ...]) -> tuple[Altered, ...]:
    """Stretches of the files as others would have said them, mostly slower, for the threshold."""
    rng = np.random.default_rng([recipe.seed, _STAGE, _CALIBRATE_TEMPO])
    drawn = _altered(files, np.random.default_rng([recipe.seed, _STAGE, _CALIBRATE]))
    return tuple(_slower(one, rng) for one in drawn)


def _altered(files: tuple[File, ...], rng: np.random.Generator) -> tuple[Altered, ...]:
    """Stretches of the files, evenly chosen when they are long together, each with its factor."""
    every = pieces_of(files, _ALTERED_SECONDS)
    found, seconds = [], 0.0
    for index in rng.permutation(len(every)):
        if seconds >= ALTERED_HOURS * 3600:
            break
        low, high = np.log(_HIGHER if rng.random() < _HIGHER_SHARE else _LOWER)
        found.append(Altered(every[index], float(np.exp(rng.uniform(low, high)))))
        seconds += found[-1].seconds
    return tuple(found)


def in_lessons(piece: Piece) -> bool:
    """Whether a teacher may be asked about this stretch, in whatever voices: every other one, so
    that the rest can set the threshold of who was taught."""
    return zlib.crc32(f"{piece.file.digest} {piece.start:.2f}".encode()) % 2 == 0


def lessons(recipe: Recipe, files: tuple[File, ...], rows: Rows) -> tuple[Background, ...]:
    """Altered background, otherwise than for the threshold, for a teacher's opinion of it:
    ``LESSON_ROUNDS`` times, in other voices each time and mostly slower, as it is and mixed."""
    copies, tasks = recipe.negatives.copies, list[Background]()
    for number in range(LESSON_ROUNDS):
        drawn = _altered(files, np.random.default_rng([recipe.seed, _STAGE, _TEACH, number]))
        rng = np.random.default_rng([recipe.seed, _STAGE, _TEACH_TEMPO, number])
        asked = [_slower(one, rng) for one in drawn if in_lessons(one.piece)]
        for index, some in enumerate(gathered(asked)):
            key = (_STAGE, _TEACH_MIXES, number, index)
            tasks.append(Background(some, mixes_of(recipe, some, key, copies, "train", rows)))
    return tuple(tasks)


def _slower(one: Altered, rng: np.random.Generator) -> Altered:
    """The same, mostly at a slower tempo."""
    tempo = float(np.exp(rng.uniform(*np.log(_SLOWER))))
    return replace(one, tempo=tempo) if rng.random() < _SLOWER_SHARE else one
