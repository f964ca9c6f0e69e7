"""The user's own audio in the plan: every split has its own, and no sound is in two."""

from itertools import combinations, pairwise

import pytest
from plans import SPLITS, plan_of, recipe

from wakesmith.plan.banks import draw_banks
from wakesmith.plan.draws import Split
from wakesmith.plan.fingerprint import fingerprint
from wakesmith.plan.groups import Group
from wakesmith.plan.own import ALTERED_HOURS, Altered, Piece, background_tasks
from wakesmith.plan.sources import File, Sources, split_background, split_files
from wakesmith.recipe import Recordings
from wakesmith.recipe.tree import SPLIT_FROM
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
    assert len({a.piece.file.digest for a in plan.altered}) >= 15


def test_a_teacher_hears_background_in_other_voices_than_the_threshold_is_set_on() -> None:
    room = File("room.wav", "f" * 64, 1500.0)
    taught = plan_of(recipe("family=both"), Sources(background=(room,)))
    alone = plan_of(recipe(), Sources(background=(room,)))
    assert alone.lessons == ()
    assert plan_of(recipe("family=both", "micro.train.distillation=0")).lessons == ()
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
    assert longest < 420
