"""The command line: what goes in, what comes out, and how it ends."""

import json
import os
import re
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import metadata
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from wakesmith import pipeline
from wakesmith.cli import main, options
from wakesmith.cli.group import EXTRAS, Commands
from wakesmith.errors import Cancelled, StoreError
from wakesmith.events import Emit, StageStarted
from wakesmith.recipe import Recipe, load
from wakesmith.store import Store


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WAKESMITH_STORE", raising=False)


def call(*args: str) -> Result:
    result = CliRunner().invoke(main, args)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_help_names_every_command() -> None:
    said = call("--help").stdout
    for name in main.commands:
        assert f"  {name} " in said
        assert call(name, "--help").exit_code == 0


def test_show_prints_a_recipe() -> None:
    result = call("show", "hey saga", "--preset", "quick", "--set", "seed=4")
    assert result.exit_code == 0
    Path("shown.yaml").write_text(result.stdout)
    assert load("shown.yaml") == load(phrase="hey saga", preset="quick", overrides=["seed=4"])


def test_show_takes_training_files_and_says_what_is_not_used() -> None:
    Path("their.yml").write_text("target_phrase: [hey saga]\ntts_batch_size: 5\n")
    result = call("show", "their.yml")
    assert "note: tts_batch_size is not used" in result.stderr
    assert "phrase: hey saga" in result.stdout


def test_show_prints_the_schema() -> None:
    assert json.loads(call("show", "--schema").stdout)["required"] == ["phrase"]


def test_a_recipe_that_is_wrong_ends_with_2_and_no_traceback() -> None:
    Path("word.yaml").write_text("phrase: saga\nsedd: 1\n")
    result = call("show", "word.yaml")
    assert result.exit_code == 2
    assert "sedd (line 2): is not known; did you mean seed?" in result.stderr
    assert result.stderr.startswith("error: ")
    assert call("show", "none.yaml").exit_code == 2
    assert call("show").exit_code == 2


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (StoreError("the disk is full"), 6, "error: the disk is full"),
        (Cancelled("by a friend"), 130, "stopped: by a friend"),
        (KeyboardInterrupt(), 130, "stopped; run again to continue"),
        (ModuleNotFoundError("No module named 'torch'", name="torch"), 8, "wakesmith[train]"),
        (ModuleNotFoundError("No module named 'x'", name="soxr.deep"), 8, "wakesmith[audio]"),
        (BrokenPipeError(), 141, ""),
    ],
)
def test_how_a_command_ends(error: BaseException, code: int, said: str) -> None:
    @click.group(cls=Commands)
    def group() -> None:
        pass

    @group.command()
    def fails() -> None:
        raise error

    result = CliRunner().invoke(group, ["fails"])
    assert result.exit_code == code
    assert said in result.stderr
    assert "Traceback" not in result.output


def test_a_fault_of_ours_keeps_its_traceback() -> None:
    @click.group(cls=Commands)
    def group() -> None:
        pass

    @group.command()
    def fails() -> None:
        raise ModuleNotFoundError("No module named 'wakesmith.typo'", name="wakesmith.typo")

    with pytest.raises(ModuleNotFoundError):
        CliRunner().invoke(group, ["fails"], catch_exceptions=False)


def test_the_extras_are_those_of_the_package() -> None:
    known = set(metadata("wakesmith").get_all("Provides-Extra") or [])
    assert set(EXTRAS.values()) <= known


def test_each_optional_module_comes_with_its_extra() -> None:
    page = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())
    extras = page["project"]["optional-dependencies"]
    packages = {"pydantic_core": "pydantic", "yaml": "pyyaml"}
    for module, extra in EXTRAS.items():
        package = packages.get(module, module)
        assert any(re.fullmatch(rf"{package}>=.*", line) for line in extras[extra]), module


NAP = """
import click, sys, time
from wakesmith.cli import main

@main.command()
def nap():
    click.echo("ready")
    sys.stdout.flush()
    time.sleep(60)

main(["nap"])
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_with_a_word(number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", NAP], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err.strip() == "stopped; run again to continue"


def test_nobody_who_reads_is_no_error() -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "wakesmith", "show", "--schema"],
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=60,
    )
    os.close(write)
    assert done.stderr == ""
    assert done.returncode in {1, 141}


# -- commands on the pipeline's contract; a real run is in test_run.py


class Called:
    """Stands where ``pipeline.run`` does, and keeps what it was given."""

    def __init__(self) -> None:
        self.recipe = Recipe(phrase="none")
        self.output = Path()
        self.limits: tuple[str | None, str | None] = (None, None)
        self.worked = True

    def __call__(
        self,
        recipe: Recipe,
        store: Store,
        output: Path,
        emit: Emit,
        to: str | None = None,
        only: str | None = None,
    ) -> pipeline.Result:
        self.recipe, self.output, self.limits = recipe, output, (to, only)
        emit(StageStarted("gather", False, "gather-0123456789abcdef"))
        return pipeline.Result(output, output, output / "report.html", self.worked)


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> Iterator[Called]:
    stand_in = Called()
    monkeypatch.setattr(pipeline, "run", stand_in)
    return stand_in  # type: ignore[return-value]


def test_train_lays_its_options_over_the_recipe(called: Called, tmp_path: Path) -> None:
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


def test_train_says_when_there_was_nothing_to_do(called: Called) -> None:
    called.worked = False
    assert "Nothing to do" in call("train", "hey saga").stdout


def test_train_goes_where_a_training_file_says(called: Called, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    Path("deep/their.yml").write_text("target_phrase: hey saga\noutput_dir: ./out\n")
    call("train", "deep/their.yml")
    assert called.output == Path("deep/out/hey_saga")
    call("train", "deep/their.yml", "--output", "mine")
    assert called.output == Path("mine/hey_saga")


def test_train_in_json_prints_events_alone(called: Called) -> None:
    lines = call("train", "hey saga", "--json").stdout.splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["StageStarted"]


def test_to_and_only_exclude_each_other(called: Called) -> None:
    assert call("train", "saga", "--to", "train", "--only", "train").exit_code == 2


def test_the_stages_are_those_of_the_pipeline() -> None:
    assert options.STAGES == pipeline.STAGES


def test_check_prints_each_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        pipeline.StageStatus("gather", "gather-0123456789abcdef", "cached", "rooms"),
        pipeline.StageStatus("train", "train-0123456789abcdef", "to do", "100 steps"),
    ]
    monkeypatch.setattr(pipeline, "status", lambda recipe, store: rows)
    assert call("check", "saga").stdout.splitlines() == [
        "gather     cached   gather-0123456789abcdef      rooms",
        "train      to do    train-0123456789abcdef       100 steps",
    ]
    first = json.loads(call("check", "saga", "--json").stdout.splitlines()[0])
    assert first["state"] == "cached"
