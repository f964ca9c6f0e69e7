"""Put the bundle together: models, manifest, model card and report, ready to copy."""

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from wakesmith import report
from wakesmith.measure import Evaluation
from wakesmith.plan.sources import File
from wakesmith.recipe import Machine, Recipe, Recordings, dumps
from wakesmith.runtime.bundle import MANIFEST, Manifest
from wakesmith.runtime.micro.manifest import MicroManifest
from wakesmith.runtime.micro.rule import REST
from wakesmith.stages.card import card
from wakesmith.stages.compare import COMPARISON, COMPARISON_TEXT
from wakesmith.stages.export import KINDS
from wakesmith.stages.licences import Used
from wakesmith.stages.micro import operate
from wakesmith.stages.start import RECIPE, named
from wakesmith.stages.train.weights import WEIGHTS, of_checkpoint, save_weights
from wakesmith.stages.units import count_sayings
from wakesmith.store import Entry, digest_file, make_folder, write_atomic
from wakesmith.store.files import explained
from wakesmith.store.store import PROVENANCE

VERSION = 5
MICRO_VERSION = 1
"""Of the second family's part in entries."""
CARD = "MODEL_CARD.md"
RUN = "run.json"
OUTPUT = "--output"
"""The option that names where bundles go."""
DEVICE = "microwakeword"
"""Folder of what goes to an ESPHome device; nothing else is in it, as some runtimes take every
``.json`` of a folder for a model's."""
SNIPPET = "esphome.yaml"


@dataclass(frozen=True)
class Part:
    """What there is of one family."""

    models: Path
    """Folder of the calibrated files."""
    evaluation: Path
    """Folder of the evaluation."""
    history: Path
    """File of the training's validations."""
    network: Path
    """File of the trained network."""
    entries: Mapping[str, str]
    """The store's entries that it was made from."""
    comparison: Path | None = None
    """Folder of the comparison with the model that the training started from."""


def pack(
    out: Path,
    recipe: Recipe,
    parts: Mapping[str, Part],
    sources: Mapping[str, tuple[File, ...]],
    licences: Sequence[Used] = (),
    joined: Mapping[str, Path] | None = None,
) -> None:
    """Write the bundle of all families into ``out``; ``joined`` are the entries of sayings joined
    from the background's speech, by what they say."""
    name, models = recipe.file_name, dict[str, str]()
    if "openwakeword" in parts:
        models |= {kind: f"{name}.{kind}" for kind in KINDS}
        _copy(parts["openwakeword"].models, out, models.values())
    files = [*models.values()]
    for number, (family, one) in enumerate(parts.items()):
        # What a later training starts from; the model files hold it in another form.
        weights = named(WEIGHTS, family, number)
        save_weights(out / weights, of_checkpoint(one.network))
        files.append(weights)
    if "microwakeword" in parts:
        models["esphome"] = f"{DEVICE}/{name}.json"
        pair = (f"{name}.json", f"{name}.tflite")
        _copy(parts["microwakeword"].models, out / DEVICE, pair)
        write_atomic(out / DEVICE / SNIPPET, _snippet(name).encode())
        files += [f"{DEVICE}/{file}" for file in pair]
    digests = {file: digest_file(out / file) for file in files}
    found = {family: _evaluation(part) for family, part in parts.items()}
    device = None
    if "microwakeword" in parts:
        device = MicroManifest.load(out / models["esphome"])
        micro, target = found["microwakeword"], recipe.targets.false_accepts_per_hour
        told = operate.findings(parts["microwakeword"].models, target)
        found["microwakeword"] = replace(micro, notes=(*told, *micro.notes))
    manifests = {"microwakeword": device}
    report.write(
        [
            report.Measured(found[family], _history(part), manifests.get(family), packed=True)
            for family, part in parts.items()
        ],
        out,
        recipe.model_dump(mode="json"),
    )
    entries = {family: dict(part.entries) for family, part in parts.items()}
    _manifest(out, recipe, models, {"sha256": digests, "entries": entries})
    compared = {}
    for number, (family, one) in enumerate(parts.items()):
        if one.comparison is None:
            continue
        for file in (COMPARISON, COMPARISON_TEXT):
            shutil.copyfile(one.comparison / file, out / named(file, family, number))
        compared[family] = (one.comparison / COMPARISON_TEXT).read_text()
    write_atomic(out / RECIPE, dumps(recipe.model_copy(update={"machine": Machine()})).encode())
    counts = {what: count_sayings(entry) for what, entry in (joined or {}).items()}
    text = card(recipe, found, sources, digests, licences, compared, counts)
    write_atomic(out / CARD, text.encode())


def _copy(source: Path, target: Path, files: Iterable[str]) -> None:
    target.mkdir(exist_ok=True)
    for file in files:
        shutil.copyfile(source / file, target / file)


def _snippet(name: str) -> str:
    return f"""\
# Copy {name}.json and {name}.tflite beside the YAML of your device, and paste this into it.
# What starts the assistant is voice_assistant's: esphome.io/components/voice_assistant
micro_wake_word:
  models:
    - model: {name}.json
  on_wake_word_detected:
    - voice_assistant.start:
        wake_word: !lambda return wake_word;
"""


def _manifest(
    out: Path, recipe: Recipe, models: Mapping[str, str], extra: Mapping[str, Any]
) -> None:
    """The bundle's own manifest; what ``detect`` takes from it when given the folder."""
    about: dict[str, Any] = {
        "phrase": recipe.phrase,
        "models": models,
        "language": recipe.language,
        "extra": extra,
    }
    if "tflite" in models:
        manifest = Manifest(recipe.file_name, **about, window=recipe.network.reach)
    else:
        device = MicroManifest.load(out / models["esphome"])
        manifest = Manifest(
            recipe.file_name,
            **about,
            threshold=device.probability_cutoff,
            refractory=REST,
            window=recipe.micro.network.frames,
            family="microwakeword",
        )
    manifest.save(out)


def _evaluation(part: Part) -> Evaluation:
    return Evaluation.from_json((part.evaluation / "report.json").read_text())


def _history(part: Part) -> list[dict[str, Any]]:
    validations: list[dict[str, Any]] = json.loads(part.history.read_text())["validations"]
    return validations


def deploy(bundle: Path, output: Path, also: Sequence[Entry] = ()) -> bool:
    """Copy a finished bundle to where the user looks for it; False when it is there already.

    ``run.json`` names the store's entry and those of ``also``, so that collecting spares them and
    all they were made from, and the files, so that those of an earlier bundle that this one has
    not go.
    Raises StoreError when ``output`` cannot be written.
    """
    paths = [p for p in bundle.rglob("*") if p.is_file() and p.name != PROVENANCE]
    files = sorted(path.relative_to(bundle) for path in paths)
    listed: dict[str, Any] = {"entry": bundle.name, "files": [file.as_posix() for file in files]}
    if also:
        listed["also"] = [entry.name for entry in also]
    named = json.dumps(listed).encode() + b"\n"
    run = output / RUN
    whole = all((output / file).exists() for file in files)
    if whole and run.exists() and run.read_bytes() == named:
        return False
    for folder in {file.parent for file in files}:
        make_folder(output / folder, OUTPUT)
    with explained(output, OUTPUT):
        earlier = _deployed(run)
        run.unlink(missing_ok=True)  # a stop from here on leaves nothing that looks whole
        for stale in earlier - set(listed["files"]):
            (output / stale).unlink(missing_ok=True)
    # The manifest last: it says that all is there.
    for file in sorted(files, key=lambda file: file == Path(MANIFEST)):
        write_atomic(output / file, (bundle / file).read_bytes(), OUTPUT)
    write_atomic(run, named, OUTPUT)
    return True


def _deployed(run: Path) -> set[str]:
    """The files that a run lists, of those that lie in its folder."""
    try:
        listed = json.loads(run.read_text()).get("files", [])
    except (OSError, ValueError):
        return set()
    within = run.parent.resolve()
    return {file for file in listed if (run.parent / file).resolve().is_relative_to(within)}


def recipe_values(recipe: Recipe) -> dict[str, Any]:
    """What of a recipe shapes the result."""
    values = recipe.model_dump(mode="json")
    values.pop("machine")
    if not recipe.negatives.recordings:  # so named before there was such a field
        values["negatives"].pop("recordings")
    if recipe.recordings.suspects == Recordings().suspects:
        values["recordings"].pop("suspects")
    if not recipe.synth.audit:  # so that what was packed before there were audits keeps its name
        values["synth"].pop("audit")
    if not values["train"]["start_from"]:
        del values["train"]["start_from"]
    if not values["micro"]["train"]["start_from"]:
        del values["micro"]["train"]["start_from"]
    if not recipe.feedback.given:
        del values["feedback"]
    return values
