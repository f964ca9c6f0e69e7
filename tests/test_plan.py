"""The plan: a function of the recipe, with splits that share nothing."""

import dataclasses
from itertools import combinations, pairwise

import pytest

from wakesmith.errors import PhraseError, VoiceError
from wakesmith.plan.banks import draw_banks
from wakesmith.plan.cast import cast, draw_voice
from wakesmith.plan.draws import Split, Utterance
from wakesmith.plan.fingerprint import fingerprint
from wakesmith.plan.groups import SHARD, Group
from wakesmith.plan.own import background_tasks
from wakesmith.plan.sources import File, Sources, split_background, split_files
from wakesmith.plan.texts import texts_of
from wakesmith.plan.whole import Plan, draw_plan
from wakesmith.recipe import Recipe, Recordings, load
from wakesmith.recipe.tree import SPLIT_FROM

SIZES = ("positives=150", "near_misses=120", "speech=40", "validation=40", "test=40")
VOICES = {
    "flite": ("awb", "kal16", "rms", "slt"),
    "espeak": tuple(f"gmw/en-{a}+{v}" for a in ("US", "GB") for v in "abcdefghijkl"),
}
SHARES = {"flite": 0.85, "espeak": 0.15}
SPLITS = ("train", "validation", "test")


def recipe(*overrides: str) -> Recipe:
    sizes = [f"synth.{size}" for size in SIZES]
    return load(None, phrase="hey saga", preset="quick", overrides=[*sizes, *overrides])


def plan_of(chosen: Recipe, sources: Sources | None = None) -> Plan:
    return draw_plan(chosen, sources or Sources(), VOICES, SHARES, ("espeak",))


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_of(recipe())


def spoken(plan: Plan, split: str) -> list[Utterance]:
    groups = [g for g in plan.groups if g.split == split]
    return [u for g in groups for u in g.utterances if isinstance(u, Utterance)]


def test_the_same_recipe_gives_the_same_plan(plan: Plan) -> None:
    again = plan_of(recipe())
    assert fingerprint(again) == fingerprint(plan)
    assert again == plan


def test_another_seed_gives_another_plan(plan: Plan) -> None:
    other = plan_of(recipe("seed=1"))
    for one, two in zip(plan.groups, other.groups, strict=True):
        assert fingerprint(one) != fingerprint(two), one.name


def test_more_clips_leave_the_first_ones_as_they_are(plan: Plan) -> None:
    more = plan_of(recipe("synth.positives=200"))
    few = plan.groups[0]
    many = more.groups[0]
    assert (few.name, len(few.utterances), len(many.utterances)) == ("positive-train", 150, 200)
    assert many.utterances[:150] == few.utterances
    assert many.mixes[: len(few.mixes)] == few.mixes


def test_splits_share_no_voice(plan: Plan) -> None:
    voices = {split: {(u.engine, u.voice) for u in spoken(plan, split)} for split in SPLITS}
    for one, two in combinations(SPLITS, 2):
        assert not voices[one] & voices[two]


def test_splits_share_no_near_miss_and_no_sentence(plan: Plan) -> None:
    for role, splits in (("near_miss", ("train", "test")), ("speech", SPLITS)):
        texts = {
            split: {
                u.text
                for g in plan.groups
                if g.name == f"{role}-{split}"
                for u in g.utterances
                if isinstance(u, Utterance)
            }
            for split in splits
        }
        assert all(texts.values())
        for one, two in combinations(splits, 2):
            assert not texts[one] & texts[two]


OWN = ("hey sega", "alexa", "okay saga")


@pytest.mark.parametrize(("near_misses", "own"), [(120, 36), (300, 60), (1200, 180)])
def test_your_negative_phrases_are_always_trained_on_and_tested(near_misses: int, own: int) -> None:
    found = plan_of(recipe(f"negatives.phrases={list(OWN)}", f"synth.near_misses={near_misses}"))
    said = {  # a comma is a short pause
        g.name: [u.text.replace(",", "") for u in g.utterances if isinstance(u, Utterance)]
        for g in found.groups
    }
    counts = [said["near_miss-train"].count(text) for text in OWN]
    assert len(said["near_miss-train"]) == near_misses
    assert sum(counts) == own
    assert max(counts) - min(counts) <= 1
    # The test has a group of its own for them, beside as many near misses as ever.
    assert [said["own-test"].count(text) for text in OWN] == [4, 4, 4]
    assert len(said["near_miss-test"]) == 40
    assert not set(OWN) & set(said["near_miss-test"])
    own_voices, train = (
        {(u.engine, u.voice) for g in found.groups if g.name == name for u in g.utterances}  # type: ignore[union-attr]
        for name in ("own-test", "near_miss-train")
    )
    assert not own_voices & train


def test_no_negative_phrase_is_no_group(plan: Plan) -> None:
    assert "own-test" not in {g.name for g in plan.groups}


def test_splits_share_no_room_and_no_noise(plan: Plan) -> None:
    for rows in (plan.banks.rows.noise, plan.banks.rows.rooms):
        for one, two in combinations(SPLITS, 2):
            assert not set(rows[one]) & set(rows[two])  # type: ignore[index]
    for group in plan.groups:
        for mix in group.mixes:
            if mix.snr < float("inf"):
                assert mix.noise in plan.banks.rows.noise[group.split]


def test_shards_are_the_group_in_pieces(plan: Plan) -> None:
    for group in plan.groups:
        shards = group.shards()
        assert [u for s in shards for u in s.utterances] == list(group.utterances)
        assert sum(len(s.mixes) for s in shards) == len(group.mixes)
        for shard in shards:
            assert len(shard.mixes) <= SHARD * 4
            assert all(-1 <= m.clip < max(1, len(shard.utterances)) for m in shard.mixes)


def test_several_mixes_of_a_saying_stay_in_its_shard() -> None:
    group = plan_of(recipe("mix.copies=3")).groups[0]
    assert len(group.mixes) == 450
    whole = [(group.utterances[m.clip], m.after) for m in group.mixes]
    parts = [(s.utterances[m.clip], m.after) for s in group.shards() for m in s.mixes]
    assert parts == whole


def test_a_pinned_pronunciation_is_spoken_by_every_positive() -> None:
    plan = plan_of(recipe("pronunciations=['HH EY1 S AA1 G AH0']"))
    said = {u.phones for u in spoken(plan, "train") if u.text == "hey saga"}
    assert said == {("HH", "EY1", "S", "AA1", "G", "AH0")}


def test_a_spelling_stands_in_for_a_phrase_that_nothing_can_read() -> None:
    with pytest.raises(PhraseError, match=r"'123'.*`spellings`"):
        texts_of(load(None, phrase="hey 123"))
    texts = texts_of(load(None, phrase="hey 123", overrides=["spellings=[hey one two three]"]))
    assert texts.phrases == ((("hey one two three", ()), 1.0),)
    misses = {miss.text for found in texts.near_misses.values() for miss in found}
    assert len(misses) > 500
    assert not {"hey 123", "hey one two three"} & misses


def test_a_spelling_is_no_near_miss() -> None:
    names = {"hey seen", "hey seems"}
    for spellings, left in (([], names), (["hey seen"], set())):
        texts = texts_of(recipe(f"spellings={spellings}"))
        misses = {miss.text for found in texts.near_misses.values() for miss in found}
        assert misses & names == left
    for own in ("Hey, seen!", "hey scene"):
        with pytest.raises(PhraseError, match=rf"{own}.*negatives\.phrases"):
            texts_of(recipe("spellings=['hey seen']", f"negatives.phrases=['{own}']"))


def test_one_engine_alone_still_keeps_voices_apart() -> None:
    for voices, generates in (({"flite": VOICES["flite"]}, ()), ({"espeak": ()}, ("espeak",))):
        parts = cast(voices, {"flite": 1.0, "espeak": 1.0}, generates, seed=0)
        names = {s: {v for p in parts[s] for v in p.voices} for s in parts}
        seeds = {s: {n for p in parts[s] for n in p.generated} for s in parts}
        for split in parts:
            assert names[split] or seeds[split], split
        for one, two in combinations(parts, 2):
            assert not names[one] & names[two]
            assert not seeds[one] & seeds[two]


@pytest.mark.parametrize(
    ("voices", "mute"),
    [
        ({"flite": ("slt",)}, "validation and the test"),
        ({"flite": ("slt", "awb")}, "the test"),
        ({"flite": ("slt", "awb"), "espeak": ("en-us+f1", "en-gb+m1")}, "the test"),
        ({"espeak": tuple(f"en-{i}+f3" for i in range(9))}, "validation and the test"),
    ],
)
def test_too_few_voices_are_an_error(voices: dict[str, tuple[str, ...]], mute: str) -> None:
    with pytest.raises(VoiceError, match=f"left for {mute}:") as caught:
        draw_plan(recipe(), Sources(), voices, SHARES, ())
    assert "at least 3 voices of one engine under `synth.voices`" in str(caught.value)
    assert all(name in str(caught.value) for names in voices.values() for name in names)


@pytest.mark.parametrize(
    "voices",
    [
        {"flite": ("slt", "rms", "awb")},
        {"flite": ("slt", "rms", "awb"), "espeak": tuple(f"en-{i}+f3" for i in range(9))},
        {"espeak": ("en-us+f1", "en-gb+f1", "en-us+m1", "en-us+m2", "en-gb+m2")},
    ],
)
def test_three_voices_of_one_engine_are_enough(voices: dict[str, tuple[str, ...]]) -> None:
    parts = cast(voices, SHARES, (), seed=0)
    timbres = {s: {v.partition("+")[2] or v for p in parts[s] for v in p.voices} for s in parts}
    assert all(timbres.values())
    for one, two in combinations(parts, 2):
        assert not timbres[one] & timbres[two]
    plan = draw_plan(recipe(), Sources(), voices, SHARES, ())
    asked = {(engine, name) for engine, names in voices.items() for name in names}
    assert {(u.engine, u.voice) for split in SPLITS for u in spoken(plan, split)} <= asked


def test_the_shares_of_engines_are_kept(plan: Plan) -> None:
    import numpy as np

    parts = cast(VOICES, SHARES, ("espeak",), seed=0)["train"]
    rng = np.random.default_rng(0)
    drawn = [draw_voice(rng, parts)[0] for _ in range(2000)]
    assert drawn.count("flite") / len(drawn) == pytest.approx(0.85, abs=0.03)


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


def test_recordings_change_no_synthetic_group(plan: Plan) -> None:
    found = plan_of(recipe(), Sources(recordings=files(5, 2.0)))
    synthetic = [g for g in found.groups if not g.name.startswith("recording")]
    assert [fingerprint(g) for g in synthetic] == [fingerprint(g) for g in plan.groups]


def test_background_pieces_cover_every_file_once() -> None:
    chosen = recipe()
    rows = draw_banks(chosen, {"train": (), "validation": (), "test": ()}, ()).rows
    many = (*files(50, 7.5), File("long.wav", "f" * 64, 1000.0))
    tasks = background_tasks(chosen, many, "train", rows)
    pieces = [p for t in tasks for p in t.pieces]
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


def test_other_content_is_another_noise_bank() -> None:
    def name(path: str, digest: str) -> str:
        noises = (File(path, digest * 64, 5.0),)
        return fingerprint(plan_of(recipe(), Sources(noises=noises)).banks)

    assert name("a.wav", "1") == name("b.wav", "1")
    assert name("a.wav", "1") != name("a.wav", "2")


def test_a_fingerprint_leaves_out_where_files_lie() -> None:
    one = File("here.wav", "d" * 64, 1.0)
    assert fingerprint(one) == fingerprint(dataclasses.replace(one, path="there.wav"))
    assert fingerprint(one) != fingerprint(dataclasses.replace(one, seconds=2.0))
    with pytest.raises(TypeError):
        fingerprint(object())
