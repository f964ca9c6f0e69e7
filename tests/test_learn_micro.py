"""A model for ESPHome learns from what it got wrong, alone or with the other family's."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from micro import small
from test_learn import spoken

from wakesmith import audio
from wakesmith.errors import ModelError, RecipeError
from wakesmith.events import Event, Noted, StageStarted, silent
from wakesmith.pipeline import Result, run, status
from wakesmith.recipe import Recipe, dumps, load
from wakesmith.relearn import Feedback, Learnt, relearn
from wakesmith.runtime import MicroDetector, load_detector
from wakesmith.runtime.bundle import Manifest
from wakesmith.stages import pack, start
from wakesmith.stages.micro.dataset import MicroFolders, micro_dataset
from wakesmith.stages.train.micro import MicroData
from wakesmith.stages.train.weights import WEIGHTS, load_weights, of_checkpoint
from wakesmith.store import Store

FEW = (
    *("micro.train.steps=4", "micro.train.validate_every=4", "feedback.copies=1"),
    *("micro.train.batch.positive=8", "micro.train.batch.background=4"),
)
MICRO = "microwakeword"
Told = tuple[Learnt, list[Event]]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("learn")
    spoken(folder / "missed", "okay betty", 3, 900)
    spoken(folder / "wrong", "okay petty", 3, 940)
    dice = np.random.default_rng([1])
    (folder / "evening").mkdir()
    said = [audio.read(folder / "wrong" / f"{i}.wav").pcm for i in range(3)]
    quiet = dice.integers(-30, 30, 32_000).astype(np.int16)
    parts = [part for pcm in (*said, *said) for part in (quiet, pcm)]
    audio.write(folder / "evening" / "tv.wav", np.concatenate([*parts, quiet]))
    return folder


@pytest.fixture(scope="module")
def store(micro_store: Store) -> Store:
    return micro_store


@pytest.fixture(scope="module")
def first(micro_run: Result) -> Result:
    return micro_run


@pytest.fixture(scope="module")
def mistakes(place: Path) -> Feedback:
    wrong, missed, evening = ((place / name,) for name in ("wrong", "missed", "evening"))
    return Feedback(wrong, missed, evening, held_out=0.4, near=0.02)


@pytest.fixture(scope="module")
def alone(mistakes: Feedback, store: Store, first: Result) -> Told:
    events: list[Event] = []
    feedback = replace(mistakes, family=MICRO)
    return relearn(first.folder, store, feedback, events.append, overrides=FEW), events


def test_a_device_learns_from_the_teacher_that_it_had(first: Result, alone: Told) -> None:
    learnt, events = alone
    assert learnt.folder == first.folder.with_name("word-2")
    assert set(Manifest.load(learnt.folder).models) == {"esphome"}
    assert isinstance(load_detector(learnt.folder), MicroDetector)
    trained = [(e.stage, e.cached) for e in events if isinstance(e, StageStarted)]
    # The teacher, its opinions, then the network itself.
    assert [cached for stage, cached in trained if stage == "train"] == [True, True, False]
    told = [e.message for e in events if isinstance(e, Noted) and e.stage == "learn"]
    assert told == [
        "the microWakeWord model learns, and is alone in the new run; without --family both do"
    ]
    kept = load_weights(learnt.folder / WEIGHTS)
    before = start.weights_of(first.folder, Path("none"), MICRO)
    assert (kept.family, kept.network) == (MICRO, before.network)
    assert kept.digest != before.digest


def test_before_and_after_are_heard_as_a_device_hears_them(first: Result, alone: Told) -> None:
    learnt, _ = alone
    found = json.loads((learnt.folder / "comparison.json").read_text())
    for model in ("before", "after"):
        assert found[model]["missed"]["n"] == 1
        assert found[model]["mistaken"]["n"] >= 1
        assert 0 < found[model]["ambient"]["hours"] < 0.01
        assert found[model]["recall"]["n"] == 16
    earlier = json.loads((first.folder / "report-microwakeword.json").read_text())
    later = json.loads((learnt.folder / "report.json").read_text())
    assert found["before"]["recall"] == earlier["recall"]
    assert found["before"]["false_accepts"] == earlier["false_accepts"]
    assert found["after"]["recall"] == later["recall"]
    card = (learnt.folder / "MODEL_CARD.md").read_text()
    assert "Learnt from mistakes, for ESPHome" in card
    assert "held-out misses heard" in learnt.comparison


def test_what_fires_the_device_is_mined(place: Path, alone: Told) -> None:
    learnt, _ = alone
    assert learnt.fired
    cut = 0.6 * audio.duration(place / "evening" / "tv.wav")
    assert all(one.seconds < cut and Path(one.snippet).exists() for one in learnt.fired)
    assert load(learnt.folder / "recipe.yaml").feedback.false_accepts[-1].endswith("fired")


def test_its_recipe_runs_again(first: Result, store: Store, alone: Told) -> None:
    recipe = load(alone[0].folder / "recipe.yaml")
    assert recipe.micro.train.start_from == str(first.folder)
    assert recipe.micro.train.learning_rate == small("both").micro.train.learning_rate / 2
    assert recipe.train == small("both").train
    assert {s.state for s in status(recipe, store)} == {"cached"}


def data_of(recipe: Recipe, store: Store) -> tuple[MicroData, Path]:
    """What the micro network of a finished run was trained on, and the teacher's opinions."""
    found = {
        s.detail.partition(":")[0]: store.root / "done" / s.entry for s in status(recipe, store)
    }
    ours = {name.removesuffix(" as spectra"): e for name, e in found.items() if "spectra" in name}
    heard = {n.partition("-")[2]: e for n, e in ours.items() if n.startswith("background-")}
    groups = {name: entry for name, entry in ours.items() if not name.startswith("background-")}
    opinions = found["the teacher's opinions"]
    return micro_dataset(recipe, MicroFolders(groups, heard, (), opinions), silent), opinions


def test_a_teacher_has_no_say_in_feedback(store: Store, alone: Told) -> None:
    data, opinions = data_of(load(alone[0].folder / "recipe.yaml"), store)
    names = {path.stem for path in opinions.glob("*.npy")}
    assert "positive-train" in names
    assert not names & {"missed-train", "background-mistaken"}
    assert data.background is not None
    for part, truth in ((data.positive, 1), (data.background, 0)):
        *others, told = part.sources
        assert all(one.taught is not None for one in others)
        assert told.taught is None
        assert (told.truth == truth).any()
        assert not (told.truth == 1 - truth).any()
        assert part.group.shares[-1] == pytest.approx(0.2)


def test_both_families_learn_in_one_run(
    first: Result, store: Store, mistakes: Feedback, alone: Told
) -> None:
    told: list[Event] = []
    mined = relearn(first.folder, store, mistakes, told.append, only_mine=True)
    assert mined.folder == first.folder.with_name("word-3")
    folders = {Path(one.snippet).parent.name for one in mined.fired}
    assert folders == {"fired", "fired-microwakeword"}
    assert any(isinstance(e, Noted) and "of both families learn" in e.message for e in told)

    recipe = load(alone[0].folder / "recipe.yaml", overrides=[f"train.start_from={first.folder}"])
    works = status(recipe.model_copy(update={"family": "both"}), store)
    details = [s.detail for s in works if s.stage in ("train", "evaluate")]
    assert details == [
        "60 steps from word",
        "the teacher's opinions",
        "4 steps of the streaming network from word",
        "the held-out streams",
        "word before and after",
        "the held-out streams, as a device hears them",
        "word before and after",
    ]
    by_name = {s.detail.partition(":")[0]: s for s in works}
    assert {"missed-train", "background-mistaken"} <= set(by_name)
    entries = {s.detail: s.entry for s in status(small("both"), store)}
    assert by_name["the teacher's opinions"].entry != entries["the teacher's opinions"]


def test_a_bundle_of_both_holds_what_each_learnt(store: Store, alone: Told, tmp_path: Path) -> None:
    recipe, done = small("both"), store.root / "done"
    ran: dict[str, list[Path]] = {}
    for s in status(recipe, store):
        ran.setdefault(s.stage, []).append(done / s.entry)
    parts = {
        family: pack.Part(
            models=ran["calibrate"][number],
            evaluation=ran["evaluate"][number],
            history=ran["train"][2 * number] / "history.json",
            network=ran["train"][2 * number] / "network.pt",
            entries={},
            comparison=alone[0].folder,
        )
        for number, family in enumerate(recipe.families)
    }
    pack.pack(tmp_path, recipe, parts, {})
    listed = json.loads((tmp_path / "manifest.json").read_text())["sha256"]
    assert {WEIGHTS, "weights-microwakeword.npz"} <= set(listed)
    assert start.weights_of(tmp_path, tmp_path).family == "openwakeword"
    assert start.weights_of(tmp_path, tmp_path, MICRO).family == MICRO
    found = Learnt(tmp_path, (), Result(tmp_path, tmp_path, None, True), recipe.families)
    for family in ("openWakeWord", "microWakeWord"):
        assert f"{family}\n\nbefore and after" in found.comparison
    assert (tmp_path / "MODEL_CARD.md").read_text().count("## Learnt from mistakes, for ") == 2


def test_training_goes_on_from_the_weights(first: Result, store: Store, tmp_path: Path) -> None:
    begun = small(
        "both",
        f"micro.train.start_from={first.folder}",
        *("micro.train.steps=1", "micro.train.validate_every=1"),
        "micro.train.learning_rate=1e-9",
    )
    run(begun, store, tmp_path / "word", silent, to="train")
    entry = [s.entry for s in status(begun, store) if s.stage == "train"][-1]
    after = of_checkpoint(store.root / "done" / entry / "network.pt").weights
    before = start.weights_of(first.folder, store.root, MICRO).weights
    for name in before:
        if "norm.running" not in name and "batches" not in name:
            np.testing.assert_allclose(after[name], before[name], atol=1e-6)


def test_the_weights_content_names_the_training(
    first: Result, store: Store, tmp_path: Path
) -> None:
    def entry(*sets: str) -> str:
        return [s.entry for s in status(small(MICRO, *sets), store) if s.stage == "train"][-1]

    shutil.copy(first.folder / "weights-microwakeword.npz", tmp_path / WEIGHTS)
    places = (first.folder, tmp_path, store.root / "done" / entry())
    names = {entry(f"micro.train.start_from={place}") for place in places}
    assert len(names) == 1
    assert entry() not in names


def test_another_shape_is_refused_before_any_work(first: Result, store: Store) -> None:
    other = small(MICRO, f"micro.train.start_from={first.folder}", "micro.network.pointwise=[8, 8]")
    with pytest.raises(RecipeError, match=r"pointwise \[12, 12\] \(the recipe: \[8, 8\]\)") as told:
        status(other, store)
    assert "--set 'micro.network.pointwise=[12, 12]'" in str(told.value)
    assert "micro.train.start_from empty" in str(told.value)


def test_weights_of_the_other_family_are_refused(
    store: Store, first: Result, tmp_path: Path, alone: Told
) -> None:
    shutil.copy(first.folder / WEIGHTS, tmp_path / WEIGHTS)
    with pytest.raises(ModelError, match="a network of the openWakeWord family"):
        status(small(MICRO, f"micro.train.start_from={tmp_path}"), store)
    for_device = alone[0].folder
    with pytest.raises(ModelError, match="a network of the microWakeWord family"):
        status(small("openwakeword", f"train.start_from={for_device}"), store)
    feedback = Feedback(misses=(tmp_path,), family="openwakeword")
    with pytest.raises(ModelError, match="--family openwakeword or both"):
        relearn(for_device, store, feedback, silent)


def test_an_older_bundle_is_known_by_its_store(first: Result, store: Store, tmp_path: Path) -> None:
    for name in ("manifest.json", WEIGHTS):  # as bundles of both families once were
        shutil.copy(first.folder / name, tmp_path / name)
    digest = load_weights(first.folder / "weights-microwakeword.npz").digest
    assert start.weights_of(tmp_path, store.root, MICRO).digest == digest
    with pytest.raises(ModelError, match="--store"):
        start.weights_of(tmp_path, tmp_path, MICRO)


def test_the_last_phase_goes_on_gently(first: Result, store: Store, place: Path) -> None:
    phases = "[{steps: 3, learning_rate: 0.01}, {steps: 2, learning_rate: 0.004}]"
    asked = small("both", f"micro.train.phases={phases}")
    folder = shutil.copytree(first.folder, place / "phased")
    (folder / "recipe.yaml").write_text(dumps(asked))
    missed = Feedback(misses=(place / "missed",), family=MICRO)
    with pytest.raises(RecipeError, match=r"micro\.network"):
        relearn(folder, store, missed, silent, overrides=("micro.network.first_filters=8",))
    train = load(place / "phased-2" / "recipe.yaml").micro.train
    assert [(one.steps, one.learning_rate) for one in train.phases] == [(5, 0.002)]
