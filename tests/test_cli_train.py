"""``wakesmith train`` and ``check`` on the pipeline's contract; a real run is in test_run.py."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from helpers import heard_silence

from wakesmith import audio, pipeline
from wakesmith.cli import options
from wakesmith.events import Emit, StageStarted, Warned
from wakesmith.flow import STAGES
from wakesmith.measure import Evaluation
from wakesmith.recipe import Recipe
from wakesmith.store import Store

Call = Callable[..., Result]


class Called:
    """Stands where ``pipeline.run`` does, and keeps what it was given."""

    def __init__(self) -> None:
        self.recipe = Recipe(phrase="none")
        self.output = Path()
        self.limits: tuple[str | None, str | None] = (None, None)
        self.worked = True
        self.evaluations: tuple[Evaluation, ...] = ()

    def __call__(
        self,
        recipe: Recipe,
        store: Store,
        output: Path,
        emit: Emit,
        **limits: str | None,
    ) -> pipeline.Result:
        self.recipe, self.output = recipe, output
        self.limits = (limits["to"], limits["only"])
        emit(StageStarted("gather", False, "gather-0123456789abcdef"))
        page = output / "report.html"
        return pipeline.Result(output, output, page, self.worked, self.evaluations)


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> Called:
    stand_in = Called()
    monkeypatch.setattr(pipeline, "run", stand_in)
    return stand_in


def test_train_lays_its_options_over_the_recipe(call: Call, called: Called, tmp_path: Path) -> None:
    for name in ("said", "more", "tv"):
        (tmp_path / name).mkdir()
    result = call(
        *("train", "hey saga", "--recordings", "said", "--recordings", "more"),
        *("--background", "tv", "--preset", "quick", "--seed", "3", "--workers", "1"),
        *("--set", "synth.positives=7", "--to", "train"),
    )
    assert result.exit_code == 0
    recipe = called.recipe
    assert recipe.recordings.folders == (str(tmp_path / "said"), str(tmp_path / "more"))
    assert recipe.negatives.background == (str(tmp_path / "tv"),)
    assert (recipe.preset, recipe.seed, recipe.machine.workers) == ("quick", 3, 1)
    assert recipe.synth.positives == 7
    assert called.limits == ("train", None)
    assert called.output == Path("runs/hey_saga")
    assert "report: runs/hey_saga/report.html" in result.stdout
    assert "gather: begins" in result.stderr


def test_train_says_when_there_was_nothing_to_do(call: Call, called: Called) -> None:
    called.worked = False
    assert "Nothing to do: everything was made" in call("train", "hey saga").stdout
    said = call("train", "hey saga", "--to", "gather").stdout
    assert "Nothing to do: everything up to gather was made before." in said


def test_train_ends_with_what_was_measured(call: Call, called: Called) -> None:
    called.evaluations = (heard_silence(0.5),)
    lines = call("train", "hey saga").stdout.splitlines()
    assert lines[:2] == [
        "result: Heard 100 % (21-100 %) of 1 saying; 0 false accepts in 30 min of speech, "
        "which proves fewer than 6.0 per hour.",
        "result: recall reached, false accepts per hour not proven, accuracy reached",
    ]
    assert lines[2:] == ["model:  runs/hey_saga", "report: runs/hey_saga/report.html"]
    called.evaluations = (heard_silence(0.5), heard_silence(6.0, "microwakeword"))
    lines = call("train", "hey saga", "--family", "both").stdout.splitlines()
    assert "device: runs/hey_saga/microwakeword" in lines
    heads = [line.partition(":")[0] for line in lines[:4]]
    assert heads == ["openWakeWord", "openWakeWord", "microWakeWord", "microWakeWord"]
    assert lines[3].endswith("false accepts per hour reached, accuracy reached")


def test_train_goes_where_a_training_file_says(call: Call, called: Called, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    Path("deep/their.yml").write_text("target_phrase: hey saga\noutput_dir: ./out\n")
    call("train", "deep/their.yml")
    assert called.output == Path("deep/out/hey_saga")
    call("train", "deep/their.yml", "--output", "mine")
    assert called.output == Path("mine/hey_saga")


def test_train_in_json_prints_events_alone(call: Call, called: Called) -> None:
    lines = call("train", "hey saga", "--json").stdout.splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["StageStarted"]


def test_to_and_only_exclude_each_other(call: Call, called: Called) -> None:
    assert call("train", "saga", "--to", "train", "--only", "train").exit_code == 2


def test_the_stages_are_those_of_the_pipeline() -> None:
    assert options.STAGES == STAGES


def test_check_prints_each_stage(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        pipeline.StageStatus("gather", "gather-0123456789abcdef", "cached", "rooms"),
        pipeline.StageStatus("train", "train-0123456789abcdef", "to do", "100 steps"),
    ]

    def fake(recipe: Recipe, store: Store, emit: Emit) -> list[pipeline.StageStatus]:
        emit(Warned("gather", "there is too little background"))
        return rows

    monkeypatch.setattr(pipeline, "status", fake)
    assert call("check", "saga").stdout.splitlines() == [
        "gather     cached   gather-0123456789abcdef      rooms",
        "train      to do    train-0123456789abcdef       100 steps",
    ]
    assert "warning: there is too little background" in call("check", "saga").stderr
    first = json.loads(call("check", "saga", "--json").stdout.splitlines()[0])
    assert first["state"] == "cached"


def test_check_makes_no_store(call: Call, noise: np.ndarray, tmp_path: Path) -> None:
    Path("said").mkdir()
    audio.write("said/a.wav", noise)
    args = ("check", "hey saga", "--preset", "quick", "--recordings", "said", "--json")
    result = call(*args, "--store", "deep/none")
    assert result.exit_code == 0
    assert {json.loads(line)["state"] for line in result.stdout.splitlines()} == {"to do"}
    assert [path.name for path in tmp_path.iterdir()] == ["said"]


def test_train_says_which_recordings_are_not_there(call: Call) -> None:
    result = call("train", "hey saga", "--recordings", "none")
    assert result.exit_code == 3
    assert "none: there is no such file or folder" in result.stderr
