"""Counts as people write them."""

import re
from pathlib import Path

import pytest

import wakesmith
from wakesmith.words import count_of, minutes_of


@pytest.mark.parametrize(
    ("number", "told"), [(0, "0 files"), (1, "1 file"), (2, "2 files"), (1000, "1000 files")]
)
def test_one_is_one_and_all_else_is_many(number: int, told: str) -> None:
    assert count_of(number, "file") == told


def test_what_takes_more_than_an_s_is_given() -> None:
    assert count_of(1, "entry is", "entries are") == "1 entry is"
    assert count_of(3, "entry is", "entries are") == "3 entries are"


@pytest.mark.parametrize(
    ("minutes", "told"),
    [
        (0.0, "0 seconds"),
        (0.04, "2 seconds"),
        (0.44, "0.4 minutes"),
        (9.94, "9.9 minutes"),
        (9.96, "10 minutes"),
        (61.4, "61 minutes"),
    ],
)
def test_short_times_have_a_decimal(minutes: float, told: str) -> None:
    assert minutes_of(minutes) == told


def test_lengths_are_counted_in_one_place() -> None:
    """A text that counts a collection's things itself says "1 files" some day."""
    things = "clip|entr|file|recording|row|saying|speaker|snippet|spectrogram|voice|window"
    alone = re.compile(rf"\{{len\([^{{}}]*\)\}} ({things})")
    for path in Path(wakesmith.__file__).parent.rglob("*.py"):
        assert not alone.findall(path.read_text(encoding="utf-8")), path
