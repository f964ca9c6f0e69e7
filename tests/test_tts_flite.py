"""flite as it is installed here."""

import numpy as np
import pytest

from wakesmith.audio import trim
from wakesmith.errors import VoiceError
from wakesmith.tts import flite

if not flite.available():
    pytest.skip(
        "speaks with flite, which is not installed (apt-get install libflite1)",
        allow_module_level=True,
    )

HEY_SAGA = ("HH", "EY1", "S", "AA1", "G", "AH0")
ENGINE = flite.Flite()
VOICES = ENGINE.voices("en")
LINE = "did you bring the red coat from the station"


def pitch(pcm: np.ndarray[tuple[int], np.dtype[np.int16]]) -> tuple[float, float]:
    """Median of F0 in Hz and its 10-90 % range, by autocorrelation of 40 ms frames."""
    window = np.hanning(640)
    own = np.fft.irfft(np.abs(np.fft.rfft(window, 2048)) ** 2)[:400]
    found = []
    for at in range(0, len(pcm) - 640, 160):
        frame = pcm[at : at + 640].astype(float)
        if np.sqrt(np.mean(frame**2)) < 500:
            continue
        frame = (frame - frame.mean()) * window
        correlation = np.fft.irfft(np.abs(np.fft.rfft(frame, 2048)) ** 2)[:400] / own
        lag = 45 + int(np.argmax(correlation[45:266]))
        if correlation[lag] > 0.6 * correlation[0]:
            found.append(16_000 / lag)
    median = float(np.median(found))
    near = [f0 for f0 in found if 0.65 < f0 / median < 1.5]  # without octave errors
    low, high = np.percentile(near, [10, 90])
    return median, float(high - low)


def seconds(pcm: np.ndarray[tuple[int], np.dtype[np.int16]]) -> float:
    start, end = trim(pcm)
    return (end - start) / 16_000


@pytest.mark.parametrize("voice", VOICES)
def test_the_words_pinned_as_they_are_read_sound_the_same(voice: str) -> None:
    read, rate = ENGINE.speak("hey saga", (), voice)
    pinned, _ = ENGINE.speak("hey saga", HEY_SAGA, voice)
    assert rate == 16_000
    assert len(read) == len(pinned)
    first, second = (np.abs(np.fft.rfft(x.astype(float), 32_768)) for x in (read, pinned))
    assert np.corrcoef(first, second)[0, 1] > 0.8


@pytest.mark.parametrize("voice", VOICES)
def test_other_phones_are_other_sounds(voice: str) -> None:
    pinned, _ = ENGINE.speak("hey saga", HEY_SAGA, voice)
    longer, _ = ENGINE.speak("hey saga", (*HEY_SAGA, "R", "AA1", "K"), voice)
    hissing, _ = ENGINE.speak("hey saga", ("S", "IY1", "S", "IY1", "S", "IH1"), voice)
    assert seconds(longer) > seconds(pinned) + 0.1
    assert _hiss(hissing) > _hiss(pinned)


def _hiss(pcm: np.ndarray[tuple[int], np.dtype[np.int16]]) -> float:
    power = np.abs(np.fft.rfft(pcm.astype(float))) ** 2
    return float(power[len(power) // 2 :].sum() / power.sum())


def test_a_word_said_twice_is_said_twice() -> None:
    once, _ = ENGINE.speak("bye", ("B", "AY1"), VOICES[0])
    twice, _ = ENGINE.speak("bye bye", ("B", "AY1", "B", "AY1"), VOICES[0])
    assert seconds(twice) > 1.3 * seconds(once)


@pytest.mark.parametrize("voice", VOICES)
def test_speed_pitch_and_intonation_do_as_asked(voice: str) -> None:
    plain, _ = ENGINE.speak(LINE, (), voice)
    median, spread = pitch(plain)
    slow, _ = ENGINE.speak(LINE, (), voice, speed=0.8)
    fast, _ = ENGINE.speak(LINE, (), voice, speed=1.3)
    assert seconds(plain) / seconds(slow) == pytest.approx(0.8, rel=0.08)
    assert seconds(plain) / seconds(fast) == pytest.approx(1.3, rel=0.08)
    high, _ = ENGINE.speak(LINE, (), voice, pitch=1.25)
    assert pitch(high)[0] / median == pytest.approx(1.25, rel=0.08)
    assert seconds(high) == pytest.approx(seconds(plain), rel=0.08)
    lively, _ = ENGINE.speak(LINE, (), voice, intonation=2.0)
    if voice != "rms":  # rms keeps its own melody
        assert pitch(lively)[1] > 1.2 * spread


def test_a_clip_does_not_depend_on_what_was_spoken_before() -> None:
    first, _ = ENGINE.speak("hey saga", HEY_SAGA, "slt")
    ENGINE.speak(LINE, (), "slt", speed=0.8, pitch=1.2, intonation=0.5)
    again, _ = ENGINE.speak("hey saga", HEY_SAGA, "slt")
    assert (first == again).all()


def test_the_8_khz_voice_is_left_out_and_an_unknown_one_named() -> None:
    assert "kal" not in VOICES
    assert ENGINE.voices("de") == ()
    with pytest.raises(VoiceError, match="'kal'"):
        ENGINE.speak("hey", (), "kal")
