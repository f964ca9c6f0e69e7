"""Listen to people's speech for its units, and join sayings of the phrase from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wakesmith.events import Emit, Noted, Warned
from wakesmith.plan.background import Piece
from wakesmith.plan.units import LEAST_SECONDS, Joined
from wakesmith.runtime.frontend import Pcm
from wakesmith.stages import shards
from wakesmith.stages.arrays import join_arrays, save_array, save_arrays
from wakesmith.stages.background import sound_of
from wakesmith.units.inventory import Heard, Inventory, arrays_of, moved, stretches_of
from wakesmith.units.recogniser import is_speech, recognised
from wakesmith.units.selection import Voice

VERSION = 2
"""Of what is found in speech: ``units.recogniser`` and ``units.inventory``."""
JOINING_VERSION = 2
"""Of what is joined: ``units.selection`` and ``units.joining``."""
_TABLES = ("stretches", "timbre", "units")
_ENDS = "ends.npy"


def listen(out: Path, tasks: Sequence[Sequence[Piece]], workers: int, emit: Emit) -> None:
    """Make the arrays of an ``Inventory`` of pieces of background, the last of them ``units``."""
    minutes = [sum(piece.seconds for piece in task) / 60 for task in tasks]
    if not (out / "units.npy").exists():  # or a kill came between joining and tidying up
        todo = [Listening(shards.file(out, i), tuple(task)) for i, task in enumerate(tasks)]
        shards.make(make_units, todo, minutes, workers, emit, "phones", "minutes")
        _join(out, [task.path for task in todo])
    shards.remove(out)
    spoken = load(out).seconds
    told = f"people speak in {spoken // 6 / 10:.1f} of {sum(minutes):.1f} minutes of background"
    if spoken < LEAST_SECONDS:
        least = f"{LEAST_SECONDS / 60:.0f} minutes at least are needed"
        more = "give background in which people speak; units.sayings=0 ends this note"
        told += f": the phrase is not joined from their speech, for which {least} ({more})"
    emit(Noted("gather", told))


@dataclass(frozen=True)
class Listening:
    """Pieces of background that phones are found in, and where they go."""

    path: Path
    pieces: tuple[Piece, ...]


def make_units(task: Listening) -> None:
    """Read, cut into stretches, find the phones, write one file."""
    found = list[Heard]()
    for piece in task.pieces:
        heard = [(pcm, recognised(pcm)) for pcm in stretches_of(sound_of(piece))]
        speech = [one for one in heard if is_speech(one[1])]
        # Now and then music is as quick as speech; speech is nearly always.
        if 4 * len(speech) >= 3 * len(heard):
            found += speech
    save_arrays(task.path, arrays_of(found))


def _join(out: Path, files: Sequence[Path]) -> None:
    frames = stretches = 0
    tables: dict[str, list[NDArray[Any]]] = {name: [] for name in _TABLES}
    for file in files:
        with np.load(file) as part:
            for name, table in moved(part, frames, stretches).items():
                tables[name].append(table)
            frames, stretches = frames + len(part["spectra"]), stretches + len(part["stretches"])
    samples = sum(len(np.load(file)["pcm"]) for file in files)
    join_arrays(out / "pcm.npy", (np.load(file)["pcm"] for file in files), samples)
    join_arrays(out / "spectra.npy", (np.load(file)["spectra"] for file in files), frames)
    for name in _TABLES:
        save_array(out / f"{name}.npy", np.concatenate(tables[name]))


def load(folder: Path) -> Inventory:
    """Open a finished inventory."""
    names = ("pcm", "spectra", *_TABLES)
    return Inventory(**{name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in names})


def join_sayings(
    out: Path,
    inventory: Path,
    voices: Sequence[Sequence[Joined]],
    kept: int,
    workers: int,
    emit: Emit,
) -> None:
    """Join all sayings and keep so many, those of the fewest joins for their phones.

    Makes ``pcm.npy``, one after another, these first, and ``ends.npy``: where each ends.
    """
    if not (out / _ENDS).exists():
        heard = voices if load(inventory).seconds >= LEAST_SECONDS else ()
        todo = [Joining(shards.file(out, i), inventory, tuple(one)) for i, one in enumerate(heard)]
        sizes = [len(one) for one in heard]
        shards.make(make_sayings, todo, sizes, workers, emit, "joined", "sayings")
        _keep(out, [task.path for task in todo], kept, emit)
    shards.remove(out)


@dataclass(frozen=True)
class Joining:
    """A voice's sayings to be joined, and where they go."""

    path: Path
    inventory: Path
    sayings: tuple[Joined, ...]


def make_sayings(task: Joining) -> None:
    """Join what can be joined, and write how many joins each has for one that it could have."""
    opened = load(task.inventory)
    voice = Voice(opened, int(task.sayings[0].voice * len(opened.stretches)))
    said = (voice.says(one.phones, np.random.default_rng(one.seed)) for one in task.sayings)
    made = [one for one in said if one is not None]
    joins = np.array([one.joins / max(1, one.phones - 1) for one in made])
    save_arrays(task.path, {"joins": joins, **_one_after_another([one.pcm for one in made])})


def _one_after_another(sayings: Sequence[Pcm]) -> Mapping[str, NDArray[Any]]:
    pcm = np.concatenate(sayings) if sayings else np.zeros(0, np.int16)
    return {"pcm": pcm, "ends": np.cumsum([len(one) for one in sayings], dtype=np.int64)}


def _keep(out: Path, files: Sequence[Path], kept: int, emit: Emit) -> None:
    sayings, joins = list[Pcm](), list[float]()
    for file in files:
        with np.load(file) as part:
            sayings += np.split(part["pcm"], part["ends"][:-1]) if len(part["ends"]) else []
            joins += part["joins"].tolist()
    order = np.argsort(joins, kind="stable").tolist()
    best = _one_after_another([sayings[i] for i in order[:kept]])
    if files and len(order) < kept:
        told = f"{len(order)} of {kept} sayings could be joined: some of their phones are in none"
        emit(
            Warned("synth", f"{told} of the background's speech; more of it has them (units.hours)")
        )
    save_array(out / "pcm.npy", best["pcm"])
    save_array(out / _ENDS, best["ends"])


def count_sayings(folder: Path) -> int:
    """How many sayings were kept."""
    return len(np.load(folder / _ENDS))


def load_sayings(folder: Path) -> list[Pcm]:
    """The sayings that were kept, memory-mapped where there are any."""
    ends = np.load(folder / _ENDS)
    pcm = np.load(folder / "pcm.npy", mmap_mode="r" if len(ends) else None)
    return np.split(pcm, ends[:-1]) if len(ends) else []
