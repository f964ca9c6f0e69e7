"""Train a micro network on the finished groups of spectra, from checkpoint to checkpoint."""

from pathlib import Path
from typing import Any

from wakesmith.events import Emit
from wakesmith.recipe import Recipe
from wakesmith.stages.learn import follow_steps
from wakesmith.stages.micro.dataset import MicroFolders, micro_dataset
from wakesmith.stages.train.micro import train_micro
from wakesmith.stages.train.weights import Learnt

VERSION = 1


def learn_micro(
    out: Path, recipe: Recipe, folders: MicroFolders, emit: Emit, start: Learnt | None = None
) -> None:
    """Train, from ``start`` or afresh, or go on from the last checkpoint in ``out``."""
    data = micro_dataset(recipe, folders, emit)
    steps = train_micro(
        recipe.micro,
        recipe.targets.false_accepts_per_hour,
        data,
        recipe.seed,
        out,
        recipe.machine.threads,
        start,
    )
    follow_steps(steps, recipe.micro.train.all_steps, emit)


def parameters(recipe: Recipe, start: Learnt | None = None) -> dict[str, Any]:
    """What of a recipe the training hangs on, beside its groups, sets and teacher; ``start`` by its
    content."""
    micro = recipe.micro.model_dump(mode="json")
    del micro["train"]["start_from"]
    kept = {
        "network": micro["network"],
        "train": micro["train"],
        "sets": [{**one, "folder": ""} for one in micro["sets"]],
        "seed": recipe.seed,
        "targets": recipe.targets.false_accepts_per_hour,
        "weight": recipe.recordings.weight,
    }
    if start is not None:
        kept["start"] = start.digest
    if recipe.feedback.given:
        kept["feedback"] = recipe.feedback.weight
    return kept
