"""The user's own audio in the plan: takes of recordings, background in pieces and altered."""

import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from wakesmith.plan.banks import Rows
from wakesmith.plan.draws import Mix, Role, Split
from wakesmith.plan.groups import (
    STREAM_CHUNKS,
    STREAM_TAIL,
    WARM_UP,
    WINDOW_FRAMES,
    Group,
    Take,
)
from wakesmith.plan.mixing import draw_mix
from wakesmith.plan.sources import File, Sources
from wakesmith.plan.speakers import split_recordings
from wakesmith.recipe import Recipe
from wakesmith.recipe.sound import SPLIT_FROM

_STAGE = 21
_SPLIT: dict[Split, int] = {"train": 0, "validation": 1, "test": 2}
BLOCK_SECONDS = 30.0
"""Background audio is mixed in blocks of this length."""
PIECE_SECONDS = 300.0
"""Background audio is read and embedded in pieces of this length, one task each."""
ALTERED_HOURS = 2.5
"""At most so much background is altered: enough for one event at the usual 0.5 per hour."""
_ALTERED_SECONDS = 60.0
_HIGHER, _LOWER = (1.08, 1.38), (0.82, 0.95)
"""Towards children and small people, whose formants lie up to 35 % higher (Lee, Potamianos and
Narayanan, JASA 105, 1999), and towards large ones;"""
_HIGHER_SHARE = 0.7
"""mostly the former: what is recorded is mostly grown men and women."""
_PERTURBED = 0.7
Use = Literal["calibrate", "teach"]
"""Altered background sets the threshold, and is what a micro network is taught on."""
_USE: dict[Use, int] = {"calibrate": 3, "teach": 4}
_TAKES = 2_000
"""Mixed copies of all recordings together, where the recipe leaves their number open,"""
_COPIES = (5, 100)
"""and the fewest and the most of each."""
_SUSPECT = 0.25
"""Copies of a recording with something about it, for one of another."""
_OTHER_TAKES = 500
"""The same of recordings of something else: a fifth of the near misses of a ``standard`` run."""
_OTHER_COPIES = (3, 25)
_SAID, _OTHER = 0, 5  # kinds of dice: of the phrase, of something else; others are in use below
_AFTER = {_SAID: (0.4, 0.48), _OTHER: (-0.1, 0.48)}
"""Seconds of a training window after what is said: as of the synthetic sayings."""
OTHERS = "near_miss_recording"
"""Role in the names of the groups of recordings of something else."""
_WARP = (0.9, 1.12)
_RESAMPLE = (0.92, 1.10)


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
    """How much faster and higher it plays, in pitch and formants."""

    @property
    def seconds(self) -> float:
        """How long it is, played so."""
        return self.piece.seconds / self.resample


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


def recording_groups(recipe: Recipe, sources: Sources, rows: Rows) -> tuple[Group, ...]:
    """Windows made of recordings: many mixed copies for training, a stream each for validation and
    test. With fewer than ``SPLIT_FROM`` recordings all are trained on. Of suspects there are fewer
    copies, and the doubtful ones are not held back."""
    given = recipe.recordings
    held: dict[Split, float] = {"validation": given.validation_share, "test": given.test_share}
    by_split = _split(sources.recordings, given.folders, held)
    draw = _Drawer(recipe, rows, _SAID)
    groups = []
    for split, files in by_split.items():
        if split != "train":
            files = tuple(f for f in files if f.digest not in sources.suspects.doubtful)
        fewer = frozenset(f.digest for f in files) & sources.suspects.all
        worth = len(files) - round((1 - _SUSPECT) * len(fewer))
        copies = given.copies or _copies(worth, _TAKES, _COPIES)
        groups.append(draw.group(f"recording-{split}", "positive", split, files, copies, fewer))
    return tuple(group for group in groups if group.utterances)


def other_groups(recipe: Recipe, sources: Sources, rows: Rows) -> tuple[Group, ...]:
    """Windows made of recordings of something else, likewise, but none for validation: near misses
    set no threshold."""
    held: dict[Split, float] = {"test": recipe.recordings.test_share}
    by_split = _split(sources.other_recordings, recipe.negatives.recordings, held)
    draw = _Drawer(recipe, rows, _OTHER)
    groups = []
    for split, files in by_split.items():
        copies = _copies(len(files), _OTHER_TAKES, _OTHER_COPIES)
        groups.append(draw.group(f"{OTHERS}-{split}", "near_miss", split, files, copies))
    return tuple(group for group in groups if group.utterances)


def _split(
    files: tuple[File, ...], folders: Sequence[str], held: dict[Split, float]
) -> dict[Split, tuple[File, ...]]:
    if len({file.digest for file in files}) < SPLIT_FROM:
        held = {}
    return split_recordings(files, folders, {"train": 1 - sum(held.values()), **held})


@dataclass(frozen=True)
class _Drawer:
    """Draws a group of takes; each take has dice of its own."""

    recipe: Recipe
    rows: Rows
    kind: int
    """``_SAID`` or ``_OTHER``."""

    def group(
        self,
        name: str,
        role: Role,
        split: Split,
        files: Sequence[File],
        copies: int,
        fewer: Collection[str] = (),
    ) -> Group:
        """``fewer`` are digests of files with a share ``_SUSPECT`` of the copies."""
        streamed = split != "train"
        takes, mixes = [], []
        for index, file in enumerate(files):
            some = max(1, round(_SUSPECT * copies)) if file.digest in fewer else copies
            for copy in range(1 if streamed else some):
                key = [self.recipe.seed, _STAGE, self.kind, _SPLIT[split], index, copy]
                rng = np.random.default_rng(key)
                takes.append(take(rng, file, as_it_is=copy == 0))
                after = STREAM_TAIL if streamed else float(rng.uniform(*_AFTER[self.kind]))
                mixes.append(
                    draw_mix(
                        rng,
                        self.recipe.mix,
                        clip=len(takes) - 1,
                        after=after,
                        noise_rows=self.rows.noise[split],
                        room_rows=self.rows.rooms[split],
                    )
                )
        chunks = STREAM_CHUNKS if streamed else WINDOW_FRAMES + WARM_UP
        return Group(name, role, split, chunks, streamed, tuple(takes), tuple(mixes))


def _copies(recordings: int, takes: int, limits: tuple[int, int]) -> int:
    low, high = limits
    return min(high, max(low, round(takes / max(1, recordings))))


def take(rng: np.random.Generator, file: File, *, as_it_is: bool) -> Take:
    """One use of a recording, mostly perturbed unless it is wanted as it is."""
    if as_it_is or rng.random() >= _PERTURBED:
        return Take(file.path, file.digest)
    return Take(file.path, file.digest, float(rng.uniform(*_WARP)), float(rng.uniform(*_RESAMPLE)))


def background_tasks(
    recipe: Recipe, files: tuple[File, ...], split: Split, rows: Rows
) -> tuple[Background, ...]:
    """Cut background files into tasks of about ``PIECE_SECONDS`` with a mix for each block."""
    tasks: list[Background] = []
    pieces: list[Piece] = []
    held = 0.0
    for file in files:
        start = 0.0
        while start < file.seconds:
            seconds = min(PIECE_SECONDS, file.seconds - start)
            pieces.append(Piece(file, file.start + start, seconds))
            held, start = held + seconds, start + seconds
            if held >= PIECE_SECONDS:
                tasks.append(_background(recipe, pieces, held, len(tasks), rows, split))
                pieces, held = [], 0.0
    if pieces:
        tasks.append(_background(recipe, pieces, held, len(tasks), rows, split))
    return tuple(tasks)


def _background(
    recipe: Recipe, pieces: list[Piece], held: float, index: int, rows: Rows, split: Split
) -> Background:
    mixes = []
    for block in range(int(held // BLOCK_SECONDS)):
        for copy in range(recipe.negatives.copies if split == "train" else 0):
            rng = np.random.default_rng([recipe.seed, _STAGE, 1, index, block, copy])
            mixes.append(
                draw_mix(
                    rng,
                    recipe.mix,
                    clip=block,
                    after=0.0,
                    noise_rows=rows.noise[split],
                    room_rows=rows.rooms[split],
                )
            )
    return Background(tuple(pieces), tuple(mixes))


def altered_background(
    recipe: Recipe, files: tuple[File, ...], use: Use = "calibrate"
) -> tuple[Altered, ...]:
    """Stretches of the files, evenly chosen when they are long together, each with its factor;
    others for each use."""
    every = [
        Piece(file, file.start + float(start), min(_ALTERED_SECONDS, file.seconds - float(start)))
        for file in files
        for start in np.arange(0.0, file.seconds, _ALTERED_SECONDS)
    ]
    rng = np.random.default_rng([recipe.seed, _STAGE, _USE[use]])
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


def lessons(recipe: Recipe, files: tuple[File, ...]) -> tuple[Background, ...]:
    """Altered background in tasks of about ``PIECE_SECONDS``, for a teacher's opinion of it."""
    tasks: list[Background] = []
    pieces: list[Altered] = []
    altered = altered_background(recipe, files, "teach")
    for piece in (one for one in altered if in_lessons(one.piece)):
        pieces.append(piece)
        if sum(p.seconds for p in pieces) >= PIECE_SECONDS:
            tasks.append(Background(tuple(pieces), ()))
            pieces = []
    return (*tasks, Background(tuple(pieces), ())) if pieces else tuple(tasks)
