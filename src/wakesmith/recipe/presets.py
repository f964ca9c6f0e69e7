"""Presets: the one dial that most people turn. Each is a pure function that gives sizes.

A preset is laid *under* what a person wrote. The sizes are chosen for about 2, 6 and 20 minutes on
two cores: flite speaks some 90 clips, mixing and features do some 500 windows a second and core,
and training does some 150 steps a second.
"""

from collections.abc import Callable, Mapping
from typing import Any

Values = dict[str, Any]
"""A part of a recipe as nested dictionaries, as it would stand in YAML."""


def quick() -> Values:
    """A first listen, in about two minutes; expect more misses and false accepts."""
    return _sizes(
        positives=700,
        near_misses=500,
        speech=200,
        held_out=80,
        noise_minutes=4.0,
        steps=800,
        validate_every=200,
    )


def standard() -> Values:
    """The default, in about six minutes."""
    return _sizes(
        positives=1_800,
        near_misses=1_200,
        speech=500,
        held_out=150,
        noise_minutes=6.0,
        steps=1_500,
        validate_every=500,
    )


def thorough() -> Values:
    """For a word that is to stay, in about twenty minutes."""
    return _sizes(
        positives=6_000,
        near_misses=4_000,
        speech=1_500,
        held_out=400,
        noise_minutes=20.0,
        steps=5_000,
        validate_every=1_000,
    )


PRESETS: dict[str, Callable[[], Values]] = {
    "quick": quick,
    "standard": standard,
    "thorough": thorough,
}


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


def _sizes(
    *,
    positives: int,
    near_misses: int,
    speech: int,
    held_out: int,
    noise_minutes: float,
    steps: int,
    validate_every: int,
) -> Values:
    return {
        "synth": {
            "positives": positives,
            "near_misses": near_misses,
            "speech": speech,
            "validation": held_out,
            "test": held_out,
        },
        "negatives": {"noise_minutes": noise_minutes},
        "train": {"steps": steps, "validate_every": validate_every},
    }
