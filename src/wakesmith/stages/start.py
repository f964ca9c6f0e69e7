"""What an earlier run left to start from: its weights, its recipe and its model.

A bundle carries recipe and weights, those of each family in it. One made before bundles did has
them in the store, as long as that is there.
"""

import hashlib
import json
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from wakesmith.errors import ModelError
from wakesmith.recipe import Recipe, load
from wakesmith.runtime.bundle import MANIFEST, Manifest, model_file
from wakesmith.runtime.micro.manifest import MicroManifest
from wakesmith.stages.train.result import NETWORK
from wakesmith.stages.train.weights import WEIGHTS, Learnt, load_weights, of_checkpoint
from wakesmith.store import digest_file
from wakesmith.store.store import PROVENANCE

RECIPE = "recipe.yaml"
_RUN = "run.json"
_KINDS: dict[str, Literal["tflite", "esphome"]] = {
    "openwakeword": "tflite",
    "microwakeword": "esphome",
}
"""The model that a bundle has of each family."""
NAMES = {"openwakeword": "openWakeWord", "microwakeword": "microWakeWord"}


def weights_of(folder: Path, store: Path, family: str = "openwakeword") -> Learnt:
    """The weights of a family in a bundle or an entry of a training; ``store`` is the store's root.

    Raises ``ModelError``, which says what to do, where there are none.
    """
    _check_there(folder)
    carried = _carried(folder, family)
    if carried is not None and carried.family == family:
        return carried
    if carried is not None and not (folder / MANIFEST).is_file():
        raise ModelError(_of_another(folder, carried.family, family))
    manifest = Manifest.load(folder)
    if _KINDS[family] not in manifest.models:
        raise ModelError(_of_another(folder, manifest.family, family))
    entry = manifest.extra.get("entries", {}).get(family, {}).get("train", "")
    network = store / "done" / str(entry) / NETWORK
    if entry and network.is_file():
        return of_checkpoint(network)
    raise ModelError(
        f"{folder}: the bundle holds no {WEIGHTS}, as it was made before bundles did, and the "
        f"store {store} has not the training that it names ({entry or 'none'}). Name the store "
        "that made it with --store, or train it anew."
    )


def families_of(folder: Path) -> tuple[str, ...]:
    """The families that a bundle has models of; ``ModelError`` when it is none."""
    _check_there(folder)
    models = Manifest.load(folder).models
    return tuple(family for family, kind in _KINDS.items() if kind in models)


def _check_there(folder: Path) -> None:
    if not folder.is_dir():
        raise ModelError(
            f"{folder}: there is no such folder to start from. Give that of a run, such as "
            "runs/hey_saga."
        )


def _of_another(folder: Path, found: str, family: str) -> str:
    return (
        f"{folder}: holds a network of the {NAMES.get(found, found)} family, and one of the "
        f"{NAMES[family]} family is to start from it. Give the folder of a run that made one "
        f"(with --family {family} or both)."
    )


def _carried(folder: Path, family: str) -> Learnt | None:
    """What lies in a folder, the family's own first."""
    for name in (named(WEIGHTS, family, 1), WEIGHTS):
        if (folder / name).is_file():
            return load_weights(folder / name)
    return of_checkpoint(folder / NETWORK) if (folder / NETWORK).is_file() else None


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


def model_of(folder: Path, family: str) -> Path | None:
    """What to listen with by a bundle's model of a family: the bundle itself, or the ESPHome
    manifest in it; None where there is none."""
    if not (folder / MANIFEST).is_file():
        return None
    manifest = Manifest.load(folder)
    if _KINDS[family] not in manifest.models:
        return None
    return folder if family == "openwakeword" else model_file(folder, manifest, "esphome")


def content_of(model: Path) -> str:
    """64 hex digits that name what a model of ``model_of`` scores; of one for ESPHome when it
    fires, too."""
    if model.is_dir():
        return digest_file(model_file(model, Manifest.load(model)))
    files = (model, model.parent / MicroManifest.load(model).model)
    return hashlib.sha256("".join(map(digest_file, files)).encode()).hexdigest()


def named(name: str, family: str, number: int) -> str:
    """The name of a run's file for its ``number``th family, from 0: ``name-family.ending`` of a
    further one, as reports are named."""
    path = Path(name)
    return f"{path.stem}-{family}{path.suffix}" if number else name
