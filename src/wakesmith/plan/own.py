"""The user's own recordings in the plan: takes of them, mixed as synthetic sayings are."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from wakesmith.plan.banks import Rows
from wakesmith.plan.draws import Role, Split
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
_PERTURBED = 0.7
_TAKES = 2_000
"""Mixed copies of all recordings together, where the recipe leaves their number open,"""
_COPIES = (5, 100)
"""and the fewest and the most of each."""
_SUSPECT = 0.25
"""Copies of a recording with something about it, for one of another."""
_OTHER_TAKES = 500
"""The same of recordings of something else: a fifth of the near misses of a ``standard`` run."""
_OTHER_COPIES = (3, 25)
_SAID, _OTHER = 0, 5  # kinds of dice: of the phrase, of something else; plan.background has others
_AFTER = {_SAID: (0.4, 0.48), _OTHER: (-0.1, 0.48)}
"""Seconds of a training window after what is said: as of the synthetic sayings."""
OTHERS = "near_miss_recording"
"""Role in the names of the groups of recordings of something else."""
_WARP = (0.9, 1.12)
_RESAMPLE = (0.92, 1.10)


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
