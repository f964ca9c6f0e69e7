"""Embed the user's background audio: as it is, and as mixed copies in rooms and noise.

Files are joined into one stream per task, as a runtime would hear them one after another, so
that every frame but the first few is good and a recording longer than a window becomes all its
windows. Either front end can hear it, or both at once; their streams begin and end with the same
sound.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wakesmith import audio
from wakesmith.audio import Clip
from wakesmith.events import Emit
from wakesmith.mix import NoiseBank, RoomBank, mix
from wakesmith.plan.background import BLOCK_SECONDS, Altered, Background, Piece
from wakesmith.plan.groups import WARM_UP
from wakesmith.runtime.frontend import SAMPLE_RATE, Pcm, embed
from wakesmith.stages import shards
from wakesmith.stages.arrays import join_arrays, save_array, save_arrays
from wakesmith.stages.frontends import FEATURES, HEARD_AS, Frontend, all_hold, spectra, taken_over
from wakesmith.tts.perturb import resampled
from wakesmith.tts.tempo import stretched

VERSION = 2
"""Of its sound as well: ``tts.perturb``, ``tts.tempo``, ``mix``."""
MICRO_VERSION = 1
"""Of the micro front end's part in entries."""
_STARTS = "starts.npy"
_KEPT = (("micro.npy", "micro.npy"), ("micro-starts.npy", _STARTS))
"""Files of spectra as an entry of embeddings keeps them, and as their own entry has them, what says
that it is whole last."""
_BLOCK = int(BLOCK_SECONDS * SAMPLE_RATE)


def background(
    out: Path,
    tasks: tuple[Background, ...],
    banks: Path,
    workers: int,
    emit: Emit,
    frontend: Frontend = "embedding",
    spectra_too: bool = False,
    kept: Path | None = None,
) -> None:
    """Make ``frames.npy`` [frames, 96] and ``starts.npy``: where each unbroken stream begins.

    The micro front end makes ``micro.npy`` [frames, 40] int8 instead. ``spectra_too`` and ``kept``
    are as in ``synth``.
    """
    if frontend == "micro":
        taken_over(kept, out, _KEPT)
    if not (out / _STARTS).exists():  # or a kill came between joining and tidying up
        drawn = enumerate(tasks)
        todo = [Task(shards.file(out, i), banks, one, frontend, spectra_too) for i, one in drawn]
        minutes = [task.minutes for task in tasks]
        told = f"background{HEARD_AS[frontend]}"
        shards.make(make_shard, todo, minutes, workers, emit, told, "minutes")
        files = [task.path for task in todo]
        if spectra_too and all_hold(files, "micro"):
            _join(out, files, "micro", "micro_lengths", "micro", "micro-starts")
        _join(out, files, "frames", "lengths", FEATURES[frontend], "starts")
    shards.remove(out)


@dataclass(frozen=True)
class Task:
    """A stretch of background to be heard, and where its features go."""

    path: Path
    banks: Path
    background: Background
    frontend: Frontend = "embedding"
    spectra_too: bool = False


def make_shard(task: Task) -> None:
    """Read the pieces, have them heard joined, then each block mixed."""
    own, beside = list[NDArray[Any]](), list[NDArray[Any]]()
    for sound in _sounds(task):
        own.append(_heard(sound, task.frontend))
        if task.spectra_too:
            beside.append(_heard(sound, "micro"))
    arrays = {"frames": np.concatenate(own), "lengths": np.array([len(s) for s in own])}
    if task.spectra_too:
        lengths = np.array([len(s) for s in beside])
        arrays |= {"micro": np.concatenate(beside), "micro_lengths": lengths}
    save_arrays(task.path, arrays)


def _sounds(task: Task) -> Iterator[Pcm | NDArray[np.float32]]:
    """The pieces joined, then each whole block of them mixed."""
    todo = task.background
    pcm = np.concatenate([sound_of(piece) for piece in todo.pieces])
    yield pcm
    if todo.mixes:
        rooms, noises = RoomBank.load(task.banks), NoiseBank.load(task.banks)
        for drawn in todo.mixes:
            first = drawn.clip * _BLOCK
            block = pcm[first : first + _BLOCK]
            if len(block) < _BLOCK:
                continue
            clip = Clip(block, 0, _BLOCK)
            alone = type(drawn)(**{**vars(drawn), "clip": 0})
            yield mix([clip], [alone], rooms, noises, _BLOCK)[0]


def sound_of(piece: Piece | Altered) -> Pcm:
    """A stretch of a file, as it is or altered."""
    if isinstance(piece, Altered):
        said = stretched(sound_of(piece.piece), piece.tempo)
        return resampled(said, piece.resample)
    return audio.read_piece(piece.file.path, piece.start, piece.seconds)


def _heard(sound: Pcm | NDArray[np.float32], frontend: Frontend) -> NDArray[Any]:
    """Features of one stream, of embeddings without the first ``WARM_UP``."""
    if frontend == "micro":
        heard: NDArray[np.int8] = spectra(sound[None])[0]
        return heard
    return embed(sound)[WARM_UP:].astype(np.float16)


def _join(
    out: Path, files: Sequence[Path], features: str, lengths: str, name: str, starts: str
) -> None:
    """Join such features of all shards as ``name``, and write where each stream begins."""
    sizes = np.concatenate([np.load(f)[lengths] for f in files])
    join_arrays(out / f"{name}.npy", (np.load(f)[features] for f in files), int(sizes.sum()))
    begins: NDArray[np.int64] = np.cumsum(sizes, dtype=np.int64) - sizes
    save_array(out / f"{starts}.npy", begins)
