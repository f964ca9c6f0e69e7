"""The user's own audio in the plan: every split has its own, and no sound is in two."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest
from plans import SPLITS, plan_of, recipe

from wakesmith.plan import speakers
from wakesmith.plan.background import (
    ALTERED_HOURS,
    LESSON_ROUNDS,
    Altered,
    Piece,
    altered_background,
    background_tasks,
    lessons,
)
from wakesmith.plan.banks import draw_banks
from wakesmith.plan.draws import Split
from wakesmith.plan.fingerprint import fingerprint
from wakesmith.plan.groups import Group, Take
from wakesmith.plan.own import OTHERS
from wakesmith.plan.sources import File, Sources, Suspects, split_background, split_files
from wakesmith.plan.whole import Plan
from wakesmith.recipe import Recordings
from wakesmith.recipe.sound import SPLIT_FROM
from wakesmith.stages.gather import starved


def files(count: int, seconds: float = 10.0, where: str = "a") -> tuple[File, ...]:
    return tuple(File(f"{where}/{i}.wav", f"{i:064x}", seconds) for i in range(count))


def test_files_are_split_by_content_and_not_by_name() -> None:
    shares = {"train": 0.8, "validation": 0.1, "test": 0.1}
    one = split_files(files(100), shares)  # type: ignore[arg-type]
    moved = split_files(files(100, where="b")[::-1], shares)  # type: ignore[arg-type]
    for split in one:
        assert [f.digest for f in one[split]] == [f.digest for f in moved[split]]
    assert len(one["train"]) == pytest.approx(80, abs=1)
    twice = split_files(files(10) + files(10, where="copy"), shares)  # type: ignore[arg-type]
    assert sum(map(len, twice.values())) == 10


def test_recordings_never_sit_on_both_sides() -> None:
    found = plan_of(recipe(), Sources(recordings=files(40, 2.0)))
    groups: dict[str, Group] = {g.name: g for g in found.groups if g.name.startswith("recording")}
    digests = {n: {getattr(u, "digest", "") for u in g.utterances} for n, g in groups.items()}
    assert [len(digests[f"recording-{split}"]) for split in SPLITS] == [28, 8, 4]
    for one, two in combinations(SPLITS, 2):
        assert not digests[f"recording-{one}"] & digests[f"recording-{two}"]
    assert [groups[f"recording-{split}"].keeps_audio for split in SPLITS] == [False, True, True]


def test_few_recordings_are_all_trained_on() -> None:
    for count, splits in ((SPLIT_FROM - 1, {"train"}), (SPLIT_FROM, set(SPLITS))):
        found = plan_of(recipe(), Sources(recordings=files(count, 2.0)))
        assert {g.split for g in found.groups if g.name.startswith("recording")} == splits
    for field in ("validation_share", "test_share"):
        described = Recordings.model_json_schema()["properties"][field]["description"]
        assert f"fewer than {SPLIT_FROM})" in described


@pytest.mark.parametrize(("given", "copies"), [(5, 100), (28, 71), (25, 80)])
def test_few_recordings_are_mixed_more_often(given: int, copies: int) -> None:
    """As many copies as make 2,000, at most 100; a number in the recipe is that number."""
    for chosen, expected in ((recipe(), copies), (recipe("recordings.copies=3"), 3)):
        found = plan_of(chosen, Sources(recordings=files(given, 2.0)))
        (group,) = (g for g in found.groups if g.name == "recording-train")
        assert len(group.mixes) == given * expected


def test_suspected_recordings_train_less_and_the_doubtful_are_not_held_back() -> None:
    given = files(40, 2.0)
    usual = {g.name: g for g in plan_of(recipe(), Sources(recordings=given)).groups}
    held = usual["recording-test"].utterances[0]
    first, second = usual["recording-train"].utterances[0], usual["recording-train"].utterances[-1]
    assert isinstance(held, Take)
    assert isinstance(first, Take)
    assert isinstance(second, Take)
    doubtful = frozenset({held.digest, first.digest})
    suspects = Suspects(frozenset({second.digest}), doubtful)
    found = plan_of(recipe(), Sources(recordings=given, suspects=suspects))
    groups = {g.name: g for g in found.groups}
    assert {n for n in usual if fingerprint(usual[n]) != fingerprint(groups[n])} == {
        "recording-train",
        "recording-test",
    }
    assert held not in groups["recording-test"].utterances
    count = Counter(u.digest for u in groups["recording-train"].utterances if isinstance(u, Take))
    assert sorted(set(count.values())) == [19, 77]  # 2,000 among 26 and two quarters
    assert {digest for digest, copies in count.items() if copies == 19} == {
        first.digest,
        second.digest,
    }


def test_recordings_change_no_synthetic_group() -> None:
    plan = plan_of(recipe())
    found = plan_of(recipe(), Sources(recordings=files(5, 2.0)))
    synthetic = [g for g in found.groups if not g.name.startswith("recording")]
    assert [fingerprint(g) for g in synthetic] == [fingerprint(g) for g in plan.groups]


def test_background_pieces_cover_every_file_once() -> None:
    chosen = recipe()
    rows = draw_banks(chosen, {"train": (), "validation": (), "test": ()}, ()).rows
    many = (*files(50, 7.5), File("long.wav", "f" * 64, 1000.0))
    tasks = background_tasks(chosen, many, "train", rows)
    pieces = [p for t in tasks for p in t.pieces if isinstance(p, Piece)]
    for file in many:
        mine = sorted((p.start, p.seconds) for p in pieces if p.file == file)
        assert sum(s for _, s in mine) == pytest.approx(file.seconds)
        assert all(a + s == pytest.approx(b) for (a, s), (b, _) in pairwise(mine))


BY_SPLIT: dict[Split, float] = {"train": 0.8, "validation": 0.1, "test": 0.1}


@pytest.mark.parametrize("count", [1, 3, 6])
def test_a_few_long_files_are_cut_so_that_every_split_has_some(count: int) -> None:
    found = split_background(files(count, 3600.0), BY_SPLIT)
    total = 3600.0 * count
    for split, share in BY_SPLIT.items():
        held = sum(f.seconds for f in found[split])
        assert held == pytest.approx(share * total, rel=0.05)
    for digest in {f.digest for f in found["train"]}:
        spans = sorted(
            (f.start, f.start + f.seconds) for s in found for f in found[s] if f.digest == digest
        )
        assert len(spans) == 3
        assert all(before[1] + 2.9 < after[0] for before, after in pairwise(spans))
        assert spans[-1][1] == pytest.approx(3600.0)


def test_many_files_stay_whole_and_a_short_one_is_trained_on() -> None:
    many = split_background(files(50), BY_SPLIT)
    assert many == split_files(files(50), BY_SPLIT)
    assert split_background(files(1, 20.0), BY_SPLIT)["train"] == files(1, 20.0)


def test_background_is_in_one_split_as_noise_too() -> None:
    background = tuple(File(f"b/{i}.wav", f"{i:064x}", 60.0) for i in range(20))
    noises = tuple(File(f"n/{i}.wav", f"{i + 99:064x}", 60.0) for i in range(7))
    found = plan_of(recipe(), Sources(background=background, noises=noises))
    cuts = found.banks.cuts
    rows = found.banks.rows.noise
    first = len(found.banks.noises)
    for split, held in found.background_files.items():
        mine = {cuts[row - first].digest for row in rows[split] if row >= first}
        others = {f.digest for s, fs in found.background_files.items() if s != split for f in fs}
        assert not mine & others
        assert mine & {f.digest for f in held}


@pytest.mark.parametrize(("count", "seconds"), [(20, 60.0), (1, 7200.0)])
def test_a_file_named_as_background_and_as_noise_stays_in_its_splits(
    count: int, seconds: float
) -> None:
    background = files(count, seconds)
    more = tuple(File(f"n/{i}.wav", f"{i + 99:064x}", 60.0) for i in range(7))
    found = plan_of(recipe(), Sources(background=background, noises=background + more))
    first = len(found.banks.noises)
    for split, rows in found.banks.rows.noise.items():
        cuts = [found.banks.cuts[row - first] for row in rows if row >= first]
        for other, held in found.background_files.items():
            spans = [(f.digest, f.start, f.start + f.seconds) for f in held if other != split]
            assert not [
                c
                for c in cuts
                for digest, start, end in spans
                if c.digest == digest and start < c.start + 10 and c.start < end
            ]


def test_other_content_is_another_noise_bank() -> None:
    def name(path: str, digest: str) -> str:
        noises = (File(path, digest * 64, 5.0),)
        return fingerprint(plan_of(recipe(), Sources(noises=noises)).banks)

    assert name("a.wav", "1") == name("b.wav", "1")
    assert name("a.wav", "1") != name("a.wav", "2")


def test_it_is_told_when_nothing_can_be_held_back() -> None:
    chosen = recipe()
    for seconds, told in ((20.0, ("validation", "test")), (3600.0, ())):
        sources = Sources(background=files(1, seconds))
        assert starved(chosen, sources, plan_of(chosen, sources).background_files) == told
    assert starved(chosen, Sources(), plan_of(chosen).background_files) == ()


def test_the_threshold_hears_training_background_altered_and_never_the_tests() -> None:
    short = plan_of(recipe(), Sources(background=files(40, 90.0)))
    heard = {a.piece.file.digest for a in short.altered}
    kept = short.background_files
    assert heard == {f.digest for f in (*kept["train"], *kept["validation"])}
    assert sum(a.piece.seconds for a in short.altered) == pytest.approx(90 * len(heard))
    assert all(0.8 < a.resample < 1.4 for a in short.altered)
    assert short.altered == plan_of(recipe(), Sources(background=files(40, 90.0))).altered
    assert not plan_of(recipe()).altered


def test_no_more_background_is_altered_than_the_threshold_needs() -> None:
    plan = plan_of(recipe(), Sources(background=files(20, 3_600.0)))
    seconds = [a.piece.seconds / a.resample for a in plan.altered]
    assert 0 <= sum(seconds) - ALTERED_HOURS * 3_600 <= max(seconds)
    assert 1.1 < sum(a.seconds for a in plan.altered) / sum(seconds) < 1.4  # some of it is slower
    assert len({a.piece.file.digest for a in plan.altered}) >= 15


TALK = tuple(File(f"{i}.wav", f"{i:064}", 3_600.0) for i in range(4))


def two_of_three_are_slower(pieces: Sequence[Altered], least: int) -> None:
    tempos = np.array([p.tempo for p in pieces])
    assert len(tempos) > least
    assert np.mean(tempos < 1) == pytest.approx(2 / 3, abs=3 * 0.47 / len(tempos) ** 0.5)
    assert 0.55 <= tempos.min() < 0.6
    assert tempos.max() == 1


def test_two_of_three_stretches_for_the_threshold_are_slower() -> None:
    drawn = altered_background(recipe(), TALK)
    two_of_three_are_slower(drawn, 100)
    assert drawn == altered_background(recipe(), TALK)


def test_two_of_three_lessons_are_slower() -> None:
    rows = draw_banks(recipe(), {"train": (), "validation": (), "test": ()}, ()).rows
    drawn = lessons(recipe("negatives.copies=0"), TALK, rows)
    pieces = [p for task in drawn for p in task.pieces if isinstance(p, Altered)]
    two_of_three_are_slower(pieces, 200)
    # Each time a stretch is heard it is at another.
    heard = defaultdict(set)
    for one in pieces:
        heard[one.piece].add((one.resample, one.tempo))
    rounds = [found for found in heard.values() if len(found) > 1]
    assert np.mean([len({tempo for _, tempo in found}) > 1 for found in rounds]) > 0.8


def test_a_teacher_hears_background_in_other_voices_than_the_threshold_is_set_on() -> None:
    room = File("room.wav", "f" * 64, 1500.0)
    taught = plan_of(recipe("family=both"), Sources(background=(room,)))
    alone = plan_of(recipe(), Sources(background=(room,)))
    assert alone.lessons == ()
    for unlearnt in ("micro.train.distillation=0", "micro.train.altered=0"):
        idle = plan_of(recipe("family=both", unlearnt), Sources(background=(room,)))
        assert (idle.lessons, idle.untaught) == ((), idle.altered)
    assert (alone.background, alone.altered) == (taught.background, taught.altered)
    pieces = [p for task in taught.lessons for p in task.pieces]
    assert all(isinstance(p, Altered) for p in pieces)
    assert not set(pieces) & set(taught.altered)
    held = {f.path for f in taught.background_files["train"]}
    assert {p.piece.file.path for p in pieces if isinstance(p, Altered)} <= held
    asked = {p.piece for p in pieces if isinstance(p, Altered)}
    assert asked
    assert taught.untaught
    assert not asked & {one.piece for one in taught.untaught}
    assert alone.untaught == alone.altered
    longest = max(sum(p.seconds for p in task.pieces) for task in taught.lessons)
    assert longest < 300 + 60 / 0.82 / 0.55
    # Every stretch several times, in another voice each time, and each block of them mixed.
    factors: dict[Piece, set[float]] = defaultdict(set)
    for p in pieces:
        if isinstance(p, Altered):
            factors[p.piece].add(p.resample)
    assert {len(found) for found in factors.values()} == {LESSON_ROUNDS}
    blocks = [int(sum(p.seconds for p in task.pieces) // 30) for task in taught.lessons]
    assert [len(task.mixes) for task in taught.lessons] == blocks
    assert len({mix.noise for task in taught.lessons for mix in task.mixes}) > 3
    none = plan_of(recipe("family=both", "negatives.copies=0"), Sources(background=(room,)))
    assert not any(task.mixes for task in none.lessons)


def said_by(**counts: int) -> tuple[File, ...]:
    names = [(name, i) for name, count in counts.items() for i in range(count)]
    return tuple(
        File(f"/said/{name}/{i}.wav", hashlib.sha256(f"{name} {i}".encode()).hexdigest(), 2.0)
        for name, i in names
    )


def speakers_of(found: Plan, role: str = "recording") -> dict[str, set[str]]:
    return {
        g.split: {Path(u.path).parent.name for u in g.utterances if isinstance(u, Take)}
        for g in found.groups
        if g.name.startswith(f"{role}-")
    }


def test_nobody_is_on_both_sides() -> None:
    given = said_by(anna=12, ben=4, cleo=9, dan=20, eve=6, fay=5)
    found = speakers_of(plan_of(recipe("recordings.folders=[/said]"), Sources(recordings=given)))
    assert set(found) == set(SPLITS)
    assert set.union(*found.values()) == {"anna", "ben", "cleo", "dan", "eve", "fay"}
    for one, two in combinations(SPLITS, 2):
        assert not found[one] & found[two]
    assert {"dan", "anna"} <= found["train"]  # who says most is trained on


def test_two_people_are_both_trained_on_and_one_is_split_as_before() -> None:
    two = recipe("recordings.folders=[/said]")
    assert set(speakers_of(plan_of(two, Sources(recordings=said_by(anna=20, ben=20))))) == {"train"}
    alone = said_by(anna=40)
    flat = recipe("recordings.folders=[/said/anna]")
    for chosen in (two, flat):
        groups = plan_of(chosen, Sources(recordings=alone)).groups
        kept = [fingerprint(g) for g in groups if g.name.startswith("recording")]
        assert len(kept) == len(SPLITS)
        assert kept == [
            fingerprint(g)
            for g in plan_of(recipe(), Sources(recordings=alone)).groups
            if g.name.startswith("recording")
        ]


def test_speakers_are_told() -> None:
    given = said_by(anna=20, ben=15)
    assert speakers.told(given, ["/said/anna"], 30) == ""
    assert "ben 15" in speakers.told(given, ["/said"], 30)
    assert "all are trained on" in speakers.told(given, ["/said"], 50)
    assert "one speaker alone" in speakers.told(said_by(anna=40), ["/said"], 30)


def test_recordings_of_something_else_are_near_misses_and_change_nothing_else() -> None:
    before = {g.name: fingerprint(g) for g in plan_of(recipe()).groups}
    given = said_by(anna=14, ben=3, cleo=16)
    chosen = recipe("negatives.recordings=[/said]")
    found = plan_of(chosen, Sources(other_recordings=given))
    new = [g for g in found.groups if g.name not in before]
    assert {g.name: fingerprint(g) for g in found.groups if g.name in before} == before
    assert [(g.name, g.role) for g in new] == [
        ("near_miss_recording-train", "near_miss"),
        ("near_miss_recording-test", "near_miss"),
    ]
    sides = speakers_of(found, OTHERS)
    assert not sides["train"] & sides["test"]
    few = plan_of(chosen, Sources(other_recordings=given[:5]))
    assert set(speakers_of(few, OTHERS)) == {"train"}
