"""Music, synthesised: chords, bass, melodies, arpeggios, drums and singing over a tempo.

Music is the main cause of false accepts, so everything about it is drawn: scale, metre, tempo,
voicing, and for each part a timbre of its own (strings, reeds, organs, plucked, bells, FM,
voices), then a room and a colour for the whole.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from wakesmith.mix.household import Float, band, bumps, coloured, normal, resonance, shaped
from wakesmith.mix.voices import VOWELS, period, read_period, sung, swell
from wakesmith.runtime.frontend import SAMPLE_RATE

_SCALES = (
    (0, 2, 4, 5, 7, 9, 11),
    (0, 2, 3, 5, 7, 8, 10),
    (0, 2, 3, 5, 7, 9, 10),
    (0, 2, 4, 5, 7, 9, 10),
    (0, 2, 4, 7, 9),
    (0, 3, 5, 7, 10),
    (0, 3, 5, 6, 7, 10),
    (0, 1, 4, 5, 7, 8, 11),
    (0, 2, 4, 6, 8, 10),
)
"""Semitones: major, minor, dorian, mixolydian, pentatonics, blues, harmonic, whole-tone."""

_AIR = 32_768
"""Samples of the breath noise of a timbre."""

Voice = Callable[[np.random.Generator, float, float], Float]
"""Plays a note: dice, pitch in Hz, seconds."""


@dataclass(frozen=True)
class _Song:
    beat: float
    """Seconds of a beat."""
    beats: int
    """Beats of a bar."""
    scale: tuple[int, ...]
    key: float
    """Hz of the key note in the bass octave."""
    chords: tuple[int, ...]
    """Scale steps of the chords, one a bar."""

    def pitch(self, step: int) -> float:
        octave, degree = divmod(step, len(self.scale))
        return float(self.key * 2 ** (octave + self.scale[degree] / 12))


def _song(rng: np.random.Generator) -> _Song:
    scale = _SCALES[int(rng.integers(len(_SCALES)))]
    chords = rng.integers(0, len(scale), int(rng.integers(1, 6)))
    return _Song(
        beat=60 / np.exp(rng.uniform(np.log(52), np.log(180))),
        beats=int(rng.choice([3, 4, 4, 4, 6])),
        scale=scale,
        key=float(np.exp(rng.uniform(np.log(45), np.log(95)))),
        chords=tuple(int(c) for c in chords),
    )


def music(rng: np.random.Generator, samples: int) -> Float:
    """A piece of a few parts, in a room, coloured as by some loudspeaker."""
    song = _song(rng)
    parts = [part for part in (_pads, _bass, _melody, _arpeggio) if rng.random() < 0.62]
    drums = rng.random() < 0.6
    if not parts:
        parts = [_melody if rng.random() < 0.5 else _pads]
    sound = np.zeros(samples)
    for part in parts:
        sound += normal(part(rng, song, samples)) * 10 ** rng.uniform(-0.7, 0)
    if drums:
        sound += normal(_drums(rng, song, samples)) * 10 ** rng.uniform(-0.8, 0.1)
    if rng.random() < 0.3:
        sound += normal(_sung_melody(rng, song, samples)) * 10 ** rng.uniform(-0.3, 0.3)
    return _produced(rng, sound)


def singing(rng: np.random.Generator, samples: int) -> Float:
    """A voice or a few, alone or over soft chords."""
    song = _song(rng)
    sound = normal(_sung_melody(rng, song, samples))
    if rng.random() < 0.5:
        sound += normal(_pads(rng, song, samples)) * 10 ** rng.uniform(-1, -0.2)
    if rng.random() < 0.25:
        sound += normal(_drums(rng, song, samples)) * 10 ** rng.uniform(-1, -0.3)
    return _produced(rng, sound)


def _produced(rng: np.random.Generator, sound: Float) -> Float:
    samples = len(sound)
    sound = normal(sound)
    if rng.random() < 0.5:  # loudness of a record: peaks pressed down
        push = rng.uniform(0.3, 1.5)
        sound = np.tanh(sound * push) / push
    gains = bumps(rng, samples, 6, 7)
    if rng.random() < 0.4:
        gains = gains * band(samples, rng.uniform(40, 350), rng.uniform(3500, 7900), 2)
    if rng.random() < 0.6:  # a hall: the decaying noise's spectrum, in one FFT with the colour
        time = np.arange(samples) / SAMPLE_RATE
        hall = rng.standard_normal(samples) * np.exp(-time * 6.9 / rng.uniform(0.3, 2.2))
        hall *= rng.uniform(0.1, 0.8) / np.sqrt(np.square(hall).sum())
        hall[0] += 1
        return np.fft.irfft(np.fft.rfft(sound) * np.fft.rfft(hall) * gains, samples)
    return np.fft.irfft(np.fft.rfft(sound) * gains, samples)


def _timbre(rng: np.random.Generator) -> Voice:
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


def _curve(rng: np.random.Generator, vibrato: float, pitch: float, length: int) -> Float:
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
        curve = _curve(dice, vibrato, pitch, length)
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
        phase = 2 * np.pi * np.cumsum(_curve(dice, vibrato, pitch, length)) / SAMPLE_RATE
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


def _add(sound: Float, at: float, note: Float) -> None:
    first = int(at * SAMPLE_RATE)
    note = note[: max(0, len(sound) - first)]
    sound[first : first + len(note)] += note


def _bars(song: _Song, samples: int) -> list[tuple[float, int]]:
    """Start of each bar in seconds, and its chord."""
    bar = song.beat * song.beats
    count = int(samples / SAMPLE_RATE / bar) + 1
    return [(i * bar, song.chords[i % len(song.chords)]) for i in range(count)]


def _pads(rng: np.random.Generator, song: _Song, samples: int) -> Float:
    """Chords of three or four notes, held or strummed."""
    sound, play = np.zeros(samples), _timbre(rng)
    steps = (0, 2, 4, 6)[: int(rng.integers(2, 5))]
    low = len(song.scale) * int(rng.integers(1, 3))
    strum = rng.choice([0.0, rng.uniform(0.01, 0.05)])
    hits = int(rng.choice([1, 1, 2, song.beats]))
    for start, chord in _bars(song, samples):
        length = song.beat * song.beats / hits
        for hit in range(hits):
            for number, step in enumerate(steps):
                note = play(rng, song.pitch(low + chord + step), length * rng.uniform(0.6, 1.1))
                _add(sound, start + hit * length + number * strum, note)
    return sound


def _bass(rng: np.random.Generator, song: _Song, samples: int) -> Float:
    """Roots and fifths in the lowest octave."""
    sound, play = np.zeros(samples), _timbre(rng)
    busy = rng.uniform(0.3, 1)
    for start, chord in _bars(song, samples):
        for beat in range(song.beats):
            if beat == 0 or rng.random() < busy:
                step = chord + int(rng.choice([0, 0, 0, 4, len(song.scale)]))
                _add(sound, start + beat * song.beat, play(rng, song.pitch(step), song.beat * 0.9))
    return sound


def _melody(rng: np.random.Generator, song: _Song, samples: int) -> Float:
    """A line that walks up and down the scale in a rhythm."""
    sound, play = np.zeros(samples), _timbre(rng)
    for at, step, seconds in _line(rng, song, samples):
        note = play(rng, song.pitch(step), seconds * rng.uniform(0.7, 1.1))
        _add(sound, at, note * rng.uniform(0.5, 1))
    return sound


def _line(rng: np.random.Generator, song: _Song, samples: int) -> list[tuple[float, int, float]]:
    """Notes of a melody: start, scale step, seconds."""
    size = len(song.scale)
    home = size * int(rng.integers(2, 4))
    step, at, notes = home + int(rng.integers(-2, 5)), 0.0, []
    lengths = rng.choice([0.25, 0.5, 0.5, 1, 1, 1.5, 2], int(rng.integers(2, 5)))
    while at < samples / SAMPLE_RATE:
        seconds = song.beat * float(rng.choice(lengths))
        if rng.random() > 0.12:
            notes.append((at, step, seconds))
        at += seconds
        leap = int(rng.choice([-4, -2, -1, -1, 0, 1, 1, 2, 3]))
        step = int(np.clip(step + leap, home - 4, home + size + 2))
    return notes


def _sung_melody(rng: np.random.Generator, song: _Song, samples: int) -> Float:
    """One to three voices on vowels, with hissed and stopped beginnings of syllables."""
    sound = np.zeros(samples)
    tract = rng.uniform(0.95, 1.3)
    vibrato = rng.uniform(0.05, 0.9)
    line = _line(rng, song, samples)
    top = max((song.pitch(step) for _, step, _ in line), default=200.0)
    octave = 2.0 ** float(np.round(np.log2(rng.uniform(200, 500) * tract / top)))
    for voice in range(int(rng.choice([1, 1, 2, 3]))):
        late = 0.0 if voice == 0 else rng.uniform(0, 0.03)
        for at, step, seconds in line:
            length = int(seconds * rng.uniform(0.8, 1.05) * SAMPLE_RATE)
            curve = _curve(rng, vibrato, song.pitch(step + 2 * voice) * octave, length)
            vowels = VOWELS[rng.integers(len(VOWELS), size=2)]
            note = normal(sung(rng, curve, (vowels[0], vowels[1]), tract))
            note *= swell(length, rng.uniform(0.01, 0.08), rng.uniform(0.03, 0.12))
            if rng.random() < 0.5:
                hiss = min(length, int(rng.uniform(0.02, 0.1) * SAMPLE_RATE)) // 64 * 64
                gains = band(hiss, rng.uniform(1500, 5000), 7900, 2)
                note[:hiss] += 0.3 * shaped(rng, hiss, gains) * swell(hiss, 0.01, 0.02)
            _add(sound, at + late, note * rng.uniform(0.6, 1))
    return sound


def _arpeggio(rng: np.random.Generator, song: _Song, samples: int) -> Float:
    """Broken chords in even notes."""
    sound, play = np.zeros(samples), _timbre(rng)
    parts = int(rng.choice([1, 2, 3, 4]))
    pattern = rng.choice([0, 2, 4, 7, 9], int(rng.integers(2, 7)))
    low, number = len(song.scale) * int(rng.integers(1, 3)), 0
    for start, chord in _bars(song, samples):
        for tick in range(song.beats * parts):
            step = low + chord + int(pattern[number % len(pattern)])
            note = play(rng, song.pitch(step), song.beat / parts * rng.uniform(0.7, 1.3))
            _add(sound, start + tick * song.beat / parts, note)
            number += 1
    return sound


def _drums(rng: np.random.Generator, song: _Song, samples: int) -> Float:
    """Kick, snare, hats, toms or shakers: one burst each, set by a grid of chances."""
    kit = [_kick(rng), _snare(rng), _hat(rng, 0.02, 0.06), _hat(rng, 0.1, 0.3), _kick(rng, 3)]
    grid = song.beats * 4
    chances = rng.random((len(kit), grid)) ** 3
    chances[0, ::8], chances[1, 4::8] = 0.95, 0.95
    chances[2, :: int(rng.choice([1, 2, 4]))] = 0.9
    pattern = rng.random(chances.shape) < chances
    pattern[rng.random(len(kit)) < (0.05, 0.2, 0.2, 0.6, 0.6)] = False
    loud = np.array([1.0, 0.8, 0.3, 0.25, 0.6]) * 10 ** rng.uniform(-0.3, 0.2, len(kit))
    sound = np.zeros(samples)
    for start, _ in _bars(song, samples):
        for tick in range(grid):
            for piece, volume in zip(np.flatnonzero(pattern[:, tick]), rng.random(5), strict=False):
                strength = loud[piece] * (0.6 + 0.4 * volume)
                _add(sound, start + tick * song.beat / 4, kit[piece] * strength)
    return sound


def _kick(rng: np.random.Generator, octave: float = 1.0) -> Float:
    time = np.arange(int(0.35 * SAMPLE_RATE)) / SAMPLE_RATE
    low = rng.uniform(42, 70) * octave
    pitch = low * (1 + rng.uniform(1, 5) * np.exp(-time / rng.uniform(0.01, 0.05)))
    return np.sin(2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE) * np.exp(
        -time / rng.uniform(0.05, 0.15)
    )


def _snare(rng: np.random.Generator) -> Float:
    length = int(0.3 * SAMPLE_RATE)
    fall = np.exp(-np.arange(length) / SAMPLE_RATE / rng.uniform(0.03, 0.12))
    rattle = shaped(rng, length, band(length, rng.uniform(200, 1500), 7900, 1)) * fall
    return rattle * 0.5 + resonance(length, rng.uniform(150, 260), 0.05) * rng.uniform(0, 1)


def _hat(rng: np.random.Generator, shortest: float, longest: float) -> Float:
    length = int(0.4 * SAMPLE_RATE)
    fall = np.exp(-np.arange(length) / SAMPLE_RATE / rng.uniform(shortest, longest))
    return shaped(rng, length, band(length, rng.uniform(2500, 6500), 8000, 4)) * fall
