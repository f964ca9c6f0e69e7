"""openWakeWord's training YAML is taken as it is."""

from pathlib import Path

import pytest
from helpers import written

from wakesmith.errors import RecipeError
from wakesmith.recipe import Recipe, Train, load, read
from wakesmith.recipe.openwakeword import MAPPED, NOT_USED
from wakesmith.recipe.presets import PRESETS

GIVEN = """\
model_name: "my_model"
target_phrase:
  - "hey jarvis"
  - "hey jarviss"
custom_negative_phrases: ["hey jar"]
n_samples: 10000
n_samples_val: 2000
tts_batch_size: 50
augmentation_batch_size: 16
piper_sample_generator_path: "./piper-sample-generator"
output_dir: "./my_custom_model"
rir_paths:
  - "./mit_rirs"
background_paths:
  - "./background_clips"
  - "./fma"
background_paths_duplication_rate: [1, 2]
false_positive_validation_data_path: "./validation_set_features.npy"
augmentation_rounds: 2
feature_data_files:
  "ACAV100M_sample": "./acav.npy"
  "mine": "./mine.npy"
batch_n_per_class:
  "ACAV100M_sample": 1024
  "mine": 6
  "adversarial_negative": 50
  "positive": 51
model_type: "dnn"
layer_size: 32
steps: 50000
max_negative_weight: 1500
target_false_positives_per_hour: 0.2
target_accuracy: 0.7
target_recall: 0.5
total_length: 32000
"""


def test_every_key_is_mapped_or_named(tmp_path: Path) -> None:
    loaded = read(written(tmp_path, GIVEN))
    recipe = loaded.recipe
    assert recipe.phrase == "hey jarvis"
    assert recipe.spellings == ("hey jarviss",)
    assert recipe.file_name == "my_model"
    assert recipe.negatives.phrases == ("hey jar",)
    assert recipe.synth.positives == recipe.synth.near_misses == 10_000
    assert recipe.synth.validation == 2_000
    assert recipe.mix.rooms == (str(tmp_path / "mit_rirs"),)
    assert recipe.mix.noises == (str(tmp_path / "background_clips"), str(tmp_path / "fma"))
    assert recipe.mix.copies == 2
    assert recipe.negatives.features == (str(tmp_path / "acav.npy"), str(tmp_path / "mine.npy"))
    assert recipe.train.batch.positive == 51
    assert recipe.train.batch.near_miss == 50
    assert recipe.train.batch.background == 1030
    assert recipe.network.kind == "dnn"
    assert recipe.network.layer_size == 32
    assert recipe.train.steps == 50_000
    assert recipe.train.max_negative_weight == Train().max_negative_weight
    assert recipe.targets.false_accepts_per_hour == 0.2
    assert recipe.targets.accuracy == 0.7
    assert recipe.targets.recall == 0.5
    assert loaded.output == tmp_path / "my_custom_model"
    for key in NOT_USED:
        assert any(note.startswith(f"{key} is not used") for note in loaded.notes), key
    assert loaded.origins["train.steps"] == "word.yaml"


def test_the_keys_mapped_name_fields_that_exist() -> None:
    for fields in MAPPED.values():
        for field in fields:
            part: object = Recipe(phrase="x")
            for name in field.split("."):
                part = getattr(part, name)


def test_settings_lie_over_it(tmp_path: Path) -> None:
    path = written(tmp_path, "target_phrase: hey saga\nn_samples: 10\nmodel_type: rnn\n")
    recipe = load(path, preset="quick", overrides=["synth.near_misses=3"])
    assert (recipe.synth.positives, recipe.synth.near_misses) == (10, 3)
    assert recipe.train.steps == PRESETS["quick"]()["train"]["steps"]
    assert recipe.network.kind == "recurrent"


def test_mistakes_are_told_in_its_own_words(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "target_phrase: [hey saga]\nn_samples: -5\nstepz: 4\nmodel_type: cnn\n"
        "feature_data_files: {a: a.npy, b: 3}\nbatch_n_per_class: {a: 1, c: 2, positive: x}\n"
        "output_dir: 3\nlayer_size: [1]\n",
    )
    with pytest.raises(RecipeError) as caught:
        load(path)
    said = str(caught.value)
    assert "n_samples (line 2): must be greater than 0" in said
    assert "stepz (line 3): is not a key of openWakeWord's training file" in said
    assert "did you mean steps?" in said
    assert "model_type (line 4): 'cnn' is not one of dnn, rnn" in said
    assert "feature_data_files.b (line 5)" in said
    assert "batch_n_per_class.c (line 6): is no class" in said
    assert "batch_n_per_class.positive (line 6)" in said
    assert "output_dir (line 7)" in said
    assert "layer_size (line 8): must be a whole number" in said


def test_what_does_not_go_together_is_not_blamed_on_one_key(tmp_path: Path) -> None:
    path = written(tmp_path, "target_phrase: [hey saga]\nmodel_type: dnn\n")
    with pytest.raises(RecipeError, match="network: window 20 and smoothing 7") as caught:
        load(path, overrides=["network.window=20"])
    assert "model_type" not in str(caught.value)


@pytest.mark.parametrize("phrase", ["[]", "5", "[1]"])
def test_a_phrase_that_is_none(tmp_path: Path, phrase: str) -> None:
    with pytest.raises(RecipeError, match="target_phrase") as caught:
        load(written(tmp_path, f"target_phrase: {phrase}\n"))
    assert "a mistake" in str(caught.value)
