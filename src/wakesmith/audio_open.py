"""Opening sound: a file, its content in memory, or samples in memory, whoever reads the format.

Only ``audio`` uses this.
"""

import io
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from wakesmith import audio_av
from wakesmith.errors import AudioError, MissingExtra
from wakesmith.held import Encoded, Samples
from wakesmith.wav import AnyPath, PlainWav

Source = AnyPath | Encoded | Samples
"""A sound file, its content in memory, or samples in memory."""


@contextmanager
def opened(path: Source) -> Iterator[Any]:
    """The open file, with what of soundfile's ``SoundFile`` reading takes; what its library raises
    meanwhile becomes ``AudioError``."""
    if not isinstance(path, Encoded | Samples) and not Path(path).is_file():
        raise AudioError(f"{path}: there is no such sound file. Is the path right?")
    if not (len(path.data) if isinstance(path, Encoded) else _size(path)):
        raise AudioError(f"{path}: the file is empty. Remove it or record it again.")
    faults: type[Exception] | tuple[()] = ()
    file: Any = path
    if isinstance(path, Encoded):
        faults, file = _held_file(path)
    elif not isinstance(path, Samples):
        faults, file = _file(path)
    with file:
        if not file.frames:
            raise AudioError(f"{path}: the file holds no samples. Remove it or record it again.")
        try:
            yield file
        except faults as problem:
            raise _unreadable(path, problem) from problem


def _size(path: AnyPath | Samples) -> int:
    return path.frames if isinstance(path, Samples) else Path(path).stat().st_size


def _held_file(sound: Encoded) -> tuple[type[Exception], Any]:
    """As ``_file``, of what lies in memory."""
    if audio_av.opens(sound.data):
        return _av_file(sound)
    try:
        import soundfile
    except ImportError as problem:
        raise MissingExtra("soundfile", "audio", f"Reading {sound}") from problem
    try:
        return soundfile.SoundFileError, soundfile.SoundFile(io.BytesIO(sound.data))
    except soundfile.SoundFileError as problem:
        raise _unreadable(sound, problem) from problem


def _file(path: AnyPath) -> tuple[type[Exception], Any]:
    """What reading may raise, and the file opened by soundfile or, without it, by ourselves."""
    if Path(path).suffix.lower() in audio_av.EXTENSIONS:
        return _av_file(path)
    try:
        import soundfile
    except ImportError as problem:
        try:
            return wave.Error, PlainWav(path)
        except (wave.Error, EOFError):
            reading = f"Reading {path}, which is no plain WAV (16 kHz, mono, 16-bit),"
            raise MissingExtra("soundfile", "audio", reading) from problem
        except OSError as fault:
            raise _unreadable(path, fault) from fault
    try:
        return soundfile.SoundFileError, soundfile.SoundFile(path)
    except (soundfile.SoundFileError, TypeError, OSError) as problem:  # TypeError: headerless
        raise _unreadable(path, problem) from problem


def _av_file(path: AnyPath | Encoded) -> tuple[type[Exception], Any]:
    try:
        return audio_av.Unreadable, audio_av.AvFile(path)
    except audio_av.Unreadable as problem:
        raise _unreadable(path, problem) from problem


def _unreadable(path: Source, problem: Exception) -> AudioError:
    reason = getattr(problem, "error_string", "") or str(problem)
    if "does not exist" in reason:  # libsndfile's words for an MP3 that it finds no frame in
        reason = "its content is not what its name says"
    return AudioError(
        f"{path}: cannot be read as sound ({reason.strip().rstrip('.')}). Is it damaged? "
        "Other formats can be converted with: ffmpeg -i INPUT output.wav"
    )
