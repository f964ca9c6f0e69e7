"""Windows come out as they were drawn: place, level, SNR, and independent of their neighbours."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mixes import NO_NOISE, NO_ROOMS, PLAIN, Sound, decibels

from wakesmith.audio import Clip
from wakesmith.errors import DataError
from wakesmith.mix import NoiseBank, RoomBank, mix, simulate_rooms
from wakesmith.plan.draws import Mix
from wakesmith.plan.mixing import NoiseDraw, draw_mix, draw_rooms
from wakesmith.recipe import MixPart

SAMPLES = 32_000


def voiced(samples: int, seed: int = 0) -> Sound:
    rng = np.random.default_rng(seed)
    sound: Sound = (rng.standard_normal(samples) * 2500).clip(-30000, 30000).astype(np.int16)
    return sound


@pytest.fixture(scope="module")
def rooms() -> RoomBank:
    return simulate_rooms(draw_rooms(np.random.default_rng(3), 6))


@pytest.fixture(scope="module")
def noises() -> NoiseBank:
    return NoiseBank.synthesise((NoiseDraw("pink", 1), NoiseDraw("white", 2)), 4.0)


@pytest.fixture(scope="module")
def clips() -> list[Clip]:
    return [Clip(voiced(n, n), n // 10, n - n // 8) for n in (9000, 14_000, 21_000, 60_000)]


def one(draw: Mix, clips: list[Clip], rooms: RoomBank, noises: NoiseBank) -> Sound:
    window: Sound = mix(clips, [draw], rooms, noises, SAMPLES)[0]
    return window


def test_windows_are_whole_int16_values_as_float32(
    clips: list[Clip], rooms: RoomBank, noises: NoiseBank
) -> None:
    loud = replace(PLAIN, level=3.0, snr=0.0, room=1)
    window = mix(clips, [PLAIN, loud], rooms, noises, SAMPLES)
    assert window.dtype == np.float32
    assert window.shape == (2, SAMPLES)
    np.testing.assert_array_equal(window, window.astype(np.int16))
    assert window[1].max() == 32767


@pytest.mark.parametrize("room", [-1, 0, 3])
@pytest.mark.parametrize("level", [-45.0, -26.0, -12.0])
def test_level_is_the_rms_over_the_span(
    level: float, room: int, clips: list[Clip], rooms: RoomBank, noises: NoiseBank
) -> None:
    window = one(replace(PLAIN, level=level, room=room), clips, rooms, noises)
    end = SAMPLES - 4000
    span = window[end - (clips[0].end - clips[0].start) : end]
    assert decibels(span) == pytest.approx(level, abs=0.1)


@pytest.mark.parametrize("snr", [-5.0, 0.0, 20.0])
@pytest.mark.parametrize("room", [-1, 2])
def test_noise_comes_out_at_the_drawn_snr(
    snr: float, room: int, clips: list[Clip], rooms: RoomBank, noises: NoiseBank
) -> None:
    dry = replace(PLAIN, level=-30.0, room=room)
    quiet = one(dry, clips, rooms, noises)
    noisy = one(replace(dry, snr=snr), clips, rooms, noises)
    assert decibels(noisy - quiet) == pytest.approx(-30.0 - snr, abs=0.1)


def test_without_a_clip_the_level_is_the_noises(rooms: RoomBank, noises: NoiseBank) -> None:
    window = one(replace(PLAIN, clip=-1, level=-33.0, snr=7.0), [], rooms, noises)
    assert decibels(window) == pytest.approx(-33.0, abs=0.05)


def test_a_window_longer_than_the_noise_row_is_filled(noises: NoiseBank) -> None:
    draw = replace(PLAIN, clip=-1, level=-30.0)
    window = mix([], [draw], NO_ROOMS, noises, 150_000)[0]
    for first in range(0, 150_000, 25_000):
        assert decibels(window[first : first + 25_000]) == pytest.approx(-30, abs=2.5)


@given(after=st.floats(-0.1, 1.4), start=st.integers(0, 3000), length=st.integers(2000, 50_000))
@settings(max_examples=25, deadline=None)
def test_the_span_ends_where_it_was_drawn_to(after: float, start: int, length: int) -> None:
    """A dry clip that cannot fit loses its beginning, or what is beyond the window."""
    pcm = voiced(start + length + 500)
    clip = Clip(pcm, start, start + length)
    window = mix([clip], [replace(PLAIN, after=after)], NO_ROOMS, NO_NOISE, SAMPLES)[0]
    end = SAMPLES - round(after * 16_000)
    expected = np.zeros(SAMPLES)
    first = end - clip.end
    seen = slice(max(0, first), min(SAMPLES, first + len(pcm)))
    expected[seen] = pcm[seen.start - first : seen.stop - first]
    assert np.corrcoef(window, expected)[0, 1] > 0.999


@pytest.mark.parametrize("after", [0.0, 0.1, 0.77, -0.05])
def test_a_room_does_not_move_the_phrase(after: float, rooms: RoomBank) -> None:
    """The direct sound of a click, the first and with 1/3 or more the largest, stays in place."""
    pcm = np.zeros(4000, np.int16)
    pcm[3000] = 30_000
    clip = Clip(pcm, 0, 3001)
    draws = [replace(PLAIN, after=after, level=-40.0, room=r) for r in range(len(rooms))]
    expected = SAMPLES - round(after * 16_000) - 1
    for window in mix([clip], draws, rooms, NO_NOISE, SAMPLES):
        if expected < SAMPLES:
            heard = np.flatnonzero(np.abs(window) > 0.3 * np.abs(window).max())
            assert heard[0] == expected


def test_reverberation_equals_a_plain_convolution(rooms: RoomBank) -> None:
    """Clips of any length, so that one, two and three FFTs are joined."""
    for length in (500, 24_000, 33_000, 70_000):
        clip = Clip(voiced(length, 5), 0, length)
        window = mix([clip], [replace(PLAIN, after=0.0, room=4)], rooms, NO_NOISE, 64_000)[0]
        wet = np.convolve(clip.pcm.astype(np.float64), rooms.responses[4])[16 : 16 + length]
        expected = np.zeros(64_000)
        expected[max(0, 64_000 - length) :] = wet[-64_000:]
        assert np.corrcoef(window, expected)[0, 1] > 0.9999


def test_the_echo_after_the_clip_is_kept(rooms: RoomBank) -> None:
    clip = Clip(voiced(8000), 0, 8000)
    window = mix([clip], [replace(PLAIN, after=0.5, room=2)], rooms, NO_NOISE, SAMPLES)[0]
    assert decibels(window[-8000:-7000]) > decibels(window[-1000:]) + 3
    assert decibels(window[-8000:-7000]) > -60


def test_any_partition_gives_the_same_bytes(
    clips: list[Clip], rooms: RoomBank, noises: NoiseBank
) -> None:
    rng = np.random.default_rng(0)
    part = MixPart(room=0.6, noise=0.8, band_limit=0.5, codec=0.5)
    draws = [
        draw_mix(
            rng,
            part,
            clip=int(rng.integers(-1, len(clips))),
            after=float(rng.uniform(-0.1, 0.5)),
            noise_rows=range(2),
            room_rows=range(len(rooms)),
        )
        for _ in range(150)
    ]
    whole = mix(clips, draws, rooms, noises, SAMPLES)
    for size in (1, 7, 64):
        cuts = [draws[i : i + size] for i in range(0, len(draws), size)]
        parts = np.concatenate([mix(clips, cut, rooms, noises, SAMPLES) for cut in cuts])
        assert whole.tobytes() == parts.tobytes()
    backwards = mix(clips, draws[::-1], rooms, noises, SAMPLES)[::-1]
    assert whole.tobytes() == backwards.tobytes()


def test_long_background_is_mixed_as_one_clip(rooms: RoomBank, noises: NoiseBank) -> None:
    block = voiced(200_000)
    draw = replace(PLAIN, after=0.0, level=-28.0, room=1, snr=20.0)
    window = mix([Clip(block, 0, len(block))], [draw], rooms, noises, len(block))[0]
    assert decibels(window) == pytest.approx(-28, abs=0.2)
    assert np.abs(window).min() < np.abs(window).max() < 32767


def test_silence_is_never_digital(clips: list[Clip]) -> None:
    window = one(PLAIN, clips, NO_ROOMS, NO_NOISE)
    before = window[:8000]
    assert 0.5 < before.std() < 2
    assert np.abs(before).max() < 8


def test_a_span_outside_the_window_leaves_the_noise(noises: NoiseBank) -> None:
    clip = Clip(voiced(5000), 0, 5000)
    draw = replace(PLAIN, after=-1.0, snr=10.0, level=-20.0)
    window = mix([clip], [draw], NO_ROOMS, noises, SAMPLES)[0]
    assert decibels(window) == pytest.approx(-30, abs=0.1)


def test_no_draws_give_no_windows(clips: list[Clip]) -> None:
    assert mix(clips, [], NO_ROOMS, NO_NOISE, SAMPLES).shape == (0, SAMPLES)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"clip": 9}, "clip 9, but there are 4"),
        ({"room": 6}, "room 6, but there are 6"),
        ({"snr": 3.0, "noise": 2}, "noise 2, but there are 2"),
        ({"clip": -1, "noise": 5}, "noise 5, but there are 2"),
    ],
)
def test_what_is_not_there_is_said(
    wrong: dict[str, float],
    message: str,
    clips: list[Clip],
    rooms: RoomBank,
    noises: NoiseBank,
) -> None:
    draw = Mix(**{**vars(PLAIN), **wrong})
    with pytest.raises(DataError, match=f"mix 1 asks for {message}"):
        mix(clips, [PLAIN, draw], rooms, noises, SAMPLES)
