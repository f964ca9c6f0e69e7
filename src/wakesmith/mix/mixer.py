"""Windows from clips: place, room, level, noise, tilt, band limits, saturation, codec.

The order is that of the physical path. A talker in a room (``room``) reaches the microphone at a
level (``level``, the RMS over the visible part of the clip's span, after the room); noise joins
at the microphone (``snr``: speech RMS over that span against the noise's RMS over the window);
then the device colours both (tilt, band limits), may saturate, and codes; the result is what an
int16 file holds. A ``Mix`` says all of it, so mixing throws no dice, and a window depends on its
own draw alone: any split of a list of draws into calls gives the same bytes.

A window without noise carries a fixed self-noise of 1 LSB RMS (-90 dBFS), as every microphone
does, so that it is not digital silence where nobody speaks; in other windows the noise is louder.
"""

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray

from wakesmith.audio import Clip
from wakesmith.errors import DataError
from wakesmith.mix.device import FULL_SCALE, encode, saturate
from wakesmith.mix.filter import Rows, filters, quantise
from wakesmith.mix.noise import NoiseBank
from wakesmith.mix.reverb import Stretch, reverberate
from wakesmith.mix.rooms import RoomBank
from wakesmith.plan.draws import Mix
from wakesmith.runtime.frontend import SAMPLE_RATE

_GROUP = 192
"""Windows whose filters are designed together, and whose rooms are convolved so without plans."""

_PIECE = 8192
"""OpenBLAS takes several threads for a dot product of more than 10 000 numbers."""
_NOTHING = Stretch(np.zeros(0, np.int16), -1, 0, 0)

Float = NDArray[np.float32]


def mix(
    clips: Sequence[Clip],
    mixes: Sequence[Mix],
    rooms: RoomBank,
    noises: NoiseBank,
    samples: int,
    device: str = "cpu",
) -> Float:
    """Make the windows that ``mixes`` draw: float32 [len(mixes), samples], whole int16 values.

    The end of a clip's span lies ``after`` seconds before the window's end, in a room and dry; what
    is outside the window is cut away, its echo inside is kept. Long background audio is mixed
    in the same way: a clip that is a block, ``after`` 0, and ``samples`` its length.

    ``device`` is torch's, for the convolutions; all else is done here.

    It works in one thread, whatever torch is set to: how the windows are shared out among threads
    or calls must not change a bit of them.

    Raises DataError when a draw names a clip, room or row that is not there.
    """
    for number, draw in enumerate(mixes):
        _check(number, draw, len(clips), len(rooms), len(noises))
    _keep_freed_memory()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return _mixed(clips, mixes, rooms, noises, samples, torch.device(device))
    finally:
        torch.set_num_threads(threads)


def _mixed(
    clips: Sequence[Clip],
    mixes: Sequence[Mix],
    rooms: RoomBank,
    noises: NoiseBank,
    samples: int,
    where: torch.device,
) -> Float:
    out = np.empty((len(mixes), samples), np.float32)
    rows = Rows(samples, where)
    for first in range(0, len(mixes), _GROUP):
        group = mixes[first : first + _GROUP]
        responses = filters(group)
        speech = _speech(clips, group, rooms, samples, where)
        for at in range(0, len(group), rows.most):
            part = group[at : at + rows.most]
            ours = list(responses[at : at + rows.most])
            for row, draw, response in zip(rows.windows, part, ours, strict=False):
                response *= np.float32(_join(row, draw, *next(speech), clips, noises))
            rows.filter(ours)
            for blocks, draw, window in zip(rows.filtered, part, out[first + at :], strict=False):
                _spoil(blocks, draw)
                quantise(blocks, window)
    return out


@lru_cache(maxsize=1)
def _keep_freed_memory() -> None:
    """Let the C library keep freed blocks of up to 32 MB instead of giving them to the kernel.

    glibc does so for blocks as large as the largest it has seen freed (M_MMAP_THRESHOLD in
    mallopt(3)). Mixing takes and frees a few megabytes for every few windows; with page faults
    for each, the filter takes twice as long.
    """
    block = np.empty(32_000_000, np.uint8)
    del block


def _check(number: int, draw: Mix, clips: int, rooms: int, rows: int) -> None:
    noisy = draw.clip < 0 or math.isfinite(draw.snr)
    for name, index, size, used in (
        ("clip", draw.clip, clips, draw.clip >= 0),
        ("room", draw.room, rooms, draw.room >= 0 and draw.clip >= 0),
        ("noise", draw.noise, rows, noisy),
    ):
        if used and not 0 <= index < size:
            raise DataError(f"mix {number} asks for {name} {index}, but there are {size}")


def _offset(clip: Clip, draw: Mix, samples: int) -> int:
    """Window sample at which the clip begins."""
    return samples - round(draw.after * SAMPLE_RATE) - clip.end


def _speech(
    clips: Sequence[Clip],
    draws: Sequence[Mix],
    rooms: RoomBank,
    samples: int,
    device: torch.device,
) -> Iterator[tuple[int, Float]]:
    """For each window: where its speech begins in it, and the speech, wet or dry, not scaled."""
    seen = [_seen(clips, draw, rooms, samples) for draw in draws]
    wet = reverberate([s for _, s in seen if s.room >= 0], rooms, device)
    for where, stretch in seen:
        if stretch.room >= 0:
            yield where, next(wet)
        else:
            yield where, stretch.pcm[stretch.start : stretch.stop].astype(np.float32)


def _seen(clips: Sequence[Clip], draw: Mix, rooms: RoomBank, samples: int) -> tuple[int, Stretch]:
    """Where the clip begins to be heard in the window, and what is heard of it."""
    if draw.clip < 0:
        return 0, _NOTHING
    clip = clips[draw.clip]
    offset = _offset(clip, draw, samples)
    length = len(clip.pcm) + (rooms.taps if draw.room >= 0 else 0)
    start = max(0, offset)
    stop = min(samples, offset + length)
    if stop <= start:
        return start, _NOTHING
    return start, Stretch(clip.pcm, draw.room, start - offset, stop - offset)


def _join(
    row: Float, draw: Mix, where: int, sound: Float, clips: Sequence[Clip], noises: NoiseBank
) -> float:
    """Noise as it is and speech in proportion, into the window ``row``; the gain of both.

    The filter applies it, which saves a pass over the window. ``sound`` is scaled in place.
    """
    target = FULL_SCALE * 10 ** (draw.level / 20)
    if draw.clip < 0:
        return target / noises.fill(row, draw.noise, draw.noise_at)
    clip = clips[draw.clip]
    offset = _offset(clip, draw, len(row))
    begin = max(offset + clip.start, where) - where
    end = max(begin, min(offset + clip.end, len(row)) - where)
    rms = _rms(sound[begin:end])
    if math.isfinite(draw.snr):
        gain = target * 10 ** (-draw.snr / 20) / noises.fill(row, draw.noise, draw.noise_at)
    else:
        row[:] = _self_noise(len(row))
        gain = 1.0
    if rms > 0:
        sound *= np.float32(target / rms / gain)
        row[where : where + len(sound)] += sound
    return gain


def _rms(sound: Float) -> float:
    """Root mean square, by pieces that are too short for a BLAS to share out among threads."""
    if not len(sound):
        return 0.0
    pieces = (sound[i : i + _PIECE] for i in range(0, len(sound), _PIECE))
    return math.sqrt(sum(float(np.dot(piece, piece)) for piece in pieces) / len(sound))


def _spoil(blocks: Float, draw: Mix) -> None:
    """Saturation and codec of one window, given in blocks, in place."""
    if draw.drive > 0:
        blocks[:] = saturate(blocks, draw.drive)
    if draw.codec != "none":
        blocks[:] = encode(blocks.reshape(-1), draw.codec).reshape(blocks.shape)


@lru_cache(maxsize=4)
def _self_noise(samples: int) -> Float:
    """One LSB RMS of Gaussian noise, the same for every window."""
    return np.random.default_rng(0).standard_normal(samples).astype(np.float32)
