"""A whole extraction: its parts, what joins them, and the report of it."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wakesmith.audio import list_audio
from wakesmith.errors import AudioError, DataError
from wakesmith.events import Emit, Noted, Warned
from wakesmith.licence import UNKNOWN
from wakesmith.sources import parquet
from wakesmith.sources.download import NOTE
from wakesmith.stages import licences, shards
from wakesmith.stages.arrays import join_arrays
from wakesmith.stages.extract.part import TO, Part, extract_part, kind_of
from wakesmith.store import make_folder, write_atomic
from wakesmith.store.files import explained
from wakesmith.words import count_of

FEATURES, REPORT, SOUNDS, FAULTS = "features.npy", "report.json", "sounds.jsonl", "faults.jsonl"
_WORK = ".work"
_JOB = "job.json"
_VERSION = 1
_NAMED = 5
_FILES = 32
"""Sound files a part."""


@dataclass(frozen=True)
class Extracted:
    """What became of the rows; ``report.json`` holds the same."""

    rows: int
    """Rows that were looked at."""
    sounds: int
    """Sounds that were extracted."""
    seconds: float
    """Their length."""
    frames: int
    """Embeddings that they gave; 0 for WAVs."""
    broken: int
    """Rows (and sounds of rows with several) that could not be used."""
    broken_off: int
    """Sounds of which there is less than their header says: they are used so far as they go."""
    unreadable: tuple[str, ...]
    """What is wrong with each file that could not be looked into at all, as was warned of."""
    reasons: dict[str, int]
    """How many rows could not be used, by reason."""
    fruitless: tuple[str, ...] = ()
    """Parquet files that were looked into and gave no sound at all; rows of them were taken."""


def extract(
    sources: Sequence[Path],
    to: Path,
    emit: Emit,
    *,
    features: bool = False,
    column: str | None = None,
    workers: int = 0,
    limit: int | None = None,
) -> Extracted:
    """Extract the sound of Parquet files, of folders of these, and of folders of sound files.

    In ``to`` come ``<file>/<row group>/<row>.wav`` (16 kHz) or, with ``features``, ``features.npy``
    (float16 [frames, 96], the rows of a row group heard one after another), and beside them
    ``sounds.jsonl`` and ``faults.jsonl``, a line for each sound and each row that could not be
    used, ``SOURCE.json`` where the sources have a note of their licence, and ``report.json``, which
    is written last. At most ``limit`` rows are looked at, the first. Neither workers nor kills
    change a byte of it. A call that is finished is not repeated.

    ``DataError`` where there is nothing to extract, no column of sound in any file, or something
    else in ``to``; ``StoreError`` where it cannot be written.
    """
    work = to / _WORK
    files, unreadable = _look(sources, column, limit)
    job = {
        "version": _VERSION,
        "sources": [_identity(file) for file in files],
        "features": features,
        "column": column,
        "limit": limit,
    }
    _claim(to, work, job)
    for problem in unreadable:
        emit(Warned("extract", problem))
    if (to / REPORT).exists():
        emit(Noted("extract", f"{to} holds all of it already"))
        return _some(_loaded(to / REPORT), to)
    parts = _parts(files, to, features)
    with explained(to, TO):
        sizes = [part.rows for part in parts]
        _note_licence(to, sources)
        shards.make(extract_part, parts, sizes, workers, emit, "extract", "rows")
        return _some(_finish(to, parts, unreadable, features), to)


@dataclass(frozen=True)
class _File:
    """A Parquet file, or some sound files of a folder."""

    path: Path
    rows: tuple[int, ...]
    """Of each row group, so many are taken."""
    layout: parquet.Layout | None
    files: tuple[Path, ...] = ()


def _look(
    sources: Sequence[Path], column: str | None, limit: int | None
) -> tuple[list[_File], list[str]]:
    """What there is to extract, and what is wrong with files that cannot be looked into."""
    found: list[_File] = []
    faults: list[DataError] = []
    left = limit
    for path in dict.fromkeys(p for source in sources for p in _within(source)):
        if left == 0:
            break
        if path.is_dir():
            inside = list_audio([path]) if left is None else list_audio([path])[:left]
            cuts = tuple(len(inside[i : i + _FILES]) for i in range(0, len(inside), _FILES))
            found.append(_File(path, cuts, None, tuple(inside)))
        else:
            try:
                groups = _first(parquet.row_groups(path), left)
                found.append(_File(path, groups, parquet.layout(path, column)))
            except DataError as fault:
                faults.append(fault)
                continue
        if left is not None:
            left -= sum(found[-1].rows)
    if len(faults) > 1 and not found:
        told = "\n".join(f"  {fault}" for fault in faults[:_NAMED])
        more = f"\n  and {len(faults) - _NAMED} more" if len(faults) > _NAMED else ""
        raise DataError(f"None of {count_of(len(faults), 'file')} can be used:\n{told}{more}")
    if not found:
        raise faults[0]
    return found, [str(fault) for fault in faults]


def _within(source: Path) -> list[Path]:
    """The Parquet files of a source or, where it has none, the folder of its sound files."""
    if source.is_file():
        return [source]
    if not source.is_dir():
        raise DataError(f"{source}: there is no such file or folder. Is the path right?")
    tables = sorted(p for p in source.rglob("*.parquet") if p.is_file())
    if tables:
        return tables
    try:
        list_audio([source])
    except AudioError:
        raise DataError(f"{source}: there is neither a Parquet nor a sound file in it.") from None
    return [source]


def _first(groups: Sequence[int], limit: int | None) -> tuple[int, ...]:
    """Rows to take of each row group, so that it is the first ``limit`` in all."""
    if limit is None:
        return tuple(groups)
    before = np.cumsum([0, *groups[:-1]]).tolist()
    return tuple(
        max(0, min(rows, limit - skipped)) for rows, skipped in zip(groups, before, strict=True)
    )


def _identity(file: _File) -> list[Any]:
    """What tells a source from another of its name."""
    paths = file.files or (file.path,)
    return [[str(p.resolve()), p.stat().st_size, p.stat().st_mtime_ns] for p in paths]


def _claim(to: Path, work: Path, job: dict[str, Any]) -> None:
    """Make the folder that of this job, or go on with it. ``DataError`` if it is another's."""
    note = work / _JOB
    if note.exists():
        if json.loads(note.read_text()) != job:
            raise DataError(
                f"{to} holds what was extracted otherwise: from other or changed files, or with "
                f"other options. Name another folder with {TO}, or remove this one."
            )
        return
    if to.is_dir() and any(child.name != _WORK for child in to.iterdir()):
        raise DataError(
            f"{to} is not empty, and not from here. Name a folder of its own with {TO}."
        )
    make_folder(work, TO)
    write_atomic(note, json.dumps(job).encode(), TO)


def _note_licence(to: Path, sources: Sequence[Path]) -> None:
    """Write down whose it is, where a note beside the sources says so: it goes with the sound."""
    found = [licences.stated(source) for source in sources]
    if any(found):
        licence = licences.joined([one or UNKNOWN for one in found])
        note = {"extracted": list(map(str, sources)), "licence": asdict(licence)}
        write_atomic(to / NOTE, (json.dumps(note, indent=1) + "\n").encode(), TO)


def _some(result: Extracted, to: Path) -> Extracted:
    """``DataError`` when nothing at all could be used."""
    if result.sounds:
        return result
    why = "; ".join(f"{count} × {reason}" for reason, count in result.reasons.items())
    raise DataError(
        f"No sound could be extracted from {count_of(result.rows, 'row')} "
        f"({why or 'there are none'}). {to / FAULTS} names each."
    )


def _parts(files: Sequence[_File], to: Path, features: bool) -> list[Part]:
    """One part a row group with any rows to take, numbered through."""
    parts: list[Part] = []
    taken: Counter[str] = Counter()
    for file in files:
        stem = file.path.stem if file.layout else file.path.resolve().name
        taken[stem] += 1
        name = stem if taken[stem] == 1 else f"{stem}-{taken[stem]}"
        first = 0
        for group, rows in enumerate(file.rows):
            if rows:
                record = to / _WORK / f"part-{len(parts):06}.json"
                wavs = None if features else to / name / f"{group:05}"
                some = file.files[first : first + rows]
                parts.append(Part(record, wavs, file.path, group, rows, file.layout, some))
            first += rows
    return parts


def _finish(
    to: Path, parts: Sequence[Part], unreadable: Sequence[str], features: bool
) -> Extracted:
    """Join what the parts made, and write what became of each row."""
    records = [json.loads(part.path.read_text()) for part in parts]
    frames = 0
    if features:
        lengths = [len(np.load(part.frames, mmap_mode="r")) for part in parts]
        frames = sum(lengths)
        if frames:
            joined = to / _WORK / FEATURES
            join_arrays(joined, (np.load(part.frames) for part in parts), frames)
            joined.replace(to / FEATURES)
    kept = [one for record in records for one in record["kept"]]
    faults = [one for record in records for one in record["faults"]]
    _write_lines(to / SOUNDS, parts, records, "kept")
    _write_lines(to / FAULTS, parts, records, "faults")
    reasons: Counter[str] = Counter()
    for fault in faults:
        reasons[kind_of(fault["why"])] += fault["rows"]
    result = Extracted(
        rows=sum(part.rows for part in parts),
        sounds=len(kept),
        seconds=float(sum(one["seconds"] for one in kept)),
        frames=frames,
        broken=sum(fault["rows"] for fault in faults),
        broken_off=sum(one["broken_off"] for one in kept),
        unreadable=tuple(unreadable),
        reasons=dict(reasons.most_common()),
        fruitless=_fruitless(parts, records),
    )
    write_atomic(to / REPORT, (json.dumps(asdict(result), indent=2) + "\n").encode(), TO)
    for path in [*(part.path for part in parts), *(part.frames for part in parts)]:
        path.unlink(missing_ok=True)
    return result


def _fruitless(parts: Sequence[Part], records: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """Parquet files of which no row could be used; of sound files each counts as a row."""
    sounds: Counter[str] = Counter()
    for part, record in zip(parts, records, strict=True):
        sounds[str(part.source)] += len(record["kept"]) if part.layout else 1
    return tuple(source for source, count in sounds.items() if not count)


def _write_lines(
    path: Path, parts: Sequence[Part], records: Sequence[dict[str, Any]], what: str
) -> None:
    lines = []
    for part, record in zip(parts, records, strict=True):
        for one in record[what]:
            at = {"source": str(part.source), "row_group": part.group}
            if part.files:
                at["source"] = str(part.files[one["row"]])
            elif part.wavs is not None and what == "kept":
                at["folder"] = f"{part.wavs.parent.name}/{part.wavs.name}"
            lines.append(json.dumps({**at, **one}))
    write_atomic(path, "".join(f"{line}\n" for line in lines).encode(), TO)


def _loaded(path: Path) -> Extracted:
    values: dict[str, Any] = json.loads(path.read_text())
    values |= {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
    return Extracted(**values)
