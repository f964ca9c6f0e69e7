"""Events for people: bars on a terminal, lines elsewhere, JSON on demand.

Progress goes to standard error and results to standard output, except with ``--json``, which puts
every event on standard output as it comes.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec

import click

from wakesmith.events import (
    Emit,
    Event,
    Noted,
    Progress,
    RunFinished,
    StageFinished,
    StageStarted,
    Trained,
    Warned,
    to_json,
)

_EVERY = 10.0
"""Seconds between two lines of progress where there is no terminal."""


@contextmanager
def console(as_json: bool = False) -> Iterator[Emit]:
    """An ``Emit`` that shows events in the way that fits where the output goes."""
    if as_json:
        yield _json_lines
    elif sys.stderr.isatty() and find_spec("rich"):
        from wakesmith.cli.bars import Bars

        with Bars() as bars:
            yield bars
    else:
        yield Lines()


def duration(seconds: float) -> str:
    """Seconds for people: 4 s, 2 min 05 s, 1 h 10 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def _json_lines(event: Event) -> None:
    click.echo(to_json(event))


class Lines:
    """Plain lines, and of progress only one now and then."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._meters: dict[str, _Meter] = {}
        self._said = 0.0

    def __call__(self, event: Event) -> None:
        if isinstance(event, Progress):
            meter = self._meters.setdefault(event.stage, _Meter(self._clock()))
            now = self._clock()
            if now - max(self._said, meter.began) < _EVERY:
                return
            self._said = now
            click.echo(f"{event.stage}: {meter.words(event, now)}", err=True)
            return
        if isinstance(event, StageStarted):
            self._meters[event.stage] = _Meter(self._clock())
        for line in described(event):
            click.echo(line, err=True)


class _Meter:
    """Rate and time left of one stage."""

    def __init__(self, now: float) -> None:
        self.began = now
        self._first: tuple[float, int] | None = None

    def words(self, event: Progress, now: float) -> str:
        """For instance "300 of 1000 clips, 90/s, 8 s left"."""
        text = f"{event.done} of {event.total} {event.unit}"
        if self._first is None:
            # What an earlier run did arrives at once, and says nothing of today's rate.
            self._first = (now, event.done)
            return text
        since, before = self._first
        if event.done <= before or now <= since:
            return text
        rate = (event.done - before) / (now - since)
        return f"{text}, {rate:.3g}/s, {duration((event.total - event.done) / rate)} left"


def described(event: Event) -> list[str]:
    """An event in words; nothing for those that only a bar shows."""
    match event:
        case StageStarted(stage, cached, entry, detail):
            what = f": {detail}" if detail else ""
            return [f"{stage}: {'made before' if cached else 'begins'}{what} ({entry})"]
        case StageFinished(stage, seconds):
            return [f"{stage}: done in {duration(seconds)}"]
        case Trained(step):
            return [f"train: step {step}, {_state(event)}"]
        case Noted(stage, message):
            return [f"{stage}: note: {message}"]
        case Warned(stage, message):
            return [f"{stage}: WARNING: {message}"]
        case RunFinished(seconds=seconds, worked=True):
            return [f"finished in {duration(seconds)}"]
    return []


def _state(event: Trained) -> str:
    return (
        f"loss {event.loss:.4f}, recall {event.recall:.1%}, "
        f"{event.false_accepts_per_hour:.2f} false accepts/h, "
        f"negative weight {event.negative_weight:.3g}"
    )
