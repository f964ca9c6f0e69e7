"""What a run says about itself. Console, log file and tests read these; nothing else speaks.

Events are frozen dataclasses that turn into one JSON object each (``to_json``), with the kind
of event under ``"event"``.
"""

import dataclasses
import json
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class StageStarted:
    """A stage begins, or is found finished in the store."""

    stage: str
    cached: bool
    entry: str
    """Name of the store entry that the stage makes."""
    detail: str = ""
    """What the entry is: "positive-train: 3600 windows"."""


@dataclass(frozen=True)
class Progress:
    """How far a stage is."""

    stage: str
    done: int
    total: int
    unit: str
    """What is counted: clips, windows, steps, files, minutes of audio."""


@dataclass(frozen=True)
class StageFinished:
    """A stage is done and its entry is in the store."""

    stage: str
    seconds: float
    entry: str


@dataclass(frozen=True)
class Trained:
    """State of the training at a validation."""

    step: int
    loss: float
    recall: float
    """Share of the validation positives above 0.5."""
    false_accepts_per_hour: float
    """Detections per hour at 0.5 on the validation negatives."""
    negative_weight: float


@dataclass(frozen=True)
class Noted:
    """Something the user should know and need not act on: a file was converted, a default taken."""

    stage: str
    message: str


@dataclass(frozen=True)
class Warned:
    """Something that makes the result worse than it could be, and what to do about it."""

    stage: str
    message: str


@dataclass(frozen=True)
class RunFinished:
    """The whole run is done."""

    folder: str
    """Where bundle and report lie."""
    seconds: float
    worked: bool
    """False when everything was already in the store."""


Event = StageStarted | Progress | StageFinished | Trained | Noted | Warned | RunFinished
Emit = Callable[[Event], None]
"""Takes each event. It may raise ``Cancelled``: so a run is stopped, at the next thing it says."""


def to_json(event: Event) -> str:
    """One line of JSON, e.g. ``{"event": "Progress", "stage": "train", "done": 3, ...}``."""
    return json.dumps({"event": type(event).__name__, **dataclasses.asdict(event)})


def silent(event: Event) -> None:
    """An ``Emit`` that drops everything."""
