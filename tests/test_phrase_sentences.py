"""Running text."""

import re

import numpy as np
import pytest

from wakesmith.errors import PhraseError
from wakesmith.phrase import sentences, words_of
from wakesmith.phrase.sentences import TEMPLATES
from wakesmith.phrase.wordlists import LISTS


def test_thousands_of_distinct_sentences_of_a_speakable_length() -> None:
    made = sentences(5000, np.random.default_rng(0))
    assert len(set(made)) == 5000
    assert all(4 <= len(words_of(text)) <= 14 for text in made)
    assert all(re.fullmatch(r"[A-Za-z' ,]+", text) for text in made)
    assert not any(re.search(r"\ban? (?=a |an )|\ba (?=[aeiou])", text) for text in made)


def test_the_same_dice_give_the_same() -> None:
    assert sentences(50, np.random.default_rng(3)) == sentences(50, np.random.default_rng(3))


@pytest.mark.parametrize("phrase", ["lamp", "the kitchen", "sun", "turn off the"])
def test_the_phrase_is_in_none(phrase: str) -> None:
    made = sentences(2000, np.random.default_rng(1), avoid=(phrase,))
    assert not any(f" {phrase} " in f" {' '.join(words_of(text))} " for text in made)


def test_homophones_are_in_none() -> None:
    made = sentences(2000, np.random.default_rng(1), avoid=("son", "weather or", "grate"))
    said = {word for text in made for word in words_of(text)}
    assert "sun" not in said
    assert "grate" not in said


def test_a_pinned_pronunciation_counts() -> None:
    pinned = (("L", "AE1", "M", "P"),)
    made = sentences(2000, np.random.default_rng(1), pronunciations=pinned)
    assert not any("lamp" in words_of(text) for text in made)


def test_too_much_avoided_is_said() -> None:
    every = tuple({word for fillers in LISTS.values() for text in fillers for word in text.split()})
    with pytest.raises(PhraseError, match="sentences could be made"):
        sentences(300, np.random.default_rng(0), avoid=sorted(every))


def test_every_slot_has_a_list_and_every_list_a_slot() -> None:
    used = {
        slot for style in TEMPLATES.values() for t in style for slot in re.findall(r"{(\w+)}", t)
    }
    assert used == set(LISTS)
