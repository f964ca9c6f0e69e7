"""Names of the speakers of a voice that has several, and of blends of two of them.

``MODEL:SPEAKER`` is one, ``MODEL:ONE~OTHER@0.35`` lies 0.35 of the way from one to the other.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np

_WEIGHTS = (0.2, 0.8)
"""Nearer to an end, a blend is that speaker to the ear."""


def blend(rng: np.random.Generator, voice: str, voices: Sequence[str]) -> str:
    """The voice blended with another speaker of its model among these, the weight drawn.

    It stays as it is when it is no speaker of several, or is drawn itself.
    """
    mates = _by_model(tuple(voices)).get(model_of(voice), ()) if ":" in voice else ()
    if len(mates) < 2:
        return voice
    other = mates[int(rng.integers(len(mates)))]
    weight = float(rng.uniform(*_WEIGHTS))
    return voice if other == voice else f"{voice}~{other.partition(':')[2]}@{weight:.2f}"


def model_of(voice: str) -> str:
    """The model that a speaker or a blend belongs to; a voice of one speaker is its own."""
    return voice.partition(":")[0]


def speakers_of(voice: str) -> tuple[tuple[str, ...], float]:
    """The speakers that a voice's name holds (none, one or two), and the way to the second.

    ``ValueError`` for a weight that is not a number from 0 to 1.
    """
    speakers = voice.partition(":")[2]
    pair, _, weight = speakers.rpartition("@")
    one, tilde, other = pair.partition("~")
    if not tilde:
        return ((speakers,) if speakers else ()), 0.0
    share = float(weight)
    if not 0 <= share <= 1:
        raise ValueError(f"{share} is not from 0 to 1")
    return (one, other), share


@cache
def _by_model(voices: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for voice in voices:
        found.setdefault(model_of(voice), []).append(voice)
    return {model: tuple(names) for model, names in found.items()}
