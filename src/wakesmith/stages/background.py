"""Embed the user's background audio: as it is, and as mixed copies in rooms and noise.

Files are joined into one stream per task, as a runtime would hear them one after another, so
that every frame but the first few is good and a recording longer than a window becomes all its
windows. Either front end can hear it; their streams begin and end with the same sound.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wakesmith import audio
from wakesmith.audio import Clip
from wakesmith.events import Emit
from wakesmith.mix import NoiseBank, RoomBank, mix
from wakesmith.plan.groups import WARM_UP
from wakesmith.plan.own import BLOCK_SECONDS, Altered, Background, Piece
from wakesmith.runtime.frontend import SAMPLE_RATE, Pcm, embed
from wakesmith.stages import shards
from wakesmith.stages.arrays import join_arrays, save_array, save_arrays
from wakesmith.stages.synth import FEATURES, HEARD_AS, Frontend
from wakesmith.tts.perturb import resampled

VERSION = 2
MICRO_VERSION = 1
"""Of the micro front end's part in entries."""
_STARTS = "starts.npy"
_BLOCK = int(BLOCK_SECONDS * SAMPLE_RATE)


def background(
    out: Path,
    tasks: tuple[Background, ...],
    banks: Path,
    workers: int,
    emit: Emit,
    frontend: Frontend = "embedding",
) -> None:
    """Make ``frames.npy`` [frames, 96] and ``starts.npy``: where each unbroken stream begins.

    The micro front end makes ``micro.npy`` [frames, 40] int8 instead.
    """
    if not (out / _STARTS).exists():  # it does when a kill came between joining and tidying up
        todo = [Task(shards.file(out, i), banks, task, frontend) for i, task in enumerate(tasks)]
        minutes = [task.minutes for task in tasks]
        told = f"background{HEARD_AS[frontend]}"
        shards.make(make_shard, todo, minutes, workers, emit, told, "minutes")
        _join(out, [task.path for task in todo], FEATURES[frontend])
    shards.remove(out)


@dataclass(frozen=True)
class Task:
    """A stretch of background to embed, and where to."""

    path: Path
    banks: Path
    background: Background
    frontend: Frontend = "embedding"


def make_shard(task: Task) -> None:
    """Read the pieces, embed them joined, then each block mixed."""
    todo = task.background
    pcm = np.concatenate([sound_of(piece) for piece in todo.pieces])
    streams = [_heard(pcm, task.frontend)]
    if todo.mixes:
        rooms, noises = RoomBank.load(task.banks), NoiseBank.load(task.banks)
        for drawn in todo.mixes:
            first = drawn.clip * _BLOCK
            block = pcm[first : first + _BLOCK]
            if len(block) < _BLOCK:
                continue
            clip = Clip(block, 0, _BLOCK)
            alone = type(drawn)(**{**vars(drawn), "clip": 0})
            sound = mix([clip], [alone], rooms, noises, _BLOCK)
            streams.append(_heard(sound[0], task.frontend))
    lengths = np.array([len(s) for s in streams])
    save_arrays(task.path, {"frames": np.concatenate(streams), "lengths": lengths})


def sound_of(piece: Piece | Altered) -> Pcm:
    """A stretch of a file, as it is or altered."""
    if isinstance(piece, Altered):
        return resampled(sound_of(piece.piece), piece.resample)
    return audio.read_piece(piece.file.path, piece.start, piece.seconds)


def _heard(sound: Pcm | NDArray[np.float32], frontend: Frontend) -> NDArray[Any]:
    """Features of one stream, of embeddings without the first ``WARM_UP``."""
    if frontend == "micro":
        # Not above: the training of the other family must not need the front end's package.
        from wakesmith.families.microwakeword.features import spectra

        heard: NDArray[Any] = spectra(sound.astype(np.int16)[None])[0]
        return heard
    return embed(sound)[WARM_UP:].astype(np.float16)


def _join(out: Path, files: Sequence[Path], name: str) -> None:
    lengths = np.concatenate([np.load(f)["lengths"] for f in files])
    join_arrays(out / f"{name}.npy", (np.load(f)["frames"] for f in files), int(lengths.sum()))
    starts: NDArray[np.int64] = np.cumsum(lengths, dtype=np.int64) - lengths
    save_array(out / _STARTS, starts)
