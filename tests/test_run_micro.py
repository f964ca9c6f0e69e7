"""Both families from one recipe: one flow, one bundle, one report."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result as Ended
from micro import SMALL, small

from wakesmith.events import Event, StageStarted
from wakesmith.families.microwakeword.ragged import spectrograms
from wakesmith.pipeline import Result, run, status
from wakesmith.recipe import read
from wakesmith.runtime import MicroDetector, load_detector
from wakesmith.runtime.bundle import Manifest
from wakesmith.runtime.micro import MicroManifest
from wakesmith.stages import synth
from wakesmith.store import Store

Call = Callable[..., Ended]


@pytest.fixture(scope="module")
def store(micro_store: Store) -> Store:
    return micro_store


@pytest.fixture(scope="module")
def result(micro_run: Result) -> Result:
    return micro_run


def test_a_phrase_becomes_models_of_both_families_in_one_report(result: Result) -> None:
    assert result.bundle is not None
    manifest = Manifest.load(result.bundle)
    assert manifest.family == "openwakeword"
    assert set(manifest.models) == {"tflite", "onnx", "esphome"}
    device = result.bundle / "microwakeword"
    found = {path.name for path in device.iterdir()}
    assert found == {"okay_betty.json", "okay_betty.tflite", "esphome.yaml"}
    page = (result.bundle / "report.html").read_text()
    assert page.count("Side by side") == 1
    assert "openWakeWord</h1>" in page
    assert "microWakeWord</h1>" in page
    families = [
        json.loads((result.bundle / f"{name}.json").read_text())["family"]
        for name in ("report", "report-microwakeword")
    ]
    assert families == ["openwakeword", "microwakeword"]
    card = (result.bundle / "MODEL_CARD.md").read_text()
    assert "Measured, for ESPHome" in card
    assert "taught by" in card
    assert "| voices of " in card
    assert "`microwakeword/okay_betty.tflite` sha256" in card


def test_the_manifest_says_what_was_asked_and_measured(result: Result) -> None:
    device = result.folder / "microwakeword"
    manifest = MicroManifest.load(device / "okay_betty.json")
    assert (manifest.wake_word, manifest.trained_languages) == ("okay betty", ("en",))
    assert manifest.website == "https://example.org"
    assert manifest.tensor_arena_size > 5_000
    assert "model: okay_betty.json" in (device / "esphome.yaml").read_text()
    measured = json.loads((result.folder / "report-microwakeword.json").read_text())
    assert measured["threshold"] == manifest.probability_cutoff
    why, memory = measured["notes"][:2]
    assert why.startswith(f"Cutoff {manifest.probability_cutoff:g} on the mean of ")
    assert f"{manifest.tensor_arena_size:,} bytes" in memory
    page = (result.folder / "report.html").read_text()
    assert f"mean of {manifest.sliding_window_size} probabilities (sliding window)" in page
    assert why in (result.folder / "MODEL_CARD.md").read_text()


def test_the_run_and_the_folder_for_the_device_can_be_listened_with(result: Result) -> None:
    assert load_detector(result.folder).family == "openwakeword"
    micro = load_detector(result.folder / "microwakeword")
    assert isinstance(micro, MicroDetector)
    quiet = np.random.default_rng(0).normal(0, 20, 48_000).astype(np.int16)
    assert len(micro.scores(quiet)) == 99
    assert micro.seconds_per_score == 0.03


def test_a_second_run_does_nothing_and_one_family_finds_its_work_done(
    result: Result, store: Store, tmp_path: Path
) -> None:
    events: list[Event] = []
    assert not run(small("both"), store, result.folder, events.append).worked
    one = run(small("openwakeword"), store, tmp_path / "one", events.append)
    begun = [e.stage for e in events if isinstance(e, StageStarted) and not e.cached]
    assert begun == ["pack"]
    assert not (one.folder / "microwakeword").exists()


def test_a_micro_model_alone_is_taught_by_one_that_is_not_shipped(
    result: Result, store: Store, tmp_path: Path
) -> None:
    events: list[Event] = []
    run(small("microwakeword"), store, tmp_path / "word", events.append)
    begun = [e.stage for e in events if isinstance(e, StageStarted) and not e.cached]
    assert begun == ["pack"]
    manifest = Manifest.load(tmp_path / "word")
    assert (manifest.family, set(manifest.models)) == ("microwakeword", {"esphome"})
    assert isinstance(load_detector(tmp_path / "word"), MicroDetector)
    assert not list((tmp_path / "word").glob("*.onnx"))
    twin = (tmp_path / "word" / "microwakeword" / "okay_betty.tflite").read_bytes()
    assert twin == (result.folder / "microwakeword" / "okay_betty.tflite").read_bytes()


def test_without_a_teacher_nothing_is_embedded_but_what_is_streamed(store: Store) -> None:
    recipe = small("microwakeword", "micro.train.distillation=0")
    stages = status(recipe, store)
    spoken = [s.detail for s in stages if s.stage == "synth"]
    embedded = {detail.partition(":")[0] for detail in spoken if "as spectra" not in detail}
    assert "positive-train" not in embedded
    assert {"positive-validation", "positive-test", "noise-test"} <= embedded
    trained = [s.detail for s in stages if s.stage == "train"]
    assert trained == ["60 steps of the streaming network"]


def test_the_entries_of_both_front_ends_lie_row_for_row(result: Result, store: Store) -> None:
    found = {s.detail.partition(":")[0]: s.entry for s in status(small("both"), store)}
    one, other = (
        store.root / "done" / found[name]
        for name in ("positive-train", "positive-train as spectra")
    )
    np.testing.assert_array_equal(synth.load(one).spans, synth.load_micro(other).spans)
    assert (one / "labels.jsonl").read_bytes() == (other / "labels.jsonl").read_bytes()


def test_targets_and_the_manifest_name_what_they_shape(store: Store) -> None:
    def entries(*overrides: str) -> dict[str, str]:
        found = status(small("microwakeword", *overrides), store)
        return {s.stage: s.entry for s in found}

    before = entries()
    asked = entries("targets.recall=0.5")
    assert asked["calibrate"] == before["calibrate"]
    assert asked["evaluate"] != before["evaluate"]
    named = entries("micro.manifest.author=somebody")
    assert named["train"] == before["train"]
    assert named["calibrate"] != before["calibrate"]


def test_what_was_spoken_is_handed_to_microwakewords_own_trainer(
    result: Result, store: Store, tmp_path: Path, call: Call
) -> None:
    changes = [part for change in SMALL for part in ("--set", change)]
    args = ("okay betty", "--preset", "quick", *changes)
    into = ("--store", str(store.root), "--output", str(tmp_path / "sets"))
    done = call("spectrograms", *args, *into)
    assert done.exit_code == 0, done.stderr
    (tmp_path / "training_parameters.yaml").write_text(f"{done.stdout}training_steps: [9]\n")
    micro = read(tmp_path / "training_parameters.yaml", phrase="okay betty").recipe.micro
    found = {Path(one.folder).name: one for one in micro.sets}
    assert [one.truth for one in found.values()] == [True, False, False, False]
    assert list(found) == ["positive", "near_miss", "speech", "noise"]

    entries = {s.detail.partition(":")[0]: s.entry for s in status(small("both"), store)}
    entry = synth.load_micro(store.root / "done" / entries["positive-train as spectra"])
    said = list(spectrograms(Path(found["positive"].folder), "training"))
    assert len(said) == len(entry.frames) == 100
    for one, frames, (_, end) in zip(said, entry.frames, entry.spans, strict=True):
        last = len(one) - 1
        # Frame i hears the samples from 160 i to 160 i + 480: the last ends 0.2 s after the phrase.
        assert end + 0.19 < (last * 160 + 480) / 16_000 <= end + 0.2 + 1e-6
        np.testing.assert_array_equal(one, frames[: len(one)])
    assert len(list(spectrograms(Path(found["speech"].folder), "validation"))) == 60
    assert not (tmp_path / "sets" / "near_miss" / "validation").exists()
