"""Clips: order, spans, levels, run-on, errors."""

from dataclasses import replace

import numpy as np
import pytest

from wakesmith import tts
from wakesmith.audio import trim
from wakesmith.errors import PhraseError, VoiceError
from wakesmith.plan.draws import Utterance
from wakesmith.tts import speaking

HERE = [name for name in ("flite", "espeak") if name in tts.installed()]
VOICE = {"flite": "kal16", "espeak": "en-us"}
pytestmark = pytest.mark.skipif(not HERE, reason="speaks, and no speech engine is installed")


def utterance(engine: str, **changes: object) -> Utterance:
    phones = ("HH", "EY1", "S", "AA1", "G", "AH0")
    return replace(Utterance("hey saga", engine, VOICE[engine], phones), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("engine", HERE)
def test_a_clip_is_its_speech_at_the_level(engine: str) -> None:
    (clip,) = tts.speak([utterance(engine)])
    assert (clip.start, clip.end) == (0, len(clip.pcm))
    assert 0.4 < len(clip.pcm) / 16_000 < 1.0
    rms = np.sqrt(np.mean(np.square(clip.pcm.astype(float))))
    assert 20 * np.log10(rms / 32768) == pytest.approx(tts.LEVEL, abs=0.1)
    assert clip.pcm[0] == clip.pcm[-1] == 0
    assert clip.id == f"{engine}/{VOICE[engine]}: hey saga"


@pytest.mark.parametrize("engine", HERE)
def test_clips_come_in_order_and_whatever_is_asked_between(engine: str) -> None:
    asked = [utterance(engine, speed=speed) for speed in (0.8, 1.3, 1.0)]
    lengths = [len(clip.pcm) for clip in tts.speak(asked)]
    assert lengths[0] > lengths[2] > lengths[1]


@pytest.mark.parametrize("engine", HERE)
@pytest.mark.parametrize("gap", [0.0, 0.05, 0.4])
def test_the_span_is_the_text_without_lead_and_tail(engine: str, gap: float) -> None:
    plain = utterance(engine, warp=1.1, resample=0.95, gap=gap)
    (alone,) = tts.speak([plain])
    (run_on,) = tts.speak([replace(plain, lead="what is that", tail="turn off the lights")])
    assert run_on.end - run_on.start == pytest.approx(alone.end - alone.start, abs=400)
    assert run_on.start > 0.3 * 16_000
    assert len(run_on.pcm) - run_on.end > 0.5 * 16_000
    inside = run_on.pcm[run_on.start + 1500 : run_on.end - 1500].astype(float)
    other = alone.pcm[1500 : 1500 + len(inside)].astype(float)
    first, second = (np.abs(np.fft.rfft(x, 32_768)) for x in (inside, other))
    assert np.corrcoef(first, second)[0, 1] > 0.6


@pytest.mark.parametrize("engine", HERE)
def test_the_gap_is_between_the_sounds(engine: str) -> None:
    near, far = (
        next(tts.speak([utterance(engine, tail="turn off", gap=gap)])) for gap in (0.1, 0.5)
    )
    assert len(far.pcm) - len(near.pcm) == pytest.approx(0.4 * 16_000, abs=600)
    middle = far.pcm[far.end : far.end + int(0.3 * 16_000)]
    assert not middle.any()


@pytest.mark.parametrize("engine", HERE)
def test_resampling_shortens_the_span_that_it_moves(engine: str) -> None:
    lengths = [
        next(tts.speak([utterance(engine, resample=factor)])).end for factor in (0.9, 1.0, 1.15)
    ]
    assert lengths[1] / lengths[0] == pytest.approx(0.9, rel=0.08)
    assert lengths[2] / lengths[1] == pytest.approx(1 / 1.15, rel=0.08)


@pytest.mark.parametrize("engine", HERE)
def test_speech_that_clips_is_turned_down_instead(engine: str) -> None:
    for factor in (0.88, 1.18):
        (clip,) = tts.speak([utterance(engine, warp=factor, pitch=0.8)])
        assert np.abs(clip.pcm.astype(int)).max() <= 0.98 * 32768 + 1


@pytest.mark.parametrize("engine", HERE)
def test_what_comes_out_wrong_names_text_and_voice(engine: str) -> None:
    with pytest.raises(VoiceError, match=rf"{engine}/{VOICE[engine]}.*\.\.\."):
        list(tts.speak([utterance(engine, text="...", phones=())]))
    long = utterance(engine, text="a", phones=("AH0",))
    sound = np.ones(16_000 * 5, np.float32) * 1000
    with pytest.raises(VoiceError, match=r"5\.00 s of sound for 'a' \(AH0\)"):
        speaking._check(sound, long, "a", ("AH0",))


def test_a_missing_engine_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(VoiceError, match="'festival'"):
        list(tts.speak([Utterance("hey", "festival", "x")]))


@pytest.mark.parametrize("engine", HERE)
def test_voices_can_be_chosen_by_name(engine: str) -> None:
    offered = tts.voices_of("en")
    assert VOICE[engine] in offered[engine]
    assert tts.voices_of("en", [engine], [VOICE[engine]]) == {engine: (VOICE[engine],)}
    assert tts.voices_of("en", None, [f"{engine}/{VOICE[engine]}"]) == {engine: (VOICE[engine],)}
    with pytest.raises(VoiceError, match="'nobody'"):
        tts.voices_of("en", None, ["nobody"])
    with pytest.raises(PhraseError, match="'xx'"):
        tts.voices_of("xx")


@pytest.mark.skipif("espeak" not in HERE, reason="made-up voices are espeak-ng's")
def test_made_up_voices_can_be_chosen() -> None:
    assert tts.voices_of("en", None, ["generated:5"]) == {"espeak": ("generated:5",)}


def test_trim_finds_what_speak_places() -> None:
    (clip,) = tts.speak([utterance(HERE[0])])
    quiet = np.zeros(8000, np.int16)
    start, end = trim(np.concatenate([quiet, clip.pcm, quiet]))
    assert start == pytest.approx(8000, abs=800)
    assert end == pytest.approx(8000 + len(clip.pcm), abs=1600)
