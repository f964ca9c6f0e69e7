"""The detector: real model files, and the same thing done twice."""

from typing import Any

import numpy as np
import pytest
from helpers import pretrained
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from wakesmith.errors import AudioError, WakesmithError
from wakesmith.runtime import Detector, detections, embed, load_scorer
from wakesmith.runtime.detector import WARM_UP
from wakesmith.runtime.frontend import CHUNK, Pcm


def sound(samples: int, seed: int = 0) -> Pcm:
    rng = np.random.default_rng(seed)
    t = np.arange(samples) / 16_000
    voice = sum(np.sin(2 * np.pi * h * (120 + 40 * np.sin(5 * t)) * t) for h in range(1, 9))
    swell = np.sin(2 * np.pi * 0.7 * t) ** 2
    return (swell * (2000 * voice + rng.normal(0, 500, samples))).astype(np.int16)


class Loudness:
    """A scorer that can be seen through: how much the last frame of the window stands out."""

    window = 4
    name = "loud"

    def score(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        out: NDArray[np.float32] = 1 / (1 + np.exp(-(windows[:, -1, 0] - windows[:, :, 0].mean(1))))
        return out


def naive(scores: NDArray[np.float32], threshold: float, refractory: float) -> list[int]:
    """The rule as one would say it, frame by frame."""
    fired: list[int] = []
    for i, score in enumerate(scores):
        rested = not fired or (i - fired[-1]) * 0.08 >= refractory - 1e-7
        if score > threshold and rested:
            fired.append(i)
    return fired


class TestDetector:
    clip = sound(6 * 16_000 + 333)

    def test_scores_are_those_of_the_windows_after_silence(self) -> None:
        path = pretrained("hey_mycroft")
        frames = embed(np.concatenate([np.zeros(20 * CHUNK, np.int16), self.clip]))
        last = len(self.clip) // CHUNK
        by_hand = load_scorer(path).score(
            np.stack([frames[len(frames) - last + i - 15 :][:16] for i in range(last)])
        )
        by_hand[:WARM_UP] = 0
        np.testing.assert_array_equal(Detector(path).scores(self.clip), by_hand)

    def test_scores_are_those_of_pyopen_wakeword(self) -> None:
        """One frame later, given audio 1120 samples later: see test_frontend."""
        from pyopen_wakeword import OpenWakeWord, OpenWakeWordFeatures

        noisy = self.clip + np.random.default_rng(5).normal(0, 100, len(self.clip)).astype("i2")
        features = OpenWakeWordFeatures.from_builtin()
        head = OpenWakeWord.from_model(pretrained("hey_jarvis"))

        def heard(pcm: Pcm) -> list[float]:
            frames = features.process_streaming(pcm.tobytes())
            return [score for frame in frames for score in head.process_streaming(frame)]

        heard(np.zeros(1120, np.int16))
        ours = Detector(pretrained("hey_jarvis")).scores(noisy)
        theirs = [s for i in range(len(ours)) for s in heard(noisy[i * CHUNK : (i + 1) * CHUNK])]
        assert len(theirs) == len(ours)
        np.testing.assert_allclose(ours[30:-1], theirs[31:], rtol=1e-3)

    @settings(max_examples=15, deadline=None)
    @given(st.lists(st.integers(0, 12_000), max_size=25))
    def test_any_chunking_gives_the_same_scores(self, sizes: list[int]) -> None:
        detector, found, at = Detector(pretrained("hey_jarvis")), [], 0
        for size in [*sizes, len(self.clip)]:
            found.append(detector.scores(self.clip[at : at + size]))
            at += size
        whole = Detector(pretrained("hey_jarvis")).scores(self.clip)
        np.testing.assert_array_equal(np.concatenate(found), whole)

    @settings(max_examples=25, deadline=None)
    @given(
        st.lists(st.integers(0, 20_000), max_size=25),
        st.floats(0, 1),
        st.sampled_from([0.0, 0.08, 0.1, 0.4, 2.0]),
    )
    def test_pushed_pieces_fire_where_the_rule_says(
        self, sizes: list[int], threshold: float, refractory: float
    ) -> None:
        detector = Detector(Loudness(), threshold=threshold, refractory=refractory)
        found, at = [], 0
        for size in [*sizes, len(self.clip)]:
            found += detector.push(self.clip[at : at + size])
            at += size
        scores = Detector(Loudness()).scores(self.clip)
        frames = detections(scores, threshold, refractory)
        assert [f.seconds for f in found] == [pytest.approx((i + 1) * 0.08) for i in frames]
        assert [f.score for f in found] == [scores[i] for i in frames]
        assert {f.name for f in found} <= {"loud"}

    @given(
        st.lists(st.floats(0, 1, width=32), max_size=60),
        st.floats(0, 1),
        st.sampled_from([0.0, 0.05, 0.08, 0.16, 0.8, 2.0]),
    )
    def test_the_rule_is_the_one_said_frame_by_frame(
        self, scores: list[float], threshold: float, refractory: float
    ) -> None:
        x = np.array(scores, np.float32)
        assert detections(x, threshold, refractory).tolist() == naive(x, threshold, refractory)

    def test_a_score_at_the_threshold_does_not_fire(self) -> None:
        assert detections(np.array([0.5, 0.5], np.float32), 0.5, 0.0).tolist() == []

    def test_nothing_fires_while_warming_up(self) -> None:
        detector = Detector(Loudness(), threshold=0.0, refractory=0.0)
        assert [d.seconds for d in detector.push(self.clip[: 7 * CHUNK])] == [
            pytest.approx(0.48),
            pytest.approx(0.56),
        ]

    def test_reset_starts_anew(self) -> None:
        detector = Detector(Loudness(), threshold=0.4)
        first = detector.push(self.clip)
        assert first
        detector.reset()
        assert detector.push(self.clip) == first

    @pytest.mark.parametrize("kind", ["float32", "float64", "int32"])
    def test_samples_of_another_kind_are_refused(self, kind: str) -> None:
        detector = Detector(Loudness(), threshold=0.4)
        audio: Any = self.clip.astype(kind)
        with pytest.raises(AudioError, match=f"takes int16 samples, but was given {kind}"):
            detector.push(audio / 32768 if "float" in kind else audio)

    def test_floats_are_converted_as_the_refusal_says(self) -> None:
        wrong: Any = (self.clip / 32768).astype(np.float32)
        with pytest.raises(AudioError) as caught:
            Detector(Loudness()).push(wrong)
        formula = str(caught.value).partition(" by ")[2].removesuffix(".")
        np.testing.assert_array_equal(eval(formula, {"numpy": np, "audio": wrong}), self.clip)

    @pytest.mark.parametrize("wrong", [{"threshold": 1.5}, {"refractory": -1.0}])
    def test_wrong_settings_are_refused(self, wrong: dict[str, Any]) -> None:
        with pytest.raises(WakesmithError):
            Detector(Loudness(), **wrong)
