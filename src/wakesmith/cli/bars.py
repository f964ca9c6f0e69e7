"""Events on a terminal: one bar for what is at work, and above it a line for all that was.

Needs rich, and is loaded only where there is a terminal.
"""

import time

import rich.progress
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from wakesmith.cli.console import described, duration
from wakesmith.events import Event, Noted, Progress, StageFinished, StageStarted, Warned


class Bars:
    """An ``Emit`` for a terminal; use it in a ``with``."""

    def __init__(self, screen: Console | None = None) -> None:
        self._bars = rich.progress.Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[unit]}", markup=False),
            TextColumn("{task.fields[rate]}", markup=False),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=screen or Console(stderr=True),
        )
        self._task: TaskID | None = None
        self._last: Progress | None = None  # what the bar shows, if anything
        self._began = 0.0
        self._found = ""  # the stage last said to be made before

    def __enter__(self) -> "Bars":
        self._bars.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._bars.stop()

    def __call__(self, event: Event) -> None:
        match event:
            case StageStarted(stage, cached=False):
                self._open(stage)
            case StageStarted(stage):
                if stage != self._found:  # a stage may have many entries; one line is enough
                    self._say(f"{stage}: made before", "dim")
                self._found = stage
            case Progress():
                self._progress(event)
            case StageFinished(stage):
                self._close(stage)
            case Noted() | Warned():
                style = "bold yellow" if isinstance(event, Warned) else "dim"
                self._say(described(event)[0], style)
            case _:
                for line in described(event):
                    self._say(line)

    def _progress(self, event: Progress) -> None:
        if self._task is None or (self._last and self._last.stage != event.stage):
            self._open(event.stage)
        task = self._task
        assert task is not None
        self._last = event
        self._bars.update(
            task,
            description=event.stage,
            completed=event.done,
            total=event.total,
            unit=event.unit,
        )
        speed = next(t.speed for t in self._bars.tasks if t.id == task)
        self._bars.update(task, rate=f"{speed:.3g}/s" if speed else "")

    def _open(self, name: str) -> None:
        self._close(name)
        self._task = self._bars.add_task(name, total=None, unit="", rate="")
        self._began = time.monotonic()

    def _close(self, name: str) -> None:
        """The bar goes, and a line stays."""
        if self._task is None:
            return
        self._bars.remove_task(self._task)
        self._bars.refresh()
        took = duration(time.monotonic() - self._began)
        last = self._last
        done = f"{last.stage}: {last.done:,} {last.unit}" if last else name
        self._say(f"✓ {done} in {took}")
        self._task = self._last = None

    def _say(self, line: str, style: str = "") -> None:
        self._bars.console.print(Text(line, style=style))
