"""Work in shards: each a task in a process of its own, and a file or folder that it makes.

That is there when it is whole, so a kill costs a shard at most.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from wakesmith import executor
from wakesmith.events import Emit, Progress


class Shard(Protocol):
    """A task that makes one path."""

    @property
    def path(self) -> Path:
        """What it makes; there when it is whole."""


Task = TypeVar("Task", bound=Shard)


def make(
    function: Callable[[Task], None],
    tasks: Sequence[Task],
    sizes: Sequence[float],
    workers: int,
    emit: Emit,
    name: str,
    unit: str,
) -> None:
    """Do the tasks whose path is not there yet; ``Progress`` of ``name`` counts all of them.

    ``sizes`` are the tasks', in ``unit``.
    """
    missing = [i for i, task in enumerate(tasks) if not task.path.exists()]
    total = sum(sizes)
    done = total - sum(sizes[i] for i in missing)
    emit(Progress(name, round(done), round(total), unit))

    def finished(index: int, _: None) -> None:
        nonlocal done
        done += sizes[missing[index]]
        emit(Progress(name, round(done), round(total), unit))

    executor.run(function, [tasks[i] for i in missing], workers, finished)


def file(out: Path, index: int) -> Path:
    """The file of shard ``index``."""
    return out / f"shard-{index:05}.npz"


def remove(out: Path) -> None:
    """Remove the files of all shards."""
    for path in out.glob("shard-*.npz"):
        path.unlink()
