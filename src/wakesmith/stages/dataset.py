"""From finished groups to what the training looks at: pools, aligned where they are synthetic."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from wakesmith.events import Emit, Noted, Warned
from wakesmith.families.openwakeword import alignment, real_speech
from wakesmith.families.openwakeword.alignment import Statistics
from wakesmith.plan.feedback import MISSES
from wakesmith.plan.own import OTHERS
from wakesmith.plan.units import JOINED, JOINED_HELD, JOINED_MISSES
from wakesmith.recipe import Recipe
from wakesmith.runtime.detector import FRAME_SECONDS
from wakesmith.stages import synth
from wakesmith.stages.feature_files import held_back
from wakesmith.stages.train import pools
from wakesmith.stages.train.data import Data, Group
from wakesmith.stages.train.pools import Affine, Pool
from wakesmith.words import minutes_of

_VARIED = 1 << 17
"""Frames of variation that batches take stretches of: 50 MB, more only for huge batches."""
_BLOCK = 1 << 16
"""Frames of which statistics are taken at once."""


NEAR_MISSES = ("near_miss-train", f"{OTHERS}-train", JOINED_MISSES)
"""Groups of what sounds like the phrase."""
HELD = ("positive-validation", JOINED_HELD, "recording-validation")
"""Groups of sayings that are validated on."""
UNALIGNED = (
    *("recording-train", "recording-validation", MISSES, f"{OTHERS}-train"),
    *(JOINED, JOINED_HELD, JOINED_MISSES),
    *("noise-train", "noise-validation"),
)
"""Groups that are not of synthetic voices."""


LESSONS = "lessons"
"""Name of background that a teacher judges and that nothing else is learnt from."""
MISTAKEN = "mistaken"
"""Name of background that an earlier model took for the phrase."""


@dataclass(frozen=True)
class Folders:
    """Finished entries by group name; what was not asked for is not there."""

    groups: dict[str, Path]
    background: dict[str, Path]
    """By split."""
    features: tuple[Path, ...]


def dataset(recipe: Recipe, folders: Folders, emit: Emit) -> Data:
    """Open every group as memory-mapped pools."""
    window = recipe.network.window
    affine = alignment_of(recipe, folders, emit)

    def sayings(name: str) -> list[Pool]:
        if name not in folders.groups:
            return []
        found = synth.load(folders.groups[name])
        if not len(found.frames):
            return []  # nothing could be joined
        aligned = None if name in UNALIGNED else affine
        if name.startswith("near_miss"):
            return [pools.near_misses(found.frames, found.ends, window, aligned)]
        # The first smoothed score of a saying's end looks at windows before it.
        before = (1 - recipe.network.smoothing) * FRAME_SECONDS
        heard = (pools.HEARD_WITHIN[0] + before, pools.HEARD_WITHIN[1])
        ends = heard if "validation" in name else recipe.mix.offset
        return [pools.positives(found.frames, found.ends, ends, window, aligned)]

    def running(name: str, aligned: Affine | None) -> list[Pool]:
        if name not in folders.groups:
            return []
        frames = synth.load(folders.groups[name]).frames
        starts = np.arange(len(frames)) * frames.shape[1]
        return [pools.streams(frames.reshape(-1, frames.shape[-1]), starts, window, aligned)]

    def real(split: str) -> list[Pool]:
        if split not in folders.background:
            return []
        folder = folders.background[split]
        frames = np.load(folder / "frames.npy", mmap_mode="r")
        starts = np.load(folder / "starts.npy")
        if np.diff(np.append(starts, len(frames))).max(initial=0) < window:
            emit(Warned("train", f"the background for {split} is too short for one window"))
            return []
        return [pools.streams(frames, starts, window)]

    recorded = sayings("recording-train")
    spoken = sayings("positive-train")
    joined = sayings(JOINED)
    trained, kept = _features(folders.features, window, recipe.negatives.validation_share)
    background = [*real("train"), *trained]
    noise = running("noise-train", None)
    told = recipe.feedback.weight
    positive = Group(
        [*spoken, *joined, *recorded],
        said_shares(recipe, spoken, joined, recorded, joined_share(recipe, folders.groups)),
    )
    if missed := sayings(MISSES):
        shares = [*(positive.shares * (1 - told)), told]
        positive = Group([*positive.pools, *missed], shares)
    varied = max(_VARIED, 2 * recipe.train.windows * window)
    return Data(
        positive=positive,
        near_miss=_group([found for name in NEAR_MISSES for found in sayings(name)]),
        speech=_group(running("speech-train", affine)),
        background=_joined([*background, *noise], real(MISTAKEN), told),
        validation_positive=Group([one for name in HELD for one in sayings(name)]),
        validation_background=Group(
            [
                *running("speech-validation", affine),
                *running("noise-validation", None),
                *real("validation"),
                *kept,
            ]
        ),
        variation=torch.from_numpy(real_speech.shipped_variation().table(varied, recipe.seed)),
    )


def joined_share(recipe: Recipe, groups: Mapping[str, Path]) -> float:
    """Which share of the joined sayings that were asked for could be made."""
    wanted = recipe.units.sayings * recipe.units.copies
    return synth.count(groups[JOINED]) / wanted if wanted and JOINED in groups else 0.0


def said_shares(
    recipe: Recipe,
    spoken: Sequence[object],
    joined: Sequence[object],
    recorded: Sequence[object],
    made: float = 1.0,
) -> list[float]:
    """Shares of sayings that voices spoke, that were joined from people's speech, and recorded, of
    at most one source each, by what there is of them; ``made`` is the share of the joined that
    could be, and their weight is as much less."""
    real = recipe.recordings.weight if recorded else 0.0
    cut = recipe.units.weight * made if spoken else 1.0
    cut = cut if joined else 0.0
    shares = [(1 - real) * (1 - cut), (1 - real) * cut, real]
    there = (spoken, joined, recorded)
    return [share for share, found in zip(shares, there, strict=True) for _ in found]


def _group(found: list[Pool]) -> Group | None:
    return Group(found) if found else None


def _joined(found: list[Pool], mistaken: list[Pool], share: float) -> Group | None:
    """One class; mistaken windows take a share of it, all others are equally likely."""
    if not (found and mistaken):
        return _group(found or mistaken)
    windows = sum(pool.windows for pool in found)
    shares = [pool.windows / windows * (1 - share) for pool in found]
    return Group([*found, *mistaken], [*shares, share])


def _features(files: tuple[Path, ...], window: int, share: float) -> tuple[list[Pool], list[Pool]]:
    """Pools to train on, and those to validate on: the end of each file of running frames."""
    trained, kept = [], []
    one = np.zeros(1, np.int64)
    for file in files:
        rows = np.load(file, mmap_mode="r")
        if rows.ndim == 3:  # windows say nothing of how long the sound was
            trained.append(pools.ready_windows(rows, window))
            continue
        cut = held_back(len(rows), share, window)
        trained.append(pools.streams(rows[:cut], one, window))
        if cut < len(rows):
            kept.append(pools.streams(rows[cut + window :], one, window))
    return trained, kept


def alignment_of(recipe: Recipe, folders: Folders, emit: Emit) -> Affine | None:
    """The map from synthetic to real embeddings, or None when it is off or cannot be made."""
    if not recipe.alignment.enabled:
        return None
    if "speech-train" not in folders.groups:
        emit(Warned("train", "not aligned: there is no synthetic speech (synth.speech is 0)"))
        return None
    source = _statistics(synth.load(folders.groups["speech-train"]).frames)
    target = _target(recipe, folders, emit)
    return alignment.align(source, target, recipe.alignment.ridge)


def _target(recipe: Recipe, folders: Folders, emit: Emit) -> Statistics:
    if "train" in folders.background:
        frames = np.load(folders.background["train"] / "frames.npy", mmap_mode="r")
        # Each mixed copy is about as long as the sound itself.
        minutes = len(frames) * FRAME_SECONDS / 60 / (1 + recipe.negatives.copies)
        if minutes >= recipe.alignment.own_minutes:
            emit(Noted("train", f"aligned to {minutes_of(minutes)} of your own background"))
            return _statistics(frames)
    emit(Noted("train", "aligned to the statistics of real speech that ship with Wakesmith"))
    return real_speech.shipped_statistics()


def _statistics(frames: NDArray[np.float16]) -> Statistics:
    flat = frames.reshape(-1, frames.shape[-1])
    blocks = (flat[i : i + _BLOCK] for i in range(0, len(flat), _BLOCK))
    return alignment.measure_statistics(blocks)


def probes(folders: Folders, recipe: Recipe, count: int = 256) -> NDArray[np.float32]:
    """Real windows [at most ``count``, reach, 96] that exported files are checked on."""
    frames = synth.load(folders.groups["positive-train"]).frames[:count, -recipe.network.reach :]
    return np.ascontiguousarray(frames, dtype=np.float32)
