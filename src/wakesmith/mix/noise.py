"""Noise: a bank of rows to mix in, synthesised from drawn seeds or cut from the user's files."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wakesmith import audio
from wakesmith.errors import DataError
from wakesmith.mix import household, music, scenes
from wakesmith.plan.mixing import KINDS, ROW_SECONDS, Kind, NoiseCut, NoiseDraw
from wakesmith.runtime.frontend import SAMPLE_RATE, Pcm

ROW_LEVEL = -20.0
"""Level of every row in dBFS (RMS), unless its peaks would clip; then it is softer."""
SILENT = -65.0
"""A row of a file below this level in dBFS holds no sound to mix in."""

_GRAIN = 160
"""Samples between the sums that tell the level of any stretch of a row: 10 ms."""
_FULL_SCALE = 32768.0
_PEAK = 32000.0
_QUIETEST = _FULL_SCALE * 10 ** ((ROW_LEVEL - 40) / 20)
"""40 dB under the level of rows."""

_MAKERS: dict[Kind, Callable[[np.random.Generator, int], NDArray[np.float64]]] = {
    "white": lambda rng, samples: household.coloured(rng, samples, 0.0),
    "pink": lambda rng, samples: household.coloured(rng, samples, rng.uniform(0.6, 1.4)),
    "brown": lambda rng, samples: household.coloured(rng, samples, rng.uniform(1.6, 2.4)),
    "hum": household.hum,
    "engine": household.engine,
    "rain": household.rain,
    "babble": scenes.babble,
    "music": music.music,
    "singing": music.singing,
    "knocks": household.knocks,
    "alarms": household.alarms,
    "television": scenes.television,
}


@dataclass(frozen=True, eq=False)
class NoiseBank:
    """Rows of noise, int16 [rows, samples], and what each is."""

    rows: NDArray[np.int16]
    kinds: tuple[str, ...]
    """A kind of ``KINDS``, or the name of the file that the row was cut from."""
    energies: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 0)), repr=False)
    """Sums of squares up to every 10 ms of each row; made when they are not given."""

    def __post_init__(self) -> None:
        if self.rows.ndim != 2 or self.rows.dtype != np.int16 or len(self.rows) != len(self.kinds):
            raise DataError(
                f"a noise bank is int16 [rows, samples] with a kind a row; got {self.rows.dtype} "
                f"{list(self.rows.shape)} and {len(self.kinds)} kinds"
            )
        if len(self.rows) and not self.rows.shape[1]:
            raise DataError("a noise bank's rows hold no samples")
        if self.energies.shape != (len(self.rows), self.rows.shape[1] // _GRAIN + 1):
            object.__setattr__(self, "energies", _energies(self.rows))

    def __len__(self) -> int:
        return len(self.rows)

    @staticmethod
    def synthesise(draws: Sequence[NoiseDraw], seconds: float = ROW_SECONDS) -> "NoiseBank":
        """A bank of drawn noise."""
        samples = round(seconds * SAMPLE_RATE)
        rows = np.empty((len(draws), samples), np.int16)
        for row, draw in zip(rows, draws, strict=True):
            row[:] = synthesise(draw.kind, draw.seed, samples)
        return NoiseBank(rows, tuple(d.kind for d in draws))

    @staticmethod
    def cut(cuts: Sequence[NoiseCut], seconds: float = ROW_SECONDS) -> "NoiseBank":
        """A bank cut from files, a row a cut, so that drawn row numbers hold.

        A file shorter than a row is repeated back and forth. A cut that falls on silence (below
        -65 dBFS) is moved to the loudest row of its span; a span that is silent all through gives
        white noise.
        """
        samples = round(seconds * SAMPLE_RATE)
        rows = np.empty((len(cuts), samples), np.int16)
        for row, cut in zip(rows, cuts, strict=True):
            row[:] = _levelled(extended(_piece(cut, seconds), samples))
        return NoiseBank(rows, tuple(Path(c.path).name for c in cuts))

    @staticmethod
    def join(*banks: "NoiseBank") -> "NoiseBank":
        """All rows of the banks in order; empty banks count as none. Rows must be as long."""
        filled = [b for b in banks if len(b)]
        if not filled:
            return NoiseBank(np.zeros((0, 0), np.int16), ())
        if len({b.rows.shape[1] for b in filled}) > 1:
            lengths = sorted({b.rows.shape[1] for b in filled})
            raise DataError(f"noise banks of different row lengths cannot be joined: {lengths}")
        kinds = tuple(kind for b in filled for kind in b.kinds)
        return NoiseBank(np.concatenate([b.rows for b in filled]), kinds)

    def save(self, folder: Path) -> None:
        """Write ``noises.npy``, ``noises-energy.npy`` and ``noises.txt`` (a kind a line)."""
        np.save(folder / "noises.npy", self.rows)
        np.save(folder / "noises-energy.npy", self.energies)
        lines = "".join(" ".join(kind.split()) + "\n" for kind in self.kinds)
        (folder / "noises.txt").write_text(lines, encoding="utf-8")

    @staticmethod
    def load(folder: Path) -> "NoiseBank":
        """Open what ``save`` wrote, memory-mapped. Raises DataError when it is not there."""
        try:
            rows = np.load(folder / "noises.npy", mmap_mode="r")
            energies = np.load(folder / "noises-energy.npy", mmap_mode="r")
            kinds = (folder / "noises.txt").read_text(encoding="utf-8").split("\n")[:-1]
        except (OSError, ValueError) as error:
            raise DataError(f"{folder} holds no noise bank: {error}") from None
        return NoiseBank(rows, tuple(kinds), energies)

    def fill(self, window: NDArray[np.float32], row: int, at: float) -> float:
        """Fill ``window`` with noise from share ``at`` of the row's starts; the noise's RMS.

        Starts are multiples of 10 ms. A window longer than the row is filled by going back and
        forth in it. Noise more than 40 dB under a row's usual level counts as that loud, so that
        silence is not blown up.
        """
        samples = len(window)
        sound = self.rows[row]
        if samples <= len(sound):
            first = int(at * ((len(sound) - samples) // _GRAIN + 1)) * _GRAIN
            sound = sound[first : first + samples]
            whole = samples // _GRAIN
            sums, grain = self.energies[row], first // _GRAIN
            power = float(sums[grain + whole] - sums[grain])
            if samples > whole * _GRAIN:
                power += _energy(sound[whole * _GRAIN :])
        else:
            sound = extended(np.roll(sound, -int(at * len(sound))), samples)
            power = _energy(sound)
        window[:] = sound
        return max(math.sqrt(power / max(1, samples)), _QUIETEST)


def _energy(sound: NDArray[np.int16]) -> float:
    return float(np.square(sound, dtype=np.float64).sum())


def _energies(rows: NDArray[np.int16]) -> NDArray[np.float64]:
    """Sums of squares of each row up to every 10 ms: [rows, samples // 160 + 1]."""
    whole = rows.shape[1] // _GRAIN if rows.ndim == 2 else 0
    sums = np.zeros((len(rows), whole + 1))
    for row, sound in zip(sums, rows, strict=True):
        grains = sound[: whole * _GRAIN].astype(np.float32).reshape(whole, _GRAIN)
        row[1:] = np.cumsum(np.einsum("ij,ij->i", grains, grains), dtype=np.float64)
    return sums


def synthesise(kind: str, seed: int, samples: int) -> Pcm:
    """Noise of a kind, a function of kind and seed: int16 [samples] at -20 dBFS."""
    maker = _MAKERS.get(kind)  # type: ignore[call-overload]
    if maker is None:
        raise DataError(f"{kind!r} is no kind of noise; there are {', '.join(KINDS)}")
    return _levelled(maker(np.random.default_rng(seed), samples))


def extended(sound: NDArray[np.int16], samples: int) -> NDArray[np.int16]:
    """``sound`` cut, or repeated forwards and backwards in turn, to ``samples``."""
    if len(sound) >= samples:
        return sound[:samples]
    there_and_back = np.concatenate([sound, sound[::-1]])
    return np.tile(there_and_back, -(-samples // len(there_and_back)))[:samples]


def _piece(cut: NoiseCut, seconds: float) -> Pcm:
    """The cut, or the loudest piece of its span where it is silent. A span that is silent all
    through, as a very quiet room is, gives white noise."""
    found = audio.read_piece(cut.path, cut.start, seconds)
    if _level(found) >= SILENT:
        return found
    low, high = cut.span
    starts = np.arange(low, max(low + 0.01, high - seconds / 2), seconds)
    pieces = (audio.read_piece(cut.path, float(at), min(seconds, high - at)) for at in starts)
    loudest = max(pieces, key=_level)
    if _level(loudest) >= SILENT:
        return loudest
    hiss = np.random.default_rng(int(cut.digest[:8], 16)).standard_normal(len(found))
    white: Pcm = np.rint(hiss * 1000).astype(np.int16)
    return white


def _level(sound: Pcm) -> float:
    power = np.mean(np.square(sound, dtype=np.float64)) if len(sound) else 0.0
    return float(10 * np.log10(power / _FULL_SCALE**2 + 1e-12))


def _levelled(sound: NDArray[np.float64] | Pcm) -> Pcm:
    whole = sound.astype(np.float64)
    whole -= whole.mean()
    rms, peak = np.sqrt(np.mean(np.square(whole))), np.abs(whole).max()
    if not peak > 0:
        raise DataError("noise came out silent")
    gain = min(_FULL_SCALE * 10 ** (ROW_LEVEL / 20) / rms, _PEAK / peak)
    levelled: Pcm = np.rint(whole * gain).astype(np.int16)
    return levelled
