"""What the openWakeWord-family detector of the phrase thinks of the sound that a micro network
learns from.

Both families have heard the same windows, one as embeddings each 80 ms, the other as spectra each
10 ms. The teacher's logit of the window of embeddings that ends at some time is that of the window
of spectra that ends then; in between it is interpolated.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from wakesmith.events import Emit, Progress
from wakesmith.executor import cores
from wakesmith.families.openwakeword.network import Network
from wakesmith.families.openwakeword.smoothing import inner
from wakesmith.plan.groups import WARM_UP
from wakesmith.runtime.frontend import CHUNK
from wakesmith.runtime.micro.frontend import STEP, WINDOW
from wakesmith.stages.arrays import save_array
from wakesmith.stages.train import load_network
from wakesmith.stages.train.pools import Affine

VERSION = 1
_BLOCK = 4096
"""Windows that the teacher scores at once."""


@dataclass(frozen=True)
class Lesson:
    """Sound as both front ends' entries hold it: a group, or the background."""

    embeddings: Path
    spectra: Path
    affine: Affine | None = None
    """What embeddings go through before the teacher sees them."""


def teach(
    out: Path, teacher: Path, lessons: Mapping[str, Lesson], emit: Emit, threads: int
) -> None:
    """Write ``name.npy`` float16 [rows of spectra] for each lesson that has none yet: the
    teacher's logit for the window that ends with each row, NaN where none does. ``threads`` 0 is
    one for each core that this process may use."""
    torch.set_num_threads(threads or cores())
    network = inner(load_network(teacher)[0])
    for done, (name, lesson) in enumerate(lessons.items()):
        emit(Progress("teach", done, len(lessons), "groups"))
        if not (path := taught(out, name)).exists():
            save_array(path, _logits(network, lesson))
    emit(Progress("teach", len(lessons), len(lessons), "groups"))


def taught(out: Path, name: str) -> Path:
    """Where a lesson's logits are."""
    return out / f"{name}.npy"


def _logits(network: Network, lesson: Lesson) -> NDArray[np.float16]:
    frames, ours = _streams(lesson.embeddings / "frames.npy")
    spectra, theirs = _streams(lesson.spectra / "micro.npy")
    made = np.full(len(spectra), np.nan, np.float16)
    for (first, last), (start, stop) in zip(ours, theirs, strict=True):
        if last - first >= network.window:
            logits = _scored(network, frames[first:last], lesson.affine)
            # Seconds from the stream's beginning at which windows and rows end.
            ends = (WARM_UP + network.window + np.arange(len(logits))) * CHUNK
            rows = np.arange(stop - start) * STEP + WINDOW
            made[start:stop] = np.interp(rows, ends, logits, np.nan, np.nan)
    return made


def _streams(path: Path) -> tuple[NDArray[np.generic], list[tuple[int, int]]]:
    """The rows of a file one after another, and where each unbroken stream begins and ends."""
    frames = np.load(path, mmap_mode="r")
    if frames.ndim == 3:
        starts = np.arange(len(frames) + 1) * frames.shape[1]
        frames = frames.reshape(-1, frames.shape[2])
    else:
        starts = np.append(np.load(path.parent / "starts.npy"), len(frames))
    return frames, list(zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True))


def _scored(
    network: Network, frames: NDArray[np.generic], affine: Affine | None
) -> NDArray[np.float32]:
    """Logits of all windows of a stream ``[rows, 96]``."""
    parts = []
    with torch.inference_mode():
        for at in range(0, len(frames) - network.window + 1, _BLOCK):
            block = np.asarray(frames[at : at + _BLOCK + network.window - 1], np.float32)
            if affine is not None:
                block = (block @ affine[0] + affine[1]).astype(np.float32)
            windows = torch.from_numpy(block).unfold(0, network.window, 1).transpose(1, 2)
            parts.append(network(windows).numpy())
    logits: NDArray[np.float32] = np.concatenate(parts)
    return logits
