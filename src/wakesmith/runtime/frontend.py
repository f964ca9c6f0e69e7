"""Sound to embeddings: openWakeWord's front end. Training and listening both call this.

Audio becomes mel frames (``mel``), and Google's frozen speech embedding turns each 76 of them into
96 numbers, every 8 frames, that is one embedding for each chunk of 1280 samples. The embedding
network uses no padding in time and its strides multiply to the same 8 frames, so it runs over long
audio in one go, with the very values of window by window (Lin et al. 2020, arXiv:2002.01322,
describe the network; the file is the one inside the ``pyopen-wakeword`` package).

A stream starts as after long silence (zeros). Whatever the sizes of the pieces that are pushed, the
embeddings are the same, bit for bit.
"""

import hashlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wakesmith.errors import AudioError, ModelError, pip_install
from wakesmith.runtime.litert import Network
from wakesmith.runtime.mel import (
    CHUNK,
    FRAMES_PER_CHUNK,
    HISTORY,
    MELS,
    SAMPLE_RATE,
    SILENCE,
    Frames,
    Pcm,
    mel_frames,
)

__all__ = [
    "CHUNK",
    "EMBEDDING_DIM",
    "MEL_FRAMES",
    "SAMPLE_RATE",
    "EmbeddingFrontend",
    "Frames",
    "Pcm",
    "embed",
    "embed_batch",
]

Audio = NDArray[np.int16] | NDArray[np.float32]
"""16 kHz mono: int16, or float32 at the scale of int16 (±32768)."""

EMBEDDING_DIM = 96
"""Width of an embedding."""
MEL_FRAMES = 76
"""Mel frames that one embedding looks at (775 ms)."""

_SHA256 = "c0aea21eb84a4ce90a08c870da41b7a7173b45269e6a3207c71d67c40f3a59d8"
_CARRIED = MEL_FRAMES - FRAMES_PER_CHUNK  # mel frames that the next embedding still looks at
_BLOCK = 128  # chunks that the network takes at once: 10 s; longer is no faster and needs memory

_ROWS = 16  # rows of a batch whose mel frames are made before the network runs: tables stay cached


class EmbeddingFrontend:
    """The streaming front end. Memory is bounded whatever is pushed."""

    def __init__(self, threads: int = 1) -> None:
        """``threads`` is LiteRT's; one is best where several processes share the machine."""
        self._network = _embedding(threads)
        self.reset()

    def reset(self) -> None:
        """Back to the start: as after long silence."""
        self._samples = np.zeros(HISTORY, np.float32)  # history and what no chunk has used yet
        self._mels = np.full((_CARRIED, MELS), SILENCE, np.float32)

    def push(self, pcm: Audio) -> Frames:
        """The embeddings [n, 96] of the chunks that these samples complete.

        Raises ``AudioError`` when ``pcm`` is not one row of int16 or float samples.
        """
        pcm = _checked(pcm, 1)
        out = np.empty(((len(self._samples) - HISTORY + len(pcm)) // CHUNK, EMBEDDING_DIM), "f4")
        made = at = 0
        while at < len(pcm):
            room = HISTORY + _BLOCK * CHUNK - len(self._samples)
            samples = np.concatenate([self._samples, pcm[at : at + room]], dtype=np.float32)
            at += room
            chunks = (len(samples) - HISTORY) // CHUNK
            self._samples = samples[chunks * CHUNK :].copy()
            if chunks:
                mels = np.concatenate([self._mels, mel_frames(samples)])
                self._mels = mels[-_CARRIED:].copy()
                out[made : made + chunks] = _embeddings(self._network, mels)
                made += chunks
        return out


def embed(audio: Audio, *, threads: int = 1) -> Frames:
    """The embeddings [samples // 1280, 96] of a whole clip; the same as those of the stream."""
    return EmbeddingFrontend(threads).push(audio)


def embed_batch(audio: Audio, *, last: int | None = None, threads: int = 1) -> Frames:
    """Embeddings [n, chunks, 96] of clips [n, samples]; each row is ``embed`` of that row alone.

    With ``last``, only the last so many embeddings of each row [n, last, 96], which is quicker:
    16 of a 2-s window cost 30 % less than all 25. The network takes rows one by one, as it is no
    faster on several and its work on one fits the cache.
    """
    audio = _checked(audio, 2)
    chunks = audio.shape[1] // CHUNK
    wanted = chunks if last is None else min(last, chunks)
    out = np.empty((len(audio), wanted, EMBEDDING_DIM), np.float32)
    if chunks > _BLOCK:
        for row, into in zip(audio, out, strict=True):
            into[:] = embed(row, threads=threads)[chunks - wanted :]
    elif wanted:
        network = _embedding(threads)
        padded = np.zeros(HISTORY + chunks * CHUNK, np.float32)
        shape = (_ROWS, _CARRIED + chunks * FRAMES_PER_CHUNK, MELS)
        mels = np.full(shape, SILENCE, np.float32)
        for start in range(0, len(audio), _ROWS):
            rows = audio[start : start + _ROWS, : chunks * CHUNK]
            for row, into in zip(rows, mels, strict=False):
                padded[HISTORY:] = row
                into[_CARRIED:] = mel_frames(padded)
            for i in range(len(rows)):
                seen = mels[i, (chunks - wanted) * FRAMES_PER_CHUNK :]
                out[start + i] = _embeddings(network, seen)
    return out


def _embeddings(network: Network, mels: Frames) -> Frames:
    return network.run(mels[None, :, :, None]).reshape(-1, EMBEDDING_DIM)


def _checked(audio: Audio, dimensions: int) -> Audio:
    wanted = "[samples]" if dimensions == 1 else "[clips, samples]"
    if not isinstance(audio, np.ndarray):
        raise AudioError(
            f"The front end takes a numpy array of int16 {wanted}, but was given "
            f"{type(audio).__name__}. numpy.frombuffer(data, numpy.int16) makes one of bytes."
        )
    if audio.ndim != dimensions or not (
        audio.dtype == np.int16 or np.issubdtype(audio.dtype, np.floating)
    ):
        raise AudioError(
            f"The front end takes audio {wanted} as int16, or as float32 at the scale of int16, "
            f"but was given {audio.dtype} {list(audio.shape)}."
        )
    if audio.dtype != np.int16 and not np.isfinite(audio).all():
        raise AudioError("The audio holds values that are not numbers (NaN or infinity).")
    return audio


@cache
def _embedding(threads: int) -> Network:
    """The frozen embedding network, checked by its digest."""
    package = find_spec("pyopen_wakeword")
    if package is None or package.origin is None:
        raise ModelError(
            "The speech-embedding model comes with the package pyopen-wakeword, which is not "
            f"installed. Install it with: {pip_install('pyopen-wakeword')}"
        )
    path = Path(package.origin).parent / "models" / "embedding_model.tflite"
    if not path.is_file():
        raise ModelError(
            f"{path}: the speech-embedding model is missing from the package pyopen-wakeword. "
            f"Install it again: {pip_install('--force-reinstall', 'pyopen-wakeword')}"
        )
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != _SHA256:
        raise ModelError(
            f"{path}: this is not the speech embedding that openWakeWord models are made for "
            "(its SHA-256 differs). Install another version: "
            f"{pip_install('pyopen-wakeword==1.1.0')}"
        )
    return Network(content, str(path), threads)
