"""The dice of mixing keep to the recipe, and to their number."""

from itertools import pairwise
from math import isfinite

import numpy as np
import pytest

from wakesmith.plan.draws import Mix
from wakesmith.plan.mixing import KINDS, draw_cuts, draw_mix, draw_noises, draw_rooms
from wakesmith.plan.sources import File
from wakesmith.recipe import MixPart


def drawn(part: MixPart, count: int = 2000, clip: int = 0) -> list[Mix]:
    rng = np.random.default_rng(0)
    return [
        draw_mix(rng, part, clip=clip, after=0.1, noise_rows=(4, 7), room_rows=range(10, 30))
        for _ in range(count)
    ]


def share(found: list[bool]) -> float:
    return sum(found) / len(found)


def test_shares_and_ranges_are_the_recipes() -> None:
    part = MixPart(room=0.7, noise=0.4, snr=(2, 12), level=(-40, -20), tilt=(-1, 3), codec=0.25)
    mixes = drawn(part)
    assert share([m.room >= 0 for m in mixes]) == pytest.approx(0.7, abs=0.04)
    assert share([isfinite(m.snr) for m in mixes]) == pytest.approx(0.4, abs=0.04)
    assert share([m.codec != "none" for m in mixes]) == pytest.approx(0.25, abs=0.04)
    assert {m.noise for m in mixes if isfinite(m.snr)} == {4, 7}
    assert {m.room for m in mixes} <= {-1, *range(10, 30)}
    assert all(2 <= m.snr <= 12 for m in mixes if isfinite(m.snr))
    assert all(-40 <= m.level <= -20 and -1 <= m.tilt <= 3 for m in mixes)
    assert all(0 <= m.noise_at < 1 for m in mixes)
    assert {m.codec for m in mixes} == {"none", "mulaw", "bits", "telephone"}


def test_devices_limit_the_band_where_devices_do() -> None:
    mixes = drawn(MixPart(band_limit=0.5))
    low = [m.low_cut for m in mixes if m.low_cut > 0]
    high = [m.high_cut for m in mixes if m.high_cut < 8000]
    assert 60 <= min(low) < 100 < 300 < max(low) <= 400
    assert 3400 <= min(high) < 4000 < 7000 < max(high) <= 7500
    limited = share([m.low_cut > 0 or m.high_cut < 8000 for m in mixes])
    assert limited == pytest.approx(0.5, abs=0.05)
    assert all(m.drive == 0 for m in mixes if m.low_cut == 0 and m.high_cut == 8000)


def test_nothing_is_drawn_of_what_is_switched_off() -> None:
    for m in drawn(MixPart(room=0, noise=0, band_limit=0, codec=0, tilt=(0, 0)), 200):
        assert (m.room, m.snr, m.tilt, m.codec) == (-1, float("inf"), 0, "none")
        assert (m.low_cut, m.high_cut, m.drive) == (0, 8000, 0)


def test_without_a_clip_there_is_always_noise_and_no_room() -> None:
    mixes = drawn(MixPart(noise=0), 100, clip=-1)
    assert all(isfinite(m.snr) and m.room == -1 for m in mixes)
    with pytest.raises(ValueError, match="needs a row of noise"):
        draw_mix(
            np.random.default_rng(0),
            MixPart(),
            clip=-1,
            after=0.0,
            noise_rows=(),
            room_rows=(),
        )


def test_the_same_dice_give_the_same_mix() -> None:
    assert drawn(MixPart(), 50) == drawn(MixPart(), 50)


def test_rooms_are_rooms_one_can_stand_in() -> None:
    for room in draw_rooms(np.random.default_rng(1), 200):
        assert 0.1 <= room.rt60 <= 0.9
        for place in (room.source, room.microphone):
            assert all(0 < p < s for p, s in zip(place, room.size, strict=True))


def test_every_kind_of_noise_is_drawn_by_its_weight() -> None:
    kinds = [d.kind for d in draw_noises(np.random.default_rng(0), 100)]
    assert len(kinds) == 100
    assert set(kinds) == set(KINDS)
    assert kinds.count("music") == max(kinds.count(k) for k in KINDS)
    seeds = {d.seed for d in draw_noises(np.random.default_rng(0), 100)}
    assert len(seeds) == 100


def test_cuts_take_every_file_and_do_not_overlap() -> None:
    lengths = {"a": 95.0, "b": 4.0, "c": 31.0}
    files = [File(path, path * 64, seconds) for path, seconds in lengths.items()]
    cuts = draw_cuts(np.random.default_rng(0), files, 10.0, 6)
    assert len(cuts) == 6
    assert {c.path for c in cuts} == {"a", "b", "c"}
    everything = draw_cuts(np.random.default_rng(0), files, 10.0, 100)
    assert len(everything) == 9 + 1 + 3
    for path in lengths:
        starts = sorted(c.start for c in everything if c.path == path)
        assert all(b - a >= 9.99 for a, b in pairwise(starts))
        assert starts[-1] + 10 <= lengths[path] + 1e-6 or path == "b"
