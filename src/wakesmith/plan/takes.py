"""Sayings beside a training: to listen to, and of other people for a verifier to tell apart."""

from collections.abc import Mapping, Sequence

import numpy as np

from wakesmith.plan.cast import Part, draw_voice
from wakesmith.plan.draws import Utterance

_STAGE = 40
_SPEED = (0.7, 1.2)
_INTONATION = (0.6, 1.7)
_STRANGERS = 41


def takes(
    text: str,
    engine: str,
    voices: Sequence[str],
    count: int,
    *,
    phones: tuple[str, ...] = (),
    blends: bool = False,
    speed: float = 1.0,
    seed: int = 0,
) -> tuple[Utterance, ...]:
    """So many sayings of a text by these voices of an engine; the same ones each time.

    The first is as the voice has it, the others are varied as in a training.
    """
    part = (Part(engine, tuple(voices), 1.0, range(0), blends),)
    said = [Utterance(text, engine, voices[0], phones, speed=speed)]
    for index in range(1, count):
        rng = np.random.default_rng([seed, _STAGE, index])
        _, voice = draw_voice(rng, part)
        faster, livelier = (
            float(np.exp(rng.uniform(*np.log(span)))) for span in (_SPEED, _INTONATION)
        )
        said.append(
            Utterance(text, engine, voice, phones, speed=speed * faster, intonation=livelier)
        )
    return tuple(said)


def strangers(
    text: str, voices: Mapping[str, Sequence[str]], count: int, seed: int = 0
) -> tuple[Utterance, ...]:
    """So many sayings of a text by voices of all these engines in turn; the same ones each time."""
    said = []
    for index in range(count):
        rng = np.random.default_rng([seed, _STRANGERS, index])
        engine = sorted(voices)[index % len(voices)]
        voice = voices[engine][int(rng.integers(len(voices[engine])))]
        speed, pitch = float(rng.uniform(0.7, 1.1)), float(rng.uniform(0.85, 1.2))
        said.append(Utterance(text, engine, voice, speed=speed, pitch=pitch))
    return tuple(said)
