"""The operating point: its rule, and that the shift puts it at 0.5."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakesmith.measure import events
from wakesmith.stages.calibrate import Calibration, calibrate, logit, reason


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def stream(*peaks: float, apart: int = 100) -> np.ndarray:
    """Quiet scores with single high frames far apart."""
    scores = np.full(apart * (len(peaks) + 1), 0.001, np.float32)
    scores[apart * np.arange(1, len(peaks) + 1) - 1] = peaks
    return scores


HEARD = np.linspace(0.9, 0.999, 50)


def test_the_allowed_false_accepts_remain() -> None:
    found = calibrate(HEARD, [stream(0.2, 0.6), stream(0.7, 0.8)], hours=4.0, target=0.5)
    assert 0.6 < found.threshold < 0.7  # two of four may stay: halfway between in logits
    assert math.log(found.threshold / (1 - found.threshold)) == pytest.approx(
        float(logit([0.6, 0.7]).mean()), abs=1e-5
    )
    assert found.false_accepts is not None
    assert found.false_accepts.value == 0.5
    assert found.recall.value == 1.0
    assert found.hours == 4.0


def test_the_margin_is_bounded_when_the_next_false_accept_is_far() -> None:
    found = calibrate(HEARD, [stream(0.5, 0.9999)], hours=2.0, target=0.5)
    assert found.threshold == pytest.approx(sigmoid(1.0))


def test_short_audio_puts_it_halfway_to_the_sayings_and_says_so() -> None:
    found = calibrate(HEARD, [stream(0.6)], hours=0.5, target=0.5)
    low = np.quantile(logit(HEARD), 0.05)
    assert logit(found.threshold) == pytest.approx((logit(np.float32(0.6)) + low) / 2)
    assert any("cannot prove" in note for note in found.notes)


def test_a_few_quiet_minutes_do_not_lower_it_below_a_half() -> None:
    found = calibrate(HEARD, [stream(0.01)], hours=0.05, target=0.5)
    assert found.threshold == 0.5
    assert found.shift == 0


@pytest.mark.parametrize(("unproven", "said"), [(0.0, ""), (8.0, "2.0 h of sound"), (10.0, "kept")])
def test_sound_that_proves_nothing_still_sets_the_threshold(unproven: float, said: str) -> None:
    given = ([0.95] * 20, [stream(0.9, 0.8, 0.7, 0.6)], 10.0, 0.3)
    found, plain = calibrate(*given, unproven=unproven), calibrate(*given)
    assert found.threshold == plain.threshold
    assert said in " ".join(found.notes)
    assert bool(found.notes) == bool(said)


def test_without_audio_nothing_is_proven() -> None:
    found = calibrate(HEARD, [], hours=0.0, target=0.5)
    assert found.threshold == 0.5
    assert found.false_accepts is None
    assert "nothing is proven" in found.notes[0]


def test_what_it_costs_in_sayings_is_said() -> None:
    found = calibrate(np.linspace(0.1, 0.9, 100), [stream(0.7)], hours=0.5, target=0.5)
    assert found.threshold > 0.7
    assert found.recall.value < 0.3
    assert any("costs" in note for note in found.notes)


def test_a_cost_is_blamed_on_what_makes_it() -> None:
    sayings = np.linspace(0.3, 0.9, 100)
    quiet = calibrate(sayings, [stream(0.01)], hours=0.05, target=0.5)
    assert quiet.threshold == 0.5  # no false accept is near: a half costs them
    assert any("lowest threshold, 0.5, costs" in note for note in quiet.notes)
    allowed = calibrate(sayings, [stream(0.01, 0.02)], hours=2.0, target=0.5, lowest=0.4)
    assert any("lowest threshold, 0.4, costs" in note for note in allowed.notes)
    loud = calibrate(sayings, [stream(0.7)], hours=0.5, target=0.5)
    assert any("Keeping the false accepts costs" in note for note in loud.notes)


def test_false_accepts_at_the_top_of_the_scale_are_said() -> None:
    found = calibrate(HEARD, [stream(1.0)], hours=0.5, target=0.5)
    assert found.threshold < 1
    assert any("no threshold avoids" in note for note in found.notes)


def test_no_saying_is_refused() -> None:
    with pytest.raises(ValueError, match="saying"):
        calibrate([], [stream(0.5)], hours=1.0, target=0.5)


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=20),
    st.lists(st.floats(0, 1), max_size=60),
    st.floats(0.05, 50),
    st.floats(0.1, 5),
)
def test_the_shifted_model_keeps_the_target_at_a_half(
    peaks: list[float], scores: list[float], hours: float, target: float
) -> None:
    found: Calibration = calibrate(peaks, [scores], hours, target)
    assert 0 < found.threshold < 1
    edge = math.log(found.threshold / (1 - found.threshold))
    assert sigmoid(edge + found.shift) == pytest.approx(0.5)
    shifted = [sigmoid(x + found.shift) for x in logit(scores)]
    saturated = sum(s >= 1 - 1e-7 for s in scores)
    assert len(events(shifted, 0.5 + 1e-9)) <= max(hours * target, saturated)


@pytest.mark.parametrize(
    ("quiet", "hours", "said"),
    [
        ([], 0.0, "no sound to choose it on"),
        ([stream(0.01)], 0.2, "12 min of sound came that high, but so little cannot prove that"),
        ([stream(0.95)], 0.2, "above all that was heard in 12 min of sound"),
        (
            [stream(0.2, 0.6)],
            2.0,
            "at most 1 false accept in 2.0 h of sound, as 0.50 per hour allow",
        ),
        ([stream(0.0001)], 9.0, "the lowest that is of use"),
    ],
)
def test_why_it_is_there_is_said(quiet: list[np.ndarray], hours: float, said: str) -> None:
    found = calibrate(HEARD, quiet, hours, target=0.5, lowest=0.1)
    assert said in reason(found.hours, found.threshold, 0.5, lowest=0.1)
