"""Synthetic sayings with the sound of the people in the user's background.

A micro network hears nobody but synthetic voices say the phrase, and learns how these sound along
with it. So each saying is told once more in sounds that people made: a frame of its spectra becomes
the mean of the ``NEAREST`` frames of a stretch of the background that are, with their neighbours,
most like it, level and scale of both apart. That is kNN voice conversion (Baas, van Niekerk and
Kamper, Interspeech 2023, arXiv:2305.18975), on spectra instead of learnt features, with a minute
of whoever speaks there instead of one person's hours. What is said stays, so what is known of each
window does. Noise and music are told from speech by how far the nearest frames are.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wakesmith.events import Emit
from wakesmith.plan.own import BLOCK_SECONDS, Background
from wakesmith.runtime.micro.frontend import INPUT_ZERO_POINT, MICRO_RATE_HZ
from wakesmith.stages import shards
from wakesmith.stages.arrays import join_arrays, save_arrays

VERSION = 1
NAME = "revoiced"
"""Of the file without its ending."""
NEAREST = 4
"""Frames whose mean replaces one, as in the paper."""
_AROUND = 3
"""Frames to either side that are compared as well."""
_STRETCH = 45 * MICRO_RATE_HZ
"""Frames of background that a saying is told in, as far as they go;"""
_LEAST = 20 * MICRO_RATE_HZ
"""and at least."""
_ROWS = 96
"""Sayings of a task,"""
_VOICES = 6
"""stretches that they are told in,"""
_TRIED = 24
"""of at most so many that are looked at."""
_SPEECH = 1.33
"""A stretch is speech where the nearest frames are at most so many times as far as those of other
synthetic sayings: measured, speech has 1.0 to 1.3, noise 1.3 to 2.7 (docs/log.md)."""
_PROBES, _PROBED = 12, 4
"""Sayings that this is judged by, and every which frame of them."""
_DICE = 31
_LOUD = 0.35
"""Frames this loud, as a share of loud ones, say what level and scale a stretch of sound has."""


def revoice(
    out: Path, group: Path, background: Path, seed: int, workers: int, emit: Emit, name: str
) -> None:
    """Write ``revoiced.npy`` int8 [windows, frames, 40]: the windows of a ``group`` of spectra,
    each in the sound of a stretch of the ``background``; as they are where none is speech.

    Which stretches these are is thrown with ``seed``; progress is told of ``name``.
    """
    rows = len(np.load(group / "micro.npy", mmap_mode="r"))
    tasks = [
        Task(shards.file(out, number), group, background, (first, min(first + _ROWS, rows)), seed)
        for number, first in enumerate(range(0, rows, _ROWS))
    ]
    if not (out / f"{NAME}.npy").exists():
        sizes = [last - first for first, last in (task.rows for task in tasks)]
        shards.make(make_shard, tasks, sizes, workers, emit, f"{name} in other voices", "windows")
        made = out / f"{NAME}.part"
        join_arrays(made, (np.load(task.path)[NAME] for task in tasks), rows)
        made.replace(out / f"{NAME}.npy")
    shards.remove(out)


def suits(task: Background) -> bool:
    """Whether a stretch of a task of background can be long enough."""
    return task.minutes * 60 > BLOCK_SECONDS


def stretches(background: Path) -> list[tuple[int, int]]:
    """First and last (excluded) frames of the stretches of an entry of background's spectra that
    are long enough and not mixed."""
    frames = np.load(background / "micro.npy", mmap_mode="r")
    bounds = np.append(np.load(background / "starts.npy"), len(frames))
    found = []
    for first, last in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        if last - first > BLOCK_SECONDS * MICRO_RATE_HZ:  # mixed ones are a block
            cuts = range(first, last, _STRETCH)
            found += [(at, min(at + _STRETCH, last)) for at in cuts if last - at >= _LEAST]
    return found


@dataclass(frozen=True)
class Task:
    """Windows of a group to be told in other voices, and where to."""

    path: Path
    group: Path
    background: Path
    rows: tuple[int, int]
    """First window, and the one after the last."""
    seed: int


def make_shard(task: Task) -> None:
    """Choose stretches of speech and tell the windows in them by turns."""
    windows = np.load(task.group / "micro.npy", mmap_mode="r")
    sound = np.load(task.background / "micro.npy", mmap_mode="r")
    first, last = task.rows
    told = np.array(windows[first:last])
    dice = np.random.default_rng([task.seed, _DICE, first])
    tries = dice.permutation(stretches(task.background))[:_TRIED]
    others = dice.integers(len(windows), size=1 + _STRETCH // windows.shape[1])
    probe = _context(told[:: -(-len(told) // _PROBES)])[::_PROBED]
    near = _SPEECH * _Voice(windows[others]).distance(probe)
    voices: list[_Voice] = []
    for begin, end in tries.tolist():
        voice = _Voice(sound[None, begin:end])
        if voice.distance(probe) <= near:
            voices.append(voice)
        if len(voices) == _VOICES:
            break
    for row, window in enumerate(told):
        if voices:
            told[row] = voices[row % len(voices)].tells(window)
    save_arrays(task.path, {NAME: told})


class _Voice:
    """Sounds [n, frames, 40] that others are told in."""

    def __init__(self, sounds: NDArray[np.int8]) -> None:
        self._frames = np.array(sounds).reshape(-1, sounds.shape[2])
        seen = _context(sounds)
        # One product tells which frame is nearest: |q - s|² = |q|² - 2 (q · s - |s|² / 2).
        half = (seen * seen).sum(axis=1) / -2
        self._seen = np.concatenate([seen, half[:, None]], axis=1)

    def distance(self, queries: NDArray[np.float32]) -> float:
        """Mean squared distance of the frames nearest to queries, frames in their context."""
        likeness = self._likeness(queries).max(axis=1)
        return float(((queries * queries).sum(axis=1) - 2 * likeness).mean())

    def tells(self, window: NDArray[np.int8]) -> NDArray[np.int8]:
        """A window [frames, 40] in the frames of this voice."""
        likeness = self._likeness(_context(window[None]))
        rows = np.arange(len(likeness))
        total = np.zeros(window.shape, np.float32)
        for _ in range(NEAREST):  # quicker than sorting, as they are few
            nearest = likeness.argmax(axis=1)
            total += self._frames[nearest]
            likeness[rows, nearest] = -np.inf
        told: NDArray[np.int8] = np.rint(total / NEAREST).astype(np.int8)
        return told

    def _likeness(self, queries: NDArray[np.float32]) -> NDArray[np.float32]:
        ones = np.ones((len(queries), 1), np.float32)
        found: NDArray[np.float32] = np.concatenate([queries, ones], axis=1) @ self._seen.T
        return found


def _context(windows: NDArray[np.int8]) -> NDArray[np.float32]:
    """Frames of sounds [n, frames, 40], one after another, each with its neighbours, in units of
    their own sound: [n · frames, (2 · around + 1) · 40]."""
    found = []
    for window in windows:
        level = np.asarray(window, np.float32) - INPUT_ZERO_POINT
        heights = level.mean(axis=1)
        loud = level[heights > _LOUD * np.quantile(heights, 0.95)]
        loud = loud if len(loud) else level
        level = (level - loud.mean(axis=0)) / (loud.std() + 1e-3)
        padded = np.pad(level, ((_AROUND, _AROUND), (0, 0)), mode="edge")
        found.append(
            np.concatenate([padded[i : i + len(level)] for i in range(2 * _AROUND + 1)], 1)
        )
    return np.concatenate(found)
