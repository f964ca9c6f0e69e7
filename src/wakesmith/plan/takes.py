"""Sayings to listen to: the first as the voice has it, the others as a training would vary it."""

from collections.abc import Sequence

import numpy as np

from wakesmith.plan.cast import Part, draw_voice
from wakesmith.plan.draws import Utterance

_STAGE = 40
_SPEED = (0.7, 1.2)
_INTONATION = (0.6, 1.7)


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
    """So many sayings of a text by these voices of an engine; the same ones each time."""
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
