"""Mel frames as openWakeWord's ``melspectrogram`` model makes them, in numpy alone.

The model is a short-time Fourier transform (512 points, a periodic Hann window of 400 samples,
a hop of 160), 32 mel bands from 60 to 3800 Hz with Slaney's scale and area, decibels with a floor
80 dB below the loudest value of the call, and, after the model, ``x / 10 + 2``. Window and weights
follow from these words: a test holds them equal, bit for bit, to those in the model file.

The runtimes call the model once for each 1280 new samples (with 480 older ones before them, eight
frames), so the floor belongs to the chunk and not to the clip. Here it does too.

Only power is wanted, so the origin of time may lie in the middle of the frame: the real part of a
bin is then a sum over 200 values that are even around it, the imaginary part one over 200 odd
values, and the 120 bins that the bands use are two small matrix products. In float32 numpy that is
about twice as fast as its FFT. The products are made chunk by chunk, always of the same shape, so
a frame's bits do not depend on how much audio came with it.
"""

import threading

import numpy as np
from numpy.typing import NDArray

Pcm = NDArray[np.int16]
"""16 kHz mono audio, [samples]."""
Frames = NDArray[np.float32]
"""Embeddings or mel frames, [frames, width]."""

SAMPLE_RATE = 16_000
"""Samples a second, everywhere in the program."""
CHUNK = 1280
"""Samples of a chunk: 80 ms, one embedding."""
HISTORY = 480
"""Samples before a chunk that its first mel frames look back on."""
MELS = 32
"""Mel bands."""
FRAMES_PER_CHUNK = 8
"""Mel frames of one chunk."""

_FFT, _WINDOW, _HOP = 512, 400, 160
_LOW_HZ, _HIGH_HZ = 60.0, 3800.0
_FLOOR_DB = np.float32(80.0)
_LEAST_POWER = np.float32(1e-10)
_DB = np.float32(10 / np.log(10))
_BLOCK = 32  # chunks at a time: the work stays in the cache


def hann_window() -> NDArray[np.float32]:
    """The analysis window [512]: a periodic Hann window of 400 samples between zeros."""
    window = np.zeros(_FFT)
    start = (_FFT - _WINDOW) // 2
    turn = 2 * np.pi * np.arange(_WINDOW) / _WINDOW
    window[start : start + _WINDOW] = 0.5 - 0.5 * np.cos(turn)
    return window.astype(np.float32)


def mel_weights() -> NDArray[np.float32]:
    """Weights [257, 32] of the bands on the power of the bins.

    Triangles on Slaney's mel scale (Auditory Toolbox, 1998: linear below 1 kHz, 27 logarithmic
    steps for each factor of 6.4 above), each of unit area.
    """
    edges = _mel_to_hz(np.linspace(_hz_to_mel(_LOW_HZ), _hz_to_mel(_HIGH_HZ), MELS + 2))
    bins = np.linspace(0, SAMPLE_RATE / 2, _FFT // 2 + 1)
    rise = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    fall = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    triangles = np.maximum(0, np.minimum(rise, fall)).astype(np.float32)
    weights = triangles * (2 / (edges[2:] - edges[:-2]))[:, None]
    return np.ascontiguousarray(weights.T, dtype=np.float32)


def mel_frames(audio: NDArray[np.float32]) -> Frames:
    """Scaled mel frames [8 * chunks, 32] of audio [480 + 1280 * chunks] at int16 scale."""
    audio = np.ascontiguousarray(audio, dtype=np.float32)
    chunks = (len(audio) - HISTORY) // CHUNK
    out = np.empty((chunks, FRAMES_PER_CHUNK * MELS), np.float32)
    for start in range(0, chunks, _BLOCK):
        stop = min(start + _BLOCK, chunks)
        _decibels(audio[start * CHUNK : stop * CHUNK + HISTORY], out[start:stop])
    out /= np.float32(10)
    out += np.float32(2)
    return out.reshape(-1, MELS)


class _Scratch(threading.local):
    """Each thread's working arrays: taking new memory costs as much as half of the work on it."""

    def __init__(self) -> None:
        half, bins = (_BLOCK, FRAMES_PER_CHUNK, _WINDOW // 2), len(_BINS)
        self.mirrored = np.empty(_BLOCK * CHUNK + HISTORY, np.float32)
        self.even, self.odd = np.empty(half, np.float32), np.empty(half, np.float32)
        self.real = np.empty((_BLOCK, FRAMES_PER_CHUNK, bins), np.float32)
        self.imaginary = np.empty_like(self.real)
        self.mel = np.empty((_BLOCK, FRAMES_PER_CHUNK, MELS), np.float32)


def _decibels(audio: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """Fills ``out`` [chunks, 8 * 32], at most a block, with levels above each chunk's floor."""
    chunks, middle = len(out), _FFT // 2  # the latter of the first frame
    # Mirrored audio lets the work on the frames' first halves run forwards in memory.
    mirrored = _scratch.mirrored[: len(audio)]
    mirrored[:] = audio[::-1]
    after = _frames(audio, chunks, middle, 1)
    before = _frames(mirrored, chunks, len(audio) - 1 - middle, -1)
    even = np.add(after, before, out=_scratch.even[:chunks])
    even[..., 0] = after[..., 0]
    odd = np.subtract(after, before, out=_scratch.odd[:chunks])
    real = np.matmul(even, _EVEN, out=_scratch.real[:chunks])
    imaginary = np.matmul(odd, _ODD, out=_scratch.imaginary[:chunks])
    np.square(real, out=real)
    np.square(imaginary, out=imaginary)
    real += imaginary
    mel = np.matmul(real, _WEIGHTS, out=_scratch.mel[:chunks]).reshape(chunks, -1)
    np.maximum(mel, _LEAST_POWER, out=mel)
    np.log(mel, out=mel)
    mel *= _DB
    np.maximum(mel, mel.max(1, keepdims=True) - _FLOOR_DB, out=out)


def _frames(
    audio: NDArray[np.float32], chunks: int, first: int, direction: int
) -> NDArray[np.float32]:
    """View [chunks, 8, 200] of ``audio``: frames a hop apart from ``first`` in a direction."""
    return np.ndarray(
        (chunks, FRAMES_PER_CHUNK, _WINDOW // 2),
        np.float32,
        audio,
        4 * first,
        (4 * direction * CHUNK, 4 * direction * _HOP, 4),
    )


def _hz_to_mel(hz: float) -> float:
    return hz * 3 / 200 if hz < 1000 else 15 + 27 * float(np.log(hz / 1000) / np.log(6.4))


def _mel_to_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    above: NDArray[np.float64] = 1000 * np.exp(np.log(6.4) / 27 * (mel - 15))
    return np.where(mel < 15, mel * (200 / 3), above)


_ALL_WEIGHTS = mel_weights()
_BINS = np.flatnonzero(_ALL_WEIGHTS.any(1))
_WEIGHTS = np.ascontiguousarray(_ALL_WEIGHTS[_BINS])
_ANGLES = 2 * np.pi * np.outer(np.arange(_WINDOW // 2), _BINS) / _FFT
_RIGHT = hann_window()[_FFT // 2 : _FFT // 2 + _WINDOW // 2, None]
_EVEN = (np.cos(_ANGLES) * _RIGHT).astype(np.float32)
_ODD = (np.sin(_ANGLES) * _RIGHT).astype(np.float32)
_scratch = _Scratch()
SILENCE = float(mel_frames(np.zeros(HISTORY + CHUNK, np.float32))[0, 0])
"""Value of every mel band in digital silence (-8)."""
