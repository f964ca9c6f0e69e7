"""The plan: a function of the recipe, with splits that share nothing."""

import dataclasses
from itertools import combinations

import numpy as np
import pytest
from plans import SHARES, SPLITS, VOICES, plan_of, recipe

from wakesmith.errors import PhraseError, VoiceError
from wakesmith.phrase import pronounce
from wakesmith.plan.cast import cast, draw_voice
from wakesmith.plan.draws import Utterance
from wakesmith.plan.fingerprint import fingerprint
from wakesmith.plan.groups import SHARD
from wakesmith.plan.mixing import draw_mix
from wakesmith.plan.sources import File, Sources
from wakesmith.plan.texts import texts_of
from wakesmith.plan.whole import Plan, draw_plan
from wakesmith.recipe import load


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


def test_every_mix_has_dice_of_its_own() -> None:
    seed = 2**40 + 1  # of any size
    chosen = recipe(f"seed={seed}")
    plan = plan_of(chosen)
    mixes = next(g.mixes for g in plan.groups if g.name == "noise-train")
    noise, rooms = plan.banks.rows.noise["train"], plan.banks.rows.rooms["train"]
    for index in (0, 3):
        rng = np.random.default_rng([seed, 20, *b"noise train mix", index, 0])
        drawn = draw_mix(rng, chosen.mix, clip=-1, after=0.0, noise_rows=noise, room_rows=rooms)
        assert mixes[index] == drawn


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


def test_a_share_of_the_sayings_is_in_other_accents() -> None:
    usual = pronounce("hey saga")
    for share in (0.0, 0.4):
        texts = texts_of(recipe(f"synth.accents={share}"))
        assert sum(part for _, part in texts.phrases) == pytest.approx(1)
        others = [part for (_, phones), part in texts.phrases if phones not in ((), *usual)]
        assert sum(others) == pytest.approx(share)
        assert texts.phrases[0][0] == texts_of(recipe("synth.accents=0")).phrases[0][0]


def test_no_accent_makes_a_near_miss_of_the_phrase() -> None:
    rider = ("HH", "EY1", "R", "AY1", "D", "ER0")
    for own in ([], ["hey rider"]):
        given = (f"negatives.phrases={own}", "synth.accents=1")
        ways = texts_of(load(None, phrase="hey writer", overrides=given)).phrases
        assert (rider in [phones for (_, phones), _ in ways]) == (not own)


def test_what_must_not_fire_need_not_be_readable() -> None:
    texts = texts_of(load(None, phrase="okay betty", overrides=["negatives.phrases=['hey 42']"]))
    assert texts.own == (("hey 42", ()),)
    assert len(texts.phrases) > 8


def test_a_spelling_stands_in_for_a_phrase_that_nothing_can_read() -> None:
    with pytest.raises(PhraseError, match=r"'123'.*`spellings`"):
        texts_of(load(None, phrase="hey 123"))
    texts = texts_of(load(None, phrase="hey 123", overrides=["spellings=[hey one two three]"]))
    assert texts.phrases == ((("hey one two three", ()), 1.0),)
    misses = {miss.text for found in texts.near_misses.values() for miss in found}
    assert len(misses) > 500
    assert not {"hey 123", "hey one two three"} & misses


def test_a_spelling_is_no_near_miss() -> None:
    def misses(*overrides: str) -> set[str]:
        parts = texts_of(recipe(*overrides)).near_misses.values()
        return {miss.text for found in parts for miss in found}

    (spelling, *_) = sorted(text for text in misses() if text.startswith("hey "))
    assert spelling not in misses(f"spellings=['{spelling}']")
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


def test_a_fingerprint_leaves_out_where_files_lie() -> None:
    one = File("here.wav", "d" * 64, 1.0)
    assert fingerprint(one) == fingerprint(dataclasses.replace(one, path="there.wav"))
    assert fingerprint(one) != fingerprint(dataclasses.replace(one, seconds=2.0))
    with pytest.raises(TypeError):
        fingerprint(object())
