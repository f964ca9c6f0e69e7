"""Who said a recording, and how recordings are shared out so that nobody is on both sides.

A speaker is a folder: ``recordings/phrase/anna/0001.wav``, where ``recordings/phrase`` is what the
recipe names, was said by anna. A file that lies in the named folder itself says nothing of who
speaks, and is shared out alone, by its content.
"""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from wakesmith.plan.draws import Split
from wakesmith.plan.sources import File, split_files
from wakesmith.sources.download import located

_SLACK = 2.0
"""A part held back gets no speaker who would make it more than so many times what it should be:
training needs the recordings most."""


def speaker_of(path: str, folders: Sequence[str]) -> str:
    """The folder, right under one of those named, that a file lies in; empty when it is in none.

    ``DataError`` when one of those is of a download that is not here.
    """
    for folder in map(located, folders):
        if Path(path).is_relative_to(folder):
            inside = Path(path).relative_to(folder).parts
            if len(inside) > 1:
                return inside[0]
    return ""


def speakers(files: Sequence[File], folders: Sequence[str]) -> dict[str, int]:
    """How many different recordings there are of each speaker, sorted; "" stands for unknown."""
    unique = {file.digest: file for file in files}
    named = sorted(speaker_of(file.path, folders) for file in unique.values())
    return {name: len(list(found)) for name, found in groupby(named)}


def split_recordings(
    files: tuple[File, ...], folders: Sequence[str], shares: dict[Split, float]
) -> dict[Split, tuple[File, ...]]:
    """Share recordings out by their duration, those of one speaker together.

    Without speakers, or with one alone, as ``split_files`` does, recording by recording. Speakers
    with little are held back before those with much; where all have so much that a part would be
    far too large, it stays empty. Contents are the dice, as they are there.
    """
    if len(speakers(files, folders)) < 2:
        return split_files(files, shares)
    unique = {file.digest: file for file in files}
    units: dict[str, list[File]] = {}
    for digest in sorted(unique):
        file = unique[digest]
        units.setdefault(speaker_of(file.path, folders) or digest, []).append(file)
    total = sum(file.seconds for file in unique.values())
    result: dict[Split, list[File]] = {"train": [], "validation": [], "test": []}
    spent: dict[Split, float] = dict.fromkeys(result, 0.0)
    held = [split for split, share in shares.items() if split != "train" and share > 0]
    for unit in sorted(units.values(), key=lambda unit: (_seconds(unit), unit[0].digest)):
        size = _seconds(unit)
        fits = [s for s in held if spent[s] + size <= _SLACK * shares[s] * total + 1e-9]
        behind = [s for s in fits if spent[s] < shares[s] * total]
        into: Split = max(behind, key=lambda s: shares[s] * total - spent[s], default="train")
        result[into] += unit
        spent[into] += size
    return {split: tuple(sorted(found, key=_digest)) for split, found in result.items()}


def told(files: Sequence[File], folders: Sequence[str], split_from: int) -> str:
    """What the user is told of the speakers; empty where the folders name none.

    ``split_from`` is the number of recordings below which all are trained on.
    """
    found = speakers(files, folders)
    if not any(found):
        return ""
    count = sum(1 for name in found if name)
    who = ", ".join(f"{name or 'unknown'} {number}" for name, number in found.items())
    if sum(found.values()) < split_from:
        return f"recordings by speaker: {who}; all are trained on"
    if len(found) == 1:
        return (
            f"recordings by speaker: {who}: with one speaker alone, the recordings that are held "
            "back are the same person's, and the report says nothing of other people"
        )
    return (
        f"recordings by speaker: {who}: of these {count} nobody is heard both in training and in "
        "what is held back"
    )


def _seconds(unit: Sequence[File]) -> float:
    return sum(file.seconds for file in unit)


def _digest(file: File) -> str:
    return file.digest
