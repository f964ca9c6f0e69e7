"""What a report is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wakesmith.measure.evaluation import Evaluation
from wakesmith.runtime.micro.manifest import MicroManifest

FAMILIES = {"openwakeword": "openWakeWord", "microwakeword": "microWakeWord"}
"""Families as their people write them."""


@dataclass(frozen=True)
class Measured:
    """A model's evaluation and how it was trained."""

    evaluation: Evaluation
    history: Sequence[Mapping[str, Any]] = ()
    """The training's ``events.Trained`` as dicts; empty for a model that somebody else trained."""
    manifest: MicroManifest | None = None
    """What a device is told of a microWakeWord model."""
    packed: bool = False
    """Whether the report lies in a run's folder, with the model's files."""

    @property
    def family(self) -> str:
        """Family of runtimes that it is for."""
        return self.evaluation.family

    @property
    def title(self) -> str:
        """What tells it from another family's model of the same phrase."""
        return FAMILIES[self.family]
