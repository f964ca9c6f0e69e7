"""Train a micro network on the finished groups of spectra, from checkpoint to checkpoint."""

from pathlib import Path
from typing import Any

from wakesmith.events import Emit, Noted
from wakesmith.families.microwakeword.shape import shape_of
from wakesmith.families.microwakeword.trunk import Trunk, shipped_trunk
from wakesmith.recipe import Recipe
from wakesmith.stages.learn import follow_steps
from wakesmith.stages.micro.dataset import MicroFolders, micro_dataset
from wakesmith.stages.train.micro import train_micro
from wakesmith.stages.train.weights import Learnt

VERSION = 1


def learn_micro(
    out: Path, recipe: Recipe, folders: MicroFolders, emit: Emit, start: Learnt | None = None
) -> None:
    """Train, from ``start``, a trunk or afresh, or go on from the last checkpoint in ``out``."""
    begun = start or pretrained(recipe)
    if begun is None and recipe.micro.train.pretrained:
        told = "it starts from random layers: those that have heard people speak are of other sizes"
        emit(Noted("train", f"{told} (micro.network; only frames and pooling are free)"))
    data = micro_dataset(recipe, folders, emit)
    steps = train_micro(
        recipe.micro,
        recipe.targets.false_accepts_per_hour,
        data,
        recipe.seed,
        out,
        recipe.machine.threads,
        begun,
    )
    follow_steps(steps, recipe.micro.train.all_steps, emit)


def pretrained(recipe: Recipe) -> Trunk | None:
    """The layers that a network of the recipe starts from where it starts from no whole one; None
    where they are not wanted or do not fit."""
    wanted = recipe.micro.train.pretrained
    fits = wanted and shipped_trunk().fits(shape_of(recipe.micro.network))
    return shipped_trunk() if fits else None


def begins_pretrained(recipe: Recipe) -> bool:
    """Whether the layers that ship may be in a model of the recipe: where it starts from an earlier
    network of their sizes, that may have begun with them, too."""
    fits = shipped_trunk().fits(shape_of(recipe.micro.network))
    begins = recipe.micro.train.start_from or recipe.micro.train.pretrained
    return "microwakeword" in recipe.families and fits and bool(begins)


def parameters(recipe: Recipe, start: Learnt | None = None) -> dict[str, Any]:
    """What of a recipe the training hangs on, beside its groups, sets and teacher; ``start`` and
    the trunk by their content."""
    micro = recipe.micro.model_dump(mode="json")
    for said_by_content in ("start_from", "pretrained"):
        del micro["train"][said_by_content]
    kept = {
        "network": micro["network"],
        "train": micro["train"],
        "sets": [{**one, "folder": ""} for one in micro["sets"]],
        "seed": recipe.seed,
        "targets": recipe.targets.false_accepts_per_hour,
        "weight": recipe.recordings.weight,
        "joined": recipe.units.weight,
    }
    if (begun := start or pretrained(recipe)) is not None:
        kept["start"] = begun.digest
    if recipe.feedback.given:
        kept["feedback"] = recipe.feedback.weight
    return kept
