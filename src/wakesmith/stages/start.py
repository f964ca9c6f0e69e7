"""What an earlier run left to start from: its weights, its recipe and its model.

A bundle carries weights and recipe. One made before bundles did has them in the store, as long as
that is there.
"""

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from wakesmith.errors import ModelError
from wakesmith.recipe import Recipe, load
from wakesmith.runtime.bundle import MANIFEST, Manifest
from wakesmith.stages.train.result import NETWORK
from wakesmith.stages.train.weights import WEIGHTS, Learnt, load_weights, of_checkpoint
from wakesmith.store.store import PROVENANCE

RECIPE = "recipe.yaml"
_RUN = "run.json"


def weights_of(folder: Path, store: Path) -> Learnt:
    """The weights of a bundle or of an entry of a training; ``store`` is the store's root.

    Raises ``ModelError``, which says what to do, where there are none.
    """
    if not folder.is_dir():
        raise ModelError(
            f"{folder}: there is no such folder to start from. Give that of a run, such as "
            "runs/hey_saga."
        )
    if (folder / WEIGHTS).is_file():
        return load_weights(folder / WEIGHTS)
    if (folder / NETWORK).is_file():
        return of_checkpoint(folder / NETWORK)
    manifest = Manifest.load(folder)
    if "tflite" not in manifest.models:
        raise ModelError(
            f"{folder}: holds a model of the {manifest.family} family, and only networks of the "
            "openWakeWord family can be started from. Train the phrase with --family both; the "
            "network for ESPHome is then taught by the one that learnt."
        )
    entry = manifest.extra.get("entries", {}).get("openwakeword", {}).get("train", "")
    network = store / "done" / str(entry) / NETWORK
    if entry and network.is_file():
        return of_checkpoint(network)
    raise ModelError(
        f"{folder}: the bundle holds no {WEIGHTS}, as it was made before bundles did, and the "
        f"store {store} has not the training that it names ({entry or 'none'}). Name the store "
        "that made it with --store, or train it anew."
    )


def recipe_of(folder: Path, store: Path) -> Recipe:
    """The recipe that a bundle was made by, without its machine settings.

    Raises ``ModelError``, which says what to do, where it is not known.
    """
    if (folder / RECIPE).is_file():
        return load(folder / RECIPE)
    Manifest.load(folder)  # says what is wrong with a folder that is no bundle
    try:
        entry = json.loads((folder / _RUN).read_text())["entry"]
        made_from: dict[str, Any] = json.loads((store / "done" / entry / PROVENANCE).read_text())
        values = made_from["parameters"]  # since licences are told, the recipe's and theirs
        return Recipe.model_validate(values[0] if isinstance(values, list) else values)
    except (OSError, ValueError, KeyError, TypeError, ValidationError) as error:
        raise ModelError(
            f"{folder}: the bundle holds no {RECIPE}, as it was made before bundles did, and the "
            f"store {store} does not know it. Name the store that made it with --store, or train "
            "it anew."
        ) from error


def is_bundle(folder: Path) -> bool:
    """Whether there is a model of the openWakeWord family to listen with."""
    return (folder / MANIFEST).is_file() and "tflite" in Manifest.load(folder).models
