"""Everything a person decides."""

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
    "Machine",
    "MixPart",
    "Negatives",
    "Network",
    "Recipe",
    "Recordings",
    "Synth",
    "Targets",
    "Train",
]
