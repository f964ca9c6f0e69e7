"""Events in words, in JSON and as bars."""

import io
import json

import pytest
from rich.console import Console

from wakesmith import events
from wakesmith.cli.bars import Bars
from wakesmith.cli.console import Lines, console, described, duration
from wakesmith.events import (
    Noted,
    Progress,
    RunFinished,
    StageFinished,
    StageStarted,
    Trained,
    Warned,
)

RUN: list[events.Event] = [
    Noted("recipe", "a key [red]is[/red] not used"),
    StageStarted("gather", True, "gather-1"),
    StageStarted("synth", False, "synth-1", "positive-train: 1000 clips"),
    Progress("synth", 0, 1000, "clips"),
    Progress("synth", 500, 1000, "clips"),
    Progress("synth", 1000, 1000, "clips"),
    StageFinished("synth", 65.2, "synth-1"),
    Warned("train", "few recordings"),
    Trained(50, 0.1234, 0.9, 0.4, 10),
    RunFinished("runs/x", 70, True),
]


class Clock:
    """Time as the test has it."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_lines_name_everything_that_matters(capsys: pytest.CaptureFixture[str]) -> None:
    show = Lines(Clock())
    for event in RUN:
        show(event)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "recipe: note: a key [red]is[/red] not used",
        "gather: made before (gather-1)",
        "synth: begins: positive-train: 1000 clips (synth-1)",
        "synth: done in 1 min 05 s",
        "train: WARNING: few recordings",
        "train: step 50, loss 0.1234, recall 90.0%, 0.40 false accepts/h, negative weight 10",
        "finished in 1 min 10 s",
    ]


def test_progress_is_said_now_and_then_with_rate_and_time_left(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = Clock()
    show = Lines(clock)
    show(StageStarted("synth", False, "synth-1"))
    for second in range(41):
        clock.now = float(second)
        show(Progress("synth", 100 + 10 * second, 1000, "clips"))
    lines = capsys.readouterr().err.splitlines()[1:]
    assert lines == [
        "synth: 200 of 1000 clips",
        "synth: 300 of 1000 clips, 10/s, 1 min 10 s left",
        "synth: 400 of 1000 clips, 10/s, 1 min 00 s left",
        "synth: 500 of 1000 clips, 10/s, 50 s left",
    ]


def test_json_is_every_event(capsys: pytest.CaptureFixture[str]) -> None:
    with console(as_json=True) as emit:
        for event in RUN:
            emit(event)
    out, err = capsys.readouterr()
    assert err == ""
    assert [json.loads(line)["event"] for line in out.splitlines()] == [
        type(event).__name__ for event in RUN
    ]


def test_bars_leave_a_line_for_all_that_is_done() -> None:
    screen = io.StringIO()
    with Bars(Console(file=screen, force_terminal=True, width=120, color_system=None)) as show:
        for event in RUN:
            show(event)
        show(StageStarted("gather", True, "gather-2"))
        show(StageStarted("synth", False, "synth-2"))
        show(Progress("speech-train", 40, 40, "windows"))  # a stage may name its parts
        show(StageFinished("synth", 1.0, "synth-2"))
        show(StageStarted("export", False, "export-1"))
        show(StageFinished("export", 1.0, "export-1"))
        show(StageStarted("train", False, "train-1"))
        show(Progress("train", 3, 40, "steps"))
    text = screen.getvalue()
    for words in (
        "recipe: note: a key [red]is[/red] not used",
        "WARNING: few recordings",
        "✓ synth: 1,000 clips in 0 s",
        "step 50",
        "✓ speech-train: 40 windows in 0 s",
        "✓ export in 0 s",
        "3/40",
    ):
        assert words in text
    assert text.count("gather: made before") == 1


def test_every_event_has_words_or_a_bar() -> None:
    for event in RUN:
        assert isinstance(event, Progress) or described(event)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "0 s"), (59.4, "59 s"), (59.6, "1 min 00 s"), (125, "2 min 05 s"), (4210, "1 h 10 min")],
)
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words
