"""What bench/kills.py says of restarts: a lost checkpoint must not pass."""

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parent.parent / "bench" / "kills.py"


@pytest.fixture
def kills(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("kills", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "kills", module)
    spec.loader.exec_module(module)
    return module


def told(steps: tuple[int, ...]) -> bytes:
    """What one start tells, killed in the middle of a line; a loading of data comes first."""
    events = [{"event": "Progress", "stage": "train", "done": 7, "total": 9, "unit": "groups"}]
    for step in steps:
        done = {"done": step, "total": 400, "unit": "steps"}
        events.append({"event": "Progress", "stage": "train", **done})
    return "".join(json.dumps(event) + "\n" for event in events).encode() + b'{"event": "Pro\n'


@pytest.mark.parametrize(
    ("first", "checkpoint", "right"),
    [(201, 200, True), (101, 200, False), (200, 200, False), (202, 200, False), (1, 0, True)],
)
def test_a_start_goes_on_after_the_checkpoint_that_was_there(
    kills: ModuleType, tmp_path: Path, first: int, checkpoint: int, right: bool
) -> None:
    log = tmp_path / "events.jsonl"
    before = told((1, 50, 100, 150, 200, 250))
    log.write_bytes(before + told(()) + told((first, 250, 300)))
    starts = [
        kills.Start(0, 0),
        kills.Start(len(before), checkpoint),  # killed before it trained
        kills.Start(len(before) + len(told(())), checkpoint),
    ]
    went_on, words = kills.resumed(log, starts)
    assert went_on == right
    assert (f"beyond it {250 - checkpoint} to" if right else f"step {first} came first") in words
