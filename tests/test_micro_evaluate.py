"""Evaluating and detecting with a microWakeWord model: an official one, through the same stages."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from micro import official, said

from wakesmith import audio
from wakesmith.errors import ModelError
from wakesmith.measure import Evaluation
from wakesmith.runtime import MicroDetector
from wakesmith.runtime.frontend import SAMPLE_RATE, Pcm
from wakesmith.stages.calibrate import calibrate_model
from wakesmith.stages.evaluate import (
    NegativeAudio,
    TrialAudio,
    evaluate_bundle,
    evaluate_model,
)

LEAD = 3.0
"""Seconds of faint noise before the phrase in ``said``."""


def faint(seconds: float, seed: int) -> Pcm:
    noise = np.random.default_rng([seed]).normal(0, 50, round(seconds * SAMPLE_RATE))
    return noise.astype(np.int16)


def trials() -> list[TrialAudio]:
    phrase = said("alexa")[round((LEAD - 0.3) * SAMPLE_RATE) :]
    end = len(phrase) / SAMPLE_RATE - 1.0
    heard = [TrialAudio(phrase, 0.3, end, f"alexa {i}") for i in range(3)]
    return [*heard, TrialAudio(faint(1.5, 1), 0.3, 0.9, "noise")]


@pytest.fixture(scope="module")
def result() -> Evaluation:
    radio = np.concatenate([faint(8, 2), said("alexa"), faint(8, 3), said("alexa"), faint(3, 4)])
    negatives = [
        NegativeAudio(faint(20, 5), "fan", "noise"),
        NegativeAudio(radio, "radio", "music"),
        NegativeAudio(said("alexa"), "0", "near_miss", "alexa"),
        NegativeAudio(said("okay_nabu"), "1", "near_miss", "okay nabu"),
    ]
    return evaluate_bundle(official("alexa"), trials(), negatives)


def test_sayings_are_heard_in_time(result: Evaluation) -> None:
    assert (result.name, result.threshold, result.refractory) == ("alexa", 0.9, 1.0)
    assert [t.detected is not None for t in result.trials] == [True, True, True, False]
    for trial in result.trials[:3]:
        assert trial.peak > 0.9
        assert trial.latency is not None
        assert -0.3 < trial.latency < 0.5
    # Each begins at another phase of the model's 30 ms.
    assert len({t.detected for t in result.trials[:3]}) > 1


def test_false_accepts_are_where_the_detector_fires(result: Evaluation) -> None:
    rates = {k.kind: (k.rate.k, k.pooled) for k in result.kinds}
    assert rates == {"noise": (0, True), "music": (2, True), "near_miss": (1, False)}
    radio = next(s for s in result.streams if s.id == "radio")
    first, second = (seconds for seconds, _ in radio.detections)
    assert 8 + LEAD < first < 8 + len(said("alexa")) / SAMPLE_RATE
    assert second - first == pytest.approx(8 + len(said("alexa")) / SAMPLE_RATE, abs=0.1)
    assert {n.text: n.fired.k for n in result.near_misses} == {"alexa": 1, "okay nabu": 0}
    assert result.false_accepts.hours == pytest.approx(
        (20 + 19 + 2 * len(said("alexa")) / SAMPLE_RATE) / 3600
    )
    assert max(result.det.false_accepts_per_hour) >= result.false_accepts.value


def test_a_threshold_is_chosen_on_its_scores() -> None:
    silent = [NegativeAudio(faint(30, 6), "fan", "noise")]
    found = calibrate_model(official("alexa"), trials()[:3], silent, 0.5)
    detector = MicroDetector(official("alexa"), threshold=found.threshold)
    assert found.recall.value == 1.0
    assert len(detector.push(said("alexa"))) == 1


def test_detect_prints_where_it_is_heard(call: Callable[..., Result], tmp_path: Path) -> None:
    audio.write(tmp_path / "said.wav", said("alexa"))
    (line,) = call("detect", str(official("alexa")), "said.wav").stdout.splitlines()
    expected = MicroDetector(official("alexa")).push(said("alexa"))[0]
    assert line.split("\t") == [
        "said.wav",
        f"{expected.seconds:.2f}",
        "alexa",
        f"{expected.score:.3f}",
    ]
    assert not call("detect", str(official("alexa")), "said.wav", "--threshold", "1").stdout
    bare = call("detect", str(official("alexa", ".tflite")), "said.wav")
    assert bare.exit_code == 5
    assert "Give its manifest" in bare.stderr


def test_evaluate_takes_folders(call: Callable[..., Result], tmp_path: Path) -> None:
    for folder, name, pcm in (("yes", "alexa", said("alexa")), ("no", "fan", faint(5, 7))):
        (tmp_path / folder).mkdir()
        audio.write(tmp_path / folder / f"{name}.wav", pcm)
    args = ("--positives", "yes", "--negatives", "no", "--json")
    done = call("evaluate", str(official("alexa")), *args)
    found = json.loads(done.stdout.splitlines()[-1])
    assert (found["recall"]["k"], found["recall"]["n"]) == (1, 1)
    assert (found["name"], found["threshold"]) == ("alexa", 0.9)
    assert "mean of 5 probabilities" in found["notes"][0]
    assert "22,348 bytes" in found["notes"][0]


def test_an_arena_in_which_the_model_does_not_run_is_refused(
    call: Callable[..., Result], tmp_path: Path
) -> None:
    pytest.importorskip("tflite_micro", reason="tflite-micro has no wheel for this system")
    values = json.loads(official("alexa").read_text())
    values["micro"]["tensor_arena_size"] = 9_000
    (tmp_path / "alexa.json").write_text(json.dumps(values))
    (tmp_path / "alexa.tflite").write_bytes(official("alexa", ".tflite").read_bytes())
    (tmp_path / "said").mkdir()
    audio.write(tmp_path / "said" / "one.wav", said("alexa"))
    with pytest.raises(ModelError, match=r'"tensor_arena_size" is 9000.*needs 2\d{4} or more'):
        evaluate_model(tmp_path / "alexa.json", tmp_path / "said", tmp_path / "said")
    done = call("detect", str(tmp_path / "alexa.json"), "said")
    assert done.exit_code == 5
    assert '"tensor_arena_size" is 9000' in done.stderr


def test_an_arena_that_no_device_has_is_refused(
    call: Callable[..., Result], tmp_path: Path
) -> None:
    values = json.loads(official("alexa").read_text())
    values["micro"]["tensor_arena_size"] = 1_000_000_000
    (tmp_path / "alexa.json").write_text(json.dumps(values))
    (tmp_path / "alexa.tflite").write_bytes(official("alexa", ".tflite").read_bytes())
    done = call("detect", str(tmp_path / "alexa.json"), ".")
    assert done.exit_code == 5
    assert re.search(r"is 1000000000, more than a device has.* runs? in 2\d{4}\.", done.stderr)


@pytest.mark.parametrize(
    ("threshold", "why"), [("0", "is 0 of 255"), ("0.003", "is 0 of 255"), ("1", "is 255 of 255")]
)
def test_a_cutoff_at_which_no_device_fires_is_said(
    call: Callable[..., Result], tmp_path: Path, threshold: str, why: str
) -> None:
    audio.write(tmp_path / "said.wav", said("alexa"))
    done = call("detect", str(official("alexa")), "said.wav", "--threshold", threshold)
    assert done.stdout == ""
    assert f"{why} on a device, which never fires" in done.stderr
    (tmp_path / "other").mkdir()
    audio.write(tmp_path / "other" / "fan.wav", faint(5, 8))
    args = ("--positives", "said.wav", "--negatives", "other", "--threshold", threshold)
    assert f"{why} on a device" in call("evaluate", str(official("alexa")), *args).stdout
    quiet = call("detect", str(official("alexa")), "said.wav", "--threshold", "0.9")
    assert "never fires" not in quiet.stderr
