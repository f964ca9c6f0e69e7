"""Train a micro network on the finished groups of spectra, from checkpoint to checkpoint."""

from pathlib import Path
from typing import Any

from wakesmith.events import Emit
from wakesmith.recipe import Recipe
from wakesmith.stages.learn import follow_steps
from wakesmith.stages.micro.dataset import MicroFolders, micro_dataset
from wakesmith.stages.train.micro import train_micro

VERSION = 1


def learn_micro(out: Path, recipe: Recipe, folders: MicroFolders, emit: Emit) -> None:
    """Train, or go on from the last checkpoint in ``out``."""
    data = micro_dataset(recipe, folders, emit)
    steps = train_micro(
        recipe.micro,
        recipe.targets.false_accepts_per_hour,
        data,
        recipe.seed,
        out,
        recipe.machine.threads,
    )
    follow_steps(steps, recipe.micro.train.all_steps, emit)


def parameters(recipe: Recipe) -> dict[str, Any]:
    """What of a recipe the training hangs on, beside its groups, sets and teacher."""
    micro = recipe.micro.model_dump(mode="json")
    return {
        "network": micro["network"],
        "train": micro["train"],
        "sets": [{**one, "folder": ""} for one in micro["sets"]],
        "seed": recipe.seed,
        "targets": recipe.targets.false_accepts_per_hour,
        "weight": recipe.recordings.weight,
    }
