"""Voices that say the phrase otherwise than the others."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

from wakesmith.events import Event, Warned, silent
from wakesmith.flow.audit import audited
from wakesmith.measure.agreement import FRAMES, disagreement, stretched
from wakesmith.phrase.arpabet import is_vowel
from wakesmith.plan.audition import SPEEDS, audition, contrasts
from wakesmith.recipe import Recipe
from wakesmith.stages import audit
from wakesmith.stages.pack import deploy, recipe_values
from wakesmith.store import Store, named_in

PHONES = ("HH", "EY1", "S", "AA1", "G", "AH0")
AMERICAN = tuple(f"en-us+{v}" for v in ("f1", "f2", "f3", "f4", "m1", "m2", "m3", "m4", "m5"))


def sayings(voices: int = 40, texts: int = 5) -> np.ndarray:
    """Embeddings of voices that differ far more than one sound of a phrase does."""
    rng = np.random.default_rng([2])
    own = rng.normal(0, 1.0, (voices, 1, 1, 96))
    said = rng.normal(0, 1.0, (1, texts, FRAMES, 96))
    return (own + said + rng.normal(0, 0.1, (voices, texts, FRAMES, 96))).astype(np.float32)


def test_one_sound_that_is_otherwise_is_found_beneath_the_voices() -> None:
    said = sayings()
    said[7, 0, 5:9] += np.random.default_rng([3]).normal(0, 0.5, (4, 96))
    found = disagreement(said)
    assert found.argmax() == 7
    assert found[7] > audit.SUSPICIOUS
    assert found[7] > 3 * np.sort(found)[-2]
    # The same against the other voices alone drowns in what is each voice's own.
    assert disagreement(said[:, :1])[7] < audit.SUSPICIOUS


def test_a_saying_is_stretched_from_its_beginning_to_its_end() -> None:
    frames = np.repeat(np.arange(40, dtype=np.float32)[:, None], 96, 1)
    short, long = (stretched(frames, 6, 1280 * chunks)[:, 0] for chunks in (5, 12))
    assert (short[0], short[-1]) == (7.0, 18.0)
    assert (long[0], long[-1]) == (7.0, 25.0)
    assert np.allclose(np.diff(long), (25 - 7) / (FRAMES - 1))


def test_contrasts_change_one_phone_each_from_beginning_to_end() -> None:
    made = contrasts(PHONES)
    changed = [[i for i, (a, b) in enumerate(zip(PHONES, c, strict=True)) if a != b] for c in made]
    assert changed == [[0], [2], [3], [5]]
    for places, contrast in zip(changed, made, strict=True):
        was, now = PHONES[places[0]], contrast[places[0]]
        assert is_vowel(was) == is_vowel(now)
        assert was[-1:].isdigit() == now[-1:].isdigit()
    assert contrasts(()) == ()
    assert len(contrasts(("AH0", "B"))) == 2


def test_many_voices_are_heard_at_one_speed() -> None:
    def speeds(count: int) -> tuple[float, ...]:
        voices = {"espeak": tuple(map(str, range(count)))}
        return audition(voices, "hey saga", PHONES, PHONES).speeds

    assert speeds(100) == SPEEDS
    assert speeds(900) == SPEEDS[:1]


def heard(folder: Path, voices: tuple[str, ...], workers: int = 1) -> tuple[audit.Heard, ...]:
    """The British say lieutenant with an F; read from text, voices do as their accent does."""
    phones = ("L", "UW0", "T", "EH1", "N", "AH0", "N", "T")
    drawn = audition({"espeak": voices}, "lieutenant", (), phones)
    folder.mkdir()
    audit.audit(folder, replace(drawn, speeds=(1.0,)), phones, workers, silent)
    return audit.load(folder)


def test_a_voice_that_reads_it_otherwise_is_left_out_and_so_is_a_mute_one(tmp_path: Path) -> None:
    voices = (*AMERICAN, "en-us+nobody", "en-gb+m6")
    found = heard(tmp_path / "one", voices)
    out = {one.voice: one.against[0] for one in found if not one.passed}
    assert out.keys() == {"en-us+nobody", "en-gb+m6"}
    assert out["en-gb+m6"].startswith("says it unlike the others")
    assert "has no voice" in out["en-us+nobody"]
    assert audit.passed({"espeak": voices}, found) == {"espeak": AMERICAN}
    assert sorted(p.suffix for p in (tmp_path / "one").iterdir()) == [".json"] + [".wav"] * 10
    heard(tmp_path / "two", voices, workers=2)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_too_few_voices_are_not_compared(tmp_path: Path) -> None:
    found = heard(tmp_path / "few", (*AMERICAN[:3], "en-gb+m6"))
    assert [one.disagreement for one in found] == [0.0] * 4
    assert all(one.passed for one in found)


def test_what_an_engine_reads_is_held_against_what_is_meant(tmp_path: Path) -> None:
    drawn = audition({"flite": ("kal16",)}, "saga", (), ("B", "AH0", "N", "AE1", "N", "AH0"))
    (tmp_path / "misread").mkdir()
    audit.audit(tmp_path / "misread", drawn, ("B", "AH0", "N", "AE1", "N", "AH0"), 1, silent)
    (found,) = audit.load(tmp_path / "misread")
    assert found.against == ("flite reads it S AA1 G AH0, meant is B AH0 N AE1 N AH0",)


@pytest.fixture
def recipe() -> Recipe:
    synth = {"audit": True, "engines": {"flite": 1.0}, "voices": ["awb", "kal16", "slt"]}
    return Recipe.model_validate({"phrase": "hey saga", "synth": synth})


def test_a_run_hears_its_voices_once_and_says_whom_it_leaves_out(
    recipe: Recipe, store: Store
) -> None:
    voices = {"flite": ("awb", "kal16"), "espeak": ("en-us+nobody",)}
    events: list[Event] = []
    everyone, entry = audited(recipe, voices, store, events.append, makes=False)
    assert everyone == voices
    some = {"flite": ("awb", "kal16")}
    assert audited(recipe, voices, store, events.append, makes=True) == (some, entry)
    (told,) = (event.message for event in events if isinstance(event, Warned))
    assert told.startswith("1 of 3 voices left out")
    assert "espeak/en-us+nobody" in told
    assert audited(recipe, voices, store, silent, makes=False) == (some, entry)


def test_a_run_names_the_audit_that_it_was_drawn_from(store: Store, tmp_path: Path) -> None:
    """So that it is not collected: nothing else of the run is made from it."""
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle" / "manifest.json").write_text("{}")
    heard = store.entry("audit", 1, "all of them")
    assert deploy(tmp_path / "bundle", tmp_path / "runs" / "saga", [heard])
    assert named_in(tmp_path / "runs") == {heard.name}


def test_without_an_audit_what_was_packed_keeps_its_name(recipe: Recipe) -> None:
    synth = recipe.synth.model_copy(update={"audit": False})
    assert "audit" not in recipe_values(recipe.model_copy(update={"synth": synth}))["synth"]
    assert recipe_values(recipe)["synth"]["audit"] is True


def test_the_command_prints_every_voice_and_writes_one_page(call: Callable[..., Result]) -> None:
    done = call("voices", "audit", "hey saga", "--engine", "flite", "--workers", "1", "--json")
    assert done.exit_code == 0
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert {row["voice"] for row in rows} == {"awb", "kal16", "rms", "slt"}
    assert all(row["passed"] and 0.3 < row["seconds"] < 2 for row in rows)
    page = Path("voices-hey_saga.html").read_text()
    assert page.count('src="data:audio/wav;base64,') == 4
    assert "http" not in page
    assert "0 of 4 voices suspicious; listen: voices-hey_saga.html" in done.stderr
    for told in (done.stderr, page):
        assert "what they say was not compared" in " ".join(told.split())
    again = call("voices", "audit", "hey saga", "--engine", "flite", "--output", "b.html")
    assert Path("b.html").read_text() == page
    assert "made before" in again.stderr
    wrong = call("voices", "audit", "hey saga", "--engine", "nobody")
    assert (wrong.exit_code, "no engine 'nobody'" in wrong.stderr) == (4, True)
