"""microWakeWord's training YAML (``training_parameters.yaml``), read as a recipe.

The keys are those that its notebook writes and its ``train.py``, ``data.py`` and
``model_train_eval.py`` read. Each is mapped to a field of ours or named as not used. Such a file
says nothing of the phrase: that is given beside it (``--set phrase="…"``), and spoken here.
"""

from collections.abc import Mapping
from typing import Any

from wakesmith.recipe import mixednet
from wakesmith.recipe.foreign import Converted, Work, unknown
from wakesmith.recipe.micro import MicroNetwork
from wakesmith.recipe.yamltext import Path, Problem

_SIGNS = ("features", "training_steps", "negative_class_weight")
"""Such a file has one of the last two beside the first."""

PHASES = "micro.train.phases"
MAPPED: dict[str, tuple[str, ...]] = {
    "features": ("micro.sets",),
    "training_steps": (PHASES,),
    "learning_rates": (PHASES,),
    "positive_class_weight": (PHASES,),
    "negative_class_weight": (PHASES,),
    "batch_size": ("micro.train.batch.positive", "micro.train.batch.background"),
    "clip_duration_ms": ("micro.network.frames",),
    "eval_step_interval": ("micro.train.validate_every",),
    "time_mask_max_size": ("micro.train.spec_augment.time_frames",),
    "time_mask_count": ("micro.train.spec_augment.time_masks",),
    "freq_mask_max_size": ("micro.train.spec_augment.band_channels",),
    "freq_mask_count": ("micro.train.spec_augment.band_masks",),
    "freq_mix_augmentation_prob": ("micro.train.frequency_mix",),
    "train_dir": (),
}
"""Each key that has a meaning here, and the fields it sets; ``train_dir`` is the run's place."""

NOT_USED: dict[str, str] = {
    "mix_up_augmentation_prob": (
        "sayings are mixed with noise as sound, before features are taken of them"
    ),
    "target_minimization": (
        "checkpoints are chosen by the recall at targets.false_accepts_per_hour, and the best are "
        "averaged"
    ),
    "minimization_metric": "see target_minimization",
    "maximization_metric": "see target_minimization",
    "binary_classification": "there is one phrase, and all else",
    "window_step_ms": "features are made every 10 ms, as devices do it",
    "summaries_dir": "the run's history is in its bundle",
    "stride": "the network's stride is micro.network.stride",
}
"""Each key that is read and left aside, and why."""

_LISTS = {
    "training_steps": "steps",
    "learning_rates": "learning_rate",
    "positive_class_weight": "positive_weight",
    "negative_class_weight": "negative_weight",
}
_SINGLE = tuple(key for key in MAPPED if key.startswith(("time_", "freq_")))
_SET_KEYS = ("features_dir", "sampling_weight", "penalty_weight", "truth", "truncation_strategy")
_TRUNCATIONS = {True: "truncate_start", False: "random"}
_WINDOW_MS, _STEP_MS = 30, 10
_LONGEST = 60_000
"""Milliseconds of a clip that can be meant."""
_POSITIVES = 4
"""A batch of theirs holds about one saying of the phrase in four."""


def is_training_yaml(value: Any) -> bool:
    """True when a document is microWakeWord's."""
    features, *others = _SIGNS
    return isinstance(value, Mapping) and features in value and any(k in value for k in others)


def convert(given: Mapping[str, Any]) -> Converted:
    """Map every key; what cannot be is in ``problems``."""
    work = Work()
    work.put("family", "microwakeword", "features")
    for key, value in given.items():
        if key in NOT_USED:
            work.notes.append(f"{key} is not used: {NOT_USED[key]}")
        elif key == "features":
            _features(work, key, value)
        elif key == "train_dir":
            work.put_output(key, value)
        elif key in _SINGLE:
            _first(work, key, value)
        elif key == "phrase":
            work.put("phrase", value, key)
        elif key == "batch_size":
            _batch(work, key, value)
        elif key == "clip_duration_ms":
            _clip(work, key, value)
        elif key in MAPPED and key not in _LISTS:
            work.put(MAPPED[key][0], value, key)
        elif key not in _LISTS:
            whose = unknown(key, [*MAPPED, *NOT_USED], "microWakeWord")
            work.problems.append(Problem((key,), whose))
    _phases(work, given)
    return work.converted()


def _phases(work: Work, given: Mapping[str, Any]) -> None:
    """Lists of one entry a phase; a short one goes on with its last entry."""
    lists: dict[str, list[Any]] = {}
    for key, field in _LISTS.items():
        value = given.get(key)
        if value is not None:
            lists[field] = value if isinstance(value, list) else [value]
            if not lists[field]:
                work.problems.append(Problem((key,), "must hold an entry for each phase"))
                return
    if "steps" not in lists:
        work.problems.append(Problem(("training_steps",), "is missing: steps of each phase"))
        return
    phases = [
        {field: values[min(i, len(values) - 1)] for field, values in lists.items()}
        for i in range(len(lists["steps"]))
    ]
    work.put(PHASES, phases, "training_steps")


def _first(work: Work, key: str, value: Any) -> None:
    """A list of one entry a phase, of which ours knows one for all."""
    entries = value if isinstance(value, list) else [value]
    if not entries:
        work.problems.append(Problem((key,), "must hold a number"))
        return
    if len(set(map(str, entries))) > 1:
        work.notes.append(f"{key} differs from phase to phase; the first entry is used for all")
    work.put(MAPPED[key][0], entries[0], key)


def _batch(work: Work, key: str, value: Any) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        work.problems.append(Problem((key,), "must be a whole number of windows"))
        return
    work.put("micro.train.batch.positive", max(1, value // _POSITIVES), key)
    work.put("micro.train.batch.background", max(8, value // _POSITIVES), key)
    work.notes.append(
        f"{key}: a quarter of {value} are sayings of the phrase and as many stretches of about "
        "5 s are background; each stretch is scored at some hundred windows"
    )


def _clip(work: Work, key: str, value: Any) -> None:
    """Frames of a score, as its ``load_config`` and ``mixednet.py`` reckon them: those that the
    clip has at the stride of the network, and all that its kernels take away."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < _LONGEST:
        work.problems.append(Problem((key,), "must be a number of milliseconds, above 0"))
        return
    sizes = MicroNetwork()
    over = value - _WINDOW_MS
    steps = 1 + int(over / (sizes.stride * _STEP_MS)) if over >= 0 else 0
    frames = steps + sizes.first_kernel - 1 + mixednet.rings(sizes) * sizes.stride
    most = mixednet.stretch(mixednet.SAYING_FRAMES, sizes.stride)
    work.put("micro.network.frames", min(frames, most), key)
    work.notes.append(
        f"{key}: with {value:g} ms its notebook's network looks at {frames} frames of 10 ms, "
        "kernels included"
        + (f"; of a saying {most} are trained on, which is used here" if frames > most else "")
        + ". For other kernels give micro.network.frames with them"
    )


def _features(work: Work, key: str, value: Any) -> None:
    if not isinstance(value, list):
        work.problems.append(Problem((key,), "must be a list of sets"))
        return
    sets = [_set(work, (key, number), one) for number, one in enumerate(value)]
    work.put("micro.sets", [found for found in sets if found is not None], key)


def _set(work: Work, path: Path, given: Any) -> dict[str, Any] | None:
    name = given.get("features_dir") if isinstance(given, Mapping) else None
    if not isinstance(name, str) or not isinstance(given.get("truth"), bool):
        work.problems.append(Problem(path, "must have features_dir, a folder, and truth"))
        return None
    if given.get("type", "mmap") != "mmap":
        work.notes.append(
            f"{name} (type {given['type']}) is not used: name sound under recordings.folders or "
            "negatives.background, where its features are made"
        )
        return None
    for extra in (key for key in given if key not in (*_SET_KEYS, "type")):
        work.problems.append(
            Problem((*path, extra), unknown(str(extra), _SET_KEYS, "microWakeWord"))
        )
    usual, asked = _TRUNCATIONS[given["truth"]], given.get("truncation_strategy")
    if asked not in (None, usual, "split"):
        work.notes.append(
            f"{name}: truncation_strategy {asked} is read as {usual}; what holds the phrase ends "
            "with it, of all else every part is used"
        )
    found = {"folder": name, "truth": given["truth"]}
    for field in ("sampling_weight", "penalty_weight"):
        if field in given:
            found[field] = given[field]
    return found
