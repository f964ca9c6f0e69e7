"""Sayings joined from units of people's speech: phones found, units chosen, cut and joined."""

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakesmith import tts
from wakesmith.plan.draws import Utterance
from wakesmith.runtime.frontend import SAMPLE_RATE, Pcm
from wakesmith.units.inventory import NUMBER, Inventory, arrays_of, moved, stretches_of
from wakesmith.units.joining import FADE, joined
from wakesmith.units.recogniser import FRAME, Phone, is_speech, recognised
from wakesmith.units.selection import Voice

pytest.importorskip("pocketsphinx", reason="phones are found by pocketsphinx")


@cache
def spoken(text: str, voice: str = "en-us") -> Pcm:
    """The text by espeak-ng."""
    if "espeak" not in tts.installed():
        pytest.skip("speaks, and espeak-ng is not installed")
    (clip,) = tts.speak([Utterance(text, "espeak", voice)])
    return clip.pcm


def hum(seconds: float) -> Pcm:
    at = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return (8000 * np.sin(2 * np.pi * 120 * at)).astype(np.int16)


def test_phones_are_found_without_gaps() -> None:
    pcm = spoken("the computer is in the kitchen, and nobody knows how it came to be there")
    found = recognised(pcm)
    assert {phone.symbol for phone in found} <= NUMBER.keys()
    assert found[0].start == 0
    assert all(a.start + a.frames == b.start for a, b in pairwise(found))
    assert found[-1].start + found[-1].frames == pytest.approx(len(pcm) / FRAME, abs=4)
    symbols = "".join(phone.symbol for phone in found)
    # espeak-ng never says it twice alike in a process, so not all of them each time.
    assert sum(phone in symbols for phone in ("K", "M", "P", "CH", "N", "Z", "B")) >= 3
    recognised(spoken("something else that is said in between"))
    assert recognised(pcm) == found


def test_speech_is_told_by_its_phones() -> None:
    talk = spoken("this is how people talk to each other when there is time, and it goes on and on")
    assert is_speech(recognised(talk))
    assert not is_speech(recognised(hum(6)))
    assert not is_speech(recognised(np.zeros(5 * SAMPLE_RATE, np.int16)))
    assert not is_speech([])


@given(st.lists(st.tuples(st.floats(0.1, 20), st.sampled_from([0, 40, 9000])), max_size=4))
def test_stretches_are_of_some_seconds_in_whole_frames_and_of_one_level(
    parts: list[tuple[float, int]],
) -> None:
    rng = np.random.default_rng(0)
    sounds = [rng.integers(-k - 1, k + 1, round(s * SAMPLE_RATE)) for s, k in parts]
    pcm = np.concatenate([np.zeros(0), *sounds]).astype(np.int16)
    found = list(stretches_of(pcm))
    assert all(SAMPLE_RATE <= len(one) <= 12 * SAMPLE_RATE for one in found)
    assert all(len(one) % FRAME == 0 for one in found)
    if len(pcm) >= 13 * SAMPLE_RATE and {k for _, k in parts} in ({40}, {9000}):
        assert found  # of one loudness, none of it silence
    for one in found:
        assert np.sqrt(np.mean(one.astype(float) ** 2)) == pytest.approx(2000, rel=0.05)


def test_stretches_are_the_sound_one_after_another() -> None:
    pcm = np.random.default_rng(2).integers(-3000, 3000, 40 * SAMPLE_RATE).astype(np.int16)
    at = 0
    for one in stretches_of(pcm):
        kept = pcm[at : at + len(one)].astype(float)
        assert np.corrcoef(kept, one.astype(float))[0, 1] > 0.999
        at += len(one)  # it is cut between frames
    assert len(pcm) - SAMPLE_RATE < at <= len(pcm)  # what is left is too short


def test_stretches_end_where_it_is_quiet() -> None:
    rng = np.random.default_rng(1)
    pcm = rng.integers(-5000, 5000, 20 * SAMPLE_RATE).astype(np.int16)
    pause = slice(round(10.5 * SAMPLE_RATE), round(10.7 * SAMPLE_RATE))
    pcm[pause] = 0
    first, second = stretches_of(pcm)
    assert pause.start - FRAME <= len(first) <= pause.stop
    assert len(first) + len(second) == pytest.approx(len(pcm), abs=2 * FRAME)


def heard(texts: list[list[str]], seed: int = 0) -> list[tuple[Pcm, list[Phone]]]:
    """Stretches in which each phone is 0.1 s of its own noise."""
    rng, made = np.random.default_rng(seed), []
    for symbols in texts:
        pcm = rng.integers(-6000, 6000, len(symbols) * 10 * FRAME).astype(np.int16)
        made.append((pcm, [Phone(one, 10 * i, 10) for i, one in enumerate(symbols)]))
    return made


def inventory(stretches: list[tuple[Pcm, list[Phone]]]) -> Inventory:
    return Inventory(**arrays_of(stretches))


def test_what_somebody_said_is_cut_in_one_piece() -> None:
    made = heard([["S", "IY", "K", "AE", "T", "SIL"], ["T", "AE", "K", "D", "AE"]])
    voice = Voice(inventory(made), 0)
    saying = voice.says(("K", "AE", "T"), np.random.default_rng(0))
    assert saying is not None
    assert saying.joins == 0
    pcm = saying.pcm
    assert len(pcm) == 30 * FRAME + 2 * FADE
    inside = slice(2 * FADE, -2 * FADE)
    expected = made[0][0][20 * FRAME - FADE : 50 * FRAME + FADE]
    np.testing.assert_array_equal(pcm[inside], expected[inside])


def test_phones_nobody_said_cannot_be_joined() -> None:
    voice = Voice(inventory(heard([["K", "AE", "T"]])), 0)
    assert voice.says(("K", "OY"), np.random.default_rng(0)) is None


def test_the_same_dice_join_the_same_saying_and_others_another() -> None:
    rng = np.random.default_rng(3)
    texts = [[*rng.choice(["K", "AE", "T", "S", "N"], 30)] for _ in range(5)]
    voice = Voice(inventory(heard(texts)), 2)
    said = [voice.says(("K", "AE", "T", "S"), np.random.default_rng(i)) for i in (0, 0, 1, 2, 3)]
    sounds = [one.pcm.tobytes() for one in said if one is not None]
    assert len(sounds) == 5
    assert sounds[0] == sounds[1]
    assert len(set(sounds)) > 1


def test_a_voice_is_of_those_that_sound_alike() -> None:
    low, high = (hum(4), np.sign(hum(4)) * 5000)  # a square has far more overtones
    phones = [Phone("K", 10 * i, 10) for i in range(40)]
    kept = inventory([(pcm.astype(np.int16), phones) for pcm in (low, high, low, high)])
    assert kept.near(0, 8.0).tolist() == [0, 2]
    assert kept.near(3, 8.0).tolist() == [3, 1]
    assert len(kept.near(1, 3600)) == 4
    assert kept.seconds == 16


def test_an_inventory_in_parts_is_the_whole() -> None:
    made = heard([["K", "AE", "T"], ["S", "IY"], ["N", "OW", "SIL"]])
    whole, first, second = arrays_of(made), arrays_of(made[:2]), arrays_of(made[2:])
    behind = moved(second, len(first["spectra"]), len(first["stretches"]))
    for name in ("stretches", "timbre", "units"):
        np.testing.assert_array_equal(np.concatenate([first[name], behind[name]]), whole[name])
    assert all(not len(array) for array in arrays_of([]).values())


def test_pieces_fade_into_each_other() -> None:
    one = np.full(1000, 1000, np.float32)
    pcm = joined([one, one, one])
    assert len(pcm) == 3 * 1000 - 2 * 2 * FADE
    np.testing.assert_array_equal(pcm[2 * FADE : -2 * FADE], 1000)
    assert pcm[0] == pcm[-1] == 0
