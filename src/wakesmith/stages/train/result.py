"""What a training leaves: ``network.pt`` and ``history.json``."""

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from wakesmith import recipe
from wakesmith.errors import ModelError
from wakesmith.families.openwakeword.ensemble import build
from wakesmith.families.openwakeword.network import Network
from wakesmith.families.openwakeword.smoothing import smoothed
from wakesmith.store.files import write_atomic

NETWORK = "network.pt"
HISTORY = "history.json"

Weights = dict[str, torch.Tensor]


def average(parts: Sequence[Weights]) -> Weights:
    """The mean of several sets of weights, taken in double precision."""
    return {
        name: torch.stack([part[name].double() for part in parts]).mean(0).to(value.dtype)
        for name, value in parts[0].items()
    }


def save_network(path: Path, described: dict[str, Any], weights: Weights) -> None:
    """Write the weights with what builds the network around them (``Learner.described``)."""
    data = io.BytesIO()
    state = {name: value.detach().cpu().clone() for name, value in weights.items()}
    torch.save({"network": described, "weights": state}, data)
    write_atomic(path, data.getvalue())


def load_network(path: Path) -> tuple[Network, recipe.Network]:
    """What is exported, in evaluation mode, and the recipe's part that it was built by.

    Raises ``ModelError`` when the file is not what ``save_network`` wrote.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        described = recipe.Network.model_validate(state["network"])
        with torch.random.fork_rng():
            network = build(described)
        network.load_state_dict(state["weights"])
    except Exception as error:  # torch and pydantic raise many kinds
        raise ModelError(f"{path} does not hold a trained network: {error}") from error
    return smoothed(network, described.smoothing).eval(), described


def save_history(path: Path, history: Sequence[dict[str, Any]], chosen: dict[str, Any]) -> None:
    """Write all validations and what the final weights were made of."""
    text = json.dumps({"validations": list(history), "final": chosen}, indent=1)
    write_atomic(path, text.encode() + b"\n")
