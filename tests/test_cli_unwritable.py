"""A place that cannot be written is said, and before the work whose result would go there."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

from wakesmith import audio
from wakesmith.recordings.project import create

Call = Callable[..., Result]

# What most read is not there either: that nothing is said of it shows the order.
COMMANDS = {
    "train": "train saga --output OUT",
    "train into a store": "train saga --store OUT",
    "advise": "advise saga --fast-train --output OUT",
    "spectrograms": "spectrograms saga --output OUT",
    "evaluate": "evaluate MODEL --positives none --negatives none --output OUT",
    "verifier": "verifier MODEL --mine none --others none --output OUT/me",
    "voices audit": "voices audit saga --output OUT/page.html",
    "voices say": "voices say saga --voice awb --output OUT/saga.wav",
    "data extract": "data extract sounds --to OUT",
    "new": "new --phrase saga OUT/NAME",
}


@pytest.mark.parametrize("place", ["/proc/none", "file/none"])
@pytest.mark.parametrize("name", COMMANDS)
def test_a_place_that_cannot_be_written_is_said_first(
    name: str, place: str, call: Call, model: Path
) -> None:
    Path("file").write_text("in the way")
    Path("sounds").mkdir()
    Path("sounds/a.wav").write_bytes(b"no sound")
    before = {*Path().rglob("*")}
    words = COMMANDS[name].split()
    result = call(*(w.replace("OUT", place).replace("MODEL", str(model)) for w in words))
    assert (result.exit_code, result.stdout) == (6, "")
    assert place.removesuffix("/none") in result.stderr
    option = "NAME" if name == "new" else words[-2]
    assert result.stderr.endswith(f"ame another place with {option}.\n")
    made = {*Path().rglob("*")} - before
    assert not [path for path in made if path.is_file() and path.name != "users"]


@pytest.mark.parametrize("name", ["verifier", "voices audit", "voices say"])
def test_a_folder_is_no_file_to_write(name: str, call: Call, model: Path) -> None:
    Path("there").mkdir()
    words = COMMANDS[name].replace("MODEL", str(model)).split()
    result = call(*words[:-1], "there")
    assert (result.exit_code, "'there' is a directory" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    "words", ["gc --store LONG", "record LONG", "detect LONG a.wav", "new LONG --phrase saga"]
)
def test_a_name_that_no_file_can_have_is_a_mistake_in_the_call(words: str, call: Call) -> None:
    result = call(*words.replace("LONG", "long" * 80).split())
    assert (result.exit_code, "longer than a name may be" in result.stderr) == (2, True)


def test_a_phrase_may_be_longer_than_a_file_name(call: Call) -> None:
    shown = call("show", " ".join(["hello"] * 60))
    assert (shown.exit_code, shown.stdout.startswith("phrase: hello hello")) == (0, True)


def test_a_report_that_a_folder_is_in_the_way_of_is_said_first(call: Call, model: Path) -> None:
    Path("out/report.png").mkdir(parents=True)
    words = ("evaluate", str(model), "--positives", "none", "--negatives", "none")
    result = call(*words, "--output", "out")
    assert (result.exit_code, "out/report.png is a folder" in result.stderr) == (6, True)


def test_nobody_speaks_where_recordings_cannot_be_kept(call: Call) -> None:
    create(Path("saga"), "hey saga")
    Path("saga/recordings/room").write_text("in the way")
    audio.write("room.wav", np.zeros(16_000, np.int16))
    result = call("record", "saga", "--speaker", "anna", "--from", "room.wav")
    assert (result.exit_code, "room is a file" in result.stderr) == (6, True)
    assert "First the room" not in result.stdout
