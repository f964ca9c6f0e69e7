"""Many sounds at once: babble of a crowd, a television in the room."""

import numpy as np

from wakesmith.mix import music
from wakesmith.mix.household import (
    Float,
    band,
    bumps,
    coloured,
    knocks,
    normal,
    shaped,
    wander,
)
from wakesmith.mix.voices import speech_like

_TALKERS = 4
"""Different voices in a crowd at most; more cannot be told apart and take time to make."""


def babble(rng: np.random.Generator, samples: int) -> Float:
    """Two to ten talkers at once, without words, near and far."""
    sound = np.zeros(samples)
    talkers: list[Float] = []
    for number in range(int(rng.integers(2, 11))):
        # A crowd's fifth voice is the first's again, at another time and backwards.
        if number < _TALKERS:
            talkers.append(speech_like(rng, samples))
        voice = talkers[number % _TALKERS]
        turned = voice if number < _TALKERS else np.roll(voice[::-1], rng.integers(samples))
        sound += turned * 10 ** rng.uniform(-0.7, 0)
    murmur = coloured(rng, samples, 1.2) * (0.5 + wander(rng, samples, 4.0))
    return normal(sound) + murmur * 10 ** rng.uniform(-1.6, -0.5)


def television(rng: np.random.Generator, samples: int) -> Float:
    """A talker or two over music, effects or applause, through a small loudspeaker."""
    sound = speech_like(rng, samples)
    if rng.random() < 0.4:
        sound = sound + speech_like(rng, samples) * rng.uniform(0.2, 1)
    if rng.random() < 0.75:
        make = music.singing if rng.random() < 0.2 else music.music
        sound = sound + normal(make(rng, samples)) * 10 ** rng.uniform(-0.9, 0.3)
    if rng.random() < 0.4:
        sound = sound + normal(knocks(rng, samples)) * 10 ** rng.uniform(-1, 0)
    if rng.random() < 0.3:
        hands = shaped(rng, samples, band(samples, 600, 6000, 2) * bumps(rng, samples, 5, 5))
        sound = sound + hands * wander(rng, samples, 0.6) ** 3 * rng.uniform(0.3, 2)
    box = band(samples, rng.uniform(70, 300), rng.uniform(4500, 7900), 2)
    return np.fft.irfft(np.fft.rfft(sound) * box * bumps(rng, samples, 5, 5), samples)
