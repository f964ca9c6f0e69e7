"""A trained micro network, read back."""

from pathlib import Path
from typing import Any

import torch

from wakesmith import recipe
from wakesmith.errors import ModelError
from wakesmith.families.microwakeword.network import MixedNet
from wakesmith.families.microwakeword.shape import Shape


def shape_of(network: recipe.MicroNetwork) -> Shape:
    """The network's shape; ``RecipeError`` where it cannot be built."""
    values = network.model_dump()
    return Shape(**{**values, "pooling": None if network.pooling == "none" else network.pooling})


def described(network: recipe.MicroNetwork) -> dict[str, Any]:
    """What ``network.pt`` keeps of the recipe."""
    return {"family": "microwakeword", **network.model_dump(mode="json")}


def load_micro_network(path: Path) -> MixedNet:
    """The trained network, in evaluation mode; ``ModelError`` when the file holds none."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        values = dict(state["network"])
        if values.pop("family") != "microwakeword":
            raise ValueError("it is of another family")
        with torch.random.fork_rng():
            network = MixedNet(shape_of(recipe.MicroNetwork.model_validate(values)))
        network.load_state_dict(state["weights"])
    except Exception as error:  # torch and pydantic raise many kinds
        raise ModelError(f"{path} does not hold a trained micro network: {error}") from error
    return network.eval()
