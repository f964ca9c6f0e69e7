"""Everything a person decides."""

from wakesmith.recipe.feedback import Feedback
from wakesmith.recipe.learning import (
    LONGEST_REACH,
    Alignment,
    Batch,
    Machine,
    Network,
    Targets,
    Train,
)
from wakesmith.recipe.load import Loaded, dumps, load, read, schema
from wakesmith.recipe.micro import (
    Micro,
    MicroBatch,
    MicroManifest,
    MicroNetwork,
    MicroTrain,
    Phase,
    SpectrogramSet,
)
from wakesmith.recipe.show import show
from wakesmith.recipe.sound import FeatureSlice, MixPart, Negatives, Recordings, Synth
from wakesmith.recipe.tree import Recipe
from wakesmith.recipe.units import Units

__all__ = [
    "LONGEST_REACH",
    "Alignment",
    "Batch",
    "FeatureSlice",
    "Feedback",
    "Loaded",
    "Machine",
    "Micro",
    "MicroBatch",
    "MicroManifest",
    "MicroNetwork",
    "MicroTrain",
    "MixPart",
    "Negatives",
    "Network",
    "Phase",
    "Recipe",
    "Recordings",
    "SpectrogramSet",
    "Synth",
    "Targets",
    "Train",
    "Units",
    "dumps",
    "load",
    "read",
    "schema",
    "show",
]
