"""Warp and resampling: lengths, levels, and that formants and pitch move as asked."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from wakesmith.audio import Clip
from wakesmith.tts.perturb import perturb, resampled, warped

RATE = 16_000
_FORMANT = 1500.0


def vowel(pitch: float = 120.0, seconds: float = 1.0) -> NDArray[np.int16]:
    """A pulse train through one broad resonance: a voice whose pitch and formant are known."""
    count = int(seconds * RATE)
    pulses = np.zeros(count)
    pulses[(np.arange(0, seconds, 1 / pitch) * RATE).astype(int)] = 1.0
    t = np.arange(400) / RATE
    ring = np.exp(-t * 900) * np.sin(2 * np.pi * _FORMANT * t)
    sound = np.convolve(pulses, ring)[:count]
    return np.asarray(np.rint(sound / np.abs(sound).max() * 8000), np.int16)


def formant(pcm: NDArray[np.int16]) -> float:
    """Centre of the spectrum's energy in Hz."""
    power = np.abs(np.fft.rfft(pcm.astype(float))) ** 2
    hertz = np.fft.rfftfreq(len(pcm), 1 / RATE)
    near = (hertz > 300) & (hertz < 4000)
    return float((power * hertz)[near].sum() / power[near].sum())


def pitch(pcm: NDArray[np.int16]) -> float:
    """Pitch in Hz by autocorrelation."""
    sound = pcm[4000:8000].astype(float)
    correlation = np.correlate(sound, sound, "full")[len(sound) :]
    low, high = RATE // 300, RATE // 60
    return RATE / (low + int(np.argmax(correlation[low:high])) + 1)


@pytest.mark.parametrize("factor", [0.85, 0.93, 1.1, 1.2])
def test_a_warp_moves_the_formant_and_leaves_pitch_length_and_level(factor: float) -> None:
    before = vowel()
    after = warped(before, factor)
    assert len(after) == len(before)
    assert formant(after) / formant(before) == pytest.approx(factor, rel=0.06)
    assert pitch(after) == pytest.approx(pitch(before), rel=0.02)
    rms = [np.sqrt(np.mean(np.square(x.astype(float)))) for x in (before, after)]
    assert rms[0] == pytest.approx(rms[1], rel=0.01)


@pytest.mark.parametrize("factor", [0.85, 1.2])
def test_resampling_moves_all_together(factor: float) -> None:
    before = vowel()
    after = resampled(before, factor)
    assert len(after) == pytest.approx(len(before) / factor, abs=1)
    assert formant(after) / formant(before) == pytest.approx(factor, rel=0.03)
    assert pitch(after) / pitch(before) == pytest.approx(factor, rel=0.03)


def test_factors_of_one_change_nothing() -> None:
    sound = vowel()
    assert warped(sound, 1.0) is sound
    assert resampled(sound, 1.0) is sound


def test_another_rate_becomes_16_khz() -> None:
    assert len(resampled(vowel(), 1.0, rate=22_050)) == pytest.approx(16_000 / 22_050 * RATE, abs=1)


def test_a_clips_span_moves_along() -> None:
    silence = np.zeros(4000, np.int16)
    clip = Clip(np.concatenate([silence, vowel(seconds=0.5), silence]), 4000, 12_000, "a")
    moved = perturb(clip, 1.1, 1.25)
    assert (moved.start, moved.end, len(moved.pcm)) == (3200, 9600, 12_800)
    assert moved.id == "a"
    loud = np.flatnonzero(np.abs(moved.pcm) > 200)
    assert moved.start - 100 < loud[0]
    assert loud[-1] < moved.end + 200


@settings(deadline=None, max_examples=40)
@given(
    st.integers(0, 3000),
    st.floats(0.7, 1.4),
    st.floats(0.7, 1.4),
    st.sampled_from(["noise", "silence", "full", "click"]),
)
def test_anything_comes_back_finite_and_without_wrapping(
    samples: int, warp: float, resample: float, kind: str
) -> None:
    rng = np.random.default_rng(samples)
    sound = {
        "noise": rng.integers(-3000, 3000, samples),
        "silence": np.zeros(samples),
        "full": np.where(np.arange(samples) % 40 < 20, 32767, -32768),
        "click": np.where(np.arange(samples) == samples // 2, 32767, 0),
    }[kind].astype(np.int16)
    out = perturb(Clip(sound, 0, samples), warp, resample)
    assert out.pcm.dtype == np.int16
    assert 0 <= out.start <= out.end <= len(out.pcm)
    if kind == "silence":
        assert not out.pcm.any()
