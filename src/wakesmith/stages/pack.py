"""Put the bundle together: models, manifest, model card and report, ready to copy."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wakesmith import report
from wakesmith.measure import Evaluation
from wakesmith.plan.sources import File
from wakesmith.recipe import Recipe
from wakesmith.runtime.bundle import MANIFEST, Manifest
from wakesmith.stages.export import KINDS
from wakesmith.store import digest_file, make_folder, write_atomic
from wakesmith.store.files import explained

VERSION = 2
CARD = "MODEL_CARD.md"
RUN = "run.json"
OUTPUT = "--output"
"""The option that names where bundles go."""


def pack(
    out: Path,
    recipe: Recipe,
    models: Path,
    evaluation: Path,
    history: Path,
    sources: Mapping[str, tuple[File, ...]],
    entries: Mapping[str, str],
) -> None:
    """Write the bundle into ``out``; ``entries`` name what it was made from."""
    name = recipe.file_name
    files = {kind: f"{name}.{kind}" for kind in KINDS}
    digests = {}
    for file in files.values():
        shutil.copyfile(models / file, out / file)
        digests[file] = digest_file(out / file)
    found = Evaluation.from_json((evaluation / "report.json").read_text())
    validations = json.loads(history.read_text())["validations"]
    report.write(found, out, validations, recipe.model_dump(mode="json"))
    Manifest(
        name=name,
        phrase=recipe.phrase,
        models=files,
        threshold=0.5,
        window=recipe.network.reach,
        language=recipe.language,
        extra={"sha256": digests, "entries": dict(entries)},
    ).save(out)
    write_atomic(out / CARD, _card(recipe, found, sources, digests).encode())


def deploy(bundle: Path, output: Path) -> bool:
    """Copy a finished bundle to where the user looks for it; False when it is there already.

    ``run.json`` names the store's entry, so that collecting spares it and all it was made from.
    Raises StoreError when ``output`` cannot be written.
    """
    named = json.dumps({"entry": bundle.name}).encode() + b"\n"
    whole = all((output / p.name).exists() for p in bundle.iterdir() if p.name != "entry.json")
    run = output / RUN
    if whole and run.exists() and run.read_bytes() == named:
        return False
    make_folder(output, OUTPUT)
    with explained(output, OUTPUT):
        run.unlink(missing_ok=True)  # a stop from here on leaves nothing that looks whole
    ordered = sorted(p for p in bundle.iterdir() if p.name not in (MANIFEST, "entry.json"))
    for file in [*ordered, bundle / MANIFEST]:  # the manifest last: it says that all is there
        write_atomic(output / file.name, file.read_bytes(), OUTPUT)
    write_atomic(run, named, OUTPUT)
    return True


def _card(
    recipe: Recipe,
    found: Evaluation,
    sources: Mapping[str, tuple[File, ...]],
    digests: Mapping[str, str],
) -> str:
    lines = [
        f"# {recipe.phrase}",
        "",
        f"A wake-word detector for openWakeWord and Home Assistant, language {recipe.language}.",
        "",
        "## Use",
        f"Copy `{recipe.file_name}.tflite` to `/share/openwakeword` (Home Assistant), or load it "
        f"or `{recipe.file_name}.onnx` with openWakeWord. 0.5 is the chosen operating point.",
        "",
        "## Measured",
        *(f"    {line}" for line in found.text().splitlines()),
        "",
        "## Made from",
        *_made_from(recipe, sources),
        "",
        "## Files",
        *(f"- `{name}` sha256 `{digest}`" for name, digest in digests.items()),
        "",
    ]
    return "\n".join(lines)


def _made_from(recipe: Recipe, sources: Mapping[str, tuple[File, ...]]) -> list[str]:
    lines = [
        "- Frozen speech embedding of Google, Apache-2.0, as openWakeWord uses it.",
        "- Synthetic voices: flite (CMU, BSD-style licence) and espeak-ng (GPL-3.0-or-later; "
        "speech made with it is not covered by its licence), as far as installed.",
        "- Rooms and noise simulated by Wakesmith, unless listed below.",
    ]
    for what, files in sources.items():
        if files:
            minutes = sum(f.seconds for f in files) / 60
            lines.append(
                f"- {what}: {len(files)} files of the user's own, {minutes:.1f} minutes; their "
                "licence is the user's to know."
            )
    lines.append(f"- Seed {recipe.seed}; the manifest names the store's entries.")
    return lines


def recipe_values(recipe: Recipe) -> dict[str, Any]:
    """What of a recipe shapes the result."""
    values = recipe.model_dump(mode="json")
    values.pop("machine")
    return values
