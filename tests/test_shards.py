"""Shards: only what is missing is made, and all of it is counted."""

from dataclasses import dataclass
from pathlib import Path

from wakesmith.events import Event, Progress
from wakesmith.stages import shards


@dataclass(frozen=True)
class Task:
    path: Path


def write(task: Task) -> None:
    task.path.write_text("made now")


def test_what_is_there_is_kept_and_counted(tmp_path: Path) -> None:
    tasks = [Task(shards.file(tmp_path, i)) for i in range(3)]
    tasks[1].path.write_text("made before")
    told: list[Event] = []
    shards.make(write, tasks, [10, 20.4, 30], 1, told.append, "positive-train", "windows")
    assert [t.path.read_text() for t in tasks] == ["made now", "made before", "made now"]
    expected = [Progress("positive-train", done, 60, "windows") for done in (20, 30, 60)]
    assert told == expected
    shards.make(write, tasks, [10, 20.4, 30], 1, told.append, "positive-train", "windows")
    assert told == [*expected, expected[-1]]
    shards.remove(tmp_path)
    assert list(tmp_path.iterdir()) == []
