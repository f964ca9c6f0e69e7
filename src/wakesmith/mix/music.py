"""Music, synthesised: chords, bass, melodies, arpeggios, drums and singing over a tempo.

Music is the main cause of false accepts, so everything about it is drawn: scale, metre, tempo,
voicing, and for each part a timbre of its own (strings, reeds, organs, plucked, bells, FM,
voices), then a room and a colour for the whole.
"""

from dataclasses import dataclass

import numpy as np

from wakesmith.mix.household import Float, band, bumps, normal, resonance, shaped
from wakesmith.mix.timbres import pitch_curve, timbre
from wakesmith.mix.voices import VOWELS, sung, swell
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
    sound, play = np.zeros(samples), timbre(rng)
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
    sound, play = np.zeros(samples), timbre(rng)
    busy = rng.uniform(0.3, 1)
    for start, chord in _bars(song, samples):
        for beat in range(song.beats):
            if beat == 0 or rng.random() < busy:
                step = chord + int(rng.choice([0, 0, 0, 4, len(song.scale)]))
                _add(sound, start + beat * song.beat, play(rng, song.pitch(step), song.beat * 0.9))
    return sound


def _melody(rng: np.random.Generator, song: _Song, samples: int) -> Float:
    """A line that walks up and down the scale in a rhythm."""
    sound, play = np.zeros(samples), timbre(rng)
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
            curve = pitch_curve(rng, vibrato, song.pitch(step + 2 * voice) * octave, length)
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
    sound, play = np.zeros(samples), timbre(rng)
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
