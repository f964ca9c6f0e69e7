"""A trained network as plain arrays: what a bundle carries, so that training can go on from it.

``weights.npz`` holds each tensor under its name and, as JSON text, the part of the recipe that
built the network. It is read without pickle, so that a file from anyone runs no code.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from wakesmith import recipe
from wakesmith.errors import ModelError, RecipeError
from wakesmith.families.openwakeword.ensemble import build
from wakesmith.stages.arrays import save_arrays

WEIGHTS = "weights.npz"
SHAPE = ("kind", "layer_size", "blocks", "members", "window")
"""What of a recipe's network its weights hang on."""
_ABOUT = "about"
"""Name of the JSON text among the arrays; no tensor's name is without a dot or so short."""


@dataclass(frozen=True, eq=False)
class Learnt:
    """A network and its weights, of the openWakeWord family."""

    network: recipe.Network
    weights: Mapping[str, NDArray[Any]]

    @property
    def digest(self) -> str:
        """32 hex digits that name the weights, wherever they were read from."""
        whole = hashlib.sha256()
        for name in sorted(self.weights):
            array = np.ascontiguousarray(self.weights[name])
            whole.update(f"{name} {array.dtype} {array.shape} ".encode() + array.tobytes())
        return whole.hexdigest()[:32]

    def check_fits(self, network: recipe.Network, place: str) -> None:
        """RecipeError, naming each field, where a recipe's network has another shape."""
        theirs, ours = self.network.model_dump(), network.model_dump()
        wrong = [name for name in SHAPE if theirs[name] != ours[name]]
        if wrong:
            told = ", ".join(f"{name} {theirs[name]} (the recipe: {ours[name]})" for name in wrong)
            sets = " ".join(f"--set network.{name}={theirs[name]}" for name in wrong)
            raise RecipeError(
                f"train.start_from: the network in {place} is of another shape: {told}. Give the "
                f"recipe the same ({sets}), or leave train.start_from empty to start afresh."
            )

    def load_into(self, network: torch.nn.Module) -> None:
        """Give a network of the same shape these weights."""
        state = {name: torch.from_numpy(np.array(part)) for name, part in self.weights.items()}
        network.load_state_dict(state)


def of_checkpoint(path: Path) -> Learnt:
    """What a training left as ``network.pt``; ``ModelError`` when it is something else."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        weights = {name: value.numpy() for name, value in state["weights"].items()}
        return _checked(Learnt(recipe.Network.model_validate(state["network"]), weights))
    except Exception as error:  # torch and pydantic raise many kinds
        raise ModelError(f"{path} does not hold a trained network: {error}") from error


def save_weights(path: Path, trained: Learnt) -> None:
    """Write ``weights.npz``; the same weights give the same bytes."""
    about = np.array(json.dumps(trained.network.model_dump(mode="json")))
    save_arrays(path, {_ABOUT: about, **trained.weights})


def load_weights(path: Path) -> Learnt:
    """Read what ``save_weights`` wrote; ``ModelError`` when it is something else."""
    try:
        # numpy leaves a file open that is no whole archive, so it is opened here.
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        network = recipe.Network.model_validate(json.loads(str(arrays.pop(_ABOUT))))
        return _checked(Learnt(network, arrays))
    except Exception as error:  # numpy, zipfile, torch and pydantic raise many kinds
        raise ModelError(
            f"{path} does not hold the weights of a trained network: {error}. "
            "Copy the whole bundle anew."
        ) from error


def _checked(trained: Learnt) -> Learnt:
    """The same; raises where the weights are not those of the network."""
    with torch.random.fork_rng():
        trained.load_into(build(trained.network))
    return trained
