"""microWakeWord's training YAML is taken as it is."""

from pathlib import Path

import pytest

from wakesmith.errors import RecipeError
from wakesmith.recipe import Recipe, load, read, show
from wakesmith.recipe.microwakeword import MAPPED, NOT_USED, convert

# What its basic_training_notebook writes, in two phases.
GIVEN = """\
batch_size: 128
clip_duration_ms: 1500
eval_step_interval: 500
features:
- features_dir: generated_augmented_features
  penalty_weight: 1.0
  sampling_weight: 2.0
  truncation_strategy: truncate_start
  truth: true
  type: mmap
- features_dir: negative_datasets/speech
  penalty_weight: 1.5
  sampling_weight: 10.0
  truncation_strategy: random
  truth: false
  type: mmap
- features_dir: negative_datasets/dinner_party_eval
  penalty_weight: 1.0
  sampling_weight: 0.0
  truncation_strategy: split
  truth: false
  type: mmap
freq_mask_count: [2]
freq_mask_max_size: [4]
freq_mix_augmentation_prob: [0.25]
learning_rates: [0.001, 0.0002]
maximization_metric: average_viable_recall
minimization_metric: null
mix_up_augmentation_prob: [0]
negative_class_weight: [20]
positive_class_weight: [1]
target_minimization: 0.9
time_mask_count: [1]
time_mask_max_size: [10]
train_dir: trained_models/wakeword
training_steps: [10000, 5000]
window_step_ms: 10
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "training_parameters.yaml"
    path.write_text(text)
    return path


def test_every_key_is_mapped_or_named(tmp_path: Path) -> None:
    loaded = read(written(tmp_path, GIVEN), phrase="hey saga")
    recipe, micro = loaded.recipe, loaded.recipe.micro
    assert recipe.phrase == "hey saga"
    assert recipe.family == "microwakeword"
    assert loaded.output == tmp_path / "trained_models" / "wakeword"
    assert [(one.folder, one.truth, one.sampling_weight) for one in micro.sets] == [
        (str(tmp_path / "generated_augmented_features"), True, 2.0),
        (str(tmp_path / "negative_datasets" / "speech"), False, 10.0),
        (str(tmp_path / "negative_datasets" / "dinner_party_eval"), False, 0.0),
    ]
    assert micro.sets[1].penalty_weight == 1.5
    first, second = micro.train.phases
    assert (first.steps, first.learning_rate, first.negative_weight) == (10_000, 0.001, 20)
    assert (second.steps, second.learning_rate, second.negative_weight) == (5_000, 0.0002, 20)
    assert micro.train.total == 15_000
    assert micro.train.validate_every == 500
    assert (micro.train.batch.positive, micro.train.batch.background) == (32, 32)
    masks = micro.train.spec_augment
    assert (masks.time_masks, masks.time_frames) == (1, 10)
    assert (masks.band_masks, masks.band_channels) == (2, 4)
    assert micro.train.frequency_mix == 0.25
    assert micro.network.frames == 204  # of 1500 ms: 50 steps, and 154 for kernels
    said = "\n".join(loaded.notes)
    given = {line.split(":")[0] for line in GIVEN.splitlines() if line[0].isalpha()}
    for key in given & set(NOT_USED):
        # An empty value is as good as a key that was not written.
        assert key in said or key == "minimization_metric"
    assert given <= {*MAPPED, *NOT_USED}


def test_it_can_be_shown_and_loaded_again(tmp_path: Path) -> None:
    loaded = read(written(tmp_path, GIVEN), phrase="hey saga")
    again = tmp_path / "again.yaml"
    again.write_text(show(loaded))
    assert load(again) == loaded.recipe


def test_the_keys_mapped_name_fields_that_exist() -> None:
    for fields in MAPPED.values():
        for field in fields:
            part: object = Recipe(phrase="x")
            for name in field.split("."):
                part = getattr(part, name)


def test_clips_are_told_to_go_elsewhere(tmp_path: Path) -> None:
    text = "features:\n- {features_dir: clips, type: clips, truth: true}\ntraining_steps: [9]\n"
    loaded = read(written(tmp_path, text), phrase="hey saga")
    assert loaded.recipe.micro.sets == ()
    assert any("clips (type clips) is not used" in note for note in loaded.notes)


def test_mistakes_are_told_in_its_own_words(tmp_path: Path) -> None:
    text = (
        "features:\n- {truth: true}\n- {features_dir: a, truth: false, sampling_wait: 3}\n"
        "- {features_dir: b, truth: false, sampling_weight: -1}\n"
        "training_steps: [0]\nbatch_size: many\nlearning_rats: [1]\ntrain_dir: 3\n"
        "time_mask_count: []\nnegative_class_weight: []\n"
        "clip_duration_ms: -5\n"
    )
    with pytest.raises(RecipeError) as caught:
        load(written(tmp_path, text))
    said = str(caught.value)
    assert "phrase: is missing" in said
    assert "features.0 (line 2): must have features_dir" in said
    assert "did you mean sampling_weight?" in said
    assert "must be greater than or equal to 0" in said
    assert "batch_size (line 6): must be a whole number" in said
    assert "did you mean learning_rates?" in said
    assert "train_dir (line 8): must be a folder" in said
    assert "clip_duration_ms (line 11): must be a number of milliseconds" in said
    assert "time_mask_count (line 9): must hold a number" in said
    assert "negative_class_weight (line 10): must hold an entry" in said


def test_keys_of_any_kind_are_told() -> None:
    """Values given in Python need no text as keys."""
    one = {"features_dir": "a", "truth": False, 5: 1, None: 2}
    found = convert({"features": [one], "training_steps": [9]}).problems
    assert [problem.path for problem in found] == [("features", 0, 5), ("features", 0, None)]


def test_a_clip_longer_than_what_is_kept_is_cut(tmp_path: Path) -> None:
    text = GIVEN.replace("clip_duration_ms: 1500", "clip_duration_ms: 3200")
    loaded = read(written(tmp_path, text), phrase="hey saga")
    assert loaded.recipe.micro.network.frames == 252
    assert any("looks at 260 frames" in note and "252 are" in note for note in loaded.notes)
    text = GIVEN.replace("clip_duration_ms: 1500", "clip_duration_ms: 20")
    with pytest.raises(RecipeError, match=r"clip_duration_ms \(line 2\): the layers look at 155"):
        load(written(tmp_path, text), phrase="hey saga")
