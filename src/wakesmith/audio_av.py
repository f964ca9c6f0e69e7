"""AAC in its containers (M4A) and its like, which libsndfile does not read, through FFmpeg.

Only ``audio`` uses this. Needs the extra ``m4a`` (PyAV).
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wakesmith.errors import MissingExtra
from wakesmith.held import Encoded
from wakesmith.wav import AnyPath

EXTENSIONS = frozenset({".m4a", ".m4b", ".aac", ".3gp", ".amr", ".wma"})
"""Endings of files that are opened here: what phones and their voice memos write."""
_MARKS = ((4, b"ftyp"), (0, b"#!AMR"), (0, b"\x30\x26\xb2\x75"), (0, b"\x1a\x45\xdf\xa3"))
"""Where these formats say what they are: MP4 and its like (ISO/IEC 14496-12), AMR (RFC 4867), WMA
(ASF's first GUID), and WebM, which browsers record (EBML, RFC 8794)."""
_EARLIER = 0.5
"""Seconds that decoding begins before what is sought: an AAC frame leans on the one before it."""


class Unreadable(Exception):  # noqa: N818 - says what it is
    """What FFmpeg's libraries say of a file that they cannot read."""


def opens(data: bytes) -> bool:
    """Whether a file of this content is opened here: by its first bytes, having no ending."""
    bare = data[:1] == b"\xff" and len(data) > 1 and data[1] & 0xF6 == 0xF0  # ADTS's sync word
    return bare or any(data[at : at + len(mark)] == mark for at, mark in _MARKS)


class AvFile:
    """An open file, with what of soundfile's ``SoundFile`` reading takes. A context manager."""

    def __init__(self, path: AnyPath | Encoded) -> None:
        """Raises ``Unreadable``, and ``MissingExtra`` where PyAV is not installed."""
        try:
            import av
        except ImportError as problem:
            kind = "sound" if isinstance(path, Encoded) else f"a {Path(path).suffix.lower()} file"
            raise MissingExtra("av", "m4a", f"Reading {path}, {kind} like AAC,") from problem
        self._faults = av.FFmpegError
        with self._told():
            held = io.BytesIO(path.data) if isinstance(path, Encoded) else str(path)
            self._container: Any = av.open(held)
        try:
            with self._told():
                self._stream: Any = next(iter(self._container.streams.audio), None)
            if self._stream is None:
                raise Unreadable("there is no sound in it")
            self.samplerate: int = self._stream.rate
            self.channels: int = self._stream.channels
            self.subtype: str = self._stream.codec_context.name
            # ADTS has no index: where a seek leads is a guess, and so are its times.
            self._bare = self._container.format.name == "aac"
            self.frames = self._length()
            """Samples in the file."""
            self.seek(0)
        except BaseException:
            self._container.close()
            raise

    def __enter__(self) -> "AvFile":
        return self

    def __exit__(self, *raised: object) -> None:
        self._container.close()

    def seek(self, frame: int) -> None:
        """Read on from this sample."""
        with self._told():
            at = 0.0 if self._bare else max(0.0, frame / self.samplerate - _EARLIER)
            self._container.seek(int(at / self._stream.time_base), stream=self._stream)
        self._blocks = self._decoded(frame)
        self._rest: NDArray[np.float32] = np.zeros((0, self.channels), np.float32)

    def read(self, count: int, dtype: str, always_2d: bool) -> NDArray[np.float32]:
        """The next samples, at most ``count``, full scale 1: float32 [n, channels] always."""
        found, have = [self._rest], len(self._rest)
        with self._told():
            while have < count and (block := next(self._blocks, None)) is not None:
                found.append(block)
                have += len(block)
        joined = np.concatenate(found)
        self._rest = joined[count:].copy()
        return joined[:count]

    def _length(self) -> int:
        """Samples by the header, or by the packets where there is none (ADTS)."""
        stream = self._stream
        with self._told():
            if stream.duration and not self._bare:
                samples: int = round(stream.duration * stream.time_base * stream.rate)
                return samples
            packets = self._container.demux(stream)
            held = sum(packet.duration or 0 for packet in packets)
        counted: int = round(held * stream.time_base * stream.rate)
        return counted

    def _decoded(self, first: int) -> Iterator[NDArray[np.float32]]:
        """Blocks [n, channels] from sample ``first`` on."""
        import av

        planes = av.AudioResampler(format="fltp")
        at = 0
        for frame in self._container.decode(self._stream):
            if frame.pts is not None and not self._bare:
                at = round(float(frame.pts * frame.time_base) * self.samplerate)
            for plain in planes.resample(frame):
                block: NDArray[np.float32] = np.asarray(plain.to_ndarray().T, np.float32)
                yield block[min(len(block), max(0, first - at)) :]
                at += len(block)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except self._faults as problem:
            raise Unreadable(getattr(problem, "strerror", "") or str(problem)) from problem
