"""Evaluation on a stream, with a small head that knows one sound: a warble of 0.6 s."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wakesmith.errors import DataError
from wakesmith.events import Event, Progress
from wakesmith.measure import Evaluation
from wakesmith.recipe import Targets
from wakesmith.runtime.detector import Detector
from wakesmith.runtime.frontend import SAMPLE_RATE, Pcm, embed
from wakesmith.stages.calibrate import calibrate_model
from wakesmith.stages.evaluate import NegativeAudio, TrialAudio, evaluate_bundle
from wakesmith.stages.evaluate.streams import GAP_SECONDS, quiet

WARBLE = 0.6


def noise(seconds: float, seed: int, rms: float = 60.0) -> Pcm:
    draws = np.random.default_rng(seed).normal(0, rms, round(seconds * SAMPLE_RATE))
    return np.round(draws).astype(np.int16)


def with_warble(seconds: float, at: float, seed: int) -> Pcm:
    """Noise in which the sound that the head knows begins at ``at``."""
    pcm = noise(seconds, seed).astype(np.float64)
    t = np.arange(round(WARBLE * SAMPLE_RATE)) / SAMPLE_RATE
    tone = 6000 * np.sin(2 * np.pi * (900 * t + 40 * np.sin(2 * np.pi * 6 * t)))
    start = round(at * SAMPLE_RATE)
    pcm[start : start + len(t)] += tone
    return np.round(pcm).astype(np.int16)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A linear head on 16 embeddings, fitted to fire at the warble's end, as ONNX."""
    onnx: Any = pytest.importorskip("onnx", reason="the head of these tests is written as ONNX")
    from onnx import TensorProto, helper, numpy_helper

    silence = np.repeat(embed(np.zeros(1280, np.int16)), 15, axis=0)
    windows, wanted = [], []
    for seed in range(32):
        at = 1.2 + 0.013 * seed
        sound = with_warble(3.0, at, seed) if seed % 4 else noise(4.0, seed)
        before = quiet(round(SAMPLE_RATE * (seed % 3 + 0.003 * seed)))
        frames = np.concatenate([silence, embed(np.concatenate([before, sound]))])
        windows += [frames[i : i + 16].ravel() for i in range(len(frames) - 15)]
        ends = np.arange(1, len(frames) - 14) * 0.08 - len(before) / SAMPLE_RATE - at - WARBLE
        wanted.append(np.where((ends > -0.1) & (ends < 0.3) & bool(seed % 4), 1.0, 0.0))
    x, y = np.array(windows, np.float64), np.concatenate(wanted)
    mean = x.mean(0)
    kernel = (x - mean) @ (x - mean).T
    ridge = np.linalg.solve(
        kernel + 0.01 * np.trace(kernel) / len(x) * np.eye(len(x)), y - y.mean()
    )
    weights = (x - mean).T @ ridge
    bias = y.mean() - mean @ weights - 0.4
    parts = {"w": 25 * weights[:, None], "b": np.array([25 * bias]), "flat": np.array([1, 16 * 96])}
    nodes = [
        helper.make_node("Reshape", ["x", "flat"], ["f"]),
        helper.make_node("Gemm", ["f", "w", "b"], ["z"]),
        helper.make_node("Sigmoid", ["z"], ["p"]),
    ]
    constants = [
        numpy_helper.from_array(v.astype(np.int64 if n == "flat" else np.float32), n)
        for n, v in parts.items()
    ]
    graph = helper.make_graph(
        nodes,
        "head",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 16, 96])],
        [helper.make_tensor_value_info("p", TensorProto.FLOAT, [1, 1])],
        constants,
    )
    path = tmp_path_factory.mktemp("model") / "warble.onnx"
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), path)
    return path


def trials(heard: int = 6, missed: int = 2) -> Iterator[TrialAudio]:
    for i in range(heard):
        labels = {"voice": "ann" if i % 2 else "bob", "snr": float("inf") if i % 2 else 12.0}
        pcm = with_warble(1.5, 0.3, 100 + i)
        yield TrialAudio(pcm, 0.3, 0.3 + WARBLE, f"warble {i}", labels)
    for i in range(missed):
        labels = {"voice": "cat", "snr": 3.0}
        yield TrialAudio(noise(1.5, 200 + i), 0.3, 0.9, f"noise {i}", labels)


NOISE = NegativeAudio(noise(40.0, 300), "fan.wav", "noise")
RADIO = NegativeAudio(with_warble(20.0, 11.0, 301), "radio.wav", "music")


@pytest.fixture(scope="module")
def result(model: Path) -> Evaluation:
    negatives = [NOISE, RADIO]
    for i, text in enumerate(["warble", "wobble", "warble"]):
        pcm = with_warble(1.2, 0.5, 400 + i) if text == "warble" else noise(1.2, 400 + i)
        negatives.append(NegativeAudio(pcm, f"{i}", "Near misses", text))
    return evaluate_bundle(model, trials(), negatives, Targets())


def test_sayings_are_heard_or_missed(result: Evaluation) -> None:
    assert (result.name, result.threshold, result.refractory) == ("warble", 0.5, 2.0)
    assert (result.recall.k, result.recall.n) == (6, 8)
    assert [t.detected is not None for t in result.trials] == [True] * 6 + [False] * 2
    for trial in result.trials[:6]:
        assert trial.peak > 0.5
        assert trial.detected is not None
        assert trial.latency == pytest.approx(trial.detected - trial.end)
        assert -0.2 < trial.detected - trial.end < 0.4
    assert result.latency is not None
    assert result.latency.p10 <= result.latency.p50 <= result.latency.p90 <= result.latency.longest


def test_recall_is_broken_down_by_every_label(result: Evaluation) -> None:
    by = {b.label: {g.value: (g.recall.k, g.recall.n) for g in b.groups} for b in result.breakdowns}
    assert by == {
        "snr": {"0 to 5 dB": (0, 2), "10 to 15 dB": (3, 3), "no noise": (3, 3)},
        "voice": {"ann": (3, 3), "bob": (3, 3), "cat": (0, 2)},
    }


def test_false_accepts_are_counted_by_kind_where_they_happen(result: Evaluation) -> None:
    kinds = {k.kind: k for k in result.kinds}
    assert {k: v.rate.k for k, v in kinds.items()} == {"noise": 0, "music": 1, "near_miss": 2}
    assert kinds["noise"].rate.hours == pytest.approx(40 / 3600)
    radio = next(s for s in result.streams if s.kind == "music")
    assert len(radio.detections) == 1
    assert 11.0 + WARBLE - 0.3 < radio.detections[0][0] < 11.0 + WARBLE + 0.4


def test_near_misses_count_as_sayings_and_not_as_hours(result: Evaluation) -> None:
    assert result.false_accepts.k == 1
    assert result.false_accepts.hours == pytest.approx(60 / 3600)
    found = [(n.text, n.fired.k, n.fired.n) for n in result.near_misses]
    assert found == [("warble", 2, 2), ("wobble", 0, 1)]
    assert [k.kind for k in result.kinds if not k.pooled] == ["near_miss"]


def test_the_points_and_the_curve_agree_with_what_was_heard(result: Evaluation) -> None:
    curve = result.det
    at = max(i for i, t in enumerate(curve.thresholds) if t <= result.threshold)
    assert curve.miss[at] == pytest.approx(1 - result.recall.value)
    assert curve.false_accepts_per_hour[at] == pytest.approx(result.false_accepts.value)
    for point in result.points:  # too short for any false accept: above the radio's
        assert not point.countable
        assert point.threshold == pytest.approx(max(s.peak for s in result.streams if s.pooled))
    assert sum(result.positive_histogram) == 8
    assert sum(result.negative_histogram) == pytest.approx(30, abs=1)


def test_targets_and_notes_say_what_was_not_shown(result: Evaluation) -> None:
    assert {t.outcome for t in result.targets} == {"not reached"}
    accuracy = next(t for t in result.targets if t.name == "accuracy")
    assert accuracy.found == pytest.approx((6 / 8 + 1 / 3) / 2)
    assert any("synthetic voices" in note for note in result.notes)
    assert any("8 sayings are few" in note for note in result.notes)


@pytest.mark.parametrize("engines", [("espeak",), ("espeak", "flite")])
def test_it_says_who_speaks(model: Path, engines: tuple[str, ...]) -> None:
    spoken = [
        replace(trial, labels={"engine": engines[i % len(engines)]})
        for i, trial in enumerate(trials(2, 2))
    ]
    spoken.append(replace(spoken[0], labels={}, kind="recording"))
    found = evaluate_bundle(model, spoken, [NOISE])
    alone = [n for n in found.notes if "are spoken by espeak-ng," in n]
    by = {b.label: [(g.value, g.recall.n) for g in b.groups] for b in found.breakdowns}
    assert by["kind"] == [("recording", 1), ("synthetic", 4)]
    if len(engines) == 1:
        assert len(alone) == 1
        assert "engine" not in by
    else:
        assert alone == []
        assert by["engine"] == [("espeak", 2), ("flite", 2)]
    assert "espeak-ng" in found.text()


def test_it_survives_json(result: Evaluation) -> None:
    assert Evaluation.from_json(result.json()) == result
    for text in ("", "[]", "{}", '{"format": 99}', '{"format": 1, "name": "x"}'):
        with pytest.raises(DataError):
            Evaluation.from_json(text)


def test_its_text_holds_the_findings(result: Evaluation) -> None:
    text = result.text()
    assert text.startswith("Heard 75 % (41-93 %) of 8 sayings; 1 false accept in 60 s of music and")
    for found in (
        "near miss *",
        "0 to 5 dB",
        "warble 2 of 2",
        "NOT reached",
        "as it ships",
        "0.50 false accepts per hour - - - too few hours to tell",
        "by noise (speech-to-noise ratio)",
        "Accuracy is the mean of",
    ):
        assert found in " ".join(text.split())


def test_blocks_are_heard_as_the_whole(model: Path, result: Evaluation) -> None:
    parts = [np.array_split(np.asarray(n.pcm), 7) for n in (NOISE, RADIO)]
    negatives = [replace(n, pcm=iter(p)) for n, p in zip((NOISE, RADIO), parts, strict=True)]
    again = evaluate_bundle(model, trials(), negatives)
    assert again.det == result.det
    assert again.false_accepts == result.false_accepts


def test_the_state_is_carried_from_file_to_file(model: Path) -> None:
    """A sound cut between two files is heard, in the second."""
    pcm = with_warble(20.0, 9.7, 500)
    half = len(pcm) // 2
    halves = [NegativeAudio(pcm[:half], "a", "tv"), NegativeAudio(pcm[half:], "b", "tv")]
    found = evaluate_bundle(model, trials(1, 0), halves)
    assert [s.id for s in found.streams] == ["b"]


def test_a_single_saying_is_given_time_to_fire(model: Path) -> None:
    """A short file that ends with the sound is blamed itself, not the next one."""
    pcm = with_warble(1.0, 0.4, 600)
    sayings = [NegativeAudio(pcm, "a", "tv"), NegativeAudio(noise(9.0, 601), "b", "tv")]
    found = evaluate_bundle(model, trials(1, 0), sayings)
    assert [s.id for s in found.streams] == ["a"]
    assert found.streams[0].detections[0][0] < 1.0 + GAP_SECONDS


def test_without_everyday_sound_all_of_it_counts_and_that_is_said(model: Path) -> None:
    only = [NegativeAudio(noise(6.0, 700), "s", "synthetic_speech", "hello")]
    found = evaluate_bundle(model, trials(2, 0), only)
    assert found.false_accepts.hours == pytest.approx(6 / 3600)
    assert any("No everyday sound" in note for note in found.notes)


def test_a_threshold_may_be_given_and_own_background(model: Path) -> None:
    found = evaluate_bundle(model, trials(3, 0), [NOISE], threshold=1.0, background=noise(0.7, 800))
    assert found.recall.k == 0
    assert found.latency is None
    assert found.threshold == 1.0
    assert "Detected" not in found.text()


def test_a_clip_of_unknown_span_counts_anywhere_in_it(model: Path) -> None:
    pcm = with_warble(4.0, 0.5, 900)
    late = TrialAudio(pcm, 3.0, 3.5, "late")  # a wrong span: nothing is said there
    anywhere = replace(late, known=False, kind="recording")
    found = evaluate_bundle(model, [late, anywhere], [NOISE])
    assert [t.detected is not None for t in found.trials] == [False, True]
    assert found.breakdowns[0].label == "kind"


def test_progress_is_told_in_minutes_of_audio(model: Path) -> None:
    told: list[Event] = []
    evaluate_bundle(model, trials(2, 0), [replace(NOISE, pcm=noise(150, 1))], emit=told.append)
    progress = [e for e in told if isinstance(e, Progress)]
    done = [e.done for e in progress]
    assert done == sorted(done)
    assert done[-1] == progress[-1].total == 3
    assert {e.unit for e in progress} == {"minutes of audio"}


def test_nothing_to_hear_is_an_error(model: Path) -> None:
    with pytest.raises(DataError, match="recall"):
        evaluate_bundle(model, [], [NOISE])
    with pytest.raises(DataError, match="false accepts"):
        evaluate_bundle(model, trials(1, 0), [])
    wrong = TrialAudio(noise(1.0, 0), 0.5, 1.5, "too long")
    with pytest.raises(DataError, match=r"too long cannot lie from 0\.5 s to 1\.5 s in 1\.00 s"):
        evaluate_bundle(model, [wrong], [NOISE])


def test_the_quiet_is_quiet_and_always_the_same(model: Path) -> None:
    pcm = quiet(3 * SAMPLE_RATE)
    assert np.array_equal(pcm[:1000], quiet(1000))
    assert np.sqrt(np.mean(pcm.astype(float) ** 2)) == pytest.approx(16, rel=0.02)
    assert Detector(model).scores(pcm).max() < 0.5


def test_the_calibrated_threshold_does_what_it_promises(model: Path) -> None:
    negatives = [NOISE, RADIO, NegativeAudio(with_warble(1.2, 0.5, 400), "0", "near_miss", "x")]
    told: list[Event] = []
    found = calibrate_model(model, trials(6, 0), negatives, target=70.0, emit=told.append)
    assert found.hours == pytest.approx(60 / 3600)  # one false accept is allowed: the radio's
    assert found.false_accepts is not None
    assert found.false_accepts.value == pytest.approx(60)
    here = evaluate_bundle(model, trials(6, 0), negatives, threshold=found.threshold)
    assert here.false_accepts.k == 1
    assert here.recall.value == found.recall.value == 1.0
    assert isinstance(told[-1], Progress)
    assert told[-1].stage == "calibrate"
    with pytest.raises(DataError, match="no saying"):
        calibrate_model(model, [], negatives, target=1.0)
    alone = calibrate_model(model, trials(3, 0), [], target=1.0)
    assert alone.threshold == 0.5
