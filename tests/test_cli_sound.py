"""``wakesmith detect`` and ``evaluate`` on real files."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

from wakesmith import audio

Call = Callable[..., Result]


def test_detect_prints_what_it_hears(call: Call, model: Path, noise: np.ndarray) -> None:
    audio.write("a.wav", noise)
    audio.write("b.wav", noise)
    quiet = call("detect", str(model), "a.wav", "--threshold", "1")
    assert (quiet.exit_code, quiet.stdout) == (0, "")
    assert quiet.stderr == "nothing heard in 1 file (threshold 1)\n"
    # Above 0 every score is a detection; each file is a stream of its own.
    loud = call("detect", str(model), "a.wav", "b.wav", "--threshold", "0", "--refractory", "9")
    rows = [line.split("\t") for line in loud.stdout.splitlines()]
    assert loud.stderr == ""
    assert [row[0] for row in rows] == ["a.wav", "b.wav"]
    assert rows[0][1:] == rows[1][1:]
    said = call("detect", str(model), "a.wav", "--threshold", "0", "--refractory", "9", "--json")
    found = json.loads(said.stdout)
    assert found["file"] == "a.wav"
    assert found["seconds"] == pytest.approx(float(rows[0][1]), abs=0.01)


def test_detect_that_hears_nothing_says_of_how_many_files(
    call: Call, model: Path, noise: np.ndarray
) -> None:
    audio.write("a.wav", noise)
    Path("text.wav").write_text("no sound")
    quiet = call("detect", str(model), "a.wav", "text.wav", "--threshold", "1", "--json")
    assert (quiet.exit_code, quiet.stdout) == (3, "")
    unread, unheard, count = quiet.stderr.splitlines()
    assert unread.startswith("error: text.wav")
    assert unheard == "nothing heard in 1 file (threshold 1)"
    assert count == "1 of 2 could not be read"


def test_detect_names_no_time_behind_a_files_end(
    call: Call, model: Path, noise: np.ndarray
) -> None:
    """What ends with the file is known only in the silence that is played behind it."""
    audio.write("a.wav", noise)
    loud = call("detect", str(model), "a.wav", "--threshold", "0", "--refractory", "0.1")
    seconds = [float(line.split("\t")[1]) for line in loud.stdout.splitlines()]
    assert len(seconds) > 2
    assert max(seconds) == pytest.approx(len(noise) / 16_000, abs=0.005)


def test_detect_says_what_it_converts_once_a_file(
    call: Call, model: Path, noise: np.ndarray
) -> None:
    import soundfile

    audio.write("plain.wav", noise)
    stereo = np.repeat(noise[:, None], 2, axis=1)
    soundfile.write("old.wav", stereo, 44_100, "PCM_U8")
    result = call("detect", str(model), "plain.wav", "old.wav", "--threshold", "1")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.splitlines() == [
        "old.wav: note: 8-bit converted to 16-bit",
        "old.wav: note: stereo mixed to mono",
        "old.wav: note: 44100 Hz resampled to 16000 Hz",
        "nothing heard in 2 files (threshold 1)",
    ]


def test_detect_goes_on_after_a_bad_file_in_the_order_given(
    call: Call, model: Path, noise: np.ndarray
) -> None:
    Path("room").mkdir()
    for name in ("z.wav", "room/b.wav", "room/a.wav", "cut.wav"):
        audio.write(name, noise)
    Path("cut.wav").write_bytes(Path("cut.wav").read_bytes()[:40_044])
    Path("text.wav").write_text("no sound")
    files = ("z.wav", "text.wav", "room", "none.wav", "cut.wav")
    result = call("detect", str(model), *files, "--threshold", "0", "--refractory", "9")
    heard = [line.split("\t")[0] for line in result.stdout.splitlines()]
    assert heard == ["z.wav", "room/a.wav", "room/b.wav", "cut.wav"]
    assert result.exit_code == 3
    first, second, note, last = result.stderr.splitlines()
    assert first.startswith("error: text.wav: cannot be read as sound")
    assert second.startswith("error: none.wav: there is no such file or folder")
    assert note == "cut.wav: note: broken off: 1.25 s of 3.00 s are there"
    assert last == "2 of 6 could not be read"


def test_detect_says_what_cannot_be_used(call: Call, model: Path) -> None:
    Path("text.wav").write_text("no sound")
    alone = call("detect", str(model), "text.wav")
    assert (alone.exit_code, len(alone.stderr.splitlines())) == (3, 1)
    absent = call("detect", str(model), "nofile.wav")
    assert absent.exit_code == 3
    assert absent.stderr.startswith("error: nofile.wav: there is no such file or folder")
    assert call("detect", "nomodel.tflite", "nofile.wav").exit_code == 5
    audio.write("a.wav", np.ones(16_000, np.int16))
    Path("model.tflite").write_text("no model")
    assert call("detect", "model.tflite", "a.wav").exit_code == 5


ONLY_THE_RUNTIME = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"soundfile", "soxr", "pydantic", "yaml", "rich", "torch"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Blocker())
from wakesmith.cli import main
main(sys.argv[1:])
"""


def test_detect_needs_no_more_than_the_bare_package(
    call: Call, model: Path, noise: np.ndarray
) -> None:
    audio.write("a.wav", noise)
    args = ("detect", str(model), "a.wav", "--threshold", "0", "--refractory", "9")
    done = subprocess.run(
        [sys.executable, "-c", ONLY_THE_RUNTIME, *args],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == call(*args).stdout != ""


@pytest.mark.parametrize(
    ("threshold", "heard", "between", "said"),
    [
        # A score is never above 1 and always above 0: every stretch of the refractory time fires.
        ("1", 0, [0, 0.66], "Heard 0 % (0-66 %) of 2 sayings; 0 false accepts in 9 s of hiss and"),
        ("0", 2, [0.34, 1], "Heard 100 % (34-100 %) of 2 sayings; 6 false accepts in 9 s of hiss"),
    ],
)
def test_evaluate_measures_any_model(
    call: Call,
    model: Path,
    noise: np.ndarray,
    threshold: str,
    heard: int,
    between: list[float],
    said: str,
) -> None:
    for name, seconds in (("said/a", 1), ("said/b", 1), ("other/hiss/a", 3), ("other/rain/a", 6)):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        audio.write(f"{name}.wav", np.resize(noise, seconds * 16_000))
    args = ("evaluate", str(model), "--positives", "said", "--negatives", "other")
    result = call(*args, "--threshold", threshold, "--output", "out")
    assert result.exit_code == 0
    assert result.stdout.startswith(said)
    rows = [re.split(r"  +", line) for line in result.stdout.splitlines()]
    table = {row[0]: row[1:3] for row in rows if len(row) > 3}
    fired = [3, 3, 6] if heard else [0, 0, 0]
    assert [table[name][0] for name in ("hiss", "rain", "all")] == [str(n) for n in fired]
    assert [table[name][1] for name in ("hiss", "rain", "all")] == ["3 s", "6 s", "9 s"]

    printed = call(*args, "--threshold", threshold, "--json").stdout
    *events, found = (json.loads(line) for line in printed.splitlines())
    assert all("event" in event for event in events)
    assert found == json.loads(Path("out/report.json").read_text())
    assert found["threshold"] == float(threshold)
    assert (found["recall"]["k"], found["recall"]["n"]) == (heard, 2)
    assert [found["recall"]["low"], found["recall"]["high"]] == pytest.approx(between, abs=0.005)
    hours = {kind["kind"]: kind["rate"]["hours"] * 3600 for kind in found["kinds"]}
    assert hours == {"hiss": pytest.approx(3), "rain": pytest.approx(6)}
    assert found["false_accepts"]["k"] == fired[-1]
    assert found["false_accepts"]["low"] <= fired[-1] * 400 < found["false_accepts"]["high"]
