"""A model learns from what it got wrong, in a run beside it; training starts from its weights."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result as Called
from plans import plan_of
from plans import recipe as planned
from test_run import small

from wakesmith import audio, tts
from wakesmith.errors import AudioError, DataError, ModelError, RecipeError
from wakesmith.events import Event, Noted, silent
from wakesmith.pipeline import Result, run, status
from wakesmith.plan import Utterance
from wakesmith.plan.fingerprint import fingerprint
from wakesmith.plan.groups import Take
from wakesmith.plan.sources import File, Sources
from wakesmith.recipe import load
from wakesmith.relearn import Feedback, Learnt, relearn
from wakesmith.runtime.detector import Detector
from wakesmith.runtime.scorer import load_scorer
from wakesmith.stages import start
from wakesmith.stages.train.weights import WEIGHTS, load_weights
from wakesmith.store import Store

TINY = (
    *("synth.positives=30", "synth.near_misses=20", "synth.speech=10"),
    *("synth.test=6", "synth.validation=8", "train.steps=60", "train.validate_every=60"),
)
ONE = ("train.steps=1", "train.validate_every=1", "train.learning_rate=1e-9")
FEW = ("train.steps=20", "train.validate_every=20", "feedback.copies=1")


def files(count: int, seconds: float = 4.0, mark: str = "f") -> tuple[File, ...]:
    return tuple(File(f"/{mark}{i}.wav", f"{mark}{i:063d}", seconds) for i in range(count))


def spoken(folder: Path, text: str, count: int, first: int) -> Path:
    folder.mkdir(parents=True)
    said = [Utterance(text, "espeak", f"generated:{first + i}", speed=0.8) for i in range(count)]
    for index, clip in enumerate(tts.speak(said)):
        audio.write(folder / f"{index}.wav", clip.pcm)
    return folder


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("learn")
    spoken(folder / "missed", "okay computer", 4, 900)
    spoken(folder / "wrong", "okay commuter", 4, 940)
    said = tts.speak([Utterance("okay commuter", "espeak", f"generated:{i}") for i in range(6)])
    quiet = np.random.default_rng([1]).integers(-30, 30, 32_000).astype(np.int16)
    (folder / "evening").mkdir()
    parts = [part for clip in said for part in (clip.pcm, quiet)]
    audio.write(folder / "evening" / "tv.wav", np.concatenate([quiet, *parts]))
    return folder


@pytest.fixture(scope="module")
def store(place: Path) -> Store:
    return Store(place / "store")


@pytest.fixture(scope="module")
def first(place: Path, store: Store) -> Result:
    return run(small(*TINY), store, place / "runs" / "okay_computer", silent)


@pytest.fixture(scope="module")
def learnt(place: Path, store: Store, first: Result) -> Learnt:
    feedback = Feedback(
        (place / "wrong",), (place / "missed",), (place / "evening",), held_out=0.5, near=0.01
    )
    return relearn(first.folder, store, feedback, silent, overrides=FEW)


def test_the_new_bundle_lies_beside_the_old(first: Result, learnt: Learnt) -> None:
    assert learnt.folder == first.folder.with_name("okay_computer-2")
    assert Detector(learnt.folder).name == "okay_computer"
    old, new = ((f / "okay_computer.tflite").read_bytes() for f in (first.folder, learnt.folder))
    assert old != new
    assert not (first.folder / "fired").exists()


def test_before_and_after_are_heard_on_what_was_held_out(learnt: Learnt) -> None:
    found = json.loads((learnt.folder / "comparison.json").read_text())
    for model in ("before", "after"):
        assert found[model]["missed"]["n"] == 2
        assert found[model]["mistaken"]["n"] >= 2
        assert 0 < found[model]["ambient"]["hours"] < 0.01
        assert found[model]["recall"]["n"] == 6
    assert "held-out misses heard" in learnt.comparison
    assert "Learnt from mistakes" in (learnt.folder / "MODEL_CARD.md").read_text()
    earlier = json.loads((learnt.folder.with_name("okay_computer") / "report.json").read_text())
    assert found["before"]["recall"] == earlier["recall"]


def test_its_recipe_runs_again(learnt: Learnt, store: Store, first: Result) -> None:
    recipe = load(learnt.folder / "recipe.yaml")
    assert recipe.train.start_from == str(first.folder)
    assert str(learnt.folder / "fired") in recipe.feedback.false_accepts
    assert {s.state for s in status(recipe, store)} == {"cached"}


def test_what_fired_can_be_listened_to_and_taken_back(
    learnt: Learnt, store: Store, first: Result, place: Path
) -> None:
    assert learnt.fired
    for one in learnt.fired:
        assert 1.0 < len(audio.read(one.snippet).pcm) / 16_000 <= 4.0
        assert one.seconds < 0.6 * audio.duration(place / "evening" / "tv.wav")
    rows = (learnt.folder / "fired" / "fired.csv").read_text().splitlines()
    assert len(rows) == 1 + len(learnt.fired)
    kept = shutil.copytree(learnt.folder, place / "copy")
    gone = kept / "fired" / Path(learnt.fired[0].snippet).name
    gone.unlink()
    asked = Feedback(ambient=(place / "evening",), held_out=0.5, near=0.01)
    (kept / "learn.json").write_text(json.dumps(asked.asked(first.folder)))
    events: list[Event] = []
    again = relearn(first.folder, store, asked, events.append, output=kept, only_mine=True)
    assert len(again.fired) == len(learnt.fired) - 1
    assert not gone.exists()
    assert any(isinstance(e, Noted) and "Listen to them" in e.message for e in events)


def test_no_folder_is_overwritten(first: Result, learnt: Learnt, store: Store, place: Path) -> None:
    other = Feedback(misses=(place / "missed",))
    for folder in (first.folder, learnt.folder):
        with pytest.raises(RecipeError, match="--output"):
            relearn(first.folder, store, other, silent, output=folder)


def test_what_cannot_be_learnt_is_said(first: Result, store: Store, place: Path) -> None:
    with pytest.raises(ModelError, match="no such folder"):
        relearn(place / "none", store, Feedback(misses=(place / "missed",)), silent)
    audio.write(place / "hum.wav", np.random.default_rng([2]).integers(-9, 9, 99_000).astype("i2"))
    quiet = Feedback(ambient=(place / "hum.wav",), near=1.0)
    with pytest.raises(DataError, match="nothing to learn from"):
        relearn(first.folder, store, quiet, silent, output=place / "nothing")
    with pytest.raises(AudioError, match="no such file or folder"):
        relearn(first.folder, store, Feedback((place / "nowhere",)), silent, output=place / "not")
    assert not (place / "not").exists()


def test_the_command_line_asks_for_something(call: Callable[..., Called]) -> None:
    assert call("learn", "runs/x").exit_code == 2
    assert call("learn", "runs/x", "--misses", "m", "--only-mine").exit_code == 2
    assert call("learn", "runs/x", "--misses", "m").exit_code == 5


def test_a_part_of_a_run_is_no_run(call: Callable[..., Called], tmp_path: Path) -> None:
    device = tmp_path / "run" / "microwakeword"
    device.mkdir(parents=True)
    (device / "saga.json").touch()
    (tmp_path / "run" / "manifest.json").touch()
    for part in (device, device / "saga.json"):
        done = call("learn", str(part), "--misses", ".")
        assert (done.exit_code, "Give the run's folder" in done.stderr) == (2, True)
    (device / "manifest.json").touch()  # a run of its own, whatever lies above it
    assert "Give the run's folder" not in call("learn", str(device), "--misses", ".").stderr


def test_a_file_is_trained_on_or_held_out() -> None:
    sources = Sources(misses=files(10, mark="m"), false_accepts=files(10, mark="w"))
    plan = plan_of(planned("feedback.misses=[m]", "feedback.false_accepts=[w]"), sources)
    group = next(g for g in plan.groups if g.name == "missed-train")
    said = {take.digest for take in group.utterances if isinstance(take, Take)}
    held = {file.digest for file in plan.held_out.misses}
    assert (len(said), len(held)) == (7, 3)
    assert not said & held
    wrong = {piece.file.digest for task in plan.mistaken for piece in task.pieces}  # type: ignore[union-attr]
    assert not wrong & {file.digest for file in plan.held_out.false_accepts}
    assert len(wrong) == 7
    for task in plan.mistaken:
        blocks = {mix.clip for mix in task.mixes}
        assert len(task.mixes) == 8 * len(blocks)
        assert task.minutes * 60 >= 30 * len(blocks)
        assert blocks


def test_a_recording_that_is_a_miss_is_no_recording_any_more() -> None:
    both = files(10, mark="m")
    sources = Sources(recordings=both, misses=both[:4], background=files(3, 60.0, "b"))
    plan = plan_of(planned("feedback.misses=[m]"), sources)
    group = next(g for g in plan.groups if g.name == "recording-train")
    used = {take.digest for take in group.utterances if isinstance(take, Take)}
    assert used == {file.digest for file in both[4:]}


def test_without_feedback_a_plan_is_what_it_was() -> None:
    sources = Sources(recordings=files(5, mark="m"), background=files(3, 60.0, "b"))
    plan = plan_of(planned(), sources)
    assert not plan.held_out
    assert plan.mistaken == ()
    told = replace(sources, misses=files(4, mark="n"))
    other = plan_of(planned("feedback.misses=[m]"), told)
    ours = [fingerprint(group) for group in plan.groups]
    assert ours == [fingerprint(g) for g in other.groups if g.name != "missed-train"]


def test_a_bundle_carries_the_recipe_that_made_it(first: Result, store: Store) -> None:
    recipe = load(first.folder / start.RECIPE)
    assert recipe == small(*TINY)
    assert start.recipe_of(first.folder, Path("none")) == recipe
    listed = json.loads((first.folder / "manifest.json").read_text())["sha256"]
    assert WEIGHTS in listed


def test_an_older_bundle_is_known_by_its_store(first: Result, store: Store, tmp_path: Path) -> None:
    for name in ("manifest.json", "run.json"):
        (tmp_path / name).write_bytes((first.folder / name).read_bytes())
    assert start.recipe_of(tmp_path, store.root) == small(*TINY)
    digest = load_weights(first.folder / WEIGHTS).digest
    assert start.weights_of(tmp_path, store.root).digest == digest
    with pytest.raises(ModelError, match="--store"):
        start.weights_of(tmp_path, tmp_path)
    with pytest.raises(ModelError, match="--store"):
        start.recipe_of(tmp_path, tmp_path)


def test_training_goes_on_from_the_weights(first: Result, store: Store, tmp_path: Path) -> None:
    begun = small(*TINY, *ONE, f"train.start_from={first.folder}")
    # The network's weights hardly move in one step so small, and its scores are the first's.
    run(begun, store, tmp_path / "word", silent, to="export")
    export = next(s.entry for s in status(begun, store) if s.stage == "export")
    earlier = next(s.entry for s in status(small(*TINY), store) if s.stage == "export")
    scorers = [
        load_scorer(store.root / "done" / entry / "okay_computer.tflite")
        for entry in (export, earlier)
    ]
    shape = (50, scorers[0].window, 96)
    windows = np.random.default_rng(0).standard_normal(shape).astype(np.float32) * 10
    np.testing.assert_allclose(scorers[0].score(windows), scorers[1].score(windows), atol=1e-4)


def test_the_weights_content_names_the_training(
    first: Result, store: Store, tmp_path: Path
) -> None:
    def entry(*sets: str) -> str:
        return next(s.entry for s in status(small(*TINY, *sets), store) if s.stage == "train")

    moved = tmp_path / "moved"
    moved.mkdir()
    (moved / WEIGHTS).write_bytes((first.folder / WEIGHTS).read_bytes())
    trained = store.root / "done" / entry()
    names = {entry(f"train.start_from={place}") for place in (first.folder, moved, trained)}
    assert len(names) == 1
    assert entry() not in names


def test_another_shape_is_refused_before_any_work(first: Result, store: Store) -> None:
    other = small(*TINY, f"train.start_from={first.folder}", "network.layer_size=8")
    with pytest.raises(RecipeError, match=r"layer_size 16 \(the recipe: 8\).*--set network"):
        status(other, store)


def test_what_is_no_run_is_refused(first: Result, store: Store, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such folder"):
        status(small(f"train.start_from={tmp_path / 'none'}"), store)
    (tmp_path / WEIGHTS).write_bytes((first.folder / WEIGHTS).read_bytes()[:2000])
    with pytest.raises(ModelError, match="does not hold the weights"):
        status(small(f"train.start_from={tmp_path}"), store)
