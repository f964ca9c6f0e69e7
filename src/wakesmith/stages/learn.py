"""Train the network on the finished groups, from checkpoint to checkpoint."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from wakesmith.events import Emit, Noted, Progress, Trained
from wakesmith.recipe import Recipe
from wakesmith.stages import dataset
from wakesmith.stages.train import HISTORY, NETWORK, Step, train
from wakesmith.stages.train.weights import Learnt

VERSION = 1
_TOLD_EVERY = 50
"""Steps between two events of progress."""


def learn(
    out: Path, recipe: Recipe, folders: dataset.Folders, emit: Emit, start: Learnt | None = None
) -> None:
    """Train, from ``start`` or afresh, or go on from the last checkpoint in ``out``."""
    data = dataset.dataset(recipe, folders, emit)
    steps = train(
        recipe.network,
        recipe.train,
        recipe.targets,
        data,
        recipe.seed,
        out,
        recipe.machine.device,
        recipe.machine.threads,
        start,
    )
    follow_steps(steps, recipe.train.steps, emit)


def follow_steps(steps: Iterable[Step], total: int, emit: Emit) -> None:
    """Take every one of the ``total`` steps, and tell of them."""
    first = True
    for step in steps:
        if first and step.step > 1:
            emit(Noted("train", f"going on after step {step.step - 1}"))
        if step.recall is not None:
            assert step.false_accepts_per_hour is not None
            assert step.negative_weight is not None
            emit(
                Trained(
                    step.step,
                    step.loss,
                    step.recall,
                    step.false_accepts_per_hour,
                    step.negative_weight,
                )
            )
        if first or step.step % _TOLD_EVERY == 0 or step.step == total:
            emit(Progress("train", step.step, total, "steps"))
        first = False


def parameters(recipe: Recipe, start: Learnt | None = None) -> dict[str, Any]:
    """What of a recipe the training hangs on, beside its groups; ``start`` by its content."""
    whole = recipe.model_dump(mode="json")
    kept = {part: whole[part] for part in ("network", "train", "alignment", "seed")}
    del kept["train"]["start_from"]
    kept |= {
        "targets": whole["targets"]["false_accepts_per_hour"],
        "offset": whole["mix"]["offset"],
        "weight": whole["recordings"]["weight"],
        "joined": whole["units"]["weight"],
        "kept": whole["negatives"]["validation_share"],
    }
    if start is not None:
        kept["start"] = start.digest
    if recipe.feedback.given:
        kept["feedback"] = whole["feedback"]["weight"]
    return kept


def network(entry: Path) -> Path:
    """The trained network of a finished entry."""
    return entry / NETWORK


def history(entry: Path) -> Path:
    """The validations of a finished entry."""
    return entry / HISTORY
