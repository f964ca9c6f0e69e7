"""Bring recordings that are there already into a project: any format, rate and number of channels.

Files are read in blocks, so that their length does not matter. What is brought twice is there once.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import numpy as np

from wakesmith import audio
from wakesmith.errors import AudioError
from wakesmith.recordings import sayings
from wakesmith.recordings.project import Kind, Project
from wakesmith.recordings.saying import LONGEST
from wakesmith.recordings.saying import sayings as sayings_in
from wakesmith.runtime.frontend import SAMPLE_RATE, Pcm

LONG = 20.0
"""Seconds from which a file is no single saying."""
PIECE_SECONDS = 600.0
"""Length of the files that a long recording of a room is kept in."""


@dataclass
class Brought:
    """What became of the files."""

    kept: list[Path] = field(default_factory=list)
    sources: dict[Path, Path] = field(default_factory=dict)
    """Of each recording in the project that these files have the sound of, the file."""
    again: list[str] = field(default_factory=list)
    """Files whose sound is there already."""
    long: list[str] = field(default_factory=list)
    """Files left out because they are far longer than a saying, with their seconds."""
    several: list[str] = field(default_factory=list)
    """Files that were kept and seem to hold more than one saying."""
    uncut: int = 0
    """Stretches of speech without a pause that were too long for one saying, and left out."""
    bad: list[str] = field(default_factory=list)
    """What is wrong with each file that cannot be used."""


def bring(
    project: Project,
    folders: Sequence[Path],
    kind: Kind,
    speaker: str | None = None,
    split: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Brought:
    """Copy the sound of files and folders to ``recordings/KIND/SPEAKER/``, as 16 kHz mono WAV.

    Without ``speaker``, that is the folder that a file lies in, right under the one named, or the
    one named. ``split`` cuts files at their pauses, a saying each. Raises ``AudioError`` when there
    is nothing there; files that cannot be used are in the result.
    """
    found = [(path, _speaker(path, root)) for root in folders for path in audio.list_audio([root])]
    result, known = Brought(), {_digest(path): path for path in project.kept(kind)}
    for number, (path, who) in enumerate(found, 1):
        try:
            for pcm in _pieces(path, kind, split, result):
                key = sha256(pcm.tobytes()).digest()
                if key in known:
                    result.again.append(path.name)
                    result.sources.setdefault(known[key], path)
                    continue
                target = project.next_file(kind, speaker or who)
                audio.write(target, pcm)
                known[key] = target
                result.kept.append(target)
                result.sources[target] = path
        except AudioError as problem:
            result.bad.append(str(problem))
        progress(number, len(found))
    return result


def _pieces(path: Path, kind: Kind, split: bool, result: Brought) -> Iterator[Pcm]:
    """What of a file is kept, in bounded memory."""
    if kind == "room":
        pieces = audio.stream(path, PIECE_SECONDS)
        yield from (piece for piece in pieces if len(piece) > audio.SHORTEST * SAMPLE_RATE)
        return
    if split:
        for pcm in sayings_in(audio.stream(path)):
            if len(pcm) >= LONGEST * SAMPLE_RATE:
                result.uncut += 1
            else:
                yield pcm
        return
    if (seconds := audio.duration(path)) > LONG:
        result.long.append(f"{path.name} ({seconds:.0f} s)")
        return
    pcm = audio.read(path).pcm
    if sayings.several(pcm):
        result.several.append(path.name)
    yield pcm


def _speaker(path: Path, root: Path) -> str:
    """Who speaks, by the folders."""
    if root.is_file():
        return root.resolve().parent.name or "unknown"
    inside = path.relative_to(root).parts
    return inside[0] if len(inside) > 1 else root.resolve().name or "unknown"


def _digest(path: Path) -> bytes:
    return sha256(np.concatenate(list(audio.stream(path))).tobytes()).digest()
