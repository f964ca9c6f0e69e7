"""Where training windows come from: memory-mapped frames, and which windows may be taken."""

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from wakesmith.errors import DataError
from wakesmith.runtime.detector import FRAME_SECONDS
from wakesmith.runtime.frontend import EMBEDDING_DIM
from wakesmith.store.files import explained

Picks = NDArray[np.int64]
Affine = tuple[NDArray[np.floating[Any]], NDArray[np.floating[Any]]]
"""``(matrix [96, 96], offset [96])``: frames become ``x @ matrix + offset``."""

HEARD_WITHIN = (0.0, 0.5)
"""Seconds after the phrase's end within which a validation positive must be heard."""
_PIECE = 128  # windows gathered at once
_BLOCK = 16_384  # frames aligned at once

NEAR_MISS_FROM = -0.2
"""Seconds from a near miss's end at which its first window ends (before it: negative)."""


@dataclass(frozen=True, eq=False)
class Pool:
    """Frames with the windows that may be taken from them. Made by the functions below."""

    frames: "NDArray[Any] | torch.Tensor"
    """``[rows, 96]`` float16 or float32 (of the micro front end ``[rows, 40]`` int8), memory-mapped
    or not, or a tensor on the device."""
    first: Picks
    """For each item (a saying, a stretch of sound) the row at which its first window begins."""
    count: Picks
    """For each item how many windows it has, each a row after the one before."""
    window: int
    by_item: bool
    """Whether items are equally likely (sayings) or windows are (streams)."""
    alignment: Affine | None = None
    """Applied to every window as it is gathered."""

    @property
    def width(self) -> int:
        """Numbers in a frame."""
        return int(self.frames.shape[-1])

    @cached_property
    def ends(self) -> Picks:
        """Windows of all items up to and including each."""
        return np.cumsum(self.count)

    @property
    def windows(self) -> int:
        """How many different windows there are."""
        return int(self.ends[-1]) if len(self.ends) else 0

    def draw(self, rng: np.random.Generator, n: int, looks: int) -> Picks:
        """Rows ``[n, looks]`` at which windows begin: ``n`` items, ``looks`` windows of each."""
        if self.by_item:
            items = rng.integers(len(self.count), size=n)
        else:
            items = np.searchsorted(self.ends, rng.integers(self.windows, size=n), "right")
        return self.first[items, None] + rng.integers(self.count[items, None], size=(n, looks))

    def every(self) -> Picks:
        """Rows at which all windows begin, item after item."""
        steps = np.arange(self.windows) - np.repeat(self.ends - self.count, self.count)
        return np.repeat(self.first, self.count) + steps

    def gather(self, rows: Picks, out: torch.Tensor) -> None:
        """Put the windows that begin at ``rows [n]``, aligned, into
        ``out [n, window, width]``, as they are or in its type."""
        # On the processor in pieces that stay in its cache.
        piece = _PIECE if out.device.type == "cpu" else max(1, len(rows))
        for at in range(0, len(rows), piece):
            target = out[at : at + piece].view(-1, self.width)
            taken = self._taken(rows[at : at + piece], out.device).view(-1, self.width)
            if self.alignment is None:
                target.copy_(taken)
            else:
                matrix, offset = self._alignment_on(out.device)
                torch.addmm(offset, taken.float(), matrix, out=target)

    def _taken(self, rows: Picks, device: torch.device) -> torch.Tensor:
        # Overlapping windows as rows of one view: each is copied in one piece.
        shape = (len(self.frames) - self.window + 1, self.window * self.width)
        if isinstance(self.frames, torch.Tensor):
            view = self.frames.as_strided(shape, (self.width, 1))
            return view[torch.from_numpy(rows).to(device)]
        step = self.frames.itemsize
        strides = (self.width * step, step)
        overlapping = np.lib.stride_tricks.as_strided(self.frames, shape, strides)
        return torch.from_numpy(overlapping[rows]).to(device)

    def describe(self) -> list[Any]:
        """Shape, windows and alignment in a few words: who differs in them differs in these."""
        digest = hashlib.sha256(self.first.tobytes() + self.count.tobytes())
        for part in self.alignment or ():
            digest.update(np.ascontiguousarray(part).tobytes())
        return [list(self.frames.shape), str(self.frames.dtype), self.window, digest.hexdigest()]

    def aligned(self, path: Path) -> "Pool":
        """The same pool with its alignment done once, into a memory-mapped float16 file ``path``.

        Done again with every gather it would take a third of a step.
        """
        if self.alignment is None:
            return self
        matrix, offset = (np.float32(part) for part in self.alignment)
        shape = tuple(self.frames.shape)
        header = {"descr": "<f2", "fortran_order": False, "shape": shape}
        with explained(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
            # Written, not mapped: a full disk is then an error and not a crash.
            with path.open("wb") as file:
                np.lib.format.write_array_header_1_0(file, header)
                for at in range(0, shape[0], _BLOCK):
                    block = np.asarray(self.frames[at : at + _BLOCK], np.float32)
                    file.write((block @ matrix + offset).astype("<f2").tobytes())
        return replace(self, frames=np.load(path, mmap_mode="r"), alignment=None)

    def on(self, device: torch.device) -> "Pool":
        """The same pool with its frames in the device's memory."""
        frames = torch.from_numpy(np.array(self.frames)).to(device)
        return replace(self, frames=frames)

    @cached_property
    def _alignments(self) -> dict[torch.device, tuple[torch.Tensor, torch.Tensor]]:
        return {}

    def _alignment_on(self, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
        assert self.alignment is not None
        if device not in self._alignments:
            matrix, offset = (torch.from_numpy(np.float32(part)) for part in self.alignment)
            self._alignments[device] = (matrix.to(device), offset.to(device))
        return self._alignments[device]


def positives(
    frames: NDArray[Any],
    end: NDArray[np.floating[Any]],
    offset: tuple[float, float],
    window: int,
    alignment: Affine | None = None,
) -> Pool:
    """Sayings ``frames [n, F, 96]`` of the phrase, which ends at frame ``end [n]`` (fractional).

    A window whose last frame is ``j`` ends ``(j - end) · 0.08`` s after the phrase; those between
    the two ends of ``offset`` are taken, and if no frame falls between, the first one after.
    """
    low = np.ceil(end + offset[0] / FRAME_SECONDS - 1e-6)
    high = np.maximum(np.floor(end + offset[1] / FRAME_SECONDS + 1e-6), low)
    return _sayings(frames, low, high, window, alignment)


def near_misses(
    frames: NDArray[Any],
    end: NDArray[np.floating[Any]],
    window: int,
    alignment: Affine | None = None,
) -> Pool:
    """Sayings ``frames [n, F, 96]`` of something else: windows that end from shortly before its
    ``end [n]`` to the last frame."""
    low = np.ceil(end + NEAR_MISS_FROM / FRAME_SECONDS - 1e-6)
    return _sayings(frames, low, np.full(len(low), np.inf), window, alignment)


def streams(
    frames: NDArray[Any],
    starts: NDArray[np.integer[Any]],
    window: int,
    alignment: Affine | None = None,
) -> Pool:
    """Running sound ``frames [N, 96]`` in segments that begin at rows ``starts`` (rising, from 0).

    A window never crosses from one segment into the next; segments shorter than a window have
    none.
    """
    _check(frames, 2)
    rows = np.asarray(starts, np.int64)
    lengths = np.diff(np.append(rows, len(frames)))
    if len(rows) == 0 or rows[0] != 0 or (lengths < 0).any():
        raise DataError("segments must begin at row 0 and at rising rows within the frames")
    kept = lengths >= window
    return _made(frames, rows[kept], lengths[kept] - window + 1, window, False, alignment)


def ready_windows(windows: NDArray[Any], window: int) -> Pool:
    """Windows ``[n, at least window, 96]`` as feature files hold them; the last frames count."""
    _check(windows, 3)
    n, length, width = windows.shape
    if length < window:
        raise DataError(
            f"the feature file holds windows of {length} frames, the network looks at {window}: "
            "use another file or a smaller network.window"
        )
    first = np.arange(n, dtype=np.int64) * length + length - window
    flat = windows.reshape(-1, width)
    return _made(flat, first, np.ones(n, np.int64), window, True, None)


def _sayings(
    frames: NDArray[Any],
    low: NDArray[np.floating[Any]],
    high: NDArray[np.floating[Any]],
    window: int,
    alignment: Affine | None,
) -> Pool:
    """Windows whose last frame lies from ``low`` to ``high``, as far as each saying has them."""
    _check(frames, 3)
    n, length, width = frames.shape
    if length < window or len(low) != n:
        raise DataError(
            f"{n} sayings of {length} frames with {len(low)} ends do not suit windows of {window}"
        )
    last = np.clip(low, window - 1, length - 1).astype(np.int64)
    until = np.clip(high, last, length - 1).astype(np.int64)
    first = np.arange(n, dtype=np.int64) * length + last - window + 1
    return _made(frames.reshape(-1, width), first, until - last + 1, window, True, alignment)


def _check(frames: NDArray[Any], dimensions: int) -> None:
    if frames.ndim != dimensions or frames.shape[-1] != EMBEDDING_DIM:
        raise DataError(
            f"embeddings of shape {list(frames.shape)} cannot be trained on: {dimensions} "
            f"dimensions are wanted, the last of {EMBEDDING_DIM}"
        )
    if frames.dtype not in (np.float16, np.float32):
        raise DataError(f"embeddings must be float16 or float32, these are {frames.dtype}")
    if not frames.flags.c_contiguous:
        raise DataError("embeddings must lie in memory in the order of their indices (C order)")


def _made(
    frames: NDArray[Any],
    first: Picks,
    count: Picks,
    window: int,
    by_item: bool,
    alignment: Affine | None,
) -> Pool:
    if len(first) == 0:
        raise DataError(f"no sound is as long as a window of {window} frames")
    return Pool(frames, first, count, window, by_item, alignment)
