"""Banks of rooms and noise: simulated, synthesised, read from files, saved and opened."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from mixes import Sound, decibels

from wakesmith import audio
from wakesmith.errors import AudioError, DataError
from wakesmith.mix import NoiseBank, RoomBank, rooms_from_files, simulate_rooms, synthesise
from wakesmith.mix.rooms import DIRECT
from wakesmith.plan.mixing import KINDS, NoiseCut, NoiseDraw, RoomDraw, draw_rooms

ROOM = RoomDraw((5.0, 4.0, 2.6), 0.4, (1.0, 1.2, 1.5), (3.5, 2.8, 0.8), 0.6, 11)


def decay_time(response: Sound) -> float:
    """Seconds to lose 60 dB, by Schroeder's backward integration between -5 and -25 dB."""
    left = np.cumsum(np.square(response[::-1].astype(np.float64)))[::-1]
    level = 10 * np.log10(left / left[0] + 1e-12)
    first, last = int(np.argmax(level < -5)), int(np.argmax(level < -25))
    return 60 / 20 * (last - first) / 16_000


def test_simulated_rooms_start_with_the_direct_sound_and_have_unit_energy() -> None:
    bank = simulate_rooms(draw_rooms(np.random.default_rng(0), 20))
    assert bank.responses.shape == (20, 8000)
    np.testing.assert_allclose(np.square(bank.responses).sum(1), 1, rtol=1e-4)
    assert np.all(bank.responses[:, :DIRECT] == 0)
    near = np.abs(bank.responses[:, DIRECT : DIRECT + 1600]).max(1)
    assert np.all(bank.responses[:, DIRECT] > 0.25 * near)


@pytest.mark.parametrize("rt60", [0.2, 0.4, 0.7])
def test_a_room_decays_as_it_was_drawn(rt60: float) -> None:
    response = simulate_rooms([replace(ROOM, rt60=rt60)], 16_000).responses[0]
    assert decay_time(response) == pytest.approx(rt60, rel=0.25)


def test_a_nearer_talker_is_dryer() -> None:
    def direct_share(x: float) -> float:
        bank = simulate_rooms([replace(ROOM, source=(x, 2.8, 0.8))])
        return float(bank.responses[0, DIRECT] ** 2)

    shares = [direct_share(x) for x in (3.2, 2.5, 0.5)]
    assert shares[0] > 2 * shares[1] > 4 * shares[2]


def test_the_same_draw_is_the_same_room() -> None:
    draws = draw_rooms(np.random.default_rng(5), 3)
    again = draw_rooms(np.random.default_rng(5), 3)
    assert simulate_rooms(draws).responses.tobytes() == simulate_rooms(again).responses.tobytes()
    alone = simulate_rooms(draws[1:2]).responses
    assert alone.tobytes() == simulate_rooms(draws).responses[1:2].tobytes()


def test_a_talker_outside_the_room_is_refused() -> None:
    with pytest.raises(DataError, match="inside"):
        simulate_rooms([replace(ROOM, source=(6.0, 1.0, 1.0))])


def test_recorded_rooms_are_trimmed_at_the_direct_sound(tmp_path: Path) -> None:
    response = np.zeros(12_000)
    rng = np.random.default_rng(0)
    response[731:] = rng.standard_normal(11_269) * np.exp(-np.arange(11_269) / 1500) * 2000
    response[731] = 29_000
    audio.write(tmp_path / "hall.wav", response.astype(np.int16))
    bank = rooms_from_files([tmp_path / "hall.wav"])
    assert int(np.argmax(np.abs(bank.responses[0]))) == DIRECT
    assert np.square(bank.responses[0]).sum() == pytest.approx(1, rel=1e-4)
    early = rooms_from_files([tmp_path / "hall.wav"], 16_000).responses[0]
    assert np.all(early[11_500:] == 0)


def test_a_recording_of_noise_is_no_room(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(-9000, 9000, 16_000)
    noise[0] = 20_000
    audio.write(tmp_path / "street.wav", noise.astype(np.int16))
    with pytest.raises(AudioError, match=r"street\.wav is no room impulse response"):
        rooms_from_files([tmp_path / "street.wav"])


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_noise_is_sound_of_its_own(kind: str) -> None:
    first, again, other = (synthesise(kind, seed, 32_000) for seed in (1, 1, 2))
    assert first.dtype == np.int16
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()
    assert -40 < decibels(first) <= -19.9
    assert np.abs(first.astype(int)).max() <= 32_001


@pytest.mark.parametrize("kind", KINDS)
def test_rows_may_be_short(kind: str) -> None:
    assert len(synthesise(kind, 3, 4001)) == 4001


def test_music_is_varied() -> None:
    """Spectral centroids of pieces spread over more than an octave."""
    rows = [synthesise("music", seed, 32_000).astype(np.float64) for seed in range(12)]
    power = [np.abs(np.fft.rfft(r)) ** 2 for r in rows]
    centroids = [float((p * np.arange(len(p))).sum() / p.sum()) for p in power]
    assert max(centroids) > 2 * min(centroids)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(DataError, match="'thunder' is no kind of noise; there are white"):
        synthesise("thunder", 0, 1000)


def test_rows_cut_from_files_are_levelled_and_filled(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    long = (rng.standard_normal(48_000) * 300).astype(np.int16)
    audio.write(tmp_path / "long.wav", long)
    audio.write(tmp_path / "short.wav", long[:5000])
    path = str(tmp_path / "long.wav")
    spans = {"a": (0.0, 9.0), "b": (0.0, 9.0)}
    short = str(tmp_path / "short.wav")
    cuts = [NoiseCut(path, "a" * 64, 1.0, spans["a"]), NoiseCut(short, "b" * 64, 0.0, spans["b"])]
    bank = NoiseBank.cut(cuts, 1.5)
    assert bank.kinds == ("long.wav", "short.wav")
    assert bank.rows.shape == (2, 24_000)
    for row in bank.rows:
        assert decibels(row) == pytest.approx(-20, abs=0.1)
    assert np.corrcoef(bank.rows[0], long[16_000:40_000])[0, 1] > 0.999
    np.testing.assert_array_equal(bank.rows[1, 5000:10_000], bank.rows[1, :5000][::-1])


def test_a_silent_cut_moves_to_where_there_is_sound_within_its_span(tmp_path: Path) -> None:
    sound = np.zeros(64_000, np.int16)
    sound[33_000:47_000] = np.random.default_rng(0).integers(-3000, 3000, 14_000)
    path = str(tmp_path / "a.wav")
    audio.write(tmp_path / "a.wav", sound)
    whole, first = (NoiseCut(path, "d" * 64, 0.0, (0.0, end)) for end in (4.0, 2.0))
    bank = NoiseBank.cut([whole, first], 1.0)
    assert np.corrcoef(bank.rows[0], sound[32_000:48_000])[0, 1] > 0.99
    # Nothing but silence in the span: noise, and not the sound that another split may hold.
    assert decibels(bank.rows[1]) == pytest.approx(-20, abs=0.1)
    assert abs(np.corrcoef(bank.rows[1], sound[32_000:48_000])[0, 1]) < 0.1


def test_banks_are_saved_and_opened_as_they_were(tmp_path: Path) -> None:
    noises = NoiseBank.synthesise((NoiseDraw("white", 1), NoiseDraw("hum", 2)), 0.5)
    rooms = simulate_rooms([ROOM], 2000)
    noises.save(tmp_path)
    rooms.save(tmp_path)
    opened = NoiseBank.load(tmp_path)
    assert opened.kinds == ("white", "hum")
    np.testing.assert_array_equal(opened.rows, noises.rows)
    np.testing.assert_array_equal(RoomBank.load(tmp_path).responses, rooms.responses)


def test_banks_join_in_order() -> None:
    white, hum = (NoiseBank.synthesise((NoiseDraw(k, 1),), 0.5) for k in ("white", "hum"))
    empty = NoiseBank.synthesise(())
    joined = NoiseBank.join(white, empty, hum)
    assert joined.kinds == ("white", "hum")
    np.testing.assert_array_equal(joined.rows[1], hum.rows[0])
    with pytest.raises(DataError, match="different row lengths"):
        NoiseBank.join(white, NoiseBank.synthesise((NoiseDraw("hum", 1),), 1.0))
    assert len(NoiseBank.join(empty)) == 0


def test_what_is_no_bank_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no room bank"):
        RoomBank.load(tmp_path)
    with pytest.raises(DataError, match="no noise bank"):
        NoiseBank.load(tmp_path)
    with pytest.raises(DataError, match="float32"):
        RoomBank(np.zeros((2, 100)))  # type: ignore[arg-type]
    with pytest.raises(DataError, match="a kind a row"):
        NoiseBank(np.zeros((2, 100), np.int16), ("white",))
