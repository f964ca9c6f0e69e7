"""Intervals against published figures, curves against their brute-force twins."""

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from wakesmith.measure import (
    allowed_events,
    det_of,
    events,
    false_accept_curve,
    false_accept_sentence,
    hours_needed,
    poisson,
    provable,
    recall_at,
    wilson,
)
from wakesmith.measure.intervals import bound, duration, figure, proves
from wakesmith.measure.text import proof_note
from wakesmith.runtime.detector import detections

# Few different values, so that ties and runs are common.
SCORES = st.lists(st.sampled_from([0.0, 0.1, 0.2, 0.5, 0.7, 0.9, 0.99, 1.0]), max_size=40)
STREAMS = st.lists(SCORES, min_size=1, max_size=4)


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [  # Newcombe, Statist. Med. 17 (1998) 857-872, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_the_published_intervals(k: int, n: int, low: float, high: float) -> None:
    interval = wilson(k, n)
    assert interval.low == pytest.approx(low, abs=5e-5)
    assert interval.high == pytest.approx(high, abs=5e-5)


@pytest.mark.parametrize(
    ("k", "low", "high"),
    [  # exact limits of a Poisson mean, half of chi-square's quantiles (scipy 1.17 chi2.ppf)
        (0, 0.0, 3.688879454113936),
        (1, 0.025317807984289897, 5.571643390938898),
        (5, 1.6234863901184255, 11.66833207932267),
        (10, 4.7953886961324335, 18.39035604201778),
        (100, 81.36399125092314, 121.62679379242638),
        (1000, 938.9730184076952, 1063.952136016302),
    ],
)
def test_poisson_gives_the_exact_limits(k: int, low: float, high: float) -> None:
    one, two = poisson(k, 1.0), poisson(k, 2.0)
    assert (one.low, one.high) == pytest.approx((low, high), rel=1e-8)
    assert (two.value, two.low, two.high) == pytest.approx((k / 2, low / 2, high / 2), rel=1e-8)


@given(st.integers(0, 400), st.integers(1, 400), st.floats(0.5, 0.999))
def test_intervals_hold_their_estimate(k: int, n: int, confidence: float) -> None:
    share = wilson(min(k, n), n, confidence)
    assert 0 <= share.low <= share.value <= share.high <= 1
    assert share.low < share.high
    rate = poisson(k, n / 10, confidence)
    assert 0 <= rate.low <= rate.value < rate.high


@given(st.floats(1e-4, 1e4))
def test_a_bound_is_rounded_up(value: float) -> None:
    said = float(bound(value))
    assert value * (1 - 1e-6) <= said <= 1.1 * value + 1e-9


def test_impossible_counts_are_refused() -> None:
    for k, n in ((1, 0), (-1, 5), (6, 5)):
        with pytest.raises(ValueError, match="share"):
            wilson(k, n)
    with pytest.raises(ValueError, match="rate"):
        poisson(1, 0.0)
    with pytest.raises(ValueError, match="rate"):
        poisson(-1, 1.0)


@given(st.integers(0, 60), st.floats(0.01, 100), st.floats(0.05, 20))
def test_a_rate_is_proven_by_few_events_in_many_hours(k: int, hours: float, rate: float) -> None:
    """As a chance that so few come at that rate says, which scipy reckons."""
    chance = float(scipy.stats.poisson.cdf(k, rate * hours))
    assume(abs(chance - 0.05) > 1e-6)
    assert proves(k, hours, rate) == (chance < 0.05)


def test_hours_without_an_event_prove_what_they_are_said_to_need() -> None:
    needed = hours_needed(0.5)
    assert proves(0, needed, 0.5)
    assert not proves(0, 0.99 * needed, 0.5)
    assert not proves(1, needed, 0.5)
    assert proves(1, 1.001 * hours_needed(0.5, 1), 0.5)
    note = proof_note(0.5, 8.0, 2)
    assert note == (
        "2 false accepts in 8.0 h of sound cannot prove 0.50 per hour, only fewer than 0.79. "
        "In 12.6 h or more, no more of them would be a proof."
    )
    assert proof_note(0.5, 12.7, 2) is None


def test_silence_proves_three_over_its_hours() -> None:
    assert provable(1.2) == pytest.approx(3 / 1.2, rel=2e-3)
    assert hours_needed(provable(7.0)) == pytest.approx(7.0)
    sentence = false_accept_sentence(0, 1.2, "speech and music")
    assert sentence == (
        "0 false accepts in 1.2 h of speech and music, which proves fewer than 2.5 per hour"
    )
    assert false_accept_sentence(3, 6.0) == "3 false accepts in 6.0 h: 0.50 per hour (0.10-1.5)"


def test_figures_are_written_to_two_that_count() -> None:
    assert [figure(v) for v in (0, 0.0834, 0.5, 1.46, 9.94, 9.96, 83.2)] == [
        "0", "0.083", "0.50", "1.5", "9.9", "10", "83",
    ]  # fmt: skip
    assert [duration(h) for h in (0.005, 0.2, 3.31, 120)] == ["18 s", "12 min", "3.3 h", "120 h"]


@given(SCORES, st.sampled_from([0.0, 0.15, 0.5, 0.99]), st.integers(1, 9))
def test_events_are_the_detectors_detections(
    scores: list[float], threshold: float, refractory: int
) -> None:
    values = np.array(scores, np.float32)
    expected = detections(values, threshold, refractory * 0.08)
    assert events(values, float(np.float32(threshold)), refractory).tolist() == expected.tolist()


def _count(streams: list[list[float]], threshold: float, refractory: int) -> int:
    """Frame by frame, as one would write it without thinking of speed."""
    total = 0
    for stream in streams:
        rest = 0
        for score in stream:
            rest -= 1
            if score > threshold and rest <= 0:
                total, rest = total + 1, refractory
    return total


@given(STREAMS, st.integers(1, 12), st.sampled_from([None, 0, 1, 3, 10]))
@settings(max_examples=200)
def test_the_curve_is_its_brute_force_twin(
    streams: list[list[float]], refractory: int, most: int | None
) -> None:
    curve = false_accept_curve(streams, refractory, most)
    assert (np.diff(curve.thresholds) > 0).all()
    assert (np.diff(curve.counts) < 0).all()
    assert curve.counts[-1] == 0
    for threshold in np.linspace(0, 1, 101):
        expected = _count(streams, threshold, refractory)
        if threshold >= curve.thresholds[0]:
            assert curve.count_at(threshold) == expected
        else:
            assert most is not None
            assert expected > most


@given(STREAMS, st.floats(0.01, 3), st.floats(0.05, 10), st.integers(1, 12))
def test_the_threshold_is_the_lowest_that_keeps_the_target(
    streams: list[list[float]], hours: float, target: float, refractory: int
) -> None:
    allowed = allowed_events(hours, target)
    threshold = false_accept_curve(streams, refractory, most=allowed).lowest(allowed)
    assert _count(streams, threshold, refractory) <= allowed
    if threshold > 0:
        assert _count(streams, math.nextafter(threshold, 0), refractory) > allowed


def test_whole_events_are_allowed() -> None:
    assert allowed_events(10.0, 0.1) == 1
    assert allowed_events(0.3, 10.0) == 3  # 0.3 * 10 is a hair more than 3 in floats, or less
    assert allowed_events(1.9, 0.5) == 0


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=30), STREAMS, st.floats(0.1, 5),
)  # fmt: skip
def test_the_det_curve_only_trades(
    peaks: list[float], streams: list[list[float]], hours: float
) -> None:
    curve = det_of(peaks, false_accept_curve(streams, refractory=5), hours)
    assert (np.diff(curve.miss) >= 0).all()
    assert (np.diff(curve.false_accepts_per_hour) <= 0).all()
    for t, miss, rate in zip(
        curve.thresholds, curve.miss, curve.false_accepts_per_hour, strict=True
    ):
        assert 1 - recall_at(peaks, t).value == pytest.approx(miss)
        assert rate * hours == pytest.approx(_count(streams, t, 5))
