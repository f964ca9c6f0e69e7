"""What a network of the micro family learns from: spectra, and what is known of every frame.

A network scores many windows of a stretch at once, so truth is kept by frame: what may be said of
the window that ends with it. That of the teacher is kept beside it.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from wakesmith.errors import DataError
from wakesmith.families.microwakeword.features import end_frame
from wakesmith.families.microwakeword.shape import INPUTS, Shape
from wakesmith.recipe import mixednet
from wakesmith.runtime.micro.frontend import MICRO_RATE_HZ
from wakesmith.stages.train.data import Group
from wakesmith.stages.train.pools import Picks, Pool

OTHER, PHRASE, UNKNOWN = 0, 1, -1
"""What a window that ends with a frame is: not the phrase, the phrase, neither to be said."""

ROW_FRAMES = 504
"""Frames of a row of a batch, about 5 s: of these a network of 194 frames scores 3 s."""


@dataclass(frozen=True, eq=False)
class Source:
    """Spectra from one place. Made by the functions below."""

    pool: Pool
    """Frames [rows, 40] int8, and where stretches of one length may begin."""
    truth: NDArray[np.int8]
    """[rows]: ``OTHER``, ``PHRASE`` or ``UNKNOWN`` for the window that ends with each frame."""
    penalty: float = 1.0
    """How much a mistake here weighs, as a multiple of the same elsewhere."""
    taught: NDArray[np.floating[Any]] | None = None
    """[rows]: the teacher's logit for the window that ends with each frame; NaN for none."""

    def taught_by(self, logits: NDArray[np.floating[Any]]) -> "Source":
        """The same source with the teacher's logits; ``DataError`` when they are not its."""
        if logits.shape != self.truth.shape:
            raise DataError(
                f"the teacher judged {len(logits)} frames and there are {len(self.truth)}"
            )
        return replace(self, taught=logits)

    def describe(self) -> list[Any]:
        """Shape, stretches, truth and weight: who differs in them differs in these."""
        digest = hashlib.sha256(np.ascontiguousarray(self.truth).tobytes()).hexdigest()
        return [self.pool.describe(), digest, self.penalty, self.taught is not None]


class Class:
    """The sources of one class with their shares of its part of a batch."""

    def __init__(self, sources: Sequence[Source], shares: Sequence[float] | None = None) -> None:
        """``shares`` in any unit; without them by number of stretches."""
        self.sources = tuple(sources)
        self.group = Group([source.pool for source in sources], shares)

    def taken(self, picks: Picks) -> NDArray[np.int8]:
        """The picked stretches [n, frames, 40]."""
        out = torch.empty(len(picks), self.group.window, INPUTS, dtype=torch.int8)
        return np.asarray(self.group.gather(picks, out).numpy())

    def known(self, picks: Picks, ends: Picks) -> tuple[NDArray[Any], ...]:
        """Truth [n, positions] int8, penalty and teacher's logits, float32 of that shape, for
        windows of the picked stretches that end at their frames ``ends [positions]``."""
        shape = (len(picks), len(ends))
        truth, penalty = np.empty(shape, np.int8), np.empty(shape, np.float32)
        taught = np.full(shape, np.nan, np.float32)
        for number, part, rows in self.group.runs(picks):
            source, at = self.sources[number], rows[:, None] + ends
            truth[part], penalty[part] = source.truth[at], source.penalty
            if source.taught is not None:
                taught[part] = source.taught[at]
        return truth, penalty, taught


def sayings(
    frames: NDArray[np.int8],
    ends: NDArray[np.floating[Any]],
    offset: tuple[float, float],
    shape: Shape,
    penalty: float = 1.0,
) -> Source:
    """Sayings ``frames [n, T, 40]`` of the phrase, which ends ``ends [n]`` seconds into each.

    A window that ends between the two ends of ``offset`` (seconds after the phrase's end) is the
    phrase, at least the first after the lower; of the others nothing is known.
    """
    end = end_frame(np.asarray(ends, np.float64))
    low = np.ceil(end + offset[0] * MICRO_RATE_HZ - 1e-6)
    high = np.maximum(np.floor(end + offset[1] * MICRO_RATE_HZ + 1e-6), low + shape.stride - 1)
    at = np.arange(frames.shape[1])
    inside = (at >= low[:, None]) & (at <= high[:, None])
    truth = np.where(inside, PHRASE, UNKNOWN).astype(np.int8)
    return _said(frames, truth, shape, penalty)


def others(frames: NDArray[np.int8], shape: Shape, penalty: float = 1.0) -> Source:
    """Sayings ``frames [n, T, 40]`` of something else: no window is the phrase."""
    return _said(frames, np.zeros(frames.shape[:2], np.int8), shape, penalty)


def running(
    frames: NDArray[np.int8], starts: NDArray[np.integer[Any]], shape: Shape, penalty: float = 1.0
) -> Source | None:
    """Running sound ``frames [rows, 40]`` without the phrase, in segments that begin at ``starts``.

    Segments shorter than ``ROW_FRAMES`` are left out; None when no other is there.
    """
    _check(frames, 2)
    length = row_frames(shape)
    rows = np.asarray(starts, np.int64)
    lengths = np.diff(np.append(rows, len(frames)))
    kept = lengths >= length
    if not kept.any():
        return None
    pool = Pool(frames, rows[kept], lengths[kept] - length + 1, length, False)
    return Source(pool, np.zeros(len(frames), np.int8), penalty)


def row_frames(shape: Shape) -> int:
    """Frames of a row for such networks: ``ROW_FRAMES`` in whole strides, or two of their windows
    where these are longer."""
    return max(ROW_FRAMES, 2 * shape.frames) // shape.stride * shape.stride


def _said(
    frames: NDArray[np.int8], truth: NDArray[np.int8], shape: Shape, penalty: float
) -> Source:
    _check(frames, 3)
    n, length, _ = frames.shape
    taken = min(mixednet.stretch(length, shape.stride), row_frames(shape))
    if taken < shape.frames:
        raise DataError(
            f"the network looks at {shape.frames} frames and {length} are kept of each saying: "
            "make micro.network.frames smaller"
        )
    first = np.arange(n, dtype=np.int64) * length
    count = np.full(n, length - taken + 1)
    pool = Pool(frames.reshape(n * length, INPUTS), first, count, taken, True)
    return Source(pool, truth.reshape(-1), penalty)


def _check(frames: NDArray[Any], dimensions: int) -> None:
    if frames.ndim != dimensions or frames.shape[-1] != INPUTS or frames.dtype != np.int8:
        raise DataError(
            f"{frames.dtype} of shape {list(frames.shape)} cannot be trained on: int8 spectra of "
            f"{dimensions} dimensions are wanted, the last of {INPUTS}"
        )
    if not frames.flags.c_contiguous:
        raise DataError("spectra must lie in memory in the order of their indices (C order)")
    if not frames.size:
        raise DataError("there are no spectra to train on")
