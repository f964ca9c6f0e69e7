"""A run with people's speech in its background: both families learn from what is joined of it."""

from pathlib import Path

import numpy as np
import pytest
from micro import small
from test_units_stage import talk

from wakesmith import audio
from wakesmith.events import Event, Noted, StageStarted
from wakesmith.pipeline import run, status
from wakesmith.plan.units import JOINED, JOINED_HELD, JOINED_MISSES
from wakesmith.recipe import Recipe
from wakesmith.stages import synth
from wakesmith.store import Store
from wakesmith.units import recogniser

pytest.importorskip("pocketsphinx", reason="phones are found by pocketsphinx")


def recipe(folder: Path) -> Recipe:
    background = folder / "radio"
    background.mkdir()
    for number in range(3):
        audio.write(background / f"{number}.wav", np.roll(talk(), number * 50_000))
    return small(
        "both",
        f"negatives.background=['{background}']",
        "negatives.validation_share=0.34",
        "negatives.test_share=0",
        "units.sayings=10",
        "units.near_misses=6",
        "units.copies=2",
    )


@pytest.mark.slow
def test_a_run_joins_sayings_from_its_background(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("wakesmith.plan.units", "wakesmith.stages.units"):
        monkeypatch.setattr(f"{module}.LEAST_SECONDS", 10.0)
    chosen = recipe(tmp_path)
    told: list[Event] = []
    result = run(chosen, store, tmp_path / "run", told.append)
    spoken = [e.message for e in told if isinstance(e, Noted) and "people speak in" in e.message]
    assert len(spoken) == 2  # of what is trained on, and what is validated on
    entries = {
        one.detail.split(":")[0]: store.root / "done" / one.entry for one in status(chosen, store)
    }
    windows = {JOINED: 20, JOINED_MISSES: 12, JOINED_HELD: 8}
    for name, count in windows.items():
        assert len(synth.load(entries[name]).frames) == count, name
        assert len(synth.load_micro(entries[f"{name} as spectra"]).frames) == count, name
    card = (result.folder / "MODEL_CARD.md").read_text()
    assert "10 sayings of the phrase, joined from pieces of the speech" in card
    assert "6 sayings of near misses, joined from pieces" in card
    again: list[Event] = []
    run(chosen, store, tmp_path / "run", again.append)
    assert all(e.cached for e in again if isinstance(e, StageStarted))


def test_without_a_recogniser_a_run_says_what_it_lacks(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recogniser, "installed", lambda: False)
    assert "pip install pocketsphinx" in lacking(recipe(tmp_path), store)


def lacking(chosen: Recipe, store: Store) -> str:
    """Why a run would join nothing."""
    told: list[Event] = []
    stages = status(chosen, store, told.append)
    assert not [one for one in stages if "joined" in one.detail]
    (why,) = [e.message for e in told if isinstance(e, Noted) and "joined" in e.message]
    return why


def test_a_language_without_a_recogniser_joins_nothing(tmp_path: Path, store: Store) -> None:
    swedish = recipe(tmp_path).model_copy(update={"language": "sv"})
    assert "in English alone" in lacking(swedish, store)


def test_little_background_is_said_before_the_work(tmp_path: Path, store: Store) -> None:
    assert "5 minutes of what is trained on" in lacking(recipe(tmp_path), store)
