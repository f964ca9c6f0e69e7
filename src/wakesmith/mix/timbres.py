"""Instruments: functions that play a note, of a sound drawn once."""

from collections.abc import Callable

import numpy as np

from wakesmith.mix.household import Float, coloured, normal, resonance
from wakesmith.mix.voices import period, read_period, swell
from wakesmith.runtime.frontend import SAMPLE_RATE

_AIR = 32_768
"""Samples of the breath noise of a timbre."""

Voice = Callable[[np.random.Generator, float, float], Float]
"""Plays a note: dice, pitch in Hz, seconds."""


def timbre(rng: np.random.Generator) -> Voice:
    """An instrument: half of them periodic, the others FM or bells."""
    kind = rng.random()
    if kind < 0.5:
        return _periodic(rng)
    if kind < 0.75:
        return _modulated(rng)
    return _bell(rng)


def _envelope(rng: np.random.Generator) -> Callable[[int], Float]:
    """Plucked (falls at once) or held (stays until released)."""
    attack = np.exp(rng.uniform(np.log(0.002), np.log(0.12)))
    release = rng.uniform(0.02, 0.15)
    decay = np.exp(rng.uniform(np.log(0.08), np.log(1.8))) if rng.random() < 0.5 else np.inf

    def shape(length: int) -> Float:
        fall = np.exp(-np.arange(length) / SAMPLE_RATE / decay)
        return swell(length, attack, release) * fall

    return shape


def pitch_curve(rng: np.random.Generator, vibrato: float, pitch: float, length: int) -> Float:
    """Pitch over a note: vibrato that sets in late, and a scoop at its start."""
    time = np.arange(length) / SAMPLE_RATE
    depth = vibrato * np.minimum(1, time / 0.25)
    wave = np.sin(2 * np.pi * rng.uniform(4.2, 7) * time + 2 * np.pi * rng.random())
    scoop = rng.uniform(-1, 0.3) * vibrato * np.exp(-time / 0.05)
    bent: Float = pitch * 2 ** ((depth * wave + 2 * scoop) / 12)
    return bent


def _periodic(rng: np.random.Generator) -> Voice:
    """Strings, reeds, organs, pianos: partials that fall off, bright ones sooner if plucked."""
    slope, odd = rng.uniform(0.4, 2.4), rng.choice([1.0, 1.0, 0.1])
    uneven = rng.uniform(0.1, 1, 64)
    uneven[1::2] *= odd
    phases = rng.uniform(0, 2 * np.pi, 64)
    vibrato = float(rng.choice([0.0, rng.uniform(0.1, 0.6)]))
    detuned, breath = rng.choice([0.0, rng.uniform(0.002, 0.008)]), rng.uniform(0, 0.08)
    shape, dulled = _envelope(rng), rng.uniform(0.05, 0.6)
    air = breath * coloured(rng, _AIR, 1.0)

    def play(dice: np.random.Generator, pitch: float, seconds: float) -> Float:
        length = int(seconds * SAMPLE_RATE)
        count = max(1, min(64, int(7400 / pitch)))
        partials = np.arange(1, count + 1)
        weights = uneven[:count] * partials**-slope
        curve = pitch_curve(dice, vibrato, pitch, length)
        bright = read_period(period(weights, phases[:count]), curve)
        if detuned:
            bright += read_period(period(weights, phases[:count]), curve * (1 + detuned))
        dull = read_period(period(weights * partials**-1.5, phases[:count]), curve)
        share = np.exp(-np.arange(length) / SAMPLE_RATE / dulled)
        note = bright * share + dull * (1 - share)
        return (normal(note) + np.resize(np.roll(air, dice.integers(_AIR)), length)) * shape(length)

    return play


def _modulated(rng: np.random.Generator) -> Voice:
    """FM (Chowning, JAES 21(7), 1973): electric pianos, brass, basses, synthesisers."""
    ratio = rng.choice([0.5, 1.0, 1.0, 2.0, 3.0, rng.uniform(0.5, 4)])
    index, fall = rng.uniform(0.3, 4), rng.uniform(0.05, 1.0)
    vibrato = float(rng.choice([0.0, rng.uniform(0.05, 0.5)]))
    shape = _envelope(rng)

    def play(dice: np.random.Generator, pitch: float, seconds: float) -> Float:
        length = int(seconds * SAMPLE_RATE)
        phase = 2 * np.pi * np.cumsum(pitch_curve(dice, vibrato, pitch, length)) / SAMPLE_RATE
        # Side bands reach about index + 1 modulator pitches from the carrier (Carson's rule).
        most = max(0.0, (7400 / pitch - 1) / ratio - 1)
        depth = min(index, most) * np.exp(-np.arange(length) / SAMPLE_RATE / fall)
        note: Float = np.sin(phase + depth * np.sin(ratio * phase)) * shape(length)
        return note

    return play


def _bell(rng: np.random.Generator) -> Voice:
    """Bells, bars, stiff strings: few inharmonic partials that ring for different times."""
    stretch = rng.uniform(0, 0.03) if rng.random() < 0.5 else 0.0
    partials = np.arange(1, int(rng.integers(3, 8))) * 1.0
    partials *= np.sqrt(1 + stretch * partials**2)
    if not stretch:
        partials = 1 + np.sort(np.append(0, rng.uniform(0.5, 8, len(partials) - 1)))
    weights = rng.uniform(0.2, 1, len(partials)) / partials ** rng.uniform(0.2, 1.2)
    decay = np.exp(rng.uniform(np.log(0.1), np.log(1.5)))

    def play(dice: np.random.Generator, pitch: float, seconds: float) -> Float:
        length = int(max(seconds, min(decay, 1.0)) * SAMPLE_RATE)
        note = np.zeros(length)
        for partial, weight in zip(partials, weights, strict=True):
            if pitch * partial < 7400:
                phase = 2 * np.pi * dice.random()
                note += weight * resonance(length, pitch * partial, decay / partial**0.5, phase)
        return note * swell(length, 0.002, 0.02)

    return play
