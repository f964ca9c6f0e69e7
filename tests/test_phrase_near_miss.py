"""Near misses: never the phrase, distinct, balanced, split without a leak."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wakesmith.errors import PhraseError
from wakesmith.phrase import NearMiss, candidates, near_misses, pronounce, split
from wakesmith.phrase.arpabet import CONSONANTS, VOWELS, bare
from wakesmith.phrase.distance import COSTS, distance, distances, encode
from wakesmith.phrase.near_miss import FLOOR, floor_of
from wakesmith.phrase.tongue import english
from wakesmith.phrase.vocabulary import vocabulary

BARE = st.lists(st.sampled_from((*VOWELS, *CONSONANTS)), min_size=1, max_size=4).map(tuple)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def saga() -> tuple[NearMiss, ...]:
    return near_misses("hey saga", pronounce("hey saga"), 1200, rng())


def test_as_many_as_asked_and_all_distinct(saga: tuple[NearMiss, ...]) -> None:
    assert len(saga) == 1200
    assert len({miss.text for miss in saga}) == 1200
    assert len({bare(miss.phones) for miss in saga}) == 1200


def test_none_is_the_phrase_or_holds_it(saga: tuple[NearMiss, ...]) -> None:
    for phrase, misses in (("hey saga", saga), ("bob", _of("bob")), ("computer", _of("computer"))):
        said = pronounce(phrase)
        for miss in misses:
            assert miss.text != phrase
            table = encode([miss.phones])
            floor = floor_of(miss.kind, said)
            assert min(distances(p, table, within=True)[0] for p in said) >= floor
            assert miss.distance >= floor
    assert floor_of("word", pronounce("computer")) == FLOOR


def test_every_pronunciation_of_the_phrase_counts() -> None:
    # A phrase that may be said in two ways: the one way is no near miss of the other.
    said = (*pronounce("hey saga"), *pronounce("hey sarah"))
    texts = {miss.text for miss in near_misses("hey saga", said, 800, rng())}
    assert "hey sarah" not in texts


@pytest.mark.parametrize("phrase", ["computer", "bob", "view glass", "okay nabu"])
def test_short_and_long_phrases_have_enough(phrase: str) -> None:
    assert len(_of(phrase, 1000)) == 1000


def test_kinds_are_balanced(saga: tuple[NearMiss, ...]) -> None:
    counts = {kind: sum(miss.kind == kind for miss in saga) for kind in {m.kind for m in saga}}
    assert {"across", "part", "order", "single", "company", "rhythm"} == set(counts)
    assert max(counts.values()) < 0.45 * len(saga)
    closer = near_misses("hey saga", pronounce("hey saga"), 1200, rng(), floor=1.0)
    assert {"word", "sound"} <= {miss.kind for miss in closer}
    assert "word" in {miss.kind for miss in _of("hey jarvis", 200)}


def test_what_everybody_would_think_of_is_among_the_candidates(
    saga: tuple[NearMiss, ...],
) -> None:
    texts = {miss.text for miss in saga}
    assert {"saga", "hey", "saga hey"} <= texts
    assert any(miss.text.startswith("hey ") and miss.kind == "company" for miss in saga)


def test_common_words_that_run_together_sound_more_like_it_than_others_do() -> None:
    found = _of("view glass", 1200)
    across = [miss for miss in found if miss.kind == "across"]
    others = [miss.distance for miss in found if miss.kind == "rhythm"]
    common = set(vocabulary().words[:1500])
    for miss in across:
        words = miss.text.split()
        assert 2 <= len(words) <= 4
        assert common.issuperset(words)
        assert bare(miss.phones) == tuple(p for word in words for p in _read_as_common(word))
    assert len(across) > 0.3 * len(found)
    assert np.median([m.distance for m in across]) < 0.75 * np.median(others)


def test_a_long_phrase_is_cut_into_words_in_some_of_all_ways() -> None:
    """33 phonemes can be cut into four words in 4,960 ways, with 256 texts of each."""
    phones = pronounce("hey my very own talking kitchen computer")[0]
    tongue = english()
    made = list(candidates.across((phones,), tongue, rng()))
    assert 1_000 < len({text for text, _ in made}) <= len(made) <= 32 * (256 + 512 + 256)
    assert made == list(candidates.across((phones,), tongue, rng()))
    assert list(candidates.across((("AA1",),), tongue, rng())) == []  # nothing to cut


def test_the_same_dice_give_the_same(saga: tuple[NearMiss, ...]) -> None:
    assert near_misses("hey saga", pronounce("hey saga"), 1200, rng()) == saga
    assert near_misses("hey saga", pronounce("hey saga"), 1200, rng(1)) != saga


def test_custom_phrases_are_all_there_and_left_as_written() -> None:
    asked = ("Hey Sega", "alexa", "xqzt!?")
    found = near_misses("hey saga", pronounce("hey saga"), 20, rng(), custom=asked)
    custom = [miss for miss in found if miss.kind == "custom"]
    assert {miss.text for miss in custom} == set(asked)
    assert len(found) == 20
    assert all(not miss.phones for miss in custom)


@pytest.mark.parametrize("own", ["Hey, saga!", "hay saga"])
def test_the_phrase_itself_as_custom_negative_is_an_error(own: str) -> None:
    with pytest.raises(PhraseError, match=r"negatives\.phrases"):
        near_misses("hey saga", pronounce("hey saga"), 5, rng(), custom=[own])


@settings(deadline=None, max_examples=40)
@given(BARE, BARE)
def test_distance_is_a_distance(a: tuple[str, ...], b: tuple[str, ...]) -> None:
    there, back = distance(a, b), distance(b, a)
    assert there == pytest.approx(back, abs=1e-5)
    assert distance(a, a) == 0
    assert (there < 1e-6) == (a == b)
    assert there == pytest.approx(_slow(a, b), abs=1e-4)


def _slow(a: tuple[str, ...], b: tuple[str, ...]) -> float:
    """The recurrence, written down as it stands: the twin of the vectorised one."""
    from wakesmith.phrase.distance import DROPS, SYMBOLS

    def drop(phone: str) -> float:
        return float(DROPS[SYMBOLS.index(phone)])

    if not a or not b:
        return sum(map(drop, a + b))
    cost = float(COSTS[SYMBOLS.index(a[-1]), SYMBOLS.index(b[-1])])
    return min(
        _slow(a[:-1], b[:-1]) + cost, _slow(a[:-1], b) + drop(a[-1]), _slow(a, b[:-1]) + drop(b[-1])
    )


@settings(deadline=None, max_examples=40)
@given(BARE, BARE, BARE)
def test_a_phrase_is_found_within(
    a: tuple[str, ...], b: tuple[str, ...], c: tuple[str, ...]
) -> None:
    assert distances(b, encode([(*a, *b, *c)]), within=True)[0] == 0


def test_close_sounds_are_close() -> None:
    assert distance(("S",), ("Z",)) < distance(("S",), ("T",)) < distance(("S",), ("M",))
    assert distance(("IY",), ("IH",)) < distance(("IY",), ("AA",))
    assert (COSTS == COSTS.T).all()


@given(st.lists(st.sampled_from([*"abcdABefghij"])), st.integers(0, 5))
def test_splits_share_no_text(items: list[str], seed: int) -> None:
    parts = split(items, (0.7, 0.15, 0.15), rng(seed))
    assert sorted(item for part in parts for item in part) == sorted(items)
    seen = [{item.casefold() for item in part} for part in parts]
    assert not seen[0] & seen[1]
    assert not seen[0] & seen[2]
    assert not seen[1] & seen[2]


def test_splits_share_no_sound(saga: tuple[NearMiss, ...]) -> None:
    there = NearMiss("there", ("DH", "EH1", "R"), "word", 1.0)
    their = NearMiss("their", ("DH", "EH1", "R"), "word", 1.0)
    chained = NearMiss("their", ("TH", "EH1", "R"), "word", 1.0)
    for seed in range(20):
        parts = split((there, *saga[:30], their, chained), (1, 1, 1), rng(seed))
        homes = [i for i, p in enumerate(parts) for m in p if m in (there, their, chained)]
        assert len(homes) == 3
        assert len(set(homes)) == 1
    train, validation, test = split(saga, (0.7, 0.15, 0.15), rng())
    assert (len(train), len(validation), len(test)) == (840, 180, 180)


def _read_as_common(word: str) -> tuple[str, ...]:
    known = vocabulary()
    return bare(known.phones[known.words.index(word)])


def _of(phrase: str, count: int = 300) -> tuple[NearMiss, ...]:
    return near_misses(phrase, pronounce(phrase), count, rng())
