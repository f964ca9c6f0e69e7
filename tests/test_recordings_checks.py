"""What is found in recordings before anything is trained on them."""

from pathlib import Path

import numpy as np
import pytest

from wakesmith import audio, tts
from wakesmith.events import Event, Noted, Warned
from wakesmith.plan.draws import Utterance
from wakesmith.recipe import load
from wakesmith.recordings import alike, checks
from wakesmith.recordings import spoken as synthetic
from wakesmith.runtime.frontend import Pcm
from wakesmith.stages.gather import gather

RATE = 16_000
SPEEDS = (0.75, 0.82, 0.9, 0.97, 1.05, 1.12, 1.2, 0.86)


def spoken(text: str, speed: float, noise: float = 15.0) -> Pcm:
    """What a person would leave: a saying with a little of the room around it."""
    voice = Utterance(text=text, engine="espeak", voice="en-us+f3", speed=speed, pitch=1.1)
    (clip,) = tts.speak([voice])
    edge = np.zeros(RATE // 3)
    pcm = np.concatenate([edge, clip.pcm, edge])
    room = np.random.default_rng([round(100 * speed)]).normal(0, noise, len(pcm))
    return np.clip(np.rint(pcm + room), -32768, 32767).astype(np.int16)


@pytest.fixture(scope="module")
def sayings() -> list[Pcm]:
    if "espeak" not in tts.installed():
        pytest.skip("espeak-ng is not installed")
    return [spoken("hey saga", speed) for speed in SPEEDS]


def test_a_good_recording_is_good(sayings: list[Pcm]) -> None:
    assert checks.of_all(sayings) == []


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("clipped", lambda pcm: np.clip(pcm * 12, -32768, 32767)),
        ("quiet", lambda pcm: np.rint(pcm * 0.02)),
        ("noisy", lambda pcm: pcm + np.random.default_rng([1]).normal(0, 2500, len(pcm))),
        ("short", lambda pcm: np.concatenate([pcm[:3000], 9 * pcm[:1500], pcm[:3000]])),
        ("several", lambda pcm: np.concatenate([pcm, np.zeros(12_000), pcm])),
    ],
)
def test_what_is_wrong_with_one_is_named(what: str, change: object, sayings: list[Pcm]) -> None:
    assert callable(change)
    bad = np.clip(change(sayings[0].astype(float)), -32768, 32767).astype(np.int16)
    assert what in checks.of_one(bad)
    assert what not in checks.of_one(sayings[0])


@pytest.mark.parametrize("word", ["good morning", "computer", "play music"])
def test_another_word_stands_out(word: str, sayings: list[Pcm]) -> None:
    given = [*sayings, spoken(word, 1.0)]
    found = [(one.index, one.what) for one in checks.of_all(given)]
    assert found == [(len(sayings), "odd")]


def test_a_few_recordings_are_not_judged_by_one_another(sayings: list[Pcm]) -> None:
    few = [*sayings[: alike.FEWEST - 2], spoken("good morning", 1.0)]
    assert checks.of_all(few) == []


def test_a_few_recordings_are_held_against_synthetic_sayings(sayings: list[Pcm]) -> None:
    said = synthetic.spoken(load(None, phrase="hey saga"))
    few = [*sayings[:2], spoken("play music", 1.0), sayings[-1]]
    assert [(one.index, one.what) for one in checks.of_all(few, spoken=said)] == [(2, "odd")]


def test_the_same_recording_encoded_anew_is_a_twin(sayings: list[Pcm], tmp_path: Path) -> None:
    import soundfile

    path = tmp_path / "again.mp3"
    soundfile.write(path, sayings[2][1500:] * 0.5 / 32768, RATE)
    given = [*sayings, audio.read(path).pcm]
    assert checks.of_all(given) == [checks.Finding(len(sayings), "same", 2)]
    names = [f"{i}.wav" for i in range(len(sayings))] + ["again.mp3"]
    (line,) = checks.told(checks.of_all(given), names)
    assert line.startswith("1 of 9 recordings (again.mp3 = 2.wav): the same recording twice")


def test_distances_are_those_of_each_pair_alone() -> None:
    rng = np.random.default_rng([3])
    rows = [rng.normal(size=(n, 96)).astype(np.float32) for n in (7, 4, 9)]
    unit = [row / np.linalg.norm(row, axis=1, keepdims=True) for row in rows]
    together = alike.distances(unit[0], unit)
    assert together == pytest.approx([alike.distances(unit[0], [u])[0] for u in unit])
    assert together[0] == pytest.approx(0, abs=1e-6)
    # A saying in which every frame is held twice as long is the same saying.
    assert alike.distances(np.repeat(unit[0], 2, axis=0), unit[:1])[0] == pytest.approx(0, abs=1e-6)


def test_the_run_says_what_is_found_each_time(sayings: list[Pcm], tmp_path: Path) -> None:
    for index, pcm in enumerate([*sayings, spoken("good morning", 1.0)]):
        folder = tmp_path / "said" / ("anna" if index < 4 else "ben")
        folder.mkdir(parents=True, exist_ok=True)
        audio.write(folder / f"{index}.wav", pcm)
    overrides = [f"recordings.folders=['{tmp_path / 'said'}']"]
    recipe = load(None, phrase="hey saga", overrides=overrides)
    for _ in ("listened to", "remembered"):
        events: list[Event] = []
        found = gather(recipe, tmp_path / "files.json", events.append)
        (wrong,) = found.suspects.doubtful
        assert [Path(f.path).name for f in found.recordings if f.digest == wrong] == ["8.wav"]
        warned = [e.message for e in events if isinstance(e, Warned)]
        assert any("1 of 9 recordings (ben/8.wav): unlike the others" in text for text in warned)
        noted = [e.message for e in events if isinstance(e, Noted)]
        assert any("anna 4, ben 5; all are trained on" in text for text in noted)


@pytest.mark.parametrize(
    ("mode", "used", "told"), [("keep", 9, ""), ("leave_out", 8, "1 suspected recordings are left")]
)
def test_the_recipe_decides_what_becomes_of_suspects(
    mode: str, used: int, told: str, sayings: list[Pcm], tmp_path: Path
) -> None:
    (tmp_path / "said").mkdir()
    for index, pcm in enumerate([*sayings[1:], sayings[1], np.rint(sayings[0] * 0.02)]):
        audio.write(tmp_path / "said" / f"{index}.wav", pcm.astype(np.int16))
    overrides = [f"recordings.folders=['{tmp_path / 'said'}']", f"recordings.suspects={mode}"]
    events: list[Event] = []
    recipe = load(None, phrase="hey saga", overrides=overrides)
    found = gather(recipe, tmp_path / "files.json", events.append)
    assert len(found.recordings) == used  # two of equal content are one to the plan, and no suspect
    assert not found.suspects.all
    noted = [e.message for e in events if isinstance(e, Noted) and "suspected" in e.message]
    assert [text[: len(told)] for text in noted] == [told] * bool(told)
