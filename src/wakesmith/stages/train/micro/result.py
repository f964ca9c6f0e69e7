"""A trained micro network, read back."""

from pathlib import Path

import torch

from wakesmith import recipe
from wakesmith.errors import ModelError
from wakesmith.families.microwakeword.network import MixedNet
from wakesmith.families.microwakeword.shape import shape_of


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
