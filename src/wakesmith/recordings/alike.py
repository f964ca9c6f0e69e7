"""Which recordings of one phrase are not like the others, and which are the same one twice.

Sayings are compared as sequences of openWakeWord's embeddings by dynamic time warping with cosine
distances (Sakoe and Chiba, IEEE ASSP 26, 1978, symmetric form P = 0), so that a slow saying is
near a quick one of the same words. docs/recordings.md has how many wrong words are found so.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wakesmith import audio
from wakesmith.runtime.frontend import CHUNK, SAMPLE_RATE, Pcm, embed

ODD = 1.4
"""A recording so many times as far from the others as they mostly are says something else."""
_NEAR = 0.12
"""What is nearer to the others than this is one of them, however alike those are: another word in
the very same voice is farther, and people's sayings of one word mostly are."""
FEWEST = 6
"""Recordings under which nothing is said of an odd one out by the others."""
_UNLIKE = 0.16
"""What is farther than this from every synthetic saying of the phrase says something else."""
_MOST = 48
"""So many others, evenly chosen, a recording is compared with at most."""
_SUSPECT = 0.08
"""Distance under which two may be the same recording: through MP3 up to 0.053 was measured, and
different ones from 0.061 on."""
_SAME = 0.8
"""Correlation of the waveforms, shifted to fit, from which they are."""
_LEAD, _TAIL = SAMPLE_RATE // 2, 0.4
"""Samples of silence before a recording; seconds after its words in which embeddings see them."""

Sequence96 = NDArray[np.float32]
"""Embeddings [n, 96] of a saying, each of length 1."""


def heard(pcm: Pcm) -> Sequence96:
    """The embeddings of what is said in a recording."""
    start, end = audio.trim(pcm)
    padded = np.concatenate([np.zeros(_LEAD, np.int16), pcm, np.zeros(SAMPLE_RATE, np.int16)])
    last = -(-(_LEAD + end + round(_TAIL * SAMPLE_RATE)) // CHUNK)
    found = embed(padded)[(_LEAD + start) // CHUNK : last]
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), np.float32)


def distances(one: Sequence96, others: Sequence[Sequence96]) -> NDArray[np.float64]:
    """The distance [n] of a saying to each of others: 0 for the same, about 1 for anything."""
    lengths = np.array([len(other) for other in others])
    cost = np.full((len(others), len(one), lengths.max()), np.inf)
    for row, other in zip(cost, others, strict=True):
        row[:, : len(other)] = 1 - one @ other.T
    best = np.full((len(others), len(one) + 1, lengths.max() + 1), np.inf)
    best[:, 0, 0] = 0
    for i in range(len(one)):
        for j in range(cost.shape[2]):
            here = cost[:, i, j]
            step = np.minimum(best[:, i, j + 1], best[:, i + 1, j])
            best[:, i + 1, j + 1] = here + np.minimum(step, best[:, i, j] + here)
    ends = best[np.arange(len(others)), len(one), lengths]
    return np.asarray(ends / (len(one) + lengths), np.float64)


def odd_ones(sayings: Sequence[Sequence96]) -> list[int]:
    """Indices of those that are ``ODD``; none where there are fewer than ``FEWEST``."""
    if len(sayings) < FEWEST:
        return []
    far = np.array([_median_distance(sayings, index) for index in range(len(sayings))])
    return [int(index) for index in np.flatnonzero(far > max(_NEAR, ODD * np.median(far)))]


def unlike(sayings: Sequence[Sequence96], spoken: Sequence[Sequence96]) -> list[int]:
    """Indices of those that are like none of ``spoken``; none where nothing was spoken."""
    if not spoken:
        return []
    nearest = [distances(saying, spoken).min() for saying in sayings]
    return [index for index, distance in enumerate(nearest) if distance > _UNLIKE]


def twins(pcms: Sequence[Pcm], sayings: Sequence[Sequence96]) -> list[tuple[int, int]]:
    """Pairs that are the same recording, louder, cut otherwise or encoded anew; each later one
    once, with the first that it repeats."""
    found = []
    for later in range(1, len(sayings)):
        first = repeated(pcms[later], sayings[later], pcms[:later], sayings[:later])
        if first is not None:
            found.append((first, later))
    return found


def repeated(
    pcm: Pcm, saying: Sequence96, pcms: Sequence[Pcm], sayings: Sequence[Sequence96]
) -> int | None:
    """Index of the first of other recordings that one is the same as, as ``twins`` has it."""
    if not sayings:
        return None
    for index in np.flatnonzero(distances(saying, sayings) < _SUSPECT):
        if _correlation(pcm, pcms[int(index)]) > _SAME:
            return int(index)
    return None


def _median_distance(sayings: Sequence[Sequence96], index: int) -> float:
    others = [i for i in range(len(sayings)) if i != index]
    evenly = np.unique(np.linspace(0, len(others) - 1, _MOST).astype(int))
    return float(np.median(distances(sayings[index], [sayings[others[i]] for i in evenly])))


def _correlation(one: Pcm, other: Pcm) -> float:
    """The highest correlation of what is said in two recordings at any shift."""
    (a, b) = (_said(one), _said(other))
    size = 1 << (len(a) + len(b)).bit_length()
    product = np.fft.rfft(a, size) * np.conj(np.fft.rfft(b, size))
    return float(np.abs(np.fft.irfft(product)).max())


def _said(pcm: Pcm) -> NDArray[np.float64]:
    start, end = audio.trim(pcm)
    said = pcm[start:end].astype(np.float64)
    said -= said.mean()
    return said / max(1.0, float(np.linalg.norm(said)))
