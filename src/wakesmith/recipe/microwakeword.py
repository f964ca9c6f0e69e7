"""microWakeWord's training YAML (``training_parameters.yaml``), read as a recipe.

The keys are those that its notebook writes and its ``train.py``, ``data.py`` and
``model_train_eval.py`` read. Each is mapped to a field of ours or named as not used. Such a file
says nothing of the phrase: that is given beside it (``--set phrase='hey saga'``) or written into
it, and spoken here.
"""

from collections.abc import Mapping
from typing import Any

from wakesmith.recipe import mixednet
from wakesmith.recipe.foreign import Converted, Work, unknown
from wakesmith.recipe.micro import MicroNetwork
from wakesmith.recipe.yamltext import Path, Problem
from wakesmith.words import count_of

_SIGNS = ("features", "training_steps", "negative_class_weight")
"""Such a file has one of the last two beside the first."""

PHASES = "micro.train.phases"
TARGET = "targets.false_accepts_per_hour"
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
    "target_minimization": (TARGET,),
    "train_dir": (),
}
"""Each key that has a meaning here, and the fields it sets; ``train_dir`` is the run's place."""

NOT_USED: dict[str, str] = {
    "mix_up_augmentation_prob": (
        "sayings are mixed with noise as sound, before features are taken of them"
    ),
    "minimization_metric": (
        "it only tells what target_minimization is; where that is ambient_false_positives_per_hour "
        "it is asked for here, too, and all else sets nothing"
    ),
    "maximization_metric": (
        f"checkpoints are chosen by the recall at {TARGET}, and the best are averaged"
    ),
    "binary_classification": "there is one phrase, and all else",
    "window_step_ms": "features are made every 10 ms, as devices do it",
    "summaries_dir": "the run's history is in its bundle",
    "stride": "the network's stride is micro.network.stride",
}
"""Each key that is read and left aside, and why."""

_RATE = "ambient_false_positives_per_hour"
"""The ``minimization_metric`` that a ``target_minimization`` can be kept of here."""
_LISTS = {
    "training_steps": "steps",
    "learning_rates": "learning_rate",
    "positive_class_weight": "positive_weight",
    "negative_class_weight": "negative_weight",
}
_SINGLE = tuple(key for key in MAPPED if key.startswith(("time_", "freq_")))
_SET_FIELDS = {
    "folder": "features_dir",
    "truth": "truth",
    "sampling_weight": "sampling_weight",
    "penalty_weight": "penalty_weight",
}
_SET_KEYS = (*_SET_FIELDS.values(), "truncation_strategy")
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
        elif key == "target_minimization":
            _target(work, key, value, given.get("minimization_metric"))
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
    """Lists of one entry a phase; a short one goes on with its last entry, as in its
    ``train.py``, which takes no notice of entries beyond ``training_steps``."""
    lists: dict[str, list[Any]] = {}
    for key in _LISTS:
        value = given.get(key)
        if value is not None:
            lists[key] = value if isinstance(value, list) else [value]
            if not lists[key]:
                work.problems.append(Problem((key,), "must hold an entry for each phase"))
                return
    if "training_steps" not in lists:
        work.problems.append(Problem(("training_steps",), "is missing: steps of each phase"))
        return
    count = len(lists["training_steps"])
    for key, values in lists.items():
        told = f"has {count_of(len(values), 'entry', 'entries')} and training_steps {count}"
        if len(values) > count:
            work.problems.append(Problem((key,), f"{told}: give steps for each of them"))
        elif 1 < len(values) < count:
            work.notes.append(f"{key} {told}; the last goes on, as in microWakeWord")
    phases = [
        {_LISTS[key]: _entry(work, key, values, i) for key, values in lists.items()}
        for i in range(count)
    ]
    work.put(PHASES, phases, "training_steps")


def _entry(work: Work, key: str, values: list[Any], phase: int) -> Any:
    """A list's entry for a phase."""
    at = min(phase, len(values) - 1)
    work.origins[f"{PHASES}.{phase}.{_LISTS[key]}"] = f"{key}.{at}"
    return values[at]


def _target(work: Work, key: str, value: Any, metric: Any) -> None:
    """Checkpoints that keep ``metric`` at or below the target are preferred there, and of these
    the one with the best ``maximization_metric``; ours are chosen by recall at the asked rate."""
    if metric != _RATE or value == 0:
        why = f"is {metric}" if metric else "is not given, and without it microWakeWord needs none"
        if metric == _RATE:
            why = "cannot be 0: no number of hours proves that"
        work.notes.append(
            f"{key} is not used: minimization_metric {why}; checkpoints are chosen by the recall "
            f"at {TARGET}"
        )
        return
    work.put(TARGET, value, key)
    work.notes.append(
        f"{key}: as in microWakeWord, checkpoints are chosen that hear most at {value} false "
        "accepts per hour; here the cutoff keeps to it, too"
    )


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
        said = f"must be a whole number of windows, above 0, not {value!r}"
        work.problems.append(Problem((key,), said))
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
    sets: list[dict[str, Any]] = []
    for number, one in enumerate(value):
        found = _set(work, (key, number), one)
        if found is None:
            continue
        for field, theirs in _SET_FIELDS.items():
            work.origins[f"micro.sets.{len(sets)}.{field}"] = f"{key}.{number}.{theirs}"
        sets.append(found)
    work.put("micro.sets", sets, key)


def _set(work: Work, path: Path, given: Any) -> dict[str, Any] | None:
    if not isinstance(given, Mapping) or not {"features_dir", "truth"} <= set(given):
        work.problems.append(Problem(path, "must have features_dir, a folder, and truth"))
        return None
    name, truth = given["features_dir"], given["truth"]
    if not isinstance(name, str) or not name:
        said = f"must be the folder of a set, not {name!r}"
        work.problems.append(Problem((*path, "features_dir"), said))
    if not isinstance(truth, bool):
        said = f"must be true, where the set holds the phrase, or false, not {truth!r}"
        work.problems.append(Problem((*path, "truth"), said))
    if not isinstance(name, str) or not name or not isinstance(truth, bool):
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
    usual, asked = _TRUNCATIONS[truth], given.get("truncation_strategy")
    if asked not in (None, usual, "split"):
        work.notes.append(
            f"{name}: truncation_strategy {asked} is read as {usual}; what holds the phrase ends "
            "with it, of all else every part is used"
        )
    return {field: given[key] for field, key in _SET_FIELDS.items() if key in given}
