"""Make the banks that mixing draws from: rooms and noises, as memory-mapped arrays."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from wakesmith.events import Emit
from wakesmith.mix import NoiseBank, rooms_from_files, simulate_rooms
from wakesmith.plan.banks import Banks
from wakesmith.plan.mixing import NoiseCut, NoiseDraw
from wakesmith.stages import shards

VERSION = 1
_DRAFT = "-draft"
_ROWS = 10
"""Rows of noise that one task makes."""


@dataclass(frozen=True)
class Task:
    """Some rows of noise to make, and the folder that they go to."""

    path: Path
    draws: tuple[NoiseDraw, ...] = ()
    cuts: tuple[NoiseCut, ...] = ()

    def __len__(self) -> int:
        return len(self.draws) + len(self.cuts)


def banks(out: Path, drawn: Banks, workers: int, emit: Emit) -> None:
    """Simulate or read the rooms, synthesise and cut the noises, and save both banks."""
    tasks = _tasks(out, drawn)
    shards.make(make_rows, tasks, list(map(len, tasks)), workers, emit, "noises", "rows")
    NoiseBank.join(*(NoiseBank.load(task.path) for task in tasks)).save(out)
    files = [f.path for f in drawn.room_files]
    (rooms_from_files(files) if files else simulate_rooms(drawn.rooms)).save(out)
    for part in (*(task.path for task in tasks), *out.glob(f"*{_DRAFT}")):
        shutil.rmtree(part)


def _tasks(out: Path, drawn: Banks) -> list[Task]:
    spoken = [drawn.noises[i : i + _ROWS] for i in range(0, len(drawn.noises), _ROWS)]
    cut = [drawn.cuts[i : i + _ROWS] for i in range(0, len(drawn.cuts), _ROWS)]
    tasks = [Task(out / f"noises-{i:03}", draws=draws) for i, draws in enumerate(spoken)]
    return tasks + [Task(out / f"cuts-{i:03}", cuts=cuts) for i, cuts in enumerate(cut)]


def make_rows(task: Task) -> None:
    """The rows of one task, in a folder that is there when it is whole."""
    bank = NoiseBank.cut(task.cuts) if task.cuts else NoiseBank.synthesise(task.draws)
    draft = task.path.with_name(task.path.name + _DRAFT)
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    bank.save(draft)
    draft.rename(task.path)
