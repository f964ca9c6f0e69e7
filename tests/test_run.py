"""The whole system on a small recipe with real voices: read this first."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from wakesmith import audio, tts
from wakesmith.errors import Cancelled, StoreError
from wakesmith.events import Event, Noted, Progress, StageStarted, silent
from wakesmith.flow import STAGES
from wakesmith.mix import fft
from wakesmith.pipeline import Result, run, status
from wakesmith.plan import Utterance
from wakesmith.recipe import Recipe, load
from wakesmith.runtime.bundle import Manifest
from wakesmith.runtime.detector import Detector
from wakesmith.runtime.scorer import load_scorer
from wakesmith.stages import pack
from wakesmith.store import Store, named_in

SMALL = (
    "synth.engines={'espeak': 1.0}",
    "synth.positives=120",
    "synth.near_misses=60",
    "synth.speech=30",
    "synth.validation=24",
    "synth.test=24",
    "negatives.noise_minutes=1",
    "mix.noise_minutes=1.5",
    "mix.simulated_rooms=8",
    "mix.copies=1",
    "network.members=1",
    "network.layer_size=16",
    "train.steps=120",
    "train.validate_every=40",
    "train.learning_rate=0.005",
    "train.moving_average=0.9",
)


def small(*overrides: str) -> Recipe:
    return load(None, phrase="okay computer", preset="quick", overrides=[*SMALL, *overrides])


def worked(events: list[Event]) -> list[str]:
    return [e.stage for e in events if isinstance(e, StageStarted) and not e.cached]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def result(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Result:
    return run(small(), store, tmp_path_factory.mktemp("runs") / "word", silent)


def test_a_phrase_becomes_a_bundle_with_a_report(result: Result) -> None:
    assert result.worked
    assert result.bundle is not None
    manifest = Manifest.load(result.bundle)
    assert manifest.phrase == "okay computer"
    assert set(manifest.models) == {"tflite", "onnx"}
    for name in ("report.html", "report.json", "report.png", "MODEL_CARD.md", "run.json"):
        assert (result.bundle / name).stat().st_size > 0, name
    found = json.loads((result.bundle / "report.json").read_text())
    assert found
    assert [one.json() for one in result.evaluations] == [
        (result.bundle / "report.json").read_text()
    ]


def test_both_files_score_alike(result: Result) -> None:
    one, other = (load_scorer(result.folder / f"okay_computer.{k}") for k in ("tflite", "onnx"))
    shape = (50, one.window, 96)
    windows = np.random.default_rng(0).standard_normal(shape).astype(np.float32) * 10
    np.testing.assert_allclose(one.score(windows), other.score(windows), atol=1e-5)


def test_the_detector_tells_the_phrase_from_noise(result: Result) -> None:
    detector = Detector(result.folder)
    clips = tts.speak([Utterance("okay computer", "espeak", f"generated:{i}") for i in range(8)])
    quiet = np.random.default_rng(0).normal(0, 20, 40_000).astype(np.int16)
    heard = []
    for clip in clips:
        detector.reset()
        sound = np.concatenate([quiet, clip.pcm[clip.start : clip.end], quiet])
        heard.append(detector.scores(sound).max())
    detector.reset()
    assert np.median(heard) > detector.scores(np.tile(quiet, 5)).max()


def test_a_second_run_does_nothing(result: Result, store: Store) -> None:
    events: list[Event] = []
    again = run(small(), store, result.folder, events.append)
    assert not again.worked
    assert worked(events) == []
    assert again.evaluations == result.evaluations
    assert run(small(), store, result.folder, silent, to="train").evaluations == ()
    assert {s.state for s in status(small(), store)} == {"cached"}


def test_status_says_what_each_stage_makes(store: Store, tmp_path: Path) -> None:
    audio.write(
        tmp_path / "tv.wav", np.random.default_rng(0).normal(0, 900, 1_920_000).astype(np.int16)
    )
    recipe = small("mix.copies=3", "negatives.copies=2", f"negatives.background=['{tmp_path}']")
    told = {s.detail.partition(":")[0]: s.detail for s in status(recipe, store)}
    synth = recipe.synth
    assert told["positive-train"].endswith(
        f"{3 * synth.positives} windows, 3 of each of {synth.positives} sayings"
    )
    assert told["speech-train"].endswith(f"3 of each of {synth.speech} sentences")
    assert told["positive-test"].endswith(f"1 of each of {synth.test} sayings")
    assert told["noise-train"].endswith(" windows of noise")
    assert told["background-train"].endswith("1.5 minutes as they are, and 2 mixed copies")
    assert told["background-validation"].endswith(" minutes as they are")


def test_only_what_changed_runs_again(result: Result, store: Store) -> None:
    changed = small("train.weight_decay=0.02")
    todo = [s.stage for s in status(changed, store) if s.state != "cached"]
    assert todo == ["train", "export", "calibrate", "evaluate", "pack"]
    renamed = small("name=computer_two")
    todo = [s.stage for s in status(renamed, store) if s.state != "cached"]
    assert todo == ["export", "calibrate", "evaluate", "pack"]
    other = small("synth.test=31")
    todo = [s.stage for s in status(other, store) if s.state != "cached"]
    assert {"calibrate", "train"} & set(todo) == set()
    assert todo[-2:] == ["evaluate", "pack"]


def test_slower_mixing_is_said_once(
    result: Result, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for backend, notes in (("mkl", []), ("torch", [Noted("synth", fft.SLOWER)])):
        events: list[Event] = []
        monkeypatch.setattr(fft, "backend", lambda name=backend: name)
        run(small(), store, result.folder, events.append)
        assert [e for e in events if isinstance(e, Noted) and e.stage == "synth"] == notes


@pytest.mark.parametrize(
    ("overrides", "guessed"),
    [
        ((), True),
        (("spellings=[hey saga]",), True),  # spoken beside the phrase, not instead
        (("pronunciations=['Z AO1 R B L AE1 K S']",), False),
    ],
)
def test_a_guessed_pronunciation_is_said(
    store: Store, overrides: tuple[str, ...], guessed: bool
) -> None:
    events: list[Event] = []
    status(small("phrase=zorblax", *overrides), store, events.append)
    told = " ".join(e.message for e in events if isinstance(e, Noted))
    assert ('no dictionary holds "zorblax" (Z AO1 R B' in told) == guessed


def test_machine_settings_change_nothing(result: Result, store: Store) -> None:
    other = small("machine.workers=3", "machine.threads=1")
    assert {s.state for s in status(other, store)} == {"cached"}


def test_gc_spares_what_a_run_needs(result: Result, store: Store) -> None:
    keep = named_in(result.folder.parent)
    assert store.collect(keep, partial_days=0, dry=True).names == ()


def test_a_lost_report_is_put_back(result: Result, store: Store) -> None:
    (result.folder / "report.html").unlink()
    assert run(small(), store, result.folder, silent).worked
    assert (result.folder / "report.html").exists()


def test_a_stop_between_two_bundles_is_not_taken_for_the_first(
    result: Result, store: Store, tmp_path: Path
) -> None:
    first = next(s.entry for s in status(small(), store) if s.stage == "pack")
    done, place = store.root / "done" / first, tmp_path / "run"
    assert pack.deploy(done, place)
    assert not pack.deploy(done, place)
    other = shutil.copytree(done, tmp_path / "pack-other")
    (place / "report.png").unlink()
    (place / "report.png").mkdir()  # deploying stops in the middle
    with pytest.raises(StoreError, match=r"report\.png"):
        pack.deploy(other, place)
    (place / "report.png").rmdir()
    assert pack.deploy(done, place)


def test_what_an_earlier_bundle_had_and_this_one_has_not_goes(
    result: Result, store: Store, tmp_path: Path
) -> None:
    first = next(s.entry for s in status(small(), store) if s.stage == "pack")
    larger = shutil.copytree(store.root / "done" / first, tmp_path / "pack-larger")
    (larger / "microwakeword").mkdir()
    (larger / "microwakeword" / "word.json").write_text("{}")
    place = tmp_path / "run"
    pack.deploy(larger, place)
    (place / "notes.txt").write_text("the user's own")
    assert pack.deploy(store.root / "done" / first, place)
    assert not (place / "microwakeword" / "word.json").exists()
    assert (place / "notes.txt").exists()


def test_one_stage_needs_those_before_it(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"--only train needs .*gather"):
        run(small(), Store(tmp_path / "s"), tmp_path / "run", silent, only="train")


def test_an_output_that_cannot_be_written_is_said_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("in the way")
    events: list[Event] = []
    with pytest.raises(StoreError, match=r"runs is a file.*--output"):
        run(small(), Store(tmp_path / "s"), tmp_path / "runs" / "word", events.append)
    assert events == []


def test_recordings_add_only_their_own_work(result: Result, store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    folder.mkdir()
    said = [Utterance("okay computer", "espeak", f"generated:{i}", speed=0.8) for i in (91, 92, 93)]
    for index, clip in enumerate(tts.speak(said)):
        audio.write(folder / f"{index}.wav", clip.pcm)
    changed = small(f"recordings.folders=['{folder}']", "recordings.copies=4")
    todo = [(s.stage, s.detail) for s in status(changed, store) if s.state != "cached"]
    assert todo[0] == ("synth", "recording-train: 12 windows, 4 of each of 3 recordings")
    assert [stage for stage, _ in todo[1:]] == ["train", "export", "calibrate", "evaluate", "pack"]
    events: list[Event] = []
    run(changed, store, tmp_path / "run", events.append, to="export")
    assert worked(events) == ["synth", "train", "export"]


def test_a_stopped_run_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    recipe = small("synth.positives=40", "synth.near_misses=30", "synth.speech=10")

    def stop_while(stage: str) -> None:
        def emit(event: Event) -> None:
            if isinstance(event, Progress) and event.stage == stage and event.done:
                raise Cancelled("stopped")

        with pytest.raises(Cancelled):
            run(recipe, Store(tmp_path / "stopped"), tmp_path / "a", emit, to="train")

    for stage in ("noises", "near_miss-train", "train"):
        stop_while(stage)
    run(recipe, Store(tmp_path / "stopped"), tmp_path / "a", silent, to="train")
    run(recipe, Store(tmp_path / "straight"), tmp_path / "b", silent, to="train")
    straight = sorted((tmp_path / "straight" / "done").rglob("*.npy"))
    assert len(straight) > 10
    for file in straight:
        twin = tmp_path / "stopped" / file.relative_to(tmp_path / "straight")
        assert twin.read_bytes() == file.read_bytes(), file.name


def test_stage_names_are_those_of_the_flow() -> None:
    assert STAGES == ("gather", "synth", "train", "export", "calibrate", "evaluate", "pack")
