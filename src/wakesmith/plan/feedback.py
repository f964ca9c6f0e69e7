"""What an earlier model got wrong, in the plan: what is trained on, and what is held out.

False accepts are background: all their windows are wrong answers. Misses are takes of the phrase,
like recordings. Equal content is never both trained on and held out.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import cycle

import numpy as np

from wakesmith.plan.background import (
    BLOCK_SECONDS,
    PIECE_SECONDS,
    Background,
    Piece,
    gathered,
    mixes_of,
    pieces_of,
)
from wakesmith.plan.banks import Rows
from wakesmith.plan.draws import Split
from wakesmith.plan.groups import WARM_UP, WINDOW_FRAMES, Group
from wakesmith.plan.mixing import draw_mix
from wakesmith.plan.own import take
from wakesmith.plan.sources import File, Sources, split_background, split_files
from wakesmith.recipe import Recipe

_STAGE = 23
_MISSES, _FALSE_ACCEPTS = range(2)
MISSES = "missed-train"
"""Name of the group of misses that are trained on."""


@dataclass(frozen=True)
class HeldOut:
    """What the model before and the one after are compared on."""

    misses: tuple[File, ...] = ()
    false_accepts: tuple[File, ...] = ()
    ambient: tuple[File, ...] = ()
    """Files, or spans of them."""

    def __bool__(self) -> bool:
        return bool(self.misses or self.false_accepts or self.ambient)


@dataclass(frozen=True)
class Corrections:
    """All draws of a recipe's feedback."""

    groups: tuple[Group, ...] = ()
    """Misses to train on."""
    mistaken: tuple[Background, ...] = ()
    """False accepts to train on."""
    held: HeldOut = field(default_factory=HeldOut)


def corrections(recipe: Recipe, sources: Sources, rows: Rows) -> Corrections:
    """Share the feedback out, and draw the mixes of what is trained on."""
    part = recipe.feedback
    misses = split_held(sources.misses, part.held_out)
    wrong = split_held(sources.false_accepts, part.held_out)
    ambient = split_ambient(sources.ambient, part.held_out)
    held = HeldOut(misses["test"], wrong["test"], ambient["test"])
    return Corrections(
        _missed(recipe, misses["train"], rows), _mistaken(recipe, wrong["train"], rows), held
    )


def split_held(files: tuple[File, ...], held_out: float) -> dict[Split, tuple[File, ...]]:
    """Files to train on and files to hold out (``test``), by their content."""
    return split_files(files, {"train": 1 - held_out, "test": held_out})


def split_ambient(files: tuple[File, ...], held_out: float) -> dict[Split, tuple[File, ...]]:
    """Hours in which to look for what fires, and hours to hold out (``test``)."""
    return split_background(files, {"train": 1 - held_out, "test": held_out})


def without_feedback(sources: Sources) -> Sources:
    """The sources without the files that are also feedback: that decides what is held out."""
    told = {f.digest for f in (*sources.misses, *sources.false_accepts, *sources.ambient)}
    if not told:
        return sources

    def kept(files: tuple[File, ...]) -> tuple[File, ...]:
        return tuple(file for file in files if file.digest not in told)

    return replace(
        sources,
        recordings=kept(sources.recordings),
        background=kept(sources.background),
        noises=kept(sources.noises),
    )


def _missed(recipe: Recipe, files: tuple[File, ...], rows: Rows) -> tuple[Group, ...]:
    """Copy 0 of each is the recording as it is, mixed; of the others some are perturbed."""
    takes, mixes = [], []
    for index, file in enumerate(files):
        for copy in range(1 + recipe.feedback.copies):
            rng = np.random.default_rng([recipe.seed, _STAGE, _MISSES, index, copy])
            takes.append(take(rng, file, as_it_is=copy == 0))
            mixes.append(
                draw_mix(
                    rng,
                    recipe.mix,
                    clip=len(takes) - 1,
                    after=float(rng.uniform(0.4, 0.48)),
                    noise_rows=rows.noise["train"],
                    room_rows=rows.rooms["train"],
                )
            )
    if not takes:
        return ()
    chunks = WINDOW_FRAMES + WARM_UP
    return (Group(MISSES, "positive", "train", chunks, False, tuple(takes), tuple(mixes)),)


def _mistaken(recipe: Recipe, files: tuple[File, ...], rows: Rows) -> tuple[Background, ...]:
    """The files one after the other, again and again until the last block is full: mixed copies
    are made of whole blocks."""
    copies = recipe.feedback.copies
    return tuple(
        Background(
            pieces, mixes_of(recipe, pieces, (_STAGE, _FALSE_ACCEPTS, index), copies, "train", rows)
        )
        for index, pieces in enumerate(_filled(files))
    )


def _filled(files: tuple[File, ...]) -> Iterator[tuple[Piece, ...]]:
    """Pieces for tasks of about ``PIECE_SECONDS``, in whole blocks."""
    for some in gathered(pieces_of(files, PIECE_SECONDS)):
        task, again = list(some), cycle(some)
        rest = -sum(p.seconds for p in some) % BLOCK_SECONDS
        while rest > 0:
            task.append(next(again))
            rest -= task[-1].seconds
        yield tuple(task)
