"""``wakesmith show``: recipes and training files in, one recipe out, mistakes named."""

import json
from collections.abc import Callable
from pathlib import Path

from click.testing import Result

from wakesmith.recipe import load

Call = Callable[..., Result]


def test_show_prints_a_recipe(call: Call) -> None:
    result = call("show", "hey saga", "--preset", "quick", "--set", "seed=4")
    assert result.exit_code == 0
    Path("shown.yaml").write_text(result.stdout)
    assert load("shown.yaml") == load(phrase="hey saga", preset="quick", overrides=["seed=4"])


def test_show_takes_training_files_and_says_what_is_not_used(call: Call) -> None:
    Path("their.yml").write_text("target_phrase: [hey saga]\ntts_batch_size: 5\n")
    result = call("show", "their.yml")
    assert "note: tts_batch_size is not used" in result.stderr
    assert "phrase: hey saga" in result.stdout


def test_show_prints_the_schema(call: Call) -> None:
    assert json.loads(call("show", "--schema").stdout)["required"] == ["phrase"]


def test_a_recipe_that_is_wrong_ends_with_2_and_no_traceback(call: Call) -> None:
    Path("word.yaml").write_text("phrase: saga\nsedd: 1\n")
    result = call("show", "word.yaml")
    assert result.exit_code == 2
    assert "sedd (line 2): is not known; did you mean seed?" in result.stderr
    assert result.stderr.startswith("error: ")
    assert call("show", "none.yaml").exit_code == 2
    assert call("show").exit_code == 2


def test_a_file_that_is_no_recipe_is_not_taken_for_a_phrase(call: Call) -> None:
    Path("kitchen.wav").write_bytes(b"")
    for command in ("show", "check", "train"):
        result = call(command, "kitchen.wav")
        assert result.exit_code == 2
        assert "kitchen.wav is a file or folder" in result.stderr
    assert "file or folder" not in call("show", "").stderr  # the folder of no name is this one
