"""Speech through rooms: many short stretches convolved together by overlap-save.

Every stretch is one FFT of the same size, whatever window it belongs to, so stretches are
transformed in large batches; a stretch's result does not depend on the others, to the last bit.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from wakesmith.mix.rooms import DIRECT, RoomBank

_SMALLEST_FFT = 32768
"""With half a second of room, 1.5 s of output: a phrase takes one FFT."""
BATCH = 48
"""FFTs at a time: their set-up cost is shared, and their memory is a few megabytes."""


@dataclass(frozen=True)
class Stretch:
    """Output samples wanted of one clip in one room."""

    pcm: NDArray[np.int16]
    room: int
    start: int
    """First output sample, counted from the clip's first; the room moves nothing."""
    stop: int


def fft_size(taps: int) -> int:
    """FFT that serves rooms of ``taps``: at least half of it is output."""
    size = _SMALLEST_FFT
    while size < 2 * taps:
        size *= 2
    return size


def reverberate(
    stretches: Sequence[Stretch], rooms: RoomBank, device: torch.device
) -> list[NDArray[np.float32]]:
    """The wet sound of each stretch, float32 [stop - start]."""
    size = fft_size(rooms.taps)
    step = size - rooms.taps + 1
    jobs = [
        (owner, first)
        for owner, s in enumerate(stretches)
        for first in range(s.start, s.stop, step)
    ]
    pieces: list[list[NDArray[np.float32]]] = [[] for _ in stretches]
    for owner, sound in _blocks(jobs, stretches, rooms, size, device):
        pieces[owner].append(sound)
    return [p[0] if len(p) == 1 else np.concatenate(p) for p in pieces]


def _blocks(
    jobs: Sequence[tuple[int, int]],
    stretches: Sequence[Stretch],
    rooms: RoomBank,
    size: int,
    device: torch.device,
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    spectra = _spectra(stretches, rooms, size, device)
    history = rooms.taps - 1
    # Batches of about one size: a small last one would pay the set-up for little.
    even = -(-len(jobs) // max(1, -(-len(jobs) // BATCH)))
    buffer = np.empty((even, size), np.float32)
    for at in range(0, len(jobs), max(1, even)):
        batch = jobs[at : at + even]
        dry = buffer[: len(batch)]
        dry.fill(0)
        for row, (owner, first) in zip(dry, batch, strict=True):
            pcm = stretches[owner].pcm
            begin = first + DIRECT - history
            low, high = max(0, begin), min(len(pcm), begin + size)
            if low < high:
                row[low - begin : high - begin] = pcm[low:high]
        bins = torch.fft.rfft(torch.from_numpy(dry).to(device))
        for row_bins, (owner, _) in zip(bins, batch, strict=True):
            row_bins.mul_(spectra[stretches[owner].room])
        wet = torch.fft.irfft(bins, n=size).cpu().numpy()
        for row, (owner, first) in zip(wet, batch, strict=True):
            length = min(stretches[owner].stop - first, size - history)
            yield owner, row[history : history + length]


def _spectra(
    stretches: Sequence[Stretch], rooms: RoomBank, size: int, device: torch.device
) -> dict[int, torch.Tensor]:
    """Spectra [size // 2 + 1] of the rooms in use, by row; made once a bank, 130 kB each."""
    known: dict[int, torch.Tensor] = rooms.cache((size, str(device)))
    missing = sorted({s.room for s in stretches} - known.keys())
    for at in range(0, len(missing), BATCH):
        batch = missing[at : at + BATCH]
        responses = torch.from_numpy(rooms.responses[batch]).to(device)
        known.update(zip(batch, torch.fft.rfft(responses, n=size), strict=True))
    return known
