"""Training that starts from an earlier run's weights."""

import json
from pathlib import Path

import numpy as np
import pytest
from test_run import small

from wakesmith.errors import ModelError, RecipeError
from wakesmith.events import silent
from wakesmith.pipeline import Result, run, status
from wakesmith.recipe import load
from wakesmith.runtime.scorer import load_scorer
from wakesmith.stages import start
from wakesmith.stages.train.weights import WEIGHTS, load_weights
from wakesmith.store import Store

TINY = ("synth.positives=30", "synth.near_misses=20", "synth.speech=10", "synth.test=6")
ONE = ("train.steps=1", "train.validate_every=1", "train.learning_rate=1e-9")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def first(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Result:
    return run(small(*TINY), store, tmp_path_factory.mktemp("runs") / "word", silent)


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
