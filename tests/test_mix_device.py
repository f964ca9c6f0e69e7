"""Tilt, band limits, saturation and codecs do what their numbers say."""

from dataclasses import replace

import numpy as np
import pytest
from mixes import NO_NOISE, NO_ROOMS, PLAIN, Sound, decibels

from wakesmith.audio import Clip
from wakesmith.mix import NoiseBank, mix
from wakesmith.mix.device import encode, saturate
from wakesmith.plan.draws import Mix
from wakesmith.plan.mixing import NoiseDraw

SECONDS = 6
NOISE = NoiseBank.synthesise((NoiseDraw("white", 4),), SECONDS)
WHITE = replace(PLAIN, clip=-1, level=-25.0)


def spectrum(draw: Mix) -> tuple[Sound, Sound]:
    """Third-octave levels in dB of white noise through the draw, relative to without it."""
    windows = mix([], [WHITE, draw], NO_ROOMS, NOISE, SECONDS * 16_000)
    power = np.abs(np.fft.rfft(windows)) ** 2
    frequency = np.fft.rfftfreq(SECONDS * 16_000, 1 / 16_000)
    centres = 1000 * 2.0 ** (np.arange(-12, 9) / 3)
    levels = []
    for centre in centres:
        inside = np.abs(np.log2(np.maximum(frequency, 1) / centre)) < 1 / 6
        levels.append(10 * np.log10(power[1, inside].sum() / power[0, inside].sum()))
    return centres, np.array(levels)


@pytest.mark.parametrize("tilt", [-4.0, -1.5, 3.0])
def test_tilt_has_its_slope_and_turns_around_1_khz(tilt: float) -> None:
    centres, levels = spectrum(replace(WHITE, tilt=tilt))
    octaves = np.log2(centres / 1000)
    heard = (centres > 120) & (centres < 6500)
    slope, at_1_khz = np.polyfit(octaves[heard], levels[heard], 1)
    assert slope == pytest.approx(tilt, abs=0.15)
    assert at_1_khz == pytest.approx(0, abs=0.4)


@pytest.mark.parametrize("corner", [100.0, 300.0])
def test_high_pass(corner: float) -> None:
    centres, levels = spectrum(replace(WHITE, low_cut=corner))
    assert np.interp(corner, centres, levels) == pytest.approx(-3, abs=1.2)
    assert np.all(np.abs(levels[centres > 3 * corner]) < 0.5)
    if corner == 300:
        assert np.interp(corner / 3, centres, levels) < -14


@pytest.mark.parametrize("corner", [3400.0, 4000.0])
def test_low_pass(corner: float) -> None:
    centres, levels = spectrum(replace(WHITE, high_cut=corner))
    assert np.all(np.abs(levels[centres < 0.6 * corner]) < 0.5)
    assert np.interp(corner * 1.5, centres, levels) < -20


def test_filters_answer_at_once() -> None:
    """A click through tilt and band limits stays where it is."""
    pcm = np.zeros(2000, np.int16)
    pcm[1500] = 20_000
    draw = replace(PLAIN, after=0.5, level=-35.0, tilt=2.0, low_cut=100.0, high_cut=7000.0)
    window = mix([Clip(pcm, 0, 1501)], [draw], NO_ROOMS, NO_NOISE, 32_000)[0]
    peak = int(np.argmax(np.abs(window)))
    assert 0 <= peak - (32_000 - 8000 - 1) <= 3
    assert np.abs(window[: 32_000 - 8001]).max() < 8


def test_no_tilt_and_no_limits_change_nothing() -> None:
    pcm = (np.random.default_rng(0).standard_normal(8000) * 1000).astype(np.int16)
    level = decibels(pcm)
    draw = replace(PLAIN, after=0.0, level=level)
    window = mix([Clip(pcm, 0, 8000)], [draw], NO_ROOMS, NO_NOISE, 8000)[0]
    # What is left is the microphone's own noise of 1 LSB.
    assert np.sqrt(np.mean((window - pcm) ** 2)) < 1.3


def test_saturation_bends_loud_sound_only() -> None:
    soft, loud = np.array([100, -200], np.float32), np.array([30_000, -30_000], np.float32)
    np.testing.assert_allclose(saturate(soft, 6.0206), [200, -400], rtol=1e-3)
    bent = saturate(loud, 6.0206)
    np.testing.assert_allclose(np.abs(bent), 32768 * np.tanh(2 * 30_000 / 32768), rtol=1e-4)


# G.711 mu-law decoder levels at 16 bits: ITU-T G.711 (11/88) table 2, columns 6 and 8, times 4.
@pytest.mark.parametrize(
    ("value", "decoded"),
    [
        (0, 0),
        (3, 0),
        (4, 8),
        (-10, -8),
        (100, 104),
        (123, 120),
        (124, 132),
        (1000, 988),
        (-1000, -988),
        (5000, 5116),
        (20_000, 19_836),
        (32_767, 32_124),
        (-32_768, -32_124),
    ],
)
def test_mulaw_is_g711(value: int, decoded: int) -> None:
    assert encode(np.array([value], np.float32), "mulaw").item() == decoded


def test_mulaw_has_255_levels_and_keeps_them() -> None:
    every = np.arange(-32768, 32768, dtype=np.float32)
    once = encode(every, "mulaw")
    assert len(np.unique(once)) == 255
    np.testing.assert_array_equal(encode(once, "mulaw"), once)


def test_few_bits() -> None:
    heard = encode(np.array([0, 127, 129, -300, 40_000], np.float32), "bits")
    assert heard.tolist() == [0, 0, 256, -256, 127 * 256]


def test_a_telephone_keeps_its_band_and_place() -> None:
    centres, levels = spectrum(replace(WHITE, codec="telephone"))
    assert np.all(np.abs(levels[(centres > 450) & (centres < 2700)]) < 1)
    assert np.all(levels[centres > 4300] < -25)
    assert np.all(levels[centres < 150] < -15)
    pcm = (5000 * np.sin(2 * np.pi * 1000 / 16_000 * np.arange(8000))).astype(np.int16)
    sound = encode(pcm.astype(np.float32), "telephone")
    inside = slice(100, -100)
    assert np.corrcoef(sound[inside], pcm[inside])[0, 1] > 0.999


@pytest.mark.parametrize("codec", ["mulaw", "bits", "telephone"])
@pytest.mark.parametrize("samples", [16_001, 20_480])
def test_coded_windows_keep_their_level(codec: str, samples: int) -> None:
    draw = Mix(**{**vars(WHITE), "codec": codec, "high_cut": 3000.0, "low_cut": 400.0})
    plain = replace(draw, codec="none")
    windows = mix([], [draw, plain], NO_ROOMS, NOISE, samples)
    assert decibels(windows[0]) == pytest.approx(decibels(windows[1]), abs=0.7)
    assert not np.array_equal(windows[0], windows[1])


def test_an_unknown_codec_is_refused() -> None:
    with pytest.raises(ValueError, match="mp3"):
        encode(np.zeros(4, np.float32), "mp3")
