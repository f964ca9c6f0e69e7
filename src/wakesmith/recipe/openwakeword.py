"""openWakeWord's training YAML, read as a recipe.

The keys are those of openWakeWord's ``examples/custom_model.yml`` (its first and its later form)
and of what its ``train.py`` reads. Each is mapped to a field of ours or named as not used.
"""

from collections.abc import Mapping
from typing import Any

from wakesmith.recipe.foreign import Converted, Work, unknown
from wakesmith.recipe.yamltext import Problem

SIGN = "target_phrase"
"""The key by which such a file is known."""

MAPPED: dict[str, tuple[str, ...]] = {
    "model_name": ("name",),
    "target_phrase": ("phrase", "spellings"),
    "custom_negative_phrases": ("negatives.phrases",),
    "n_samples": ("synth.positives", "synth.near_misses"),
    "n_samples_val": ("synth.validation",),
    "rir_paths": ("mix.rooms",),
    "background_paths": ("mix.noises",),
    "augmentation_rounds": ("mix.copies",),
    "feature_data_files": ("negatives.features",),
    "batch_n_per_class": (
        "train.batch.positive",
        "train.batch.near_miss",
        "train.batch.background",
    ),
    "model_type": ("network.kind",),
    "layer_size": ("network.layer_size",),
    "steps": ("train.steps",),
    "target_accuracy": ("targets.accuracy",),
    "target_recall": ("targets.recall",),
    "target_false_positives_per_hour": ("targets.false_accepts_per_hour",),
    "output_dir": (),
}
"""Each key that has a meaning here, and the fields it sets; ``output_dir`` is the run's place."""

NOT_USED: dict[str, str] = {
    "total_length": "the length of a window follows from network.window",
    "tts_batch_size": "the voices here speak one clip at a time",
    "augmentation_batch_size": "how much is mixed at once does not change the result",
    "piper_sample_generator_path": "the voices here are flite and espeak-ng",
    "background_paths_duplication_rate": "every file of background_paths is equally likely",
    "max_negative_weight": (
        "theirs (1500 is usual) is what a weight grows to evenly over all steps; ours is doubled "
        "at each validation with too many false accepts, and 8 already costs much recall; see "
        "train.max_negative_weight"
    ),
    "false_positive_validation_data_path": (
        "false accepts are measured on parts kept back of negatives.background and of feature "
        "files of running frames; name it under feature_data_files to have it used"
    ),
}
"""Each key that is read and left aside, and why."""

_KINDS = {"dnn": "dnn", "rnn": "recurrent"}
_OURS = {"positive": "positive", "adversarial_negative": "near_miss"}
"""openWakeWord's own two classes in a batch; every other one is a feature file."""


def is_training_yaml(value: Any) -> bool:
    """True when a document is openWakeWord's."""
    return isinstance(value, Mapping) and SIGN in value


def convert(given: Mapping[str, Any]) -> Converted:
    """Map every key; what cannot be is in ``problems``."""
    work = Work()
    for key, value in given.items():
        if key in NOT_USED:
            work.notes.append(f"{key} is not used: {NOT_USED[key]}")
        elif key in _READERS:
            _READERS[key](work, key, value)
        elif key in MAPPED:
            for field in MAPPED[key]:
                work.put(field, value, key)
        else:
            work.problems.append(
                Problem((key,), unknown(key, [*MAPPED, *NOT_USED], "openWakeWord"))
            )
    _check_classes(work, given)
    if work.values.get("mix", {}).get("noises"):
        work.notes.append(
            "background_paths is mixed in as noise; name it under negatives.background as well "
            "(--background) to have the detector trained on it as it is"
        )
    return work.converted()


def _target_phrase(work: Work, key: str, value: Any) -> None:
    phrases = [value] if isinstance(value, str) else value
    if not isinstance(phrases, list) or not phrases or not all(isinstance(p, str) for p in phrases):
        work.problems.append(Problem((key,), "must be a phrase or a list of phrases"))
        work.put("phrase", "unreadable", key)  # the one mistake is said once
        return
    work.put("phrase", phrases[0], key)
    if len(phrases) > 1:
        work.put("spellings", phrases[1:], key)
        work.notes.append(
            f'target_phrase names {len(phrases)} phrases: "{phrases[0]}" is the phrase, '
            "the others are its spellings; one detector hears them all"
        )


def _model_type(work: Work, key: str, value: Any) -> None:
    kind = _KINDS.get(value) if isinstance(value, str) else None
    if kind is None:
        work.problems.append(Problem((key,), f"{value!r} is not one of {', '.join(_KINDS)}"))
        return
    work.put("network.kind", kind, key)


def _feature_data_files(work: Work, key: str, value: Any) -> None:
    if not isinstance(value, Mapping):
        work.problems.append(Problem((key,), "must map names to .npy files"))
        return
    files: list[Any] = []
    for name, file in value.items():
        if name in _OURS:
            work.notes.append(f"{key}.{name} is not used: these windows are made here")
        elif isinstance(file, str):
            files.append(file)
        else:
            work.problems.append(Problem((key, name), "must be a .npy file"))
    work.put("negatives.features", files, key)


def _batch_n_per_class(work: Work, key: str, value: Any) -> None:
    if not isinstance(value, Mapping):
        work.problems.append(Problem((key,), "must map class names to numbers of windows"))
        return
    background = 0
    for name, count in value.items():
        if not isinstance(count, int) or isinstance(count, bool) or count < 0:
            work.problems.append(Problem((key, name), "must be a whole number of windows"))
        elif name in _OURS:
            work.put(f"train.batch.{_OURS[name]}", count, f"{key}.{name}")
        else:
            background += count
    if background:
        work.put("train.batch.background", background, key)


_READERS = {
    "target_phrase": _target_phrase,
    "model_type": _model_type,
    "output_dir": Work.put_output,
    "feature_data_files": _feature_data_files,
    "batch_n_per_class": _batch_n_per_class,
}


def _check_classes(work: Work, given: Mapping[str, Any]) -> None:
    """Every class of a batch must be ours or a feature file."""
    batch, files = given.get("batch_n_per_class"), given.get("feature_data_files", {})
    if not isinstance(batch, Mapping) or not isinstance(files, Mapping):
        return
    for name in batch:
        if name not in _OURS and name not in files:
            known = ", ".join([*_OURS, *files])
            work.problems.append(
                Problem(
                    ("batch_n_per_class", name),
                    f"is no class: feature_data_files does not name it (known: {known})",
                )
            )
