"""Sounds of houses and streets, synthesised: coloured noise, hum, engines, water, knocks, alarms.

Each takes a generator made from a drawn seed and gives float64 [samples] of any level.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from wakesmith.runtime.frontend import SAMPLE_RATE

Float = NDArray[np.float64]


def coloured(rng: np.random.Generator, samples: int, exponent: float) -> Float:
    """Noise of power ``1 / f ** exponent``: 0 is white, 1 pink, 2 brown (level below 20 Hz)."""
    frequency = np.maximum(np.fft.rfftfreq(samples, 1 / SAMPLE_RATE), 20.0)
    return shaped(rng, samples, frequency ** (-exponent / 2))


def shaped(rng: np.random.Generator, samples: int, gains: Float) -> Float:
    """Gaussian noise with the given gains [samples // 2 + 1] over frequency, RMS 1."""
    spectrum = np.fft.rfft(rng.standard_normal(samples)) * gains
    return normal(np.fft.irfft(spectrum, samples))


def normal(sound: Float) -> Float:
    """The sound at RMS 1; silence stays silence."""
    rms = np.sqrt(np.mean(np.square(sound))) if len(sound) else 0.0
    return sound / rms if rms > 0 else sound


def band(samples: int, low: float, high: float, order: int = 4) -> Float:
    """Gains of a band with Butterworth slopes; ``low`` 0 and ``high`` 8000 are no limits."""
    frequency = np.maximum(np.fft.rfftfreq(samples, 1 / SAMPLE_RATE), 1.0)
    gains: Float = 1 / np.sqrt(1 + (low / frequency) ** (2 * order))
    if high < SAMPLE_RATE / 2:
        gains /= np.sqrt(1 + (frequency / high) ** (2 * order))
    return gains


def bumps(rng: np.random.Generator, samples: int, count: int, height: float) -> Float:
    """A random gain curve over frequency: ``count`` points up to ``height`` dB up or down."""
    octave = np.log2(np.maximum(np.fft.rfftfreq(samples, 1 / SAMPLE_RATE), 40.0))
    points = np.sort(rng.uniform(np.log2(40), 13, count))
    decibels = np.interp(octave, points, rng.uniform(-height, height, count))
    gains: Float = 10 ** (decibels / 20)
    return gains


def wander(rng: np.random.Generator, samples: int, per_second: float) -> Float:
    """A smooth random curve in [0, 1] that turns about ``per_second`` times a second."""
    points = max(2, int(samples / SAMPLE_RATE * per_second) + 2)
    values = rng.random(points)
    place = np.linspace(0, points - 1.001, samples)
    step = place.astype(int)
    share = 0.5 - 0.5 * np.cos(np.pi * (place - step))
    curve: Float = values[step] * (1 - share) + values[step + 1] * share
    return curve


def hum(rng: np.random.Generator, samples: int) -> Float:
    """Mains hum: harmonics of 50 or 60 Hz that fall off, a buzz, and some hiss."""
    time = np.arange(samples) / SAMPLE_RATE
    mains = rng.choice([50.0, 60.0]) * rng.uniform(0.999, 1.001)
    sound = np.zeros(samples)
    slope = rng.uniform(0.4, 1.6)
    for harmonic in range(1, int(rng.integers(6, 40))):
        weight = harmonic**-slope * rng.uniform(0.2, 1) * (1.0 if harmonic % 2 == 0 else 0.6)
        sound += weight * np.sin(2 * np.pi * (mains * harmonic * time + rng.random()))
    hiss = coloured(rng, samples, rng.uniform(0, 1.5)) * 10 ** rng.uniform(-1.5, -0.3)
    return normal(sound) + hiss


def engine(rng: np.random.Generator, samples: int) -> Float:
    """Fans, vacuum cleaners, cars, mixers: coloured noise and a tone of a wandering speed."""
    rate = np.exp(rng.uniform(np.log(12), np.log(240)))
    speed = rate * 2 ** (rng.uniform(0, 0.8) * (wander(rng, samples, rng.uniform(0.1, 0.8)) - 0.5))
    phase = 2 * np.pi * np.cumsum(speed) / SAMPLE_RATE
    tone = np.zeros(samples)
    for harmonic in range(1, int(rng.integers(3, 14))):
        if rate * harmonic * 1.6 < SAMPLE_RATE / 2:
            weight = rng.uniform(0.1, 1) * harmonic ** -rng.uniform(0.3, 1.3)
            tone += weight * np.sin(harmonic * phase + 2 * np.pi * rng.random())
    air = shaped(rng, samples, bumps(rng, samples, 7, 14) * _slope(samples, rng.uniform(0.3, 1.8)))
    beat = 1 + rng.uniform(0, 0.6) * np.sin(phase * rng.choice([1, 2, 3]))
    swell = 0.5 + wander(rng, samples, rng.uniform(0.1, 1.5))
    sound: Float = (air * beat + normal(tone) * 10 ** rng.uniform(-1.2, 0.3)) * swell
    return sound


def _slope(samples: int, exponent: float) -> Float:
    frequency = np.maximum(np.fft.rfftfreq(samples, 1 / SAMPLE_RATE), 30.0)
    gains: Float = frequency ** (-exponent / 2)
    return gains


def rain(rng: np.random.Generator, samples: int) -> Float:
    """Rain, a tap, a shower, frying: many drops, each a short ring, over a hiss."""
    gains = bumps(rng, samples, 6, 8) * band(samples, rng.uniform(80, 900), rng.uniform(4000, 8000))
    hiss = shaped(rng, samples, gains) * (0.7 + 0.6 * wander(rng, samples, 1.0))
    seconds = samples / SAMPLE_RATE
    drops = np.zeros(samples)
    count = int(seconds * np.exp(rng.uniform(np.log(8), np.log(600))))
    at = rng.integers(0, samples, count)
    np.add.at(drops, at, rng.exponential(1.0, count) * rng.choice([-1, 1], count))
    # Drops ring at one of a few pitches, like bubbles (Minnaert): one response for all.
    ring = np.zeros(samples)
    for _ in range(int(rng.integers(3, 9))):
        length = min(samples, 1200)
        pitch, decay = rng.uniform(500, 6000), rng.uniform(0.001, 0.012)
        ring[:length] += resonance(length, pitch, decay) * rng.uniform(0.2, 1)
    wet = np.fft.irfft(np.fft.rfft(drops, 2 * samples) * np.fft.rfft(ring, 2 * samples))[:samples]
    return normal(hiss) * 10 ** rng.uniform(-1, 0.3) + normal(wet)


def resonance(length: int, pitch: float, decay: float, phase: float = 0.0) -> Float:
    """A ring of ``pitch`` Hz that falls to 1/e in ``decay`` seconds."""
    time = np.arange(length) / SAMPLE_RATE
    return np.sin(2 * np.pi * pitch * time + phase) * np.exp(-time / decay)


def knocks(rng: np.random.Generator, samples: int) -> Float:
    """Clicks, knocks, claps, keys, dishes, steps: bursts of a few kinds of object, in rhythms."""
    sound = coloured(rng, samples, rng.uniform(0.5, 1.8)) * 10 ** rng.uniform(-3, -1.2)
    for _ in range(int(rng.integers(1, 4))):
        struck = _object(rng)
        place = rng.uniform(0, 0.8)
        pause = np.exp(rng.uniform(np.log(0.06), np.log(1.6)))
        irregular = rng.uniform(0.02, 0.9)
        while place < samples / SAMPLE_RATE:
            _add(sound, int(place * SAMPLE_RATE), struck(rng) * 10 ** rng.uniform(-0.8, 0))
            place += pause * np.exp(irregular * rng.standard_normal())
            if rng.random() < 0.08:
                place += rng.uniform(0.5, 3)
    return sound


def _object(rng: np.random.Generator) -> Callable[[np.random.Generator], Float]:
    """A way of sounding: a function that gives one burst, each a little different."""
    noisy = rng.random()
    low, high = {0: (80, 500), 1: (400, 2500), 2: (1200, 7000)}[int(rng.integers(3))]
    modes = rng.uniform(low, high, int(rng.integers(1, 9)))
    decays = np.exp(rng.uniform(np.log(0.003), np.log(0.25))) * rng.uniform(0.4, 1.2, len(modes))
    weights = rng.uniform(0.2, 1, len(modes))
    burst = np.exp(rng.uniform(np.log(0.001), np.log(0.05)))
    colour = rng.uniform(-0.5, 1.5)
    attack = rng.uniform(0.0001, 0.003)

    def strike(dice: np.random.Generator) -> Float:
        length = int(SAMPLE_RATE * min(1.2, 6 * max(burst, decays.max())))
        time = np.arange(length) / SAMPLE_RATE
        scrape = coloured(dice, length, colour) * np.exp(-time / burst)
        ring = np.zeros(length)
        for pitch, decay, weight in zip(modes, decays, weights, strict=True):
            ring += weight * resonance(length, pitch * dice.uniform(0.98, 1.02), decay)
        blend = noisy * scrape / max(np.abs(scrape).max(), 1e-9)
        blend += (1 - noisy) * ring / max(np.abs(ring).max(), 1e-9)
        burst_of_sound: Float = blend * np.minimum(1, time / attack)
        return burst_of_sound

    return strike


def _add(sound: Float, at: int, piece: Float) -> None:
    piece = piece[: max(0, len(sound) - at)]
    sound[at : at + len(piece)] += piece


def alarms(rng: np.random.Generator, samples: int) -> Float:
    """Beeps, alarms, ringing, sirens, chirps: tones in patterns, pure to harsh."""
    time = np.arange(samples) / SAMPLE_RATE
    sound = coloured(rng, samples, 1.0) * 10 ** rng.uniform(-3, -1.3)
    on, off = rng.uniform(0.03, 0.6), rng.uniform(0.03, 0.8)
    group, pause = int(rng.integers(1, 6)), rng.uniform(0, 1.5)
    cycle = group * (on + off) + pause
    inside = time % cycle
    beat = inside % (on + off)
    gate = ((beat < on) & (inside < group * (on + off))).astype(float)
    smooth = np.hanning(int(rng.uniform(0.002, 0.02) * SAMPLE_RATE) | 1)
    gate = np.convolve(gate, smooth / smooth.sum(), "same")
    low = np.exp(rng.uniform(np.log(350), np.log(3200)))
    ratio = 2 ** rng.uniform(-0.8, 0.8)
    shape = int(rng.integers(4))
    if shape == 0:  # one pitch
        pitch = np.full(samples, low)
    elif shape == 1:  # two pitches in turn
        pitch = np.where((time // (on + off)).astype(int) % 2, low, low * ratio)
    elif shape == 2:  # a sweep within each beep
        pitch = low * ratio ** np.clip(beat / on, 0, 1)
    else:  # a siren or warble
        pitch = low * ratio ** (0.5 + 0.5 * np.sin(2 * np.pi * rng.uniform(0.2, 14) * time))
    phase = 2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE
    tone = np.sin(phase)
    for harmonic in range(2, int(rng.integers(2, 9))):
        audible = pitch * harmonic < 7600
        tone = tone + audible * np.sin(harmonic * phase) * rng.uniform(0, 0.7)
    sound += tone * gate
    return sound
