"""ESPHome's detector emulated: the rule, the scores, the stream, and the official models."""

import re
from html import unescape
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from micro import OFFICIAL, official, said

from wakesmith.errors import ModelError, WakesmithError
from wakesmith.runtime import Detector, MicroDetector, MicroManifest, load_detector
from wakesmith.runtime.bundle import Manifest
from wakesmith.runtime.micro import Rule, scores_of
from wakesmith.runtime.micro.rule import cutoff_of, ignored_at_start

LIKELY = st.sampled_from([0, 1, 100, 150, 200, 229, 230, 254, 255])
PROBABILITIES = st.lists(LIKELY, min_size=1, max_size=200)


def by_slices(
    probabilities: list[int], cutoff: int, window: int, stride: int, rest: int = 100
) -> list[int]:
    """The rule as the device has it: slice by slice, with its own variables."""
    recent, last, ignored, unprocessed = [0] * window, 0, -100, False
    fired = []
    for slice_number in range(1, stride * (len(probabilities) + 1)):
        if slice_number % stride == 0:
            last = (last + 1) % window
            recent[last] = probabilities[slice_number // stride - 1]
            unprocessed = True
        if recent[last] < cutoff:
            ignored = min(ignored + 1, 0)
        if unprocessed and ignored >= 0:
            unprocessed = False
            if sum(recent) > cutoff * window:
                fired.append(slice_number // stride - 1)
                recent, ignored = [0] * window, -rest
    return fired


class TestRule:
    @settings(max_examples=300)
    @given(PROBABILITIES, st.integers(0, 255), st.integers(1, 50), st.integers(1, 5))
    def test_it_fires_where_the_device_does(
        self, probabilities: list[int], cutoff: int, window: int, stride: int
    ) -> None:
        rule = Rule(cutoff, window, stride)
        fired = [i for i, p in enumerate(probabilities) if rule.fires(p)]
        assert fired == by_slices(probabilities, cutoff, window, stride)

    @settings(max_examples=100)
    @given(PROBABILITIES, st.sampled_from([0.0, 0.02, 0.5, 2.0]))
    def test_another_rest_is_so_many_slices(self, probabilities: list[int], rest: float) -> None:
        rule = Rule(120, 3, 3, rest)
        fired = [i for i, p in enumerate(probabilities) if rule.fires(p)]
        assert fired == by_slices(probabilities, 120, 3, 3, round(100 * rest))

    @pytest.mark.parametrize(("stride", "first"), [(1, 100), (2, 50), (3, 33), (99, 1), (150, 0)])
    def test_the_first_second_is_silent(self, stride: int, first: int) -> None:
        assert ignored_at_start(stride) == first
        rule = Rule(229, 1, stride)
        assert [i for i in range(first + 1) if rule.fires(255 if i >= first else 0)] == [first]
        rule.reset()
        if first:  # what is loud a little too early holds the second up
            assert not any(rule.fires(255 if i >= first - 1 else 0) for i in range(first + 9))

    def test_what_goes_on_fires_once(self) -> None:
        """A detection rests until the probability has been low for a second."""
        rule = Rule(229, 5, 3)
        loud = [0] * 40 + [255] * 200 + [0] * 40 + [255] * 9
        assert [i for i, p in enumerate(loud) if rule.fires(p)] == [44, 284]
        rule.reset()
        found = []
        for i, p in enumerate(loud[:60]):
            found += [i] if rule.fires(p) else []
            if i == 50:
                rule.rouse()
        assert found == [44, 51]

    def test_a_cutoff_of_nothing_never_fires(self) -> None:
        rule = Rule(cutoff_of(0.003), 1, 3)
        assert not any(rule.fires(255) for _ in range(100))


class TestScores:
    @settings(max_examples=300)
    @given(PROBABILITIES, st.integers(1, 30), st.floats(0, 1, width=32))
    def test_above_the_threshold_is_what_the_integers_say(
        self, probabilities: list[int], window: int, threshold: float
    ) -> None:
        p = np.array([0] * (window - 1) + probabilities, np.uint8)
        sums = np.convolve(p.astype(int), np.ones(window, int), "valid")
        np.testing.assert_array_equal(
            scores_of(p, window) > threshold, sums > cutoff_of(threshold) * window
        )

    def test_so_at_every_score_and_every_usual_threshold(self) -> None:
        everything = scores_of(np.arange(256, dtype=np.uint8), 1)
        for threshold in [*(i / 1000 for i in range(1001)), *map(float, everything)]:
            np.testing.assert_array_equal(
                everything > threshold, np.arange(256) > cutoff_of(threshold)
            )


class TestDetector:
    @pytest.mark.parametrize("name", OFFICIAL)
    def test_official_models_hear_their_word_here_and_there(self, name: str) -> None:
        from pymicro_wakeword import MicroWakeWord, MicroWakeWordFeatures

        theirs = MicroWakeWord.from_config(official(name))
        frames = MicroWakeWordFeatures().process_streaming(said(name).tobytes())
        means = [theirs.process_streaming_prob(frame) or 0.0 for frame in frames][2::3]
        detector = MicroDetector(official(name))
        assert (detector.name, detector.stride, detector.window) == (name, 3, 5)
        assert detector.threshold == theirs.probability_cutoff
        scores = detector.scores(said(name))
        # Other kernels, a divisor of 256 and not 255, and means that are not rounded up.
        np.testing.assert_allclose(scores[33:], means[33:], atol=0.06)
        assert max(means) > detector.threshold
        detector.reset()
        (found,) = detector.push(said(name))
        assert found.name == name
        assert found.score > detector.threshold
        assert 3.0 < found.seconds < len(said(name)) / 16_000 - 0.5
        others = [official(other) for other in OFFICIAL if other != name]
        assert not any(MicroDetector(other).push(said(name)) for other in others)

    def test_the_report_shows_how_to_hear_each_saying_once_elsewhere(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        page = unescape((files("wakesmith.report") / "page.html").read_text("utf-8"))
        (snippet,) = re.findall(r"<pre>(from pymicro_wakeword.*?)</pre>", page, re.DOTALL)
        monkeypatch.chdir(official("alexa").parent)
        snippet = snippet.replace("{{ m.device }}{{ e.name }}.json", "alexa.json")
        clip = said("alexa")
        pieces = [clip[at : at + 1000].tobytes() for at in range(0, len(clip), 1000)]
        exec(snippet, {"microphone": pieces * 2})
        assert capsys.readouterr().out.splitlines().count("heard") == 2

    @settings(max_examples=8)
    @given(st.lists(st.integers(0, 12_000), max_size=25))
    def test_any_chunking_gives_the_same_scores_and_detections(self, sizes: list[int]) -> None:
        clip = said("alexa")
        detector = MicroDetector(official("alexa"))
        whole, fired = detector.hear(clip)
        detector.reset()
        found, at = [], 0
        for size in [*sizes, len(clip)]:
            found.append(detector.hear(clip[at : at + size]))
            at += size
        np.testing.assert_array_equal(np.concatenate([s for s, _ in found]), whole)
        starts = np.cumsum([0] + [len(s) for s, _ in found])
        again = [start + f for start, (_, f) in zip(starts, found, strict=False)]
        np.testing.assert_array_equal(np.concatenate(again), fired)
        assert len(fired) == 1

    def test_a_score_is_of_the_audio_up_to_its_time(self) -> None:
        clip = said("alexa")
        detector = MicroDetector(official("alexa"))
        scores = detector.scores(clip)
        seconds = detector.seconds_of(np.arange(len(scores)))
        assert np.diff(seconds) == pytest.approx(detector.seconds_per_score)
        end = round(16_000 * float(seconds[-1]))
        assert 0 <= len(clip) - end < 480
        detector.reset()
        assert len(detector.scores(clip[:end])) == len(scores)
        detector.reset()
        assert len(detector.scores(clip[: end - 1])) == len(scores) - 1

    def test_scores_are_sliding_means_of_the_probabilities(self) -> None:
        detector = MicroDetector(official("alexa"), window=7)
        probabilities = detector.probabilities(said("alexa"))
        detector.reset()
        scores = detector.scores(said("alexa"))
        assert not scores[:33].any()
        expected = scores_of(np.concatenate([np.zeros(6, np.uint8), probabilities]), 7)
        np.testing.assert_array_equal(scores[33:], expected[33:])

    def test_reset_starts_anew(self) -> None:
        detector = MicroDetector(official("alexa"))
        first = detector.push(said("alexa"))
        assert first
        detector.reset()
        assert detector.push(said("alexa")) == first

    def test_settings_are_the_manifests_unless_given(self) -> None:
        detector = MicroDetector(official("hey_jarvis"))
        assert (detector.threshold, detector.refractory) == (0.97, 1.0)
        given_ones = MicroDetector(official("hey_jarvis"), threshold=0.1, refractory=0.0)
        assert (given_ones.threshold, given_ones.refractory) == (0.1, 0.0)

    @pytest.mark.parametrize("wrong", [{"threshold": 1.5}, {"refractory": -1.0}, {"window": 0}])
    def test_wrong_settings_are_refused(self, wrong: dict[str, Any]) -> None:
        with pytest.raises(WakesmithError):
            MicroDetector(official("alexa"), **wrong)


def pair(folder: Path, stem: str = "word", **changes: Any) -> Path:
    """An official model in a folder, with a manifest of our own."""
    (folder / f"{stem}.tflite").write_bytes(official("alexa", ".tflite").read_bytes())
    fields: dict[str, Any] = {
        "wake_word": "Word",
        "author": "us",
        "model": f"{stem}.tflite",
        "trained_languages": ("en",),
        "probability_cutoff": 0.8,
        "sliding_window_size": 4,
        "tensor_arena_size": 30_000,
    }
    return MicroManifest(**{**fields, **changes}).save(folder)


class TestLoading:
    def test_a_manifest_is_for_the_micro_detector(self, tmp_path: Path) -> None:
        detector = load_detector(pair(tmp_path))
        assert isinstance(detector, MicroDetector)
        assert (detector.name, detector.threshold, detector.window) == ("word", 0.8, 4)

    def test_other_models_are_for_the_other(self, model: Path) -> None:
        detector = load_detector(model, threshold=0.4, refractory=1.0)
        assert isinstance(detector, Detector)
        assert (detector.threshold, detector.refractory) == (0.4, 1.0)

    def test_a_folder_is_what_is_in_it(self, tmp_path: Path, model: Path) -> None:
        pair(tmp_path)
        assert isinstance(load_detector(tmp_path), MicroDetector)
        pair(tmp_path, "other")
        with pytest.raises(ModelError, match=r"several ESPHome manifests \(other.json, word.json"):
            load_detector(tmp_path)
        bundle = Manifest("word", "word", {"tflite": "word.tflite", "esphome": "other.json"})
        bundle = Manifest(**{**vars(bundle), "family": "microwakeword"})
        bundle.save(tmp_path)
        assert load_detector(tmp_path).name == "other"
        (tmp_path / "word.tflite").write_bytes(model.read_bytes())
        Manifest("word", "word", {"tflite": "word.tflite"}).save(tmp_path)
        assert isinstance(load_detector(tmp_path), Detector)
        with pytest.raises(ModelError, match=r"manifest of a bundle\. Give its folder"):
            load_detector(tmp_path / "manifest.json")

    def test_a_bundle_without_its_manifest_is_refused(self, tmp_path: Path) -> None:
        pair(tmp_path)
        Manifest("word", "word", {"tflite": "word.tflite"}, family="microwakeword").save(tmp_path)
        with pytest.raises(ModelError, match="no esphome model"):
            load_detector(tmp_path)

    def test_a_bare_model_asks_for_its_manifest(self) -> None:
        with pytest.raises(ModelError, match="Give its manifest"):
            load_detector(official("alexa", ".tflite"))

    def test_what_is_missing_or_foreign_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ModelError, match="no such manifest"):
            load_detector(tmp_path / "word.json")
        with pytest.raises(ModelError, match="folder is no bundle"):
            load_detector(tmp_path)
        with pytest.raises(ModelError, match="frames every 20 ms"):
            load_detector(pair(tmp_path, feature_step_size=20))
        path = pair(tmp_path)
        (tmp_path / "word.tflite").unlink()
        with pytest.raises(ModelError, match=r"names this model, but it is not there"):
            load_detector(path)
