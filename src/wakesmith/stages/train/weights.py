"""A trained network as plain arrays: what a bundle carries, so that training can go on from it.

``weights.npz`` holds each tensor under its name and, as JSON text, the part of the recipe that
built the network, which tells its family. It is read without pickle, so that a file from anyone
runs no code.
"""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from wakesmith import recipe
from wakesmith.errors import ModelError, RecipeError
from wakesmith.families.microwakeword.network import MixedNet
from wakesmith.families.microwakeword.shape import shape_of
from wakesmith.families.named import digest_of
from wakesmith.families.openwakeword.ensemble import build
from wakesmith.recipe.yamltext import dump_inline
from wakesmith.stages.arrays import save_arrays

WEIGHTS = "weights.npz"
"""A bundle's file; a further family's has a name of its own, as its report has."""
SHAPE = ("kind", "layer_size", "blocks", "members", "window")
"""What of a recipe's network its weights hang on; of a micro network all."""
_ABOUT = "about"
"""Name of the JSON text among the arrays; no tensor's name is without a dot or so short."""


Described = recipe.Network | recipe.MicroNetwork
"""The part of a recipe that builds a network."""


@dataclass(frozen=True, eq=False)
class Learnt:
    """A network and its weights, of either family."""

    network: Described
    weights: Mapping[str, NDArray[Any]]

    @property
    def family(self) -> str:
        """The family that it is of."""
        return "openwakeword" if isinstance(self.network, recipe.Network) else "microwakeword"

    @property
    def digest(self) -> str:
        """32 hex digits that name the weights, wherever they were read from."""
        return digest_of(self.weights)

    def check_fits(self, network: Described, place: str) -> None:
        """RecipeError, naming each field, where a recipe's network of this family has another
        shape."""
        theirs, ours = self.network.model_dump(mode="json"), network.model_dump(mode="json")
        part, names = ("", SHAPE) if self.family == "openwakeword" else ("micro.", tuple(ours))
        wrong = [name for name in names if theirs[name] != ours[name]]
        if wrong:
            kept, given = ({n: dump_inline(v[n]) for n in wrong} for v in (theirs, ours))
            told = ", ".join(f"{name} {kept[name]} (the recipe: {given[name]})" for name in wrong)
            same = (shlex.quote(f"{part}network.{name}={kept[name]}") for name in wrong)
            sets = " ".join(f"--set {one}" for one in same)
            key = f"{part}train.start_from"
            raise RecipeError(
                f"{key}: the network in {place} is of another shape: {told}. Give the recipe the "
                f"same ({sets}), or leave {key} empty to start afresh."
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
        return _checked(Learnt(_network_of(state["network"]), weights))
    except Exception as error:  # torch and pydantic raise many kinds
        raise ModelError(f"{path} does not hold a trained network: {error}") from error


def save_weights(path: Path, trained: Learnt) -> None:
    """Write ``weights.npz``; the same weights give the same bytes."""
    about = np.array(json.dumps(described(trained.network)))
    save_arrays(path, {_ABOUT: about, **trained.weights})


def load_weights(path: Path) -> Learnt:
    """Read what ``save_weights`` wrote; ``ModelError`` when it is something else."""
    try:
        # numpy leaves a file open that is no whole archive, so it is opened here.
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        return _checked(Learnt(_network_of(json.loads(str(arrays.pop(_ABOUT)))), arrays))
    except Exception as error:  # numpy, zipfile, torch and pydantic raise many kinds
        raise ModelError(
            f"{path} does not hold the weights of a trained network: {error}. "
            "Copy the whole bundle anew."
        ) from error


def described(network: Described) -> dict[str, Any]:
    """What is kept of the recipe beside weights; of the first family without its name."""
    values = network.model_dump(mode="json")
    if isinstance(network, recipe.Network):
        return values
    return {"family": "microwakeword", **values}


def _network_of(values: Mapping[str, Any]) -> Described:
    """What was ``described``."""
    if values.get("family") != "microwakeword":
        return recipe.Network.model_validate(values)
    kept = {name: value for name, value in values.items() if name != "family"}
    return recipe.MicroNetwork.model_validate(kept)


def _checked(trained: Learnt) -> Learnt:
    """The same; raises where the weights are not those of the network."""
    network = trained.network
    with torch.random.fork_rng():
        if isinstance(network, recipe.Network):
            trained.load_into(build(network))
        else:
            trained.load_into(MixedNet(shape_of(network)))
    return trained
