"""Sound files in and out. The only module that knows audio file formats.

Whatever libsndfile reads becomes 16 kHz mono int16, and what had to be done for that is noted.
Reading needs the extra ``audio`` (soundfile, soxr) for all but 16 kHz mono 16-bit WAV, and ``m4a``
for AAC; writing WAV needs nothing.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from wakesmith import audio_av
from wakesmith.audio_open import Source as Source  # audio.Source: what can be read
from wakesmith.audio_open import opened
from wakesmith.errors import AudioError, MissingExtra
from wakesmith.held import Samples
from wakesmith.runtime.frontend import SAMPLE_RATE, Pcm
from wakesmith.wav import AnyPath, share_there
from wakesmith.wav import write as write  # audio.write: who reads sound writes it, too
from wakesmith.words import count_of

EXTENSIONS = frozenset(
    {".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".aifc"}
    | {".au", ".snd", ".caf", ".w64", ".rf64", ".sph"}
    | audio_av.EXTENSIONS
)
"""File extensions that ``list_audio`` takes for sound."""
SHORTEST = 0.1
"""Seconds; a shorter file is refused: no word fits in."""

_BROKEN_OFF = "broken off"
_BLOCK_SECONDS = 30.0
_SLACK = 0.01  # seconds that a header may promise too much
_DEPTHS = {"PCM_S8": "8-bit", "PCM_U8": "8-bit", "PCM_24": "24-bit", "PCM_32": "32-bit"} | {
    "FLOAT": "float",
    "DOUBLE": "double float",
    "ULAW": "mu-law",
    "ALAW": "A-law",
}


@dataclass(frozen=True)
class Clip:
    """A saying inside a piece of audio."""

    pcm: Pcm
    """16 kHz mono."""
    start: int
    """First sample of the speech or phrase."""
    end: int
    """The sample after its last."""
    id: str = ""
    """What the clip is called in reports: its file or its utterance."""


@dataclass(frozen=True)
class Sound:
    """A sound file as it was read."""

    pcm: Pcm
    """16 kHz mono."""
    path: str
    """Where it came from."""
    notes: tuple[str, ...] = ()
    """What was done to it, e.g. "stereo mixed to mono", "44100 Hz resampled to 16000 Hz", and what
    is not there: "broken off: 1.25 s of 2.00 s are there"."""


def read(path: AnyPath) -> Sound:
    """A whole sound file as 16 kHz mono.

    Raises ``AudioError`` when the file cannot be read, is empty, shorter than 0.1 s, silent (all
    samples alike) or holds values that are not numbers; ``MissingExtra`` when it takes soundfile
    or soxr, and they are not installed.
    """
    with opened(path) as file:
        notes = _notes(file, path)
        blocks = list(_blocks(file, path))
    clipped = sum(count for _, count in blocks)
    if clipped:
        notes = (*notes, f"{count_of(clipped, 'sample')} above full scale clipped")
    pcm = np.concatenate([block for block, _ in blocks] or [np.zeros(0, np.int16)])
    if len(pcm) < SHORTEST * SAMPLE_RATE:
        raise AudioError(
            f"{path}: only {len(pcm) / SAMPLE_RATE:.3f} s long; at least {SHORTEST} s are needed. "
            "Remove the file or record it again."
        )
    if pcm.min() == pcm.max():
        raise AudioError(
            f"{path}: silent: all its samples are {pcm[0]}. Remove the file or record it again."
        )
    return Sound(pcm, os.fspath(path), notes)


def read_piece(path: AnyPath, start: float, seconds: float) -> Pcm:
    """So many seconds of a file from ``start`` (s), 16 kHz mono; shorter where the file ends.

    Silence is allowed. Raises ``AudioError`` as ``read`` does, and when the piece starts after
    the file's end.
    """
    with opened(path) as file:
        first, count = round(start * file.samplerate), round(seconds * file.samplerate)
        if not 0 <= first < file.frames:
            raise AudioError(
                f"{path}: there is no audio at {start:.2f} s: the file is "
                f"{file.frames / file.samplerate:.2f} s long. Has it changed since it was listed?"
            )
        file.seek(first)
        pieces = [block for block, _ in _blocks(file, path, count)]
    return np.concatenate(pieces or [np.zeros(0, np.int16)])[: round(seconds * SAMPLE_RATE)]


def stream(path: Source, seconds: float = _BLOCK_SECONDS) -> Iterator[Pcm]:
    """A file of any length in blocks of so many seconds (the last is shorter), 16 kHz mono.

    The blocks joined are what ``read`` gives, in bounded memory. Silence is allowed. Raises
    ``AudioError`` as ``read`` does for what cannot be read.
    """
    size = max(1, round(seconds * SAMPLE_RATE))
    rest: Pcm = np.zeros(0, np.int16)
    with opened(path) as file:
        for block, _ in _blocks(file, path):
            rest = np.concatenate([rest, block])
            whole = len(rest) // size * size
            yield from rest[:whole].reshape(-1, size)
            rest = rest[whole:].copy()
    if len(rest):
        yield rest


def duration(path: Source) -> float:
    """Seconds of a file by its header; ``AudioError`` when it cannot be read or is empty."""
    with opened(path) as file:
        return float(file.frames / file.samplerate)


def conversions(path: Source) -> tuple[str, ...]:
    """The notes of ``read`` on a file, by its header; ``AudioError`` as for ``duration``."""
    with opened(path) as file:
        return _notes(file, path)


def is_break(note: str) -> bool:
    """Whether a note says that a WAV holds less than its header promises."""
    return note.startswith(_BROKEN_OFF)


def list_audio(paths: Iterable[AnyPath]) -> list[Path]:
    """The sound files in folders (all depths, by extension, no hidden ones) and files, sorted.

    Raises ``AudioError`` for a path that does not exist or a folder without sound files.
    """
    return sorted({found for path in paths for found in _sounds(Path(path))})


def check_there(path: AnyPath) -> None:
    """Raise what ``list_audio`` would, without looking at more than the first sound file."""
    next(_sounds(Path(path)))


def trim(pcm: Pcm) -> tuple[int, int]:
    """First sample of the speech and the one after its last, by energy; all when none stands out.

    Levels are taken over 20 ms every 10 ms. Speech is what lies above 35 dB below the loudest, or
    above 6 dB over the quietest tenth where that is higher (but never above 15 dB below the
    loudest). Bursts shorter than 50 ms that stand more than 300 ms apart from others are clicks
    and left out. The span is widened by 30 ms before and 60 ms after, for soft onsets and ends.
    """
    hop = SAMPLE_RATE // 100
    if len(pcm) < 4 * hop:
        return 0, len(pcm)
    wave_form = pcm.astype(np.float32)
    power = np.square(wave_form[: len(pcm) // hop * hop] - wave_form.mean()).reshape(-1, hop)
    level = 10 * np.log10(sliding_window_view(power.mean(1), 2).mean(1) + 1.0)
    floor, loudest = np.percentile(level, 10), level.max()
    threshold = max(loudest - 35, min(floor + 6, loudest - 15))
    speech = np.flatnonzero(level > threshold)
    if not len(speech):
        return 0, len(pcm)
    groups = np.split(speech, np.flatnonzero(np.diff(speech) > 30) + 1)
    long = [group for group in groups if group[-1] - group[0] + 1 >= 5] or groups
    start, end = int(long[0][0]) * hop, (int(long[-1][-1]) + 2) * hop
    return max(0, start - 3 * hop), min(len(pcm), end + 6 * hop)


def _sounds(path: Path) -> Iterator[Path]:
    """A file, or the sound files of a folder, which holds at least one."""
    if path.is_file():
        yield path
        return
    if not path.is_dir():
        raise AudioError(f"{path}: there is no such file or folder. Is the path right?")
    inside = (found for found in path.rglob("*") if _is_audio(found, path))
    first = next(inside, None)
    if first is None:
        raise AudioError(
            f"{path}: there is no sound file in this folder (looked for "
            f"{' '.join(sorted(EXTENSIONS))})."
        )
    yield first
    yield from inside


def _is_audio(path: Path, root: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
    return path.suffix.lower() in EXTENSIONS and not hidden and path.is_file()


def _resampler(rate: int, path: Source) -> Any:
    try:
        import soxr
    except ImportError as problem:
        raise MissingExtra("soxr", "audio", f"Reading {path}, which has {rate} Hz,") from problem
    return soxr.ResampleStream(rate, SAMPLE_RATE, 1, dtype="float32")


def _notes(file: Any, path: Source) -> tuple[str, ...]:
    notes = []
    seconds = file.frames / file.samplerate
    promised = seconds if isinstance(path, Samples) else seconds / share_there(path)
    if promised - seconds > _SLACK:
        notes.append(f"{_BROKEN_OFF}: {seconds:.2f} s of {promised:.2f} s are there")
    if file.subtype in _DEPTHS:
        notes.append(f"{_DEPTHS[file.subtype]} converted to 16-bit")
    if file.channels > 1:
        kind = "stereo" if file.channels == 2 else f"{file.channels} channels"
        notes.append(f"{kind} mixed to mono")
    if file.samplerate != SAMPLE_RATE:
        notes.append(f"{file.samplerate} Hz resampled to {SAMPLE_RATE} Hz")
    return tuple(notes)


def _blocks(file: Any, path: Source, count: int | None = None) -> Iterator[tuple[Pcm, int]]:
    """The next ``count`` frames (all, if None) as 16 kHz mono, and how many were over full scale.

    The mean of the channels, soxr's high quality, rounded. 16 kHz mono 16-bit passes unchanged.
    """
    left = file.frames if count is None else count
    resampler = None
    if file.samplerate != SAMPLE_RATE:
        resampler = _resampler(file.samplerate, path)
    while left > 0:
        sound = file.read(min(left, round(_BLOCK_SECONDS * file.samplerate)), "float32", True)
        left = left - len(sound) if len(sound) else 0
        mono: NDArray[np.float32] = sound.mean(1, dtype=np.float32)
        if not np.isfinite(mono).all():
            raise AudioError(
                f"{path}: holds values that are not numbers (NaN or infinity). "
                "Export the file again."
            )
        if resampler is not None:
            mono = resampler.resample_chunk(mono, last=left == 0)
        scaled = np.rint(mono * np.float32(32768))
        over = int(np.count_nonzero((sound > 1) | (sound < -1)))
        yield np.clip(scaled, -32768, 32767).astype(np.int16), over
