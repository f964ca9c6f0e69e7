"""Speech slower or faster at its own pitch."""

import numpy as np
import pytest
from numpy.typing import NDArray

from wakesmith.runtime.frontend import SAMPLE_RATE, Pcm
from wakesmith.tts.tempo import stretched


def strongest(pcm: Pcm) -> float:
    spectrum: NDArray[np.float64] = np.abs(np.fft.rfft(pcm * np.hanning(len(pcm))))
    return float(spectrum.argmax() * SAMPLE_RATE / len(pcm))


@pytest.mark.parametrize("tempo", [0.5, 0.65, 0.9, 1.05, 1.5])
def test_a_tempo_changes_the_length_and_not_the_pitch(tempo: float) -> None:
    at = np.arange(round(1.5 * SAMPLE_RATE)) / SAMPLE_RATE
    pcm = (8000 * np.sin(2 * np.pi * 120 * at)).astype(np.int16)
    out = stretched(pcm, tempo)
    assert len(out) == round(len(pcm) / tempo)
    assert strongest(out) == pytest.approx(120, abs=2)
    middle = slice(2000, -2000)
    level = np.sqrt(np.mean(out[middle].astype(float) ** 2))
    assert level == pytest.approx(8000 / np.sqrt(2), rel=0.05)


@pytest.mark.parametrize("samples", [0, 1, 399, 400, 401, 3000])
def test_what_is_short_is_no_longer_than_it_should_be(samples: int) -> None:
    out = stretched(np.full(samples, 700, np.int16), 0.5)
    assert len(out) == (2 * samples if samples >= 400 else samples)
    assert np.abs(out).max(initial=0) <= 701


def test_a_tempo_moves_what_is_said_along() -> None:
    pcm = np.zeros(SAMPLE_RATE, np.int16)
    pcm[12_000:12_400] = 9000
    out = stretched(pcm, 0.5)
    assert np.flatnonzero(out).mean() == pytest.approx(2 * 12_200, abs=400)
    assert stretched(pcm, 1.0) is pcm
