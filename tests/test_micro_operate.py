"""Cutoff and sliding window, chosen together."""

from collections.abc import Iterator

import micro
import numpy as np
import pytest

from wakesmith.errors import DataError
from wakesmith.events import silent
from wakesmith.measure import wilson
from wakesmith.runtime import MicroDetector
from wakesmith.runtime.frontend import Pcm
from wakesmith.runtime.micro.rule import cutoff_of
from wakesmith.stages.calibrate import Calibration
from wakesmith.stages.evaluate import NegativeAudio, TrialAudio
from wakesmith.stages.evaluate.streams import hear_negatives, hear_trials
from wakesmith.stages.micro.operate import (
    LOWEST,
    WINDOWS,
    OperatingPoint,
    Rehearsed,
    about_best,
    choose,
)


def trials(count: int = 4) -> Iterator[TrialAudio]:
    said = micro.said("alexa")
    for number in range(count):
        sound = (said * (0.3 + 0.2 * number)).astype(np.int16)
        yield TrialAudio(sound, 3.0, len(sound) / 16_000 - 1.0, f"saying {number}")


def others() -> Iterator[NegativeAudio]:
    for name in ("hey_jarvis", "okay_nabu", "hey_mycroft"):
        yield NegativeAudio(micro.said(name), name, "background")
    rng = np.random.default_rng(3)
    for number in range(8):
        noise: Pcm = rng.normal(0, 10.0 ** (1 + number / 3), 160_000).astype(np.int16)
        yield NegativeAudio(noise, f"noise {number}", "background")


def test_the_chosen_point_keeps_its_promise_in_the_detector() -> None:
    manifest = micro.official("alexa")
    point = choose(manifest, trials, others(), 0.5, silent)
    assert point.window in WINDOWS
    detector = MicroDetector(manifest, threshold=point.cutoff, window=point.window)
    heard = hear_negatives(detector, others(), lambda _: None)
    assert sum(len(s.detections) for s in heard.streams) == 0
    found = [t.detected is not None for t in hear_trials(detector, trials(), lambda _: None)]
    assert np.mean(found) == point.calibration.recall.value
    assert all(found)


@pytest.mark.parametrize(
    ("hits", "chosen"),
    [
        # Of 150: a saying or two more are chance, ten are not.
        ({3: 117, 5: 117, 10: 119}, 5),
        ({3: 120, 5: 110, 10: 121}, 3),
        ({4: 118, 6: 119, 10: 100}, 6),
        ({5: 149, 10: 150}, 5),
        ({5: 100, 10: 150}, 10),
    ],
)
def test_a_window_far_from_the_usual_has_to_be_better_than_by_chance(
    hits: dict[int, int], chosen: int
) -> None:
    points = [
        OperatingPoint(window, 0.5, Calibration(0.5, 0.0, wilson(count, 150), None, 0.0, ()))
        for window, count in hits.items()
    ]
    assert about_best(points, 150).window == chosen


def test_after_nothing_but_silence_the_cutoff_is_one_that_a_device_can_have() -> None:
    def silence() -> Iterator[NegativeAudio]:
        block: Pcm = np.zeros(16_000 * 60, np.int16)
        yield NegativeAudio((block for _ in range(3)), "silence", "background")

    # In 3 minutes one event is allowed, as it is at 0.5 an hour in two hours.
    point = choose(micro.official("alexa"), trials, silence(), 22.0, silent)
    assert point.cutoff >= LOWEST
    assert cutoff_of(point.cutoff) >= 25
    assert point.calibration.false_accepts is not None
    assert point.calibration.recall.value == 1.0


def test_a_window_is_rehearsed_as_it_would_be_heard() -> None:
    manifest = micro.official("alexa")
    rehearsed = Rehearsed(manifest)
    list(hear_trials(rehearsed, trials(), lambda _: None))
    for window in (3, 10):
        rehearsed.rehearse(window)
        replayed = list(hear_trials(rehearsed, trials(), lambda _: None))
        plain = MicroDetector(manifest, window=window)
        assert replayed == list(hear_trials(plain, trials(), lambda _: None))


def test_without_a_saying_there_is_nothing_to_choose() -> None:
    with pytest.raises(DataError, match="no saying"):
        choose(micro.official("alexa"), lambda: iter(()), others(), 0.5, silent)
