"""Finished groups of spectra as spectrogram sets, for those who train with microWakeWord itself."""

import shutil
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wakesmith.errors import DataError
from wakesmith.families.microwakeword.features import end_frame
from wakesmith.families.microwakeword.ragged import OURS, PARTS, write_set
from wakesmith.phrase import words_of
from wakesmith.stages import synth
from wakesmith.stages.micro.sets import SAYING_FRAMES
from wakesmith.store import make_folder, write_atomic

PHRASE = "positive"
SETS = {
    PHRASE: ("positive", "joined", "recording"),
    "near_miss": ("near_miss", "near_miss_joined", "near_miss_recording"),
    "speech": ("speech",),
    "noise": ("noise",),
    "background": ("background",),
}
"""Each set, and the roles of the groups that it is made of."""
_SPLITS = {"train": "training", "validation": "validation", "test": "testing"}
_WEIGHTS = {PHRASE: 2.0, "near_miss": 5.0, "speech": 5.0, "noise": 5.0, "background": 10.0}
"""Sampling weights to begin with; microWakeWord's notebook has 2 for the phrase, and 25 beside."""
_BEHIND = 0.2
"""Seconds of sound that microWakeWord leaves behind the phrase."""
_MARK = ".wakesmith"
"""Says whose the sets of a folder are."""
_PIECE = 3000
"""Frames of the pieces of background that is trained on: microWakeWord draws each spectrogram as
often as any other, however long it is."""


@dataclass(frozen=True)
class ExportedSet:
    """A set that was written."""

    name: str
    folder: Path
    counts: Mapping[str, int]
    """Spectrograms, by part."""

    def feature(self) -> dict[str, Any]:
        """Its entry under ``features`` in microWakeWord's training YAML."""
        truth = self.name == PHRASE
        return {
            "features_dir": str(self.folder),
            "sampling_weight": _WEIGHTS[self.name] if "training" in self.counts else 0.0,
            "penalty_weight": 1.0,
            "truth": truth,
            "truncation_strategy": "truncate_start" if truth else "random",
            "type": "mmap",
        }


def check_place(out: Path, phrase: str, language: str, option: str) -> None:
    """See, before the work, that the sets of a phrase can be written and replace no other's.

    ``DataError`` where sets of another phrase lie; ``StoreError``, which advises ``option``, where
    nothing can be written.
    """
    make_folder(out, option)
    try:
        there = (out / _MARK).read_text("utf-8")
    except (OSError, ValueError):
        return  # nothing of ours, or nobody knows whose
    if there != _marked(phrase, language):
        raise DataError(
            f"{out}: the spectrogram sets of {there.strip()!r} lie there, and those of {phrase!r} "
            f"would replace them. Give another folder ({option}), or remove this one."
        )


def _marked(phrase: str, language: str) -> str:
    return f"{' '.join(words_of(phrase))} ({language})\n"


def export_sets(
    entries: Mapping[str, Path], out: Path, phrase: str, language: str, option: str
) -> list[ExportedSet]:
    """Write into ``out`` those of ``SETS`` that finished entries of the micro front end, which are
    of a phrase, have something for.

    Entries come by the names of their groups: ``positive-train``, ``background-validation``. What
    an earlier call wrote is replaced, and all else is left. Raises ``DataError`` when there is
    nothing to write, and ``StoreError``, which advises ``option``, where it cannot be written.
    """
    written = []
    for name, roles in SETS.items():
        parts: dict[str, list[NDArray[np.int8]]] = defaultdict(list)
        for group, folder in entries.items():
            role, _, split = group.rpartition("-")
            if role in roles and split in _SPLITS:
                part, found = _part(role, split, folder)
                parts[part] += found
        for part in PARTS:
            shutil.rmtree(out / name / part / OURS, ignore_errors=True)
        kept = {part: found for part, found in parts.items() if found}
        if kept:
            write_set(out / name, kept, option)
            counts = {part: len(found) for part, found in kept.items()}
            written.append(ExportedSet(name, (out / name).resolve(), counts))
    if not written:
        raise DataError("there are no spectra to write: nothing was spoken, and none was given")
    write_atomic(out / _MARK, _marked(phrase, language).encode(), option)
    return written


def _part(role: str, split: str, folder: Path) -> tuple[str, list[NDArray[np.int8]]]:
    """The part that an entry goes to, and its spectrograms."""
    part = _SPLITS[split]
    if role == "background":
        return _background(part, folder)
    made = synth.load_micro(folder)
    if role not in SETS[PHRASE]:
        return part, list(made.frames)
    ends = 1 + np.floor(end_frame(made.spans[:, 1] + _BEHIND)).astype(int)
    rows = zip(made.frames, ends.tolist(), strict=True)
    return part, [frames[max(0, end - SAYING_FRAMES) : end] for frames, end in rows]


def _background(part: str, folder: Path) -> tuple[str, list[NDArray[np.int8]]]:
    """To be trained on in pieces; else as it runs, where microWakeWord counts events an hour."""
    frames = np.load(folder / "micro.npy", mmap_mode="r")
    streams = np.split(frames, np.load(folder / "starts.npy")[1:])
    if part != "training":
        # It cannot split what is shorter than a window.
        return f"{part}_ambient", [stream for stream in streams if len(stream) > SAYING_FRAMES]
    pieces = (np.array_split(stream, -(-len(stream) // _PIECE)) for stream in streams)
    return part, [piece for stream in pieces for piece in stream]
