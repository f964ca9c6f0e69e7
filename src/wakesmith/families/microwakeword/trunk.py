"""Layers that have heard people speak, for a network to start its training from.

A network that starts from random layers learns to tell the phrase from all else in the few voices
that a computer speaks in, and what it makes of people is left to chance: two initialisations of one
training differ by .1 of recall on people and more (``docs/log.md``). A trunk is all of a
``MixedNet`` but its last linear layer. The one that ships was taught, on people's running speech,
to foretell the frozen speech embedding of the other family (``bench/micro_trunk.py`` made it,
``trunk.md`` is its card); a training begins there and changes it as it likes.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from wakesmith.atomic import whole_file
from wakesmith.errors import DataError
from wakesmith.families.microwakeword.network import MixedNet
from wakesmith.families.microwakeword.shape import Shape
from wakesmith.families.named import digest_of

TRUNK = Path(__file__).with_name("trunk.npz")
"""Written by ``bench/micro_trunk.py``."""
_LAST = ("output", "bias")
"""The parameters of the last linear layer."""
_FREE = ("frames", "pooling")
"""What of a shape only the last layer hangs on."""
_ABOUT = "about"
"""Name of the shape, as JSON text, among the arrays."""


@dataclass(frozen=True, eq=False)
class Trunk:
    """The layers of a network before its last."""

    shape: Mapping[str, Any]
    """The fields of ``Shape`` that they hang on."""
    weights: Mapping[str, NDArray[np.float32]]
    """By the names of ``MixedNet``'s state."""

    @property
    def digest(self) -> str:
        """32 hex digits that name the weights."""
        return digest_of(self.weights)

    def fits(self, shape: Shape) -> bool:
        """Whether networks of that shape have these layers."""
        return dict(self.shape) == _layers_of(shape)

    def load_into(self, network: torch.nn.Module) -> None:
        """Give a network that it fits these layers; the last keeps its own weights."""
        state = network.state_dict()
        state |= {name: torch.from_numpy(np.array(part)) for name, part in self.weights.items()}
        network.load_state_dict(state)

    def save(self, path: Path) -> None:
        """Write an ``.npz`` file, whole or not at all."""
        about = np.array(json.dumps(dict(self.shape)))
        with whole_file(path) as file:
            np.savez(file, **{_ABOUT: about, **self.weights})  # type: ignore[arg-type]  # names, not flags


def trunk_of(network: MixedNet) -> Trunk:
    """A network's layers before the last, as they are now."""
    state = network.state_dict()
    # How many batches the statistics are of is no weight.
    kept = [name for name in state if name not in _LAST and not name.endswith("_tracked")]
    return Trunk(_layers_of(network.shape), {name: state[name].cpu().numpy() for name in kept})


def load_trunk(path: Path) -> Trunk:
    """Read what ``Trunk.save`` wrote; ``DataError`` when it is not that."""
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        trunk = Trunk(_told(json.loads(str(arrays.pop(_ABOUT)))), arrays)
        with torch.random.fork_rng(devices=[]):
            network = MixedNet(Shape(**trunk.shape))
        missing = set(trunk_of(network).weights) ^ set(arrays)
        if missing:
            raise ValueError(f"{', '.join(sorted(missing))} is missing or too much")
        trunk.load_into(network)
    except Exception as error:  # numpy, json, torch and the shape raise many kinds
        raise DataError(f"{path} does not hold the layers of a network: {error}") from error
    return trunk


@cache
def shipped_trunk() -> Trunk:
    """The one that ships with Wakesmith, of the default shape."""
    with as_file(files(__package__) / TRUNK.name) as path:
        return load_trunk(path)


def _layers_of(shape: Shape) -> dict[str, Any]:
    return {name: value for name, value in asdict(shape).items() if name not in _FREE}


def _told(values: dict[str, Any]) -> dict[str, Any]:
    """A shape's fields from JSON, which has lists for tuples."""
    kernels = tuple(tuple(sizes) for sizes in values.pop("kernels"))
    rest = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
    return {"kernels": kernels, **rest}
