"""Voices without words: pitched sound through moving formants, for singing and babble.

A note is one period of a waveform read at the wanted pitch, its partials weighted by where they
fall among the formants; that costs the same for any number of partials.
"""

import numpy as np
from numpy.typing import NDArray

from wakesmith.mix.household import Float, band, coloured, normal, shaped
from wakesmith.runtime.frontend import SAMPLE_RATE

TABLE = 1024
"""Samples of one period."""

# First three formants of English vowels in Hz, men: Peterson and Barney, JASA 24(2), 1952.
VOWELS: NDArray[np.float64] = np.array(
    [
        (270, 2290, 3010),
        (390, 1990, 2550),
        (530, 1840, 2480),
        (660, 1720, 2410),
        (730, 1090, 2440),
        (570, 840, 2410),
        (440, 1020, 2240),
        (300, 870, 2240),
        (640, 1190, 2390),
        (490, 1350, 1690),
    ]
)
_HIGHEST = 7400.0
"""Partials above this are left out, so that vibrato and glides do not fold."""


def period(weights: Float, phases: Float) -> NDArray[np.float32]:
    """One period [TABLE + 1] of partials 1, 2 … with the given weights and phases."""
    spectrum = np.zeros(TABLE // 2 + 1, np.complex128)
    count = min(len(weights), TABLE // 2 - 1)
    spectrum[1 : count + 1] = weights[:count] * np.exp(1j * phases[:count])
    wave = np.fft.irfft(spectrum, TABLE) * TABLE
    return np.append(wave, wave[0]).astype(np.float32)


def read_period(table: NDArray[np.float32], pitch: Float) -> Float:
    """The period played at ``pitch`` [samples] Hz."""
    place = np.cumsum(pitch) * (TABLE / SAMPLE_RATE) % TABLE
    step = place.astype(np.int64)
    share = place - step
    played: Float = table[step] * (1 - share) + table[step + 1] * share
    return played


def vowel_table(
    rng: np.random.Generator, pitch: float, formants: Float, tract: float, slope: float
) -> NDArray[np.float32]:
    """One period of a vowel: a source falling by ``slope`` in amplitude, through formants."""
    partials = np.arange(1, max(2, int(_HIGHEST / (pitch * 1.1))) + 1)
    frequency = partials * pitch
    gain = np.full(len(partials), 0.02)
    for formant, height in zip(
        (*formants * tract, 3500 * tract), (1.0, 0.6, 0.3, 0.15), strict=True
    ):
        width = 50 + formant / 14
        gain += height / np.sqrt(1 + ((frequency - formant) / width) ** 2)
    return period(gain * partials**-slope, rng.uniform(0, 2 * np.pi, len(partials)))


def sung(
    rng: np.random.Generator, pitch: Float, formants: tuple[Float, Float], tract: float
) -> Float:
    """A vowel that glides to another along the ``pitch`` curve [samples]."""
    slope = rng.uniform(0.5, 1.3)
    middle = float(np.median(pitch))
    first, last = (read_period(vowel_table(rng, middle, f, tract, slope), pitch) for f in formants)
    share = np.linspace(0, 1, len(pitch)) ** rng.uniform(0.5, 2)
    return first * (1 - share) + last * share


def swell(samples: int, attack: float, release: float) -> Float:
    """An envelope that rises in ``attack`` and falls in ``release`` seconds."""
    time = np.arange(samples) / SAMPLE_RATE
    up = np.minimum(1, time / max(attack, 1e-4))
    return up * np.minimum(1, (time[-1] - time) / max(release, 1e-4)) if samples else up


def speech_like(rng: np.random.Generator, samples: int) -> Float:
    """One talker without words: syllables of gliding vowels, hisses, stops and pauses."""
    sound = np.zeros(samples)
    tract = rng.uniform(0.92, 1.3)
    base = 105 * tract ** rng.uniform(2, 4) * rng.uniform(0.8, 1.4)
    rate = rng.uniform(3.2, 6.5)
    at, place = 0, 0.0
    while at < samples:
        if rng.random() < 0.13:
            at += int(SAMPLE_RATE * rng.uniform(0.15, 0.9))
            place = 0.0
        if rng.random() < 0.55:
            at = _put(sound, at, _consonant(rng))
        length = int(SAMPLE_RATE / rate * rng.uniform(0.45, 1.4))
        glide = np.linspace(0, rng.uniform(-0.25, 0.2), length)
        pitch = base * 2 ** (0.25 * rng.standard_normal() * 0.7 - 0.06 * place + glide)
        vowels = VOWELS[rng.integers(len(VOWELS), size=2)]
        note = sung(rng, pitch, (vowels[0], vowels[1]), tract)
        loud = rng.uniform(0.4, 1) * np.exp(-0.05 * place)
        shape = swell(length, rng.uniform(0.01, 0.05), rng.uniform(0.03, 0.1))
        at = _put(sound, at, normal(note) * shape * loud)
        place += 1
    return normal(sound)


def _consonant(rng: np.random.Generator) -> Float:
    length = int(SAMPLE_RATE * rng.uniform(0.02, 0.14)) // 64 * 64  # quick for the FFT
    low = rng.uniform(800, 5000)
    if rng.random() < 0.35:  # nasal or voiced: a soft low murmur
        return coloured(rng, length, 2.0) * swell(length, 0.01, 0.01) * 0.15
    hiss = shaped(rng, length, band(length, low, min(7900.0, low * rng.uniform(1.4, 3)), 2))
    if rng.random() < 0.5:  # stop: silence, then a burst
        burst = hiss * np.exp(-np.arange(length) / SAMPLE_RATE / rng.uniform(0.004, 0.02))
        return np.concatenate([np.zeros(length // 2), burst]) * rng.uniform(0.2, 0.8)
    return hiss * swell(length, 0.02, 0.02) * rng.uniform(0.05, 0.4)


def _put(sound: Float, at: int, piece: Float) -> int:
    piece = piece[: max(0, len(sound) - at)]
    sound[at : at + len(piece)] += piece
    return at + len(piece)
