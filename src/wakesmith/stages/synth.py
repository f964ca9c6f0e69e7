"""Speak, mix and embed, fused: a group of the plan in, frames (and streams) out.

Each shard is one task in a process of its own and one file in the entry, finished by rename, so
a kill costs a shard at most. Only features of training windows touch the disk; validation and
test windows keep their sound too, because they are streamed through the finished detector.

A group can be heard by either front end, or by both at once: the entries hold the same windows in
the same order. Only that of the embeddings keeps the sound.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wakesmith import audio, tts
from wakesmith.audio import Clip
from wakesmith.events import Emit
from wakesmith.mix import NoiseBank, RoomBank, mix
from wakesmith.plan.draws import Utterance
from wakesmith.plan.groups import WARM_UP, Group, JoinedTake, Said, Take
from wakesmith.runtime.frontend import CHUNK, SAMPLE_RATE, Pcm, embed_batch
from wakesmith.stages import shards
from wakesmith.stages.arrays import join_arrays, save_arrays
from wakesmith.stages.frontends import FEATURES, HEARD_AS, Frontend, all_hold, spectra, taken_over
from wakesmith.stages.units import count_sayings, load_sayings
from wakesmith.store import write_atomic
from wakesmith.tts.perturb import perturb
from wakesmith.tts.tempo import stretched

VERSION = 2
"""Of its sound as well: ``tts``, ``mix``."""
MICRO_VERSION = 1
"""Of the micro front end's part in entries; the rest of them hangs on ``VERSION``, too."""
_LABELS = "labels.jsonl"
_SPECTRA = ("micro.npy", "spans.npy", _LABELS)
"""Files of an entry of spectra, what says that it is whole last."""
_ENDS = 30.0
"""Seconds of a recording that are read at most."""


@dataclass(frozen=True)
class Windows:
    """A group as the entry holds it; arrays are memory-mapped."""

    frames: NDArray[np.float16]
    """[windows, frames, 96]: embeddings, the first ``WARM_UP`` chunks left out."""
    ends: NDArray[np.float32]
    """[windows]: frame at which the phrase ends (fractional); NaN when nothing is said."""
    spans: NDArray[np.float64]
    """[windows, 2]: seconds in the window at which what is said starts and ends."""
    audio: NDArray[np.int16] | None
    """[windows, samples] when the group keeps its audio."""
    labels: list[dict[str, str | float]]
    """For each window: text, engine, voice, snr, room … for the report's breakdowns."""


@dataclass(frozen=True)
class MicroWindows:
    """A group as the entry of the micro front end holds it; arrays are memory-mapped."""

    frames: NDArray[np.int8]
    """[windows, frames, 40]: quantised spectra, from the window's beginning on."""
    spans: NDArray[np.float64]
    """[windows, 2]: as in ``Windows``."""


def synth(
    out: Path,
    group: Group,
    banks: Path,
    workers: int,
    emit: Emit,
    frontend: Frontend = "embedding",
    spectra_too: bool = False,
    kept: Path | None = None,
    sayings: Path | None = None,
) -> None:
    """Make every shard of ``group`` that is not there yet, then join them.

    ``sayings`` are those that its ``JoinedTake``s are of (``stages.units``); of those that could
    not be joined it has no windows.

    An entry of embeddings keeps the spectra of its sound beside them when ``spectra_too``. An
    entry of spectra takes them over from such an entry, ``kept``, that has them.
    """
    if frontend == "micro":
        taken_over(kept, out, ((name, name) for name in _SPECTRA))
    if not (out / _LABELS).exists():  # or a kill came between joining and tidying up
        if sayings is not None:
            group = group.of_sayings(count_sayings(sayings))
        tasks = [
            Task(shards.file(out, i), banks, one, frontend, spectra_too, sayings)
            for i, one in enumerate(group.shards() or (group,))
        ]
        sizes = [len(task.shard.mixes) for task in tasks]
        told = f"{group.name}{HEARD_AS[frontend]}"
        shards.make(make_shard, tasks, sizes, workers, emit, told, "windows")
        _join(out, group, [task.path for task in tasks], frontend, spectra_too)
    shards.remove(out)


@dataclass(frozen=True)
class Task:
    """A shard to make, and where."""

    path: Path
    banks: Path
    shard: Group
    frontend: Frontend = "embedding"
    spectra_too: bool = False
    sayings: Path | None = None


def make_shard(task: Task) -> None:
    """Speak the utterances, mix the windows, have them heard, write one file."""
    shard = task.shard
    clips = list(clips_of(shard.utterances, load_sayings(task.sayings) if task.sayings else ()))
    samples = shard.chunks * CHUNK
    rooms, noises = RoomBank.load(task.banks), NoiseBank.load(task.banks)
    sound = mix(clips, shard.mixes, rooms, noises, samples)
    arrays: dict[str, NDArray[Any]] = {}
    if task.frontend == "micro" or task.spectra_too:
        arrays["micro"] = spectra(sound)
    if task.frontend == "embedding":
        arrays["frames"] = embed_batch(sound, last=shard.chunks - WARM_UP).astype(np.float16)
        if shard.keeps_audio:
            arrays["audio"] = sound.astype(np.int16)
    spans = [_span(clips, m.clip, m.after, samples) for m in shard.mixes]
    arrays["spans"] = np.array(spans, np.float64).reshape(-1, 2)
    save_arrays(task.path, arrays)


def clips_of(items: Sequence[Said], sayings: Sequence[Pcm] = ()) -> Iterator[Clip]:
    """Speak utterances, load takes, take of ``sayings`` what is joined, in order."""
    spoken: list[Utterance] = [i for i in items if isinstance(i, Utterance)]
    voices = tts.speak(spoken)
    for item in items:
        if isinstance(item, Utterance):
            yield next(voices)
        elif isinstance(item, Take):
            yield _take(item)
        else:
            yield _joined(item, sayings)


def _joined(take: JoinedTake, sayings: Sequence[Pcm]) -> Clip:
    pcm = stretched(sayings[take.number], take.tempo)
    return perturb(Clip(pcm, 0, len(pcm), f"joined {take.number}"), 1.0, take.resample)


def _take(take: Take) -> Clip:
    """Of a file of hours, which is no single saying, its end: the last in it is what is taken."""
    before = audio.duration(take.path) - _ENDS
    pcm = audio.read_piece(take.path, before, _ENDS) if before > 0 else audio.read(take.path).pcm
    start, end = audio.trim(pcm)
    clip = Clip(pcm, start, end, Path(take.path).name)
    return perturb(clip, take.warp, take.resample)


def _span(clips: Sequence[Clip], index: int, after: float, samples: int) -> tuple[float, float]:
    """Seconds within the window at which the clip's span starts and ends."""
    end = samples / SAMPLE_RATE - after
    length = (clips[index].end - clips[index].start) / SAMPLE_RATE if index >= 0 else 0.0
    return end - length, end


def _join(
    out: Path, group: Group, files: Sequence[Path], frontend: Frontend, spectra_too: bool
) -> None:
    """Join the shards into one array a kind, written block by block."""
    kinds = [FEATURES[frontend], "spans"]
    if frontend == "embedding":
        kinds += ["audio"] if group.keeps_audio else []
        kinds += ["micro"] if spectra_too and all_hold(files, "micro") else []
    for kind in kinds:
        join_arrays(out / f"{kind}.npy", (np.load(f)[kind] for f in files), len(group.mixes))
    rows = [json.dumps(_labels(group, i)) for i in range(len(group.mixes))]
    write_atomic(out / _LABELS, "".join(f"{row}\n" for row in rows).encode())


def _labels(group: Group, index: int) -> dict[str, str | float]:
    drawn = group.mixes[index]
    labels: dict[str, str | float] = {
        "role": group.role,
        "snr": drawn.snr,  # infinite without noise; Python's JSON knows that
        "room": "in a room" if drawn.room >= 0 else "dry",
        "level": drawn.level,
    }
    if drawn.clip >= 0:
        said = group.utterances[drawn.clip]
        if isinstance(said, Utterance):
            voice = said.voice.partition(":")[0]
            labels |= {"text": said.text, "engine": said.engine, "voice": voice}
        elif isinstance(said, Take):
            labels |= {"text": "", "engine": "recording", "voice": Path(said.path).name}
        else:
            labels |= {"text": "", "engine": "joined", "voice": ""}
    return labels


def load(folder: Path) -> Windows:
    """Open a finished group."""
    spans = np.load(folder / "spans.npy")
    labels = [json.loads(line) for line in (folder / _LABELS).read_text().splitlines()]
    frames = np.load(folder / "frames.npy", mmap_mode="r")
    sound = folder / "audio.npy"
    ends = (spans[:, 1] * SAMPLE_RATE / CHUNK - WARM_UP - 1).astype(np.float32)
    kept = np.load(sound, mmap_mode="r") if sound.exists() else None
    return Windows(frames, ends, spans, kept, labels)


def count(folder: Path) -> int:
    """Windows of a finished group of either front end."""
    return len(np.load(folder / "spans.npy"))


def load_micro(folder: Path) -> MicroWindows:
    """Open a finished group of the micro front end."""
    frames = np.load(folder / "micro.npy", mmap_mode="r")
    return MicroWindows(frames, np.load(folder / "spans.npy"))
