"""The dice of mixing: plain values that say which rooms and noises there are and how to mix.

The plan calls these functions with its own generators; making rooms, noise and windows from the
values throws no dice. This module knows only the recipe, files and numpy.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from wakesmith.plan.draws import Mix
from wakesmith.plan.sources import File
from wakesmith.recipe import MixPart

Kind = Literal[
    "white",
    "pink",
    "brown",
    "hum",
    "engine",
    "rain",
    "babble",
    "music",
    "singing",
    "knocks",
    "alarms",
    "television",
]
"""Kinds of noise that can be synthesised."""

ROW_SECONDS = 10.0
"""Length of a row of the noise bank."""

KINDS: tuple[Kind, ...] = get_args(Kind)

# Music is the main cause of false accepts, then bursts of noise; so these are the most frequent.
_KIND_WEIGHTS: dict[Kind, float] = {
    "white": 2,
    "pink": 5,
    "brown": 3,
    "hum": 3,
    "engine": 7,
    "rain": 5,
    "babble": 15,
    "music": 26,
    "singing": 9,
    "knocks": 12,
    "alarms": 4,
    "television": 9,
}

_CODECS: tuple[tuple[Literal["mulaw", "bits", "telephone"], float], ...] = (
    ("mulaw", 0.4),
    ("bits", 0.2),
    ("telephone", 0.4),
)
_DRIVEN = 0.3
"""Share of band-limited devices that also saturate."""


@dataclass(frozen=True)
class RoomDraw:
    """A shoebox room with one talker and one microphone, all in metres and seconds."""

    size: tuple[float, float, float]
    rt60: float
    """Seconds in which the sound at 1 kHz decays by 60 dB."""
    source: tuple[float, float, float]
    microphone: tuple[float, float, float]
    brightness: float
    """Decay time at 8 kHz as a share of that at 1 kHz."""
    seed: int
    """Seed of the diffuse tail."""


@dataclass(frozen=True)
class NoiseDraw:
    """One row of synthesised noise."""

    kind: Kind
    seed: int


@dataclass(frozen=True)
class NoiseCut:
    """One row cut from a file of the user's."""

    path: str
    digest: str
    """SHA-256 of the file's content: it names the cut, the path does not."""
    start: float
    """Seconds from the start of the file."""
    span: tuple[float, float]
    """Start and end in seconds of what may be used of the file, should the cut be silent."""


def draw_rooms(rng: np.random.Generator, count: int) -> tuple[RoomDraw, ...]:
    """Draw ``count`` rooms: mostly living rooms, some closets and halls, RT60 0.1 to 0.9 s."""
    return tuple(_draw_room(rng) for _ in range(count))


def _draw_room(rng: np.random.Generator) -> RoomDraw:
    # Floor sides and height of small (bathroom, closet), usual, and large rooms.
    kind = rng.choice(3, p=[0.2, 0.6, 0.2])
    low, high = ((1.3, 2.6), (2.5, 6.5), (5.0, 11.0))[kind]
    size = (*rng.uniform(low, high, 2), rng.uniform(2.2, 2.8 + 0.5 * kind))
    rt60 = 0.1 + 0.8 * rng.beta(1.6, 2.4)
    microphone = np.array([rng.uniform(0.2, s - 0.2) for s in size])
    microphone[2] = rng.uniform(0.3, min(2.0, size[2] - 0.2))
    # A distance first, evenly in its logarithm, so that near talkers are as usual as far ones.
    wanted = np.exp(rng.uniform(np.log(0.3), np.log(6.0)))
    heights = (0.8, min(1.9, size[2] - 0.2))
    tries = np.stack(
        [
            rng.uniform(0.2, size[0] - 0.2, 40),
            rng.uniform(0.2, size[1] - 0.2, 40),
            rng.uniform(*heights, 40),
        ],
        axis=1,
    )
    distances = np.linalg.norm(tries - microphone, axis=1)
    source = tries[np.argmin(np.abs(np.log(np.maximum(distances, 0.05) / wanted)))]
    return RoomDraw(
        size=_triple(size),
        rt60=float(rt60),
        source=_triple(source),
        microphone=_triple(microphone),
        brightness=float(rng.uniform(0.35, 0.9)),
        seed=int(rng.integers(2**32)),
    )


def _triple(values: Iterable[float]) -> tuple[float, float, float]:
    x, y, z = (float(v) for v in values)
    return x, y, z


def draw_noises(rng: np.random.Generator, count: int) -> tuple[NoiseDraw, ...]:
    """Draw ``count`` rows of noise; every kind comes about as often as it matters.

    Rows are shared out by weight (largest remainder) and then shuffled, so that even a small
    bank holds the frequent kinds, and any slice of a large bank holds all.
    """
    weights = np.array([_KIND_WEIGHTS[k] for k in KINDS])
    shares = weights / weights.sum() * count
    counts = np.floor(shares).astype(int)
    short = count - int(counts.sum())
    counts[np.argsort(counts - shares, kind="stable")[:short]] += 1
    kinds = [kind for kind, n in zip(KINDS, counts, strict=True) for _ in range(n)]
    return tuple(NoiseDraw(kinds[i], int(rng.integers(2**32))) for i in rng.permutation(len(kinds)))


def draw_cuts(
    rng: np.random.Generator, files: Sequence[File], seconds: float, count: int
) -> tuple[NoiseCut, ...]:
    """Draw at most ``count`` rows of ``seconds`` from files, or spans of files.

    Every file gives a row before a long one gives its second; rows of a file do not overlap. The
    cuts come sorted by path and start.
    """
    per_file: list[list[NoiseCut]] = []
    for file in files:
        rows = max(1, int(file.seconds / seconds))
        spare = max(0.0, file.seconds - rows * seconds)
        first = file.start + (float(rng.uniform(0, spare)) if spare else 0.0)
        order = rng.permutation(rows)
        starts = [first + float(k) * seconds for k in order]
        span = (file.start, file.start + file.seconds)
        per_file.append([NoiseCut(file.path, file.digest, start, span) for start in starts])
    chosen: list[NoiseCut] = []
    turn = 0
    while len(chosen) < count and any(len(rows) > turn for rows in per_file):
        waiting = [i for i, rows in enumerate(per_file) if len(rows) > turn]
        for i in rng.permutation(waiting)[: count - len(chosen)]:
            chosen.append(per_file[i][turn])
        turn += 1
    return tuple(sorted(chosen, key=lambda cut: (cut.path, cut.start)))


def draw_mix(
    rng: np.random.Generator,
    part: MixPart,
    *,
    clip: int,
    after: float,
    noise_rows: Sequence[int],
    room_rows: Sequence[int],
) -> Mix:
    """Draw how one window is made, as the recipe's ``mix`` part says.

    - room and noise rows evenly from those given; with ``clip`` -1 there is always noise
      (``noise_rows`` must then hold a row), and ``level`` is the noise's;
    - SNR by a beta(1.6, 1.9) over its range: all of it, a little more in the lower half,
      where a detector has to learn; level evenly; tilt by a beta(2, 2), so that little is
      more usual than much;
    - band limits typical of small microphones and loudspeaker cases: high pass 60 to 400 Hz,
      low pass 3.4 to 7.5 kHz, either or both; some of these devices saturate (3 to 15 dB);
    - the codec evenly enough among mu-law, 8 bits, and telephone.

    The number of dice does not depend on their outcome.
    """
    (
        in_room, has_noise, room, noise, noise_at, level, limited, both, low, high,
        driven, drive, coded, codec,
    ) = rng.random(14)  # fmt: skip
    snr, tilt = float(rng.beta(1.6, 1.9)), float(rng.beta(2.0, 2.0))
    alone = clip < 0
    if alone and not noise_rows:
        raise ValueError("a window without a clip needs a row of noise")
    noisy = bool(noise_rows) and (alone or has_noise < part.noise)
    roomy = bool(room_rows) and not alone and in_room < part.room
    device = limited < part.band_limit
    return Mix(
        clip=clip,
        after=after,
        level=_within(part.level, level),
        snr=_within(part.snr, snr) if noisy else float("inf"),
        noise=noise_rows[int(noise * len(noise_rows))] if noisy else 0,
        noise_at=float(noise_at),
        room=room_rows[int(room * len(room_rows))] if roomy else -1,
        tilt=_within(part.tilt, tilt),
        low_cut=_even_in_octaves(60, 400, low) if device and both < 0.8 else 0.0,
        high_cut=_even_in_octaves(3400, 7500, high) if device and both > 0.3 else 8000.0,
        codec=_codec(codec) if coded < part.codec else "none",
        drive=float(3 + 12 * drive) if device and driven < _DRIVEN else 0.0,
    )


def _within(span: tuple[float, float], share: float) -> float:
    return float(span[0] + (span[1] - span[0]) * share)


def _even_in_octaves(low: float, high: float, share: float) -> float:
    return float(low * (high / low) ** share)


def _codec(share: float) -> Literal["mulaw", "bits", "telephone"]:
    for name, weight in _CODECS:
        share -= weight
        if share < 0:
            return name
    return _CODECS[-1][0]
