"""From finished groups of spectra to what the training of a micro network looks at."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wakesmith.errors import DataError
from wakesmith.events import Emit, Warned
from wakesmith.families.microwakeword.shape import Shape, shape_of
from wakesmith.plan.feedback import MISSES
from wakesmith.plan.units import JOINED
from wakesmith.recipe import Recipe, SpectrogramSet
from wakesmith.runtime.frontend import SAMPLE_RATE
from wakesmith.runtime.micro.frontend import STEP, WINDOW
from wakesmith.stages import synth
from wakesmith.stages.dataset import HELD, LESSONS, MISTAKEN, NEAR_MISSES, joined_share, said_shares
from wakesmith.stages.micro.sets import SAYING_FRAMES, part
from wakesmith.stages.micro.teach import taught
from wakesmith.stages.train.micro import Class, Held, MicroData, Source, others, running, sayings

_SET_ENDS = (0.0, 0.1)
"""Seconds before a set's saying ends within which a window must end to be the phrase: microWakeWord
leaves up to 0.2 s of sound behind it."""
_PROBED = 48
"""Rows of each kind of sound that activation ranges are measured on."""
_UNBROKEN = np.zeros(1, np.int64)
"""Where running sound begins that is one segment."""


@dataclass(frozen=True)
class MicroFolders:
    """Finished entries of the micro front end; what was not asked for is not there."""

    groups: dict[str, Path]
    """By group name."""
    background: dict[str, Path]
    """By split."""
    sets: tuple[Path, ...] = ()
    """Of each of the recipe's ``micro.sets``, in order."""
    taught: Path | None = None
    """What ``teach`` wrote, where there is a teacher."""


def micro_dataset(recipe: Recipe, folders: MicroFolders, emit: Emit) -> MicroData:
    """Open every group as memory-mapped sources.

    Raises ``DataError`` when there is no saying of the phrase to train on, or none to validate on.
    """
    files = _opened(recipe, folders)
    spoken, recorded = files.said("positive-train"), files.said("recording-train")
    joined = files.said(JOINED)
    real = files.real()
    if not real and "train" in folders.background:
        emit(Warned("train", "the background for training is too short for one stretch"))
    sounds = [*real, *files.other("noise-train")]
    shares = _by_windows(sounds)
    misses = [found for name in NEAR_MISSES for found in files.other(name)]
    altered = [one for one in files.real(LESSONS) if one.taught is not None]
    if altered:
        sounds, shares = _joined(sounds, shares, altered, recipe.micro.train.altered)
    positive = _class(
        [*spoken, *joined, *recorded],
        said_shares(recipe, spoken, joined, recorded, joined_share(recipe, folders.groups)),
        files.of_sets(truth=True),
    )
    background = _class(sounds, shares, files.of_sets(truth=False))
    told = recipe.feedback.weight
    positive = _told(positive, files.said(MISSES), told)
    background = _told(background, files.real(MISTAKEN), told)
    held = Held(list(files.held_sayings()), list(files.held_streams()))
    if positive is None or not held.sayings or not held.background:
        raise DataError(
            "there must be sayings of the phrase to train and to validate on, and sound without "
            "it to validate on"
        )
    return MicroData(
        positive=positive,
        near_miss=_class(misses, _by_windows(misses)),
        speech=_class(files.other("speech-train")),
        background=background,
        held=held,
    )


def _by_windows(sources: Sequence[Source]) -> list[float]:
    windows = np.array([source.pool.windows for source in sources], float)
    return (windows / windows.sum()).tolist() if sources else []


def _joined(
    sounds: list[Source], shares: list[float], altered: list[Source], share: float
) -> tuple[list[Source], list[float]]:
    """Sounds and altered ones, which together have ``share``."""
    kept = [(1 - share) * part for part in shares]
    return [*sounds, *altered], [*kept, *[share / len(altered)] * len(altered)]


def _class(
    found: Sequence[Source],
    shares: Sequence[float] = (1.0,),
    more: Sequence[tuple[Source, float]] = (),
) -> Class | None:
    """What is made here, with shares whose sum is 1, and sets with theirs."""
    if not found and not more:
        return None
    return Class(
        [*found, *(source for source, _ in more)],
        [*shares[: len(found)], *(weight for _, weight in more)],
    )


def _told(found: Class | None, told: Sequence[Source], share: float) -> Class | None:
    """A class in which what was told, feedback, has such a share of its own."""
    if found is None or not told:
        return Class(told) if told else found
    kept = (found.group.shares * (1 - share)).tolist()
    return Class([*found.sources, *told], [*kept, *[share / len(told)] * len(told)])


@dataclass(frozen=True)
class _Files:
    """Entries opened as sources."""

    folders: MicroFolders
    shape: Shape
    offset: tuple[float, float]
    sets: tuple[tuple[SpectrogramSet, Path], ...]
    """Each of the recipe's, and its entry."""

    def said(self, name: str) -> list[Source]:
        """Sayings of the phrase."""
        return [
            self._taught(name, sayings(found.frames, found.spans[:, 1], self.offset, self.shape))
            for found in self._group(name)
        ]

    def other(self, name: str) -> list[Source]:
        """Windows without the phrase."""
        return [self._taught(name, others(f.frames, self.shape)) for f in self._group(name)]

    def real(self, split: str = "train") -> list[Source]:
        """The user's background; none where it is too short."""
        streams = [running(*opened, self.shape) for opened in self._background(split)]
        return [self._taught(f"background-{split}", made) for made in streams if made is not None]

    def of_sets(self, truth: bool) -> list[tuple[Source, float]]:
        """What sets with the phrase, or without it, have to train on, with its sampling weight."""
        found = []
        for one, entry in self.sets:
            frames = part(entry, "train") if one.truth == truth else None
            if frames is None or one.sampling_weight == 0:
                continue
            if one.truth:
                ends = np.full(len(frames), _saying_end())
                made = sayings(frames, ends, _SET_ENDS, self.shape, one.penalty_weight)
                found.append((made, one.sampling_weight))
            elif (stream := running(frames, _UNBROKEN, self.shape, one.penalty_weight)) is not None:
                found.append((stream, one.sampling_weight))
        return found

    def held_sayings(self) -> Iterator[tuple[NDArray[np.int8], float]]:
        """Streams with the phrase, and where it ends."""
        for name in HELD:
            for found in self._group(name):
                yield from zip(found.frames, found.spans[:, 1].tolist(), strict=True)
        for one, entry in self.sets:
            if one.truth and (frames := part(entry, "validation")) is not None:
                yield from ((saying, _saying_end()) for saying in frames)

    def held_streams(self) -> Iterator[NDArray[np.int8]]:
        """Streams without it."""
        for name in ("speech-validation", "noise-validation"):
            for found in self._group(name):
                yield from found.frames
        for frames, starts in self._background("validation"):
            yield from np.split(frames, starts[1:])
        for one, entry in self.sets:
            if not one.truth and (stream := part(entry, "validation")) is not None:
                yield stream

    def _group(self, name: str) -> Iterator[synth.MicroWindows]:
        if name in self.folders.groups:
            found = synth.load_micro(self.folders.groups[name])
            if len(found.frames):  # or nothing could be joined
                yield found

    def _background(self, split: str) -> Iterator[tuple[NDArray[np.int8], NDArray[np.int64]]]:
        if split in self.folders.background:
            folder = self.folders.background[split]
            yield np.load(folder / "micro.npy", mmap_mode="r"), np.load(folder / "starts.npy")

    def _taught(self, name: str, source: Source) -> Source:
        path = None if self.folders.taught is None else taught(self.folders.taught, name)
        if path is None or not path.exists():
            return source
        return source.taught_by(np.load(path, mmap_mode="r"))


def _opened(recipe: Recipe, folders: MicroFolders) -> _Files:
    micro = recipe.micro
    given = tuple(zip(micro.sets, folders.sets, strict=True))
    return _Files(folders, shape_of(micro.network), micro.train.offset, given)


def _saying_end() -> float:
    """Seconds at which the phrase ends in a set's saying, as far as is known."""
    return (SAYING_FRAMES * STEP + WINDOW - STEP) / SAMPLE_RATE - _SET_ENDS[1]


def probes(folders: MicroFolders) -> NDArray[np.int8]:
    """Real mixes [n, frames, 40] of all kinds: the ends of some rows of every group, and stretches
    of the background, evenly chosen."""
    rows = [synth.load_micro(folders.groups[name]).frames for name in sorted(folders.groups)]
    width = min(kind.shape[1] for kind in rows)
    found = [kind[_evenly(len(kind)), -width:] for kind in rows]
    for folder in folders.background.values():
        frames = np.load(folder / "micro.npy", mmap_mode="r")
        whole = frames[: len(frames) // width * width].reshape(-1, width, frames.shape[1])
        found.append(whole[_evenly(len(whole))])
    return np.concatenate(found)


def validation_sayings(
    folders: MicroFolders, recipe: Recipe
) -> Iterator[tuple[NDArray[np.int8], float]]:
    """Streams [frames, 40] with the phrase that are validated on, and the second it ends at."""
    return _opened(recipe, folders).held_sayings()


def _evenly(count: int) -> NDArray[np.int64]:
    """Indices of some of so many."""
    if not count:
        return np.zeros(0, np.int64)
    return np.unique(np.linspace(0, count - 1, _PROBED).astype(np.int64))
