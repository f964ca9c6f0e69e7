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
    assert "target_minimization is not used: minimization_metric is not given" in said
    assert recipe.targets.false_accepts_per_hour == 0.5
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


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("batch_size: 128", "batch_size: 0"), r"batch_size \(line 1\): .* above 0, not 0"),
        (("sampling_weight: 10.0", "sampling_weight: -1"),
         r"features\.1\.sampling_weight \(line 13\): .* greater than or equal to 0, not -1"),
        (("penalty_weight: 1.5", "penalty_weight: x"),
         r"features\.1\.penalty_weight \(line 12\): must be a number, not x"),
        (("  truth: true", "  truth: maybe"),
         r"features\.0\.truth \(line 9\): must be true, .* not 'maybe'"),
        (("features_dir: negative_datasets/speech", "features_dir: 3"),
         r"features\.1\.features_dir \(line 11\): must be the folder of a set, not 3"),
        (("learning_rates: [0.001, 0.0002]", "learning_rates: [0.001, -1]"),
         r"learning_rates\.1 \(line 26\): .* greater than 0, not -1"),
        (("negative_class_weight: [20]", "negative_class_weight: [x]"),
         r"negative_class_weight\.0 \(line 30\): must be a number, not x"),
        (("learning_rates: [0.001, 0.0002]", "learning_rates: [0.001, 0.1, 0.1]"),
         r"learning_rates \(line 26\): has 3 entries and training_steps 2"),
        (("target_minimization: 0.9", "target_minimization: -2\nminimization_metric: "
          "ambient_false_positives_per_hour"), r"target_minimization .* greater than 0, not -2"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_where_it_stands(
    tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    text = GIVEN.replace("minimization_metric: null\n", "") if "target" in said else GIVEN
    with pytest.raises(RecipeError, match=said) as caught:
        load(written(tmp_path, text.replace(*change)), phrase="hey saga")
    assert "has a mistake" in str(caught.value)


def test_sets_that_are_left_out_do_not_move_the_others(tmp_path: Path) -> None:
    text = (
        "features:\n- {features_dir: clips, type: clips, truth: true}\n"
        "- {features_dir: b, truth: false, sampling_weight: -1}\ntraining_steps: [9]\n"
    )
    with pytest.raises(RecipeError, match=r"features\.1\.sampling_weight \(line 3\)"):
        load(written(tmp_path, text), phrase="hey saga")


def test_a_short_list_goes_on_with_its_last_entry(tmp_path: Path) -> None:
    text = GIVEN.replace("training_steps: [10000, 5000]", "training_steps: [100, 50, 25]")
    loaded = read(written(tmp_path, text), phrase="hey saga")
    rates = [phase.learning_rate for phase in loaded.recipe.micro.train.phases]
    assert rates == [0.001, 0.0002, 0.0002]
    said = "learning_rates has 2 entries and training_steps 3; the last goes on"
    assert any(said in note for note in loaded.notes)
    assert not any("class_weight" in note for note in loaded.notes)


def test_the_phrase_is_given_beside_it_or_in_it(tmp_path: Path) -> None:
    path = written(tmp_path, GIVEN)
    with pytest.raises(RecipeError, match=r"phrase: is missing: .*--set phrase='hey saga'"):
        load(path)
    assert load(path, overrides=["phrase=hey saga"]).phrase == "hey saga"
    assert load(written(tmp_path, f"{GIVEN}phrase: hey saga\n")).phrase == "hey saga"


@pytest.mark.parametrize(
    ("metric", "target", "asked"),
    [
        ("ambient_false_positives_per_hour", "0.4", 0.4),
        ("ambient_false_positives_per_hour", "0", 0.5),
        ("false_positive_rate", "0.01", 0.5),
    ],
)
def test_a_target_of_false_accepts_is_kept(
    tmp_path: Path, metric: str, target: str, asked: float
) -> None:
    text = GIVEN.replace("minimization_metric: null", f"minimization_metric: {metric}")
    text = text.replace("target_minimization: 0.9", f"target_minimization: {target}")
    loaded = read(written(tmp_path, text), phrase="hey saga")
    assert loaded.recipe.targets.false_accepts_per_hour == asked
    (note,) = (note for note in loaded.notes if note.startswith("target_minimization"))
    assert ("is not used" in note) == (asked == 0.5)


def test_a_key_of_a_set_that_is_not_known_is_told(tmp_path: Path) -> None:
    text = "phrase: hey saga\nmicro: {sets: [{folder: a, colour: red}]}\n"
    with pytest.raises(RecipeError, match=r"known here: folder, truth, sampling_weight"):
        load(written(tmp_path, text))


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
