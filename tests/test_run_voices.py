"""A run with neural voices: what the plan makes of them, and the whole way to a detector."""

import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import tiny_voices
from plans import recipe

from wakesmith import tts
from wakesmith.events import Event, Noted
from wakesmith.pipeline import status
from wakesmith.plan.blends import speakers_of
from wakesmith.plan.cast import cast
from wakesmith.plan.draws import Utterance
from wakesmith.plan.sources import Sources
from wakesmith.plan.takes import takes
from wakesmith.plan.whole import draw_plan
from wakesmith.store import Store
from wakesmith.tts import piper

pytestmark = pytest.mark.skipif(not piper.able(), reason="neural voices need espeak-ng")
SPEAKERS = tuple(f"m:s{number}" for number in range(40))


@pytest.fixture
def best(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of downloads with a tiny voice by the best one's name."""
    tiny_voices.piper(tmp_path / "data" / "voices" / "piper", piper.BEST, speakers=24)
    monkeypatch.setenv("WAKESMITH_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def told(store: Store, *overrides: str) -> tuple[list[str], str]:
    """Names of a run's entries, and its notes."""
    notes: list[Event] = []
    entries = [one.entry for one in status(recipe(*overrides), store, notes.append)]
    return entries, " ".join(note.message for note in notes if isinstance(note, Noted))


def test_the_best_voice_speaks_by_default_where_it_is_and_that_is_said(
    best: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    neural, said = told(store)
    assert f"{piper.BEST} is installed" in said
    assert "piper 88%" in said
    own, said = told(store, "synth.engines={'flite': 0.9, 'espeak': 0.1}")
    assert piper.BEST not in said
    monkeypatch.setenv("WAKESMITH_DATA", str(best / "none"))
    without, said = told(store)
    assert piper.BEST not in said
    assert len({tuple(neural), tuple(own), tuple(without)}) == 3
    shares, note = tts.best_shares("en")
    assert (shares, note) == ({}, "")


def test_another_voice_by_the_same_name_is_other_work(best: Path, store: Store) -> None:
    before, _ = told(store)
    assert told(store)[0] == before
    graph = best / "voices" / "piper" / f"{piper.BEST}.onnx"
    graph.write_bytes(graph.read_bytes() + b"\x1a\x00")
    after, _ = told(store)
    changed = {a.partition("-")[0] for a, b in zip(before, after, strict=True) if a != b}
    assert changed >= {"synth", "train", "pack"}
    assert before[0] == after[0]  # rooms and noises, in which nobody speaks


def test_only_english_has_a_best_voice(best: Path) -> None:
    assert tts.best_shares("sv") == ({}, "")
    shares, _ = tts.best_shares("en-gb")
    assert sum(shares.values()) == pytest.approx(1)


def test_a_downloaded_voice_that_is_not_asked_is_said(best: Path, store: Store) -> None:
    tiny_voices.piper(
        best / "voices" / "piper",
        "sv_SE-nst-medium",
        language={"code": "sv_SE", "family": "sv"},
        espeak={"voice": "sv"},
    )
    _, said = told(store, "language=sv")
    assert "piper speaks 'sv' here (sv_SE-nst-medium) and has no share" in said
    _, said = told(store, "language=sv", "synth.engines={'piper': 0.9, 'espeak': 0.1}")
    assert "has no share" not in said
    _, said = told(store)
    assert "has no share" not in said


def test_no_speaker_is_in_two_splits_blended_or_not() -> None:
    voices = {"flite": ("awb", "kal16", "rms", "slt"), "piper": SPEAKERS}
    plan = draw_plan(recipe(), Sources(), voices, {"flite": 0.1, "piper": 0.9}, (), ("piper",))
    heard: dict[str, set[str]] = {"train": set(), "validation": set(), "test": set()}
    kinds: Counter[int] = Counter()
    for group in plan.groups:
        for said in group.utterances:
            if isinstance(said, Utterance) and said.engine == "piper":
                names, _ = speakers_of(said.voice)
                kinds[len(names)] += 1
                heard[group.split].update(names)
    assert not heard["train"] & heard["validation"]
    assert not heard["train"] & heard["test"]
    assert not heard["validation"] & heard["test"]
    assert 0.4 < kinds[2] / kinds.total() < 0.55
    assert kinds[0] == 0


def test_blends_are_drawn_for_nobody_else() -> None:
    voices = {"piper": SPEAKERS, "espeak": ("en-us+f1",)}
    shares = {"piper": 0.5, "espeak": 0.5}
    plain = cast(voices, shares, ("espeak",), 0)
    blending = cast(voices, shares, ("espeak",), 0, ("piper",))
    for split, parts in blending.items():
        assert [replace(part, blends=False) for part in parts] == list(plain[split])
        assert [part.engine for part in parts if part.blends] == ["piper"]


def test_takes_are_the_same_each_time_and_the_first_is_plain() -> None:
    said = takes("hey", "piper", SPEAKERS, 20, blends=True)
    assert said == takes("hey", "piper", SPEAKERS, 20, blends=True)
    assert said[:5] == takes("hey", "piper", SPEAKERS, 5, blends=True)
    assert said[0] == Utterance("hey", "piper", "m:s0")
    assert len({one.voice for one in said}) > 12
    assert any("~" in one.voice for one in said)


TINY = {
    "synth.positives": 48,
    "synth.near_misses": 24,
    "synth.speech": 12,
    "synth.validation": 12,
    "synth.test": 12,
    "negatives.noise_minutes": 0.5,
    "mix.noise_minutes": 1.5,
    "mix.simulated_rooms": 6,
    "mix.copies": 1,
    "network.members": 1,
    "network.layer_size": 16,
    "train.steps": 40,
    "train.validate_every": 20,
    "train.moving_average": 0.9,
}


@pytest.mark.slow
def test_a_phrase_in_a_neural_voice_becomes_a_detector(best: Path, tmp_path: Path) -> None:
    """In a process of its own, whose workers see the folder of downloads from their start."""
    settings = [part for path, value in TINY.items() for part in ("--set", f"{path}={value}")]
    command = ["train", "okay computer", "--preset", "quick", "--output", "run", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "wakesmith", *command, *settings],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr
    (folder,) = [path.parent for path in (tmp_path / "run").rglob("MODEL_CARD.md")]
    card = (folder / "MODEL_CARD.md").read_text()
    assert f"| voices of piper | {piper.BEST} | not stated | not known |" in card
    engines = Counter(
        json.loads(line)["engine"]
        for file in (tmp_path / ".wakesmith").rglob("labels.jsonl")
        for line in file.read_text().splitlines()
        if '"engine"' in line
    )
    assert engines["piper"] / engines.total() > 0.7
    assert (folder / "okay_computer.tflite").stat().st_size > 0
