"""Everything a person decides."""

from wakesmith.recipe.load import Loaded, dumps, load, read, schema
from wakesmith.recipe.show import show
from wakesmith.recipe.tree import (
    Alignment,
    Batch,
    Machine,
    MixPart,
    Negatives,
    Network,
    Recipe,
    Recordings,
    Synth,
    Targets,
    Train,
)

__all__ = [
    "Alignment",
    "Batch",
    "Loaded",
    "Machine",
    "MixPart",
    "Negatives",
    "Network",
    "Recipe",
    "Recordings",
    "Synth",
    "Targets",
    "Train",
    "dumps",
    "load",
    "read",
    "schema",
    "show",
]
