"""microWakeWord's spectrogram sets as the training takes them: read once, quantised, joined."""

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wakesmith.errors import DataError
from wakesmith.events import Emit, Noted, Progress
from wakesmith.families.microwakeword.features import frames_of
from wakesmith.families.microwakeword.ragged import spectrograms
from wakesmith.families.microwakeword.shape import INPUTS
from wakesmith.plan.groups import WARM_UP, WINDOW_FRAMES
from wakesmith.runtime.frontend import CHUNK
from wakesmith.runtime.micro.frontend import INPUT_ZERO_POINT, MICRO_RATE_HZ
from wakesmith.stages.memory import Memory

VERSION = 1
SAYING_FRAMES = frames_of((WINDOW_FRAMES + WARM_UP) * CHUNK)
"""Frames kept of a saying: as many as of those that are spoken here."""
_READ = {"train": ("training",), "validation": ("validation", "validation_ambient")}
_DONE = "done.npy"


def digest(folder: Path, index: Path | None = None) -> str:
    """What names a set: the paths of its files in it, and their content.

    ``index`` is the file in which contents are remembered, the one that ``gather`` has: an
    unchanged set is read once. Raises ``DataError`` where there is no set, or none to be read.
    """
    memory = Memory(index)
    try:
        named = [f"{f.relative_to(folder).as_posix()} {memory.digest(f)}" for f in files_of(folder)]
    except OSError as error:
        raise DataError(f"micro.sets: {folder} cannot be read: {error}") from error
    memory.save()
    return hashlib.sha256("\n".join(named).encode()).hexdigest()


def files_of(folder: Path) -> list[Path]:
    """The files of a set; ``DataError`` where there is none."""
    if not folder.is_dir():
        what = "is a file, and a set is a folder" if folder.exists() else "is not there"
        raise DataError(f"micro.sets: {folder} {what}. Is the path right?")
    files = sorted(folder.rglob("*.ninja"))
    if not files:
        raise DataError(
            f"micro.sets: {folder} holds no spectrogram set: folders named …_mmap are looked for "
            "in its folders training, validation and others"
        )
    return files


def spectrogram_set(out: Path, folder: Path, truth: bool, emit: Emit) -> None:
    """Make ``train.npy`` and ``validation.npy`` of a set, each where the set has that part.

    With ``truth`` they hold sayings [n, ``SAYING_FRAMES``, 40] int8 that end with the phrase;
    shorter ones begin with silence. Otherwise they hold running sound [frames, 40], one after
    another as a device would hear them.
    """
    if (out / _DONE).exists():
        return
    files_of(folder)
    for number, (split, parts) in enumerate(_READ.items()):
        emit(Progress("spectrograms", number, len(_READ), "parts"))
        found = (one for part in parts for one in spectrograms(folder, part))
        frames = _write(out / f"{split}.npy", map(_saying, found) if truth else found, truth)
        hours = frames / MICRO_RATE_HZ / 3600
        emit(Noted("gather", f"{folder}, {split}: {hours:.2f} hours of spectrograms"))
    np.save(out / _DONE, np.zeros(0))


def part(entry: Path, split: str) -> NDArray[np.int8] | None:
    """A part of a finished entry, memory-mapped; None where the set had none."""
    path = entry / f"{split}.npy"
    return np.load(path, mmap_mode="r") if path.exists() else None


def _saying(spectrogram: NDArray[np.int8]) -> NDArray[np.int8]:
    """Its last frames, after silence where it is short."""
    out = np.full((SAYING_FRAMES, INPUTS), INPUT_ZERO_POINT, np.int8)
    kept = spectrogram[-SAYING_FRAMES:]
    out[SAYING_FRAMES - len(kept) :] = kept
    return out


def _write(path: Path, blocks: Iterator[NDArray[np.int8]], truth: bool) -> int:
    """Write blocks one after another, how many ever there are; the number of frames."""
    raw, frames = path.with_suffix(".raw"), 0
    with raw.open("wb") as file:
        for block in blocks:
            frames += len(block)
            file.write(block.tobytes())
    if frames:
        shape = (frames // SAYING_FRAMES, SAYING_FRAMES, INPUTS) if truth else (frames, INPUTS)
        header = {"descr": "|i1", "fortran_order": False, "shape": shape}
        with path.open("wb") as file, raw.open("rb") as body:
            np.lib.format.write_array_header_1_0(file, header)
            shutil.copyfileobj(body, file)
    raw.unlink()
    return frames
