"""Presets: the one dial that most people turn. Each gives sizes.

A preset is laid *under* what a person wrote. The sizes are chosen for about 2, 5 and 20 minutes on
two cores with the openWakeWord family, and as long again for a network for devices (bench/README.md
says how fast each part is), and some minutes more, once, where a background is listened to for the
phones in it (docs/units.md).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Values = dict[str, Any]
"""A part of a recipe as nested dictionaries, as it would stand in YAML."""


@dataclass(frozen=True)
class _Sizes:
    """What a preset chooses; the same for each."""

    positives: int
    near_misses: int
    speech: int
    joined: int
    joined_misses: int
    listened: float
    held_out: int
    noise_minutes: float
    steps: int
    validate_every: int
    micro_steps: int

    def __call__(self) -> Values:
        """A part of a recipe with these sizes, a new one each time."""
        return {
            "synth": {
                "positives": self.positives,
                "near_misses": self.near_misses,
                "speech": self.speech,
                "validation": self.held_out,
                "test": self.held_out,
            },
            "units": {
                "sayings": self.joined,
                "near_misses": self.joined_misses,
                "hours": self.listened,
            },
            "negatives": {"noise_minutes": self.noise_minutes},
            "train": {"steps": self.steps, "validate_every": self.validate_every},
            "micro": {
                "train": {"steps": self.micro_steps, "validate_every": self.micro_steps // 4}
            },
        }


PRESETS: dict[str, Callable[[], Values]] = {
    # A first listen; expect more misses and false accepts.
    "quick": _Sizes(700, 500, 500, 240, 160, 0.5, 80, 4.0, 800, 200, 600),
    # The default.
    "standard": _Sizes(1_800, 1_200, 1_500, 600, 400, 1.5, 150, 6.0, 1_500, 500, 1_200),
    # For a word that is to stay.
    "thorough": _Sizes(6_000, 4_000, 4_000, 2_000, 1_300, 4.0, 400, 20.0, 5_000, 1_000, 6_000),
}
"""What each preset gives, made new with each call."""


def fill(values: Mapping[str, Any], under: Mapping[str, Any]) -> Values:
    """``values`` with what they lack taken from ``under``, at every depth. Neither is changed."""
    filled: Values = dict(under)
    for key, value in values.items():
        below = under.get(key)
        if isinstance(value, Mapping) and isinstance(below, Mapping):
            filled[key] = fill(value, below)
        else:
            filled[key] = value
    return filled
