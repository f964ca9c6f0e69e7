"""One part of an extraction, in a process of its own: a row group, or a few sound files.

A part is finished by the rename of what it made and then of its record, which says what became of
each row. What a kill left is made anew.
"""

import io
import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from wakesmith import audio
from wakesmith.errors import AudioError, DataError
from wakesmith.plan.groups import WARM_UP
from wakesmith.runtime.frontend import EMBEDDING_DIM, SAMPLE_RATE, EmbeddingFrontend, Pcm
from wakesmith.sources import parquet
from wakesmith.store import make_folder, write_atomic
from wakesmith.wav import write_blocks

TO = "--to"
"""The option that errors about the place of the result advise."""
_IN_MEMORY = 16 << 20
"""Bytes of a sound above which it waits on the disk until all of it was read."""

_SLACK = 0.1  # seconds that a sound may be shorter than its header says


@dataclass(frozen=True)
class Part:
    """What one process extracts, and where to."""

    path: Path
    """Its record: JSON, there when the part is whole."""
    wavs: Path | None
    """Folder of its WAVs; None makes frames, beside the record."""
    source: Path
    """The Parquet file; of sound files, the folder that they were found in."""
    group: int
    """Row group of the file; of sound files, the number of the part."""
    rows: int
    """So many rows, from the first on."""
    layout: parquet.Layout | None = None
    """None: these are sound files."""
    files: tuple[Path, ...] = ()

    @property
    def frames(self) -> Path:
        """Where its embeddings [frames, 96] are put."""
        return self.path.with_suffix(".npy")


@dataclass(frozen=True)
class Kept:
    """A sound that was extracted."""

    row: int
    """Within the row group."""
    name: str
    """The WAV's file name; of features, what the source calls it."""
    seconds: float
    broken_off: bool
    """Whether there is less of it than its header says."""


@dataclass(frozen=True)
class Fault:
    """A row that could not be extracted, or not all of it."""

    row: int
    """Within the row group; the first, where the rest of the group cannot be read."""
    rows: int
    """How many rows are meant."""
    why: str


def kind_of(why: str) -> str:
    """A fault's kind: what it says without where, and without figures."""
    text = why.partition(": ")[2] or why
    return re.sub(r"\d+(\.\d+)?", "…", text.split(". ")[0])


def extract_part(part: Part) -> None:
    """Extract one part: its result, then its record."""
    kept: list[Kept] = []
    faults: list[Fault] = []
    sink = _Wavs(part.wavs) if part.wavs is not None else _Frames(part.frames)
    for row, index, sound in _sounds(part, faults):
        try:
            if isinstance(sound, AudioError):
                raise sound
            promised = audio.duration(sound)
            broken_off = any(audio.is_break(note) for note in audio.conversions(sound))
            name, seconds = sink.add(row, index, sound)
            # An MP3's length may be an estimate, and what it is short of is not said.
            broken_off |= seconds < promised - max(_SLACK, 0.05 * promised)
            kept.append(Kept(row, name, seconds, broken_off))
        except AudioError as fault:
            faults.append(Fault(row, 1, str(fault)))
    sink.finish()
    record = {"kept": [asdict(k) for k in kept], "faults": [asdict(f) for f in faults]}
    write_atomic(part.path, json.dumps(record).encode(), TO)


def _sounds(
    part: Part, faults: list[Fault]
) -> Iterator[tuple[int, int, audio.Source | AudioError]]:
    """Row, index within it, and sound; rows that cannot be reached become a fault."""
    if part.layout is None:
        for number, path in enumerate(part.files):
            yield number, 0, path
        return
    reached = 0
    try:
        for row in parquet.rows(part.source, part.group, part.layout, part.rows):
            if not row.sounds:
                faults.append(Fault(row.number, 1, "its list of sounds is empty"))
            for index, sound in enumerate(row.sounds):
                yield row.number, index, sound
            reached = row.number + 1
    except DataError as problem:
        faults.append(Fault(reached, part.rows - reached, str(problem)))


def _checked(sound: audio.Source) -> Iterator[Pcm]:
    """Its blocks; ``AudioError`` at the end when it was too short or silent."""
    samples, low, high = 0, 32767, -32768
    for block in audio.stream(sound):
        samples += len(block)
        low, high = min(low, int(block.min())), max(high, int(block.max()))
        yield block
    if samples < audio.SHORTEST * SAMPLE_RATE:
        raise AudioError(f"{sound}: only {samples / SAMPLE_RATE:.3f} s long")
    if low == high:
        raise AudioError(f"{sound}: silent: all its samples are {low}")


class _Wavs:
    """Sounds become WAVs in a folder, which is there when all of them are."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._unfinished = folder.with_name(f".{folder.name}.unfinished")
        for old in (self._unfinished, folder):
            shutil.rmtree(old, ignore_errors=True)
        make_folder(self._unfinished, TO)

    def add(self, row: int, index: int, sound: audio.Source) -> tuple[str, float]:
        """Write one; its file's name and its seconds."""
        name = f"{row:06}-{index}.wav" if index else f"{row:06}.wav"
        samples = write_blocks(self._unfinished / name, _checked(sound))
        return name, samples / SAMPLE_RATE

    def finish(self) -> None:
        self._unfinished.replace(self._folder)


class _Frames:
    """Sounds become embeddings, heard one after another as one stream.

    A sound counts when all of it could be read: until then it waits.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._frontend = EmbeddingFrontend()
        self._made = [np.zeros((0, EMBEDDING_DIM), np.float16)]

    def add(self, row: int, index: int, sound: audio.Source) -> tuple[str, float]:
        """Hear one; what it is called and its seconds."""
        folder = str(self._path.parent)
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY, dir=folder) as waiting:
            for block in _checked(sound):
                waiting.write(block.tobytes())
            samples = waiting.tell() // 2
            waiting.seek(0)
            while data := waiting.read(_IN_MEMORY):
                frames = self._frontend.push(np.frombuffer(data, np.int16))
                self._made.append(frames.astype(np.float16))
        return str(sound), samples / SAMPLE_RATE

    def finish(self) -> None:
        """[frames, 96]: without the first ``WARM_UP``, which hear the silence before."""
        data = io.BytesIO()
        np.save(data, np.concatenate(self._made)[WARM_UP:])
        write_atomic(self._path, data.getvalue(), TO)
