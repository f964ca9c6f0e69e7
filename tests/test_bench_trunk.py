"""What bench/micro_trunk.py makes of a voice: formants, pitch and tempo, each by itself."""

import importlib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray

RATE = 16_000
PITCH, FORMANT = 100.0, 1000.0


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(Path(__file__).parent.parent))
    module = importlib.import_module("bench.micro_trunk")
    fixed = {"AS_THEY_ARE": 0.0, "LOWERED": 0.0, "LIFTED": 1.0, "OTHER_TEMPO": 1.0}
    for name, value in fixed.items():
        monkeypatch.setattr(module, name, value)
    monkeypatch.setattr(module, "HIGHER", (1.25, 1.25))
    monkeypatch.setattr(module, "LIFT", (1.6, 1.6))
    return module


def voice(seconds: float = 3.0) -> NDArray[np.int16]:
    """Pulses through a resonance."""
    pulses = np.zeros(round(seconds * RATE))
    pulses[:: round(RATE / PITCH)] = 8000
    at = np.arange(600) / RATE
    ringing = np.exp(-at * 500) * np.cos(2 * np.pi * FORMANT * at)
    return np.convolve(pulses, ringing)[: len(pulses)].astype(np.int16)


def pitch(pcm: NDArray[np.int16]) -> float:
    """By the first peak of the autocorrelation of the middle second."""
    middle = pcm[len(pcm) // 2 :][:RATE].astype(np.float64)
    found = np.fft.irfft(np.abs(np.fft.rfft(middle, 2 * RATE)) ** 2)
    low, high = RATE // 400, RATE // 80
    return RATE / (low + int(np.argmax(found[low:high])))


def formant(pcm: NDArray[np.int16]) -> float:
    """Where the spectrum, smoothed over harmonics, is highest."""
    middle = pcm[len(pcm) // 2 :][:RATE].astype(np.float64)
    power = np.abs(np.fft.rfft(middle * np.hanning(len(middle)))) ** 2
    width = 300  # hertz, as a bin is one
    return float(np.argmax(np.convolve(power, np.hanning(width), "same")[:4000]))


def test_formants_pitch_and_tempo_are_as_drawn(
    bench: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "TEMPO", (0.9, 0.9))
    said = voice()
    assert pitch(said) == pytest.approx(PITCH, rel=0.02)
    assert formant(said) == pytest.approx(FORMANT, rel=0.05)
    found = bench.altered(said, np.random.default_rng(0))
    assert len(found) == pytest.approx(len(said) / 0.9, rel=0.01)
    assert pitch(found) == pytest.approx(PITCH * 1.25 * 1.6, rel=0.03)
    assert formant(found) == pytest.approx(FORMANT * 1.25, rel=0.08)


def test_the_highest_voices_are_not_slower_than_overlap_add_bears(
    bench: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "TEMPO", (0.5, 0.5))
    said = voice()
    found = bench.altered(said, np.random.default_rng(0))
    assert len(found) == pytest.approx(len(said) / (bench.SLOWEST * 1.25 * 1.6), rel=0.01)


def test_the_same_dice_give_the_same_sound(bench: ModuleType) -> None:
    said = voice(1.0)
    noise = np.random.default_rng(1).normal(size=10 * RATE).astype(np.float32)
    once, again, other = (
        bench.spoiled(bench.altered(said, rng), noise, rng)
        for rng in map(np.random.default_rng, (0, 0, 1))
    )
    np.testing.assert_array_equal(once, again)
    assert not np.array_equal(once[:8000], other[:8000])
