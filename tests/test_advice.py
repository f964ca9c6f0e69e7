"""Which wake phrase to take."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from wakesmith.errors import PhraseError
from wakesmith.phrase.advice import Advice, advise, ranked
from wakesmith.tts import espeak


def found(phrase: str) -> Advice:
    return advise(phrase)


def test_the_order_is_that_of_the_recall_on_real_recordings() -> None:
    """``bench/README.md``, no recordings given: 0.842, 0.730 and 0.626 at half a false accept."""
    order = [advice.phrase for advice in ranked(["amelia", "computer", "view glass"])]
    assert order == ["view glass", "computer", "amelia"]


def test_a_word_that_no_dictionary_holds_is_said_to_be_a_guess() -> None:
    real, slip = ranked(["lemon tigr", "lemon tiger"])
    assert (real.phrase, slip.phrase) == ("lemon tiger", "lemon tigr")
    assert sum('no dictionary holds "tigr"' in reason.text for reason in slip.reasons) == 1
    pinned = advise("lemon tigr", pronunciation="L EH1 M AH0 N T AY1 G ER0")
    assert not any("dictionary" in reason.text for reason in pinned.reasons)


def test_short_and_common_words_are_hard() -> None:
    bob, saga = found("bob"), found("hey saga")
    assert bob.verdict == "hard"
    assert saga.difficulty < bob.difficulty
    assert (saga.syllables, saga.stresses, len(saga.phones)) == (3, 2, 6)
    told = " ".join(reason.text for reason in bob.reasons)
    assert "3 phonemes" in told
    assert "1 syllable:" in told


def test_the_difficulty_is_the_sum_of_its_reasons() -> None:
    for advice in ranked(["hey saga", "stop", "okay google"]):
        points = [reason.points for reason in advice.reasons]
        assert advice.difficulty == pytest.approx(sum(points), abs=0.05)
        assert points == sorted(points, reverse=True)
        assert min(points) >= 0
        assert all(reason.text for reason in advice.reasons)


def test_neighbours_are_named_with_their_distance() -> None:
    sarah = found("hey cera").neighbours[0]
    assert (sarah.text, sarah.distance) == ("hey sarah", 0.0)
    computer = found("computer")
    assert computer.neighbours[0].text == "computers"
    assert computer.an_hour > 100 * found("hey saga").an_hour
    assert all(n.text != "computer" for n in computer.neighbours)


def test_words_that_merely_share_some_sounds_are_not_held_against_a_phrase() -> None:
    """ "disgusting" holds "hey saga" but for a stressed vowel and half of another phoneme."""
    for phrase, word in (("hey saga", "saga"), ("okay betty", None), ("amelia", "million")):
        reasons = [r for r in found(phrase).reasons if "sound like it" in r.text]
        assert len(reasons) == 1
        if word is None:
            assert (reasons[0].points, reasons[0].text) == (
                0,
                "no words that sound like it are frequent enough to matter",
            )
        else:
            assert f'"{word}", at a distance of' in reasons[0].text
            assert reasons[0].points > 0


def test_a_longer_phrase_is_easier() -> None:
    assert found("hey computer").difficulty < found("computer").difficulty
    assert "shorten" in " ".join(
        r.text for r in found("hey my very own talking kitchen computer").reasons
    )


def test_what_cannot_be_read_is_named() -> None:
    with pytest.raises(PhraseError, match="42"):
        ranked(["hey saga", "hey 42"])


def test_the_command_ranks_and_explains(call: Callable[..., Result]) -> None:
    told = call("advise", "hey cera", "hey saga").output
    assert told.index("1. hey saga") < told.index("2. hey cera")
    assert "hey sarah 0.0" in told
    lines = call("advise", "hey saga", "hey cera", "--json").output.splitlines()
    first = json.loads(lines[0])
    assert (first["rank"], first["phrase"], first["syllables"]) == (1, "hey saga", 3)
    assert first["reasons"][0]["points"] > 0


SWEDISH = pytest.mark.skipif(
    not espeak.available(), reason="speaks with espeak-ng (pip install espeakng-loader)"
)
TINY = (
    "synth.positives=60",
    "synth.near_misses=24",
    "synth.speech=12",
    "synth.validation=12",
    "synth.test=12",
    "negatives.noise_minutes=0.5",
    "mix.noise_minutes=1",
    "mix.simulated_rooms=4",
    "mix.copies=1",
    "network.members=1",
    "network.layer_size=16",
    "train.steps=60",
    "train.validate_every=30",
    "train.learning_rate=0.005",
)


@SWEDISH
def test_other_languages_are_advised_on_too(call: Callable[..., Result]) -> None:
    told = call("advise", "hej saga", "inte", "--language", "sv").output
    assert told.index("1. hej saga") < told.index("2. inte")
    assert "h ɛ1 j s ɑː1 ɡ a0 (7)" in told


@SWEDISH
def test_a_quick_run_in_another_language_backs_it(call: Callable[..., Result]) -> None:
    """The whole system in Swedish: plan, voices, training, export, report."""
    overrides = [part for override in TINY for part in ("--set", override)]
    result = call("advise", "hej saga", "--language", "sv", "--fast-train", "--json", *overrides)
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout.splitlines()[-1])["quick_run"]
    assert found["recall"]["n"] == 12
    assert found["false_accepts"]["hours"] > 0
    assert "flite does not speak 'sv'" in result.stderr
    manifest = json.loads(Path("runs/hej_saga/manifest.json").read_text(encoding="utf-8"))
    assert (manifest["phrase"], manifest["language"]) == ("hej saga", "sv")
