"""``wakesmith detect`` and ``evaluate`` on real files."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

from wakesmith import audio

Call = Callable[..., Result]


@pytest.fixture
def model() -> Path:
    """A model of openWakeWord's own shape, from the package that carries the feature models."""
    import pyopen_wakeword

    folder = Path(pyopen_wakeword.__file__).parent
    return next(path for path in sorted(folder.rglob("*.tflite")) if "nabu" in path.name)


@pytest.fixture
def noise() -> np.ndarray:
    return np.random.default_rng([5]).integers(-3000, 3000, 48_000).astype(np.int16)


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
    found = json.loads(printed[printed.index("{\n") :])  # after the events, one a line
    assert found == json.loads(Path("out/report.json").read_text())
    assert found["threshold"] == float(threshold)
    assert (found["recall"]["k"], found["recall"]["n"]) == (heard, 2)
    assert [found["recall"]["low"], found["recall"]["high"]] == pytest.approx(between, abs=0.005)
    hours = {kind["kind"]: kind["rate"]["hours"] * 3600 for kind in found["kinds"]}
    assert hours == {"hiss": pytest.approx(3), "rain": pytest.approx(6)}
    assert found["false_accepts"]["k"] == fired[-1]
    assert found["false_accepts"]["low"] <= fired[-1] * 400 < found["false_accepts"]["high"]
