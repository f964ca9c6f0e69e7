"""One entry of a run, and what all of them are made from."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from wakesmith.events import Emit
from wakesmith.flow.voices import Contents
from wakesmith.plan.sources import Sources
from wakesmith.plan.whole import Plan
from wakesmith.recipe import Feedback, Recipe
from wakesmith.stages.licences import Used
from wakesmith.store import Entry, Store

STAGES = ("gather", "synth", "train", "export", "calibrate", "evaluate", "pack")
"""The stages in the order of the flow; ``synth`` speaks, mixes and embeds, fused."""


@dataclass(frozen=True)
class Work:
    """One entry and how to make it."""

    stage: str
    detail: str
    entry: Entry
    make: Callable[[Path], None]


@dataclass(frozen=True)
class Context:
    """What a run is made from, where it is kept, and who hears of it."""

    recipe: Recipe
    sources: Sources
    plan: Plan
    store: Store
    emit: Emit
    licences: tuple[Used, ...] = ()
    """Of all that it is made from."""
    audit: Entry | None = None
    """What says which voices the plan was drawn from; nothing is made of it."""
    voices: Contents = field(default_factory=dict)
    """Of neural voices, what their names stand for."""

    def without_feedback(self) -> "Context":
        """The same for a network that does not learn from feedback."""
        recipe = self.recipe.model_copy(update={"feedback": Feedback()})
        return replace(self, recipe=recipe, plan=self.plan.without_feedback())


@dataclass(frozen=True)
class Detector:
    """The entries of a detector of either family."""

    learnt: Entry
    calibrated: Entry
    judged: Entry
    compared: Entry | None = None
    """With the model that its training started from."""
