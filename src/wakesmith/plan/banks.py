"""Which rooms and noises there are, and which split may use each: no room, no noise in two."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wakesmith.plan.draws import Split
from wakesmith.plan.mixing import (
    ROW_SECONDS,
    NoiseCut,
    NoiseDraw,
    RoomDraw,
    draw_cuts,
    draw_noises,
    draw_rooms,
)
from wakesmith.plan.sources import File
from wakesmith.recipe import Recipe

_STAGE = 13
_CUTS = 240
"""Rows cut from the user's files at most: 40 minutes, 77 MB."""
_SHARES: dict[Split, float] = {"train": 0.7, "validation": 0.15, "test": 0.15}


@dataclass(frozen=True)
class Rows:
    """Rows of the noise and room banks that each split may use; no row is in two splits."""

    noise: dict[Split, tuple[int, ...]]
    rooms: dict[Split, tuple[int, ...]]


@dataclass(frozen=True)
class Banks:
    """What the banks are made of, and the rows of each split.

    Noise rows are the synthesised ones, then the cuts; room rows are simulated, or, when the
    user gave rooms, those files alone.
    """

    noises: tuple[NoiseDraw, ...]
    cuts: tuple[NoiseCut, ...]
    rooms: tuple[RoomDraw, ...]
    room_files: tuple[File, ...]
    rows: Rows


def draw_banks(
    recipe: Recipe, noise_files: dict[Split, tuple[File, ...]], room_files: tuple[File, ...]
) -> Banks:
    """Draw the banks. ``noise_files`` are already split; their rows stay in their split."""
    rng = np.random.default_rng([recipe.seed, _STAGE])
    noises: list[NoiseDraw] = []
    noise_rows: dict[Split, list[int]] = {}
    count = recipe.mix.noise_minutes * 60 / ROW_SECONDS
    for split, share in _SHARES.items():
        drawn = draw_noises(rng, max(2, round(share * count)))
        noise_rows[split] = list(range(len(noises), len(noises) + len(drawn)))
        noises += drawn
    cuts: list[NoiseCut] = []
    for split, files in noise_files.items():
        drawn_cuts = draw_cuts(rng, files, ROW_SECONDS, round(_SHARES[split] * _CUTS))
        first = len(noises) + len(cuts)
        noise_rows[split] += range(first, first + len(drawn_cuts))
        cuts += drawn_cuts
    rooms = () if room_files else draw_rooms(rng, recipe.mix.simulated_rooms)
    room_rows = _shared_out(rng, len(room_files) or len(rooms))
    rows = Rows({split: tuple(found) for split, found in noise_rows.items()}, room_rows)
    return Banks(tuple(noises), tuple(cuts), rooms, room_files, rows)


def _shared_out(rng: np.random.Generator, count: int) -> dict[Split, tuple[int, ...]]:
    order: Sequence[int] = [int(i) for i in rng.permutation(count)]
    if count < 3:  # too few to keep apart: training needs a room more than the test does
        return {"train": tuple(order), "validation": (), "test": ()}
    held = max(1, round(_SHARES["test"] * count))
    return {
        "train": tuple(order[2 * held :]),
        "validation": tuple(order[:held]),
        "test": tuple(order[held : 2 * held]),
    }
