"""From finished groups of spectra to what the training of a micro network looks at."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wakesmith import recipe
from wakesmith.errors import DataError
from wakesmith.events import Emit, Warned
from wakesmith.families.microwakeword.shape import Shape
from wakesmith.stages import synth
from wakesmith.stages.dataset import Folders
from wakesmith.stages.teach import taught
from wakesmith.stages.train.micro import sources
from wakesmith.stages.train.micro.learner import MicroData
from wakesmith.stages.train.micro.sources import Class, Source
from wakesmith.stages.train.micro.validation import Held


def shape_of(network: recipe.MicroNetwork) -> Shape:
    """The network's shape; ``RecipeError`` where it cannot be built."""
    values = network.model_dump()
    return Shape(**{**values, "pooling": None if network.pooling == "none" else network.pooling})


def micro_dataset(
    chosen: recipe.Recipe, folders: Folders, teaching: Path | None, emit: Emit
) -> MicroData:
    """Open every group as memory-mapped sources.

    ``folders`` holds entries of the micro front end; ``teaching`` what ``teach`` wrote, if it did.
    """
    train, shape = chosen.micro.train, shape_of(chosen.micro.network)

    def with_teacher(name: str, source: Source) -> Source:
        if teaching is None or not (path := taught(teaching, name)).exists():
            return source
        return source.taught_by(np.load(path, mmap_mode="r"))

    def said(name: str) -> list[Source]:
        if name not in folders.groups:
            return []
        found = synth.load_micro(folders.groups[name])
        made = sources.sayings(found.frames, found.spans[:, 1], train.offset, shape)
        return [with_teacher(name, made)]

    def other(name: str) -> list[Source]:
        if name not in folders.groups:
            return []
        made = sources.others(synth.load_micro(folders.groups[name]).frames, shape)
        return [with_teacher(name, made)]

    def real() -> list[Source]:
        if "train" not in folders.background:
            return []
        frames, starts = _background(folders.background["train"])
        made = sources.running(frames, starts, shape)
        if made is None:
            emit(Warned("train", "the background for training is too short for one stretch"))
            return []
        return [with_teacher("background-train", made)]

    spoken, recorded = said("positive-train"), said("recording-train")
    weight = chosen.recordings.weight if recorded else 0.0
    if not spoken:
        raise DataError("there are no sayings of the phrase to train on")
    return MicroData(
        positive=Class([*spoken, *recorded], [1 - weight, weight][: len(spoken + recorded)]),
        near_miss=_class(other("near_miss-train")),
        speech=_class(other("speech-train")),
        background=_class([*real(), *other("noise-train")]),
        held=Held(
            [s for name in ("positive", "recording") for s in _sayings(folders, name)],
            [
                *(s for name in ("speech", "noise") for s in _streams(folders, name)),
                *_validation_background(folders),
            ],
        ),
    )


def _class(found: Sequence[Source]) -> Class | None:
    return Class(found) if found else None


def _sayings(folders: Folders, role: str) -> list[tuple[NDArray[np.int8], float]]:
    name = f"{role}-validation"
    if name not in folders.groups:
        return []
    found = synth.load_micro(folders.groups[name])
    return [(frames, float(end)) for frames, end in zip(found.frames, found.spans[:, 1])]


def _streams(folders: Folders, role: str) -> list[NDArray[np.int8]]:
    name = f"{role}-validation"
    return list(synth.load_micro(folders.groups[name]).frames) if name in folders.groups else []


def _validation_background(folders: Folders) -> list[NDArray[np.int8]]:
    if "validation" not in folders.background:
        return []
    frames, starts = _background(folders.background["validation"])
    return np.split(frames, starts[1:])


def _background(folder: Path) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    frames: NDArray[Any] = np.load(folder / "micro.npy", mmap_mode="r")
    return frames, np.load(folder / "starts.npy")
