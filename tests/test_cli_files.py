"""The commands on real files: what they read, print, keep and remove."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from wakesmith import audio
from wakesmith.cli import main
from wakesmith.store import Store


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WAKESMITH_STORE", raising=False)


def call(*args: str) -> Result:
    result = CliRunner().invoke(main, args)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture
def model() -> Path:
    """A model of openWakeWord's own shape, from the package that carries the feature models."""
    import pyopen_wakeword

    folder = Path(pyopen_wakeword.__file__).parent
    return next(path for path in sorted(folder.rglob("*.tflite")) if "nabu" in path.name)


@pytest.fixture
def noise() -> np.ndarray:
    return np.random.default_rng([5]).integers(-3000, 3000, 48_000).astype(np.int16)


def test_gc_keeps_what_runs_name() -> None:
    store = Store(Path(".wakesmith"))
    kept, lost = store.entry("train", 1, 1), store.entry("train", 1, 2)
    for entry in (kept, lost):
        store.make(entry, lambda folder: None)
    del store
    assert call("gc").exit_code == 2  # no folder of runs: all would go
    Path("runs/saga").mkdir(parents=True)
    Path("runs/saga/run.json").write_text(json.dumps({"entries": [kept.name]}))
    young = call("gc")
    assert young.stdout == ""
    assert "1 entries that no run names are kept" in young.stderr
    assert "--partial-days" in young.stderr
    then = time.time() - 8 * 86_400
    for path in (lost.path, lost.path / "entry.json"):
        os.utime(path, (then, then))
    dry = call("gc", "--dry-run")
    assert dry.stdout.split() == [lost.name]
    assert "would be removed" in dry.stderr
    assert lost.path.exists()
    assert call("gc").stdout.split() == [lost.name]
    assert kept.path.exists()
    assert not lost.path.exists()
    assert call("gc", "--all").stdout.split() == []  # it is of today
    assert call("gc", "--all", "--partial-days", "0").stdout.split() == [kept.name]


def test_gc_makes_no_store() -> None:
    assert call("gc", "--store", "none").exit_code == 2
    assert not Path("none").exists()


def test_detect_prints_what_it_hears(model: Path, noise: np.ndarray) -> None:
    audio.write("a.wav", noise)
    audio.write("b.wav", noise)
    quiet = call("detect", str(model), "a.wav", "--threshold", "1")
    assert (quiet.exit_code, quiet.stdout) == (0, "")
    # Above 0 every score is a detection; each file is a stream of its own.
    loud = call("detect", str(model), "a.wav", "b.wav", "--threshold", "0", "--refractory", "9")
    rows = [line.split("\t") for line in loud.stdout.splitlines()]
    assert [row[0] for row in rows] == ["a.wav", "b.wav"]
    assert rows[0][1:] == rows[1][1:]
    said = call("detect", str(model), "a.wav", "--threshold", "0", "--refractory", "9", "--json")
    found = json.loads(said.stdout)
    assert found["file"] == "a.wav"
    assert found["seconds"] == pytest.approx(float(rows[0][1]), abs=0.01)


def test_detect_says_what_it_converts_once_a_file(model: Path, noise: np.ndarray) -> None:
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
    ]


def test_detect_says_what_cannot_be_used(model: Path) -> None:
    Path("text.wav").write_text("no sound")
    assert call("detect", str(model), "text.wav").exit_code == 3
    absent = call("detect", str(model), "nofile.wav")
    assert absent.exit_code == 3
    assert absent.stderr.startswith("error: nofile.wav: there is no such file or folder")
    assert call("detect", "nomodel.tflite", "nofile.wav").exit_code == 5
    audio.write("a.wav", np.ones(16_000, np.int16))
    Path("model.tflite").write_text("no model")
    assert call("detect", "model.tflite", "a.wav").exit_code == 5


def test_train_says_which_recordings_are_not_there() -> None:
    result = call("train", "hey saga", "--recordings", "none")
    assert result.exit_code == 3
    assert "none: there is no such file or folder" in result.stderr


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


def test_detect_needs_no_more_than_the_bare_package(model: Path, noise: np.ndarray) -> None:
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
