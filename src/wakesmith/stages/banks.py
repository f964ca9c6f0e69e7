"""Make the banks that mixing draws from: rooms and noises, as memory-mapped arrays."""

from dataclasses import dataclass
from pathlib import Path

from wakesmith import executor
from wakesmith.events import Emit, Progress
from wakesmith.mix import NoiseBank, rooms_from_files, simulate_rooms
from wakesmith.plan.banks import Banks
from wakesmith.plan.mixing import NoiseCut, NoiseDraw

VERSION = 1
_ROWS = 10
"""Rows of noise that one task makes."""


@dataclass(frozen=True)
class Task:
    """Some rows of noise to make."""

    draws: tuple[NoiseDraw, ...] = ()
    cuts: tuple[NoiseCut, ...] = ()


def banks(out: Path, drawn: Banks, workers: int, emit: Emit) -> None:
    """Simulate or read the rooms, synthesise and cut the noises, and save both banks."""
    total = len(drawn.noises) + len(drawn.cuts)
    emit(Progress("noises", 0, total, "rows"))
    files = [f.path for f in drawn.room_files]
    (rooms_from_files(files) if files else simulate_rooms(drawn.rooms)).save(out)

    tasks = [Task(draws=drawn.noises[i : i + _ROWS]) for i in range(0, len(drawn.noises), _ROWS)]
    tasks += [Task(cuts=drawn.cuts[i : i + _ROWS]) for i in range(0, len(drawn.cuts), _ROWS)]
    parts: dict[int, NoiseBank] = {}

    def finished(index: int, bank: NoiseBank) -> None:
        parts[index] = bank
        emit(Progress("noises", sum(map(len, parts.values())), total, "rows"))

    executor.run(make_rows, tasks, workers, finished)
    NoiseBank.join(*(parts[i] for i in range(len(tasks)))).save(out)


def make_rows(task: Task) -> NoiseBank:
    """The rows of one task."""
    return NoiseBank.cut(task.cuts) if task.cuts else NoiseBank.synthesise(task.draws)
