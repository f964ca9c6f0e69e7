"""Speech through rooms: short stretches convolved by overlap-save.

Every stretch is one FFT of the same size, whatever window it belongs to, made when it is asked
for or, without plans, in batches; its result does not depend on the others, to the last bit.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from wakesmith.mix.fft import Convolver, Spectrum
from wakesmith.mix.rooms import DIRECT, RoomBank

_SMALLEST_FFT = 30720
"""With half a second of room, 1.4 s of output: a phrase takes one FFT. 2048 * 15 is quick, too."""
BATCH = 48
"""FFTs at a time: their set-up cost is shared, and their memory is a few megabytes."""

Float = NDArray[np.float32]


class Stretch(NamedTuple):
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
) -> Iterator[Float]:
    """The wet sound of each stretch in turn, float32 [stop - start], until the next is made.

    None may be empty.
    """
    step = fft_size(rooms.taps) - rooms.taps + 1
    firsts = [range(s.start, s.stop, step) for s in stretches]
    jobs = [(s, first) for s, each in zip(stretches, firsts, strict=True) for first in each]
    made = _blocks(jobs, rooms, device)
    for each in firsts:
        if len(each) == 1:
            yield next(made)
        else:
            yield np.concatenate([next(made).copy() for _ in each])


def _blocks(
    jobs: Sequence[tuple[Stretch, int]], rooms: RoomBank, device: torch.device
) -> Iterator[Float]:
    """For each stretch and first sample: the stretch from there on, as far as one FFT gives it."""
    size, history = fft_size(rooms.taps), rooms.taps - 1
    spectra = _spectra({stretch.room for stretch, _ in jobs}, rooms, size)
    convolver = Convolver(size, size, 1, BATCH, device)
    rows = convolver.signals.reshape(-1, size)
    for at in range(0, len(jobs), convolver.most):
        batch = jobs[at : at + convolver.most]
        for row, (stretch, first) in zip(rows, batch, strict=False):
            begin = first + DIRECT - history
            low = max(0, begin)
            high = max(low, min(len(stretch.pcm), begin + size))
            row[: low - begin] = 0
            row[low - begin : high - begin] = stretch.pcm[low:high]
            row[high - begin :] = 0
        convolver.convolve([spectra[stretch.room] for stretch, _ in batch])
        for wet, (stretch, first) in zip(convolver.results[:, 0], batch, strict=False):
            yield wet[history : history + stretch.stop - first]


def _spectra(wanted: set[int], rooms: RoomBank, size: int) -> dict[int, Spectrum]:
    """Spectra [size // 2 + 1] of the rooms in use, by row; made once a bank, 130 kB each."""
    known = rooms.cache(size)
    missing = sorted(wanted - known.keys())
    for at in range(0, len(missing), BATCH):
        batch = missing[at : at + BATCH]
        responses = torch.from_numpy(rooms.responses[batch])
        known.update(zip(batch, torch.fft.rfft(responses, n=size).numpy(), strict=True))
    return known
