"""Rooms: a bank of impulse responses, simulated from drawn shoeboxes or read from files.

Every response is trimmed so that the direct sound lies exactly at sample ``DIRECT``: a room never
moves the end of a phrase. Each has unit energy overall, so speech comes out of it about as loud
as it went in (the mixer measures and sets the level after the room).

The simulation is our own, of the kind of Lehmann and Johansson, "Diffuse reverberation model for
efficient image-source simulation of room impulse responses", IEEE TASLP 18(6), 2010: image
sources (Allen and Berkley, JASA 65(4), 1979) for the first reflections, then noise under the
decay that image sources have on average, each in octave bands with absorption of their own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wakesmith import audio
from wakesmith.errors import AudioError, DataError
from wakesmith.plan.mixing import RoomDraw
from wakesmith.runtime.frontend import SAMPLE_RATE

DIRECT = 16
"""Sample of every response at which the direct sound lies; before it only its rising flank."""
TAPS = 8000
"""Length of a response by default: 0.5 s."""

_SOUND = 343.0
"""Speed of sound in m/s at 20 °C."""
_EARLY = 0.05
"""Seconds after the direct sound up to which images are summed, at most."""
_IMAGES = 5000
"""About so many images are summed at most: in small rooms they are dense sooner."""
_FADE = 0.02
"""Seconds over which images give way to the diffuse tail, and at which a cut response fades."""
_SINC = 16
"""Half width in samples of the sinc that places an image between two samples."""
_BANDS = np.array([125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0])
"""Centres of the octave bands in Hz; the outermost reach to 0 Hz and to 8 kHz."""
_RUMBLE = 50.0
"""High pass of the reflections in Hz: images all of one sign pile up at 0 Hz, as no room does."""
_LOW_DECAY = 1.25
"""Decay time at 125 Hz as a share of that at 1 kHz: walls absorb little there."""


@dataclass(frozen=True, eq=False)
class RoomBank:
    """Impulse responses, float32 [rooms, taps], unit energy, direct sound at ``DIRECT``."""

    responses: NDArray[np.float32]
    _spectra: dict[int, dict[int, NDArray[np.complex64]]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        shape, kind = self.responses.shape, self.responses.dtype
        if self.responses.ndim != 2 or kind != np.float32 or (shape[0] and shape[1] <= DIRECT):
            raise DataError(
                f"a room bank is float32 [rooms, taps], taps > {DIRECT}; got {kind} {list(shape)}"
            )

    def __len__(self) -> int:
        return len(self.responses)

    @property
    def taps(self) -> int:
        """Samples of each response."""
        return int(self.responses.shape[1])

    def cache(self, size: int) -> dict[int, NDArray[np.complex64]]:
        """Where the mixer keeps its spectra of the responses for FFTs of ``size``."""
        return self._spectra.setdefault(size, {})

    def save(self, folder: Path) -> None:
        """Write ``rooms.npy`` into ``folder``."""
        np.save(folder / "rooms.npy", self.responses)

    @staticmethod
    def load(folder: Path) -> "RoomBank":
        """Open what ``save`` wrote, memory-mapped. Raises DataError when it is not there."""
        try:
            return RoomBank(np.load(folder / "rooms.npy", mmap_mode="r"))
        except (OSError, ValueError) as error:
            raise DataError(f"{folder / 'rooms.npy'} is no room bank: {error}") from None


def simulate_rooms(draws: Sequence[RoomDraw], taps: int = TAPS) -> RoomBank:
    """Simulate each drawn room; about 10 ms a room. Raises DataError on an impossible one."""
    rows = np.zeros((len(draws), taps), np.float32)
    for row, draw in zip(rows, draws, strict=True):
        row[:] = _unit_energy(_simulate(draw, taps))
    return RoomBank(rows)


def rooms_from_files(paths: Sequence[Path | str], taps: int = TAPS) -> RoomBank:
    """Read recorded impulse responses, one a file, and trim each at its direct sound.

    The direct sound is the first sample that reaches half the largest one's height, moved on to
    the peak of its flank. Raises AudioError on a file that cannot be read or is no impulse
    response: its energy does not die away.
    """
    rows = np.zeros((len(paths), taps), np.float32)
    for row, path in zip(rows, paths, strict=True):
        row[:] = _unit_energy(_trimmed(audio.read(Path(path)).pcm, taps, path))
    return RoomBank(rows)


def _trimmed(pcm: NDArray[np.int16], taps: int, path: Path | str) -> NDArray[np.float64]:
    sound = pcm.astype(np.float64)
    height = np.abs(sound)
    direct = int(np.argmax(height >= 0.5 * height.max()))
    while direct + 1 < len(height) and height[direct + 1] > height[direct]:
        direct += 1
    energy = np.square(sound[direct:])
    tenth = len(energy) // 10
    early, late = energy[: 3 * tenth].sum(), energy[-3 * tenth :].sum()
    if len(energy) > SAMPLE_RATE // 4 and late > 0.5 * early:
        raise AudioError(
            f"{path} is no room impulse response: it does not die away. mix.rooms takes short "
            "recordings of a room's answer to a click; recordings of noise belong in mix.noises"
        )
    start = direct - DIRECT
    whole = np.concatenate([np.zeros(max(0, -start)), sound[max(0, start) :]])
    cut = np.zeros(taps)
    cut[: min(taps, len(whole))] = whole[:taps]
    return cut * _fade_out(taps) if len(whole) > taps else cut


def _unit_energy(response: NDArray[np.float64]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = (response / np.sqrt(np.square(response).sum())).astype(np.float32)
    return unit


def _fade_out(taps: int) -> NDArray[np.float64]:
    fade = np.ones(taps)
    length = min(taps // 4, int(_FADE * SAMPLE_RATE))
    fade[taps - length :] = 0.5 + 0.5 * np.cos(np.pi * (np.arange(length) + 1) / length)
    return fade


def _simulate(draw: RoomDraw, taps: int) -> NDArray[np.float64]:
    size, source, microphone = (np.array(v) for v in (draw.size, draw.source, draw.microphone))
    if min(draw.size) <= 0 or not all(
        np.all(place > 0) and np.all(place < size) for place in (source, microphone)
    ):
        raise DataError(f"a room's talker and microphone must be inside it: {draw}")
    direct = max(0.1, float(np.linalg.norm(source - microphone)))
    decay = draw.rt60 * _decay_shape(draw.brightness)
    radius = np.cbrt(_IMAGES * size.prod() * 3 / (4 * np.pi))
    early = float(np.clip((radius - direct) / _SOUND - _FADE, 0.01, _EARLY))
    bands = _early(size, source, microphone, early, decay, taps)
    bands += _tail(size, direct, early, decay, draw.seed, taps)
    weights = _band_filters(taps)
    response = np.fft.irfft((np.fft.rfft(bands, 2 * taps) * weights).sum(0), 2 * taps)[:taps]
    response[:DIRECT] = 0.0
    response[DIRECT] += 1 / direct
    faded: NDArray[np.float64] = response * _fade_out(taps)
    return faded


def _decay_shape(brightness: float) -> NDArray[np.float64]:
    """Decay time of each band relative to 1 kHz."""
    octaves = np.log2(_BANDS / 1000)
    low = _LOW_DECAY ** np.clip(-octaves / 3, 0, 1)
    return np.where(octaves > 0, brightness ** (np.maximum(octaves, 0) / 3), low)


def _early(
    size: NDArray[np.float64],
    source: NDArray[np.float64],
    microphone: NDArray[np.float64],
    early: float,
    decay: NDArray[np.float64],
    taps: int,
) -> NDArray[np.float64]:
    """Image sources without the direct sound, [bands, taps], delays relative to it."""
    direct = float(np.linalg.norm(source - microphone))
    reach = direct + _SOUND * (early + _FADE)
    axes = []
    for length, s, m in zip(size, source, microphone, strict=True):
        n = np.arange(-int(reach / (2 * length)) - 1, int(reach / (2 * length)) + 2)
        # Images of one axis: 2nL + s after |2n| walls, 2nL - s after |2n - 1| walls.
        places = np.concatenate([2 * n * length + s, 2 * n * length - s]) - m
        axes.append((places, np.concatenate([np.abs(2 * n), np.abs(2 * n - 1)])))
    (x, nx), (y, ny), (z, nz) = axes
    squares = (x**2)[:, None, None] + (y**2)[:, None] + z**2
    walls = nx[:, None, None] + ny[:, None] + nz
    near = (squares < reach**2) & (walls > 0)
    distance, walls = np.maximum(np.sqrt(squares[near]), 0.1), walls[near]
    later = (distance - direct) / _SOUND
    fade = np.clip((early + _FADE - later) / _FADE, 0, 1)
    # The decay that the statistics ask for, spread over the walls: reflections of a mean free
    # path 4V/S lose 60 dB in ``decay`` seconds.
    per_second = _SOUND * 2 * (size.prod() / size).sum() / (4 * size.prod())
    loss = 10 ** (-3 / (decay * per_second))
    gain = loss[:, None] ** walls * np.sqrt(fade) / distance
    where = DIRECT + np.maximum(later, 0) * SAMPLE_RATE
    first = np.floor(where).astype(int)
    offsets = np.arange(-_SINC + 1, _SINC + 1)
    t = offsets - (where - first)[:, None]
    kernel = np.sinc(t) * np.cos(np.pi * t / (2 * (_SINC + 1))) ** 2
    index = first[:, None] + offsets
    inside = (index >= 0) & (index < taps)
    out = np.empty((len(decay), taps))
    for band, amplitude in enumerate(gain):
        values = (amplitude[:, None] * kernel)[inside]
        out[band] = np.bincount(index[inside], values, taps)
    return out


def _tail(
    size: NDArray[np.float64],
    direct: float,
    early: float,
    decay: NDArray[np.float64],
    seed: int,
    taps: int,
) -> NDArray[np.float64]:
    """Diffuse tail [bands, taps]: noise of the power that image sources have on average.

    Images of amplitude 1/d lie ``4 pi (ct)^2 c / V`` to the second at time t, so that their power
    is ``4 pi c / V`` a second, times the decay.
    """
    since = (np.arange(taps) - DIRECT) / SAMPLE_RATE
    power = 4 * np.pi * _SOUND / size.prod() / SAMPLE_RATE
    travelled = np.maximum(since, 0) + direct / _SOUND
    envelope = np.sqrt(power) * 10 ** (-3 * travelled / decay[:, None])
    envelope *= np.sqrt(np.clip((since - early) / _FADE, 0, 1))
    noise = np.random.default_rng(seed).standard_normal(taps)
    shaped: NDArray[np.float64] = envelope * noise
    return shaped


@lru_cache(maxsize=4)
def _band_filters(taps: int) -> NDArray[np.float64]:
    """Gains [bands, taps + 1] of octave bands; above ``_RUMBLE`` they sum to one."""
    frequency = np.fft.rfftfreq(2 * taps, 1 / SAMPLE_RATE)
    octave = np.log2(np.maximum(frequency, 1.0) / _BANDS[0])
    position = np.clip(octave, 0, len(_BANDS) - 1)
    distance = np.abs(position - np.arange(len(_BANDS))[:, None])
    rumble = frequency**4 / (frequency**4 + _RUMBLE**4)
    gains: NDArray[np.float64] = np.cos(np.pi / 2 * np.minimum(distance, 1)) ** 2 * rumble
    return gains
