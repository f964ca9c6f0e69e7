"""Rows of remote feature files: what is there is looked at, and what the plan drew is fetched."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wakesmith.errors import DataError
from wakesmith.events import Emit, Noted, Progress, silent
from wakesmith.plan.slices import Found, Slice
from wakesmith.recipe import Recipe
from wakesmith.runtime.frontend import EMBEDDING_DIM
from wakesmith.sources.catalog import named, source
from wakesmith.sources.download import held
from wakesmith.sources.fetch import Say
from wakesmith.sources.place import in_words, source_folder
from wakesmith.sources.remote import RemoteArray, look, read_rows
from wakesmith.stages.arrays import join_arrays, save_array
from wakesmith.stages.memory import Memory
from wakesmith.words import count_of

VERSION = 1
ROWS = "rows.npy"
INDEX = "remote.json"
"""Beside the index of files: what headers of remote arrays said."""
_AT_ONCE = 4
"""Requests under way at a time."""


def find(recipe: Recipe, index: Path, emit: Emit = silent) -> tuple[Found, ...]:
    """The arrays that ``negatives.slices`` names, checked.

    What a header said is remembered in ``index``, so that a run that goes on needs no network.
    ``DataError`` for one that cannot be reached, or trained on.
    """
    memory = Memory(index)

    def say(text: str) -> None:
        emit(Noted("gather", f"negatives.slices: {text}"))

    found = tuple(
        _found(one.of, recipe.network.window, memory, say) for one in recipe.negatives.slices
    )
    memory.save()
    return found


def fetch(out: Path, drawn: Slice, emit: Emit) -> None:
    """Make ``rows.npy`` of the drawn rows; runs that an earlier try got are not fetched again."""
    paths = [out / f"run-{number:05}.npy" for number in range(len(drawn.runs))]
    if (out / ROWS).exists():  # a kill came while tidying up
        _tidy(paths)
        return
    size = in_words(drawn.rows * drawn.array.row)
    emit(Noted("gather", f"{count_of(drawn.rows, 'row')} of {drawn.path[0]}: {size}"))
    todo = [(path, run) for path, run in zip(paths, drawn.runs, strict=True) if not path.exists()]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        work = pool.map(partial(_run, drawn), *zip(*todo, strict=True)) if todo else ()
        for number, _ in enumerate(work, len(paths) - len(todo) + 1):
            emit(Progress("slice", number, len(paths), "runs of rows"))
    draft = out / "joined.npy"
    join_arrays(draft, map(np.load, paths), drawn.rows)
    draft.replace(out / ROWS)
    _tidy(paths)


def _tidy(paths: list[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _run(drawn: Slice, path: Path, run: tuple[int, int]) -> None:
    rows: NDArray[np.float16] = read_rows(drawn.path, drawn.array, *run)
    save_array(path, rows)


def _found(place: str, window: int, memory: Memory, say: Say) -> Found:
    addresses, sha256 = _addresses(place)
    key = f"remote {sha256 or addresses[0]}"
    kept = memory.recall(key)
    if kept:
        array = RemoteArray(**{**kept, "shape": tuple(kept["shape"])})
    else:
        array = look(addresses, sha256, say)
        memory.keep(key, vars(array))
    _check(place, array, window)
    return Found(addresses, array)


def _addresses(place: str) -> tuple[tuple[str, ...], str | None]:
    """Where a file is, the downloaded one first, and the SHA-256 that the catalog has of it."""
    in_catalog = named(place)
    if in_catalog is None:
        return (place,), None
    name, inner = in_catalog
    arrays = [one for one in source(name).items if one.name.endswith(".npy")]
    chosen = [one for one in arrays if inner in ("", one.name)]
    if len(chosen) != 1:
        there = ", ".join(f"data:{name}/{one.name}" for one in arrays) or "no .npy"
        raise DataError(f"negatives.slices: {place} is not one .npy; there is {there}")
    here = (f"file://{source_folder(name) / chosen[0].name}",) if held(name) else ()
    return (*here, *chosen[0].addresses), chosen[0].sha256


def _check(place: str, array: RemoteArray, window: int) -> None:
    kind = np.dtype(array.dtype)
    if (
        kind not in (np.float16, np.float32)
        or len(array.shape) not in (2, 3)
        or array.shape[-1] != EMBEDDING_DIM
        or array.shape[len(array.shape) - 2] < window
    ):
        raise DataError(
            f"negatives.slices: {place} holds {kind} of shape {list(array.shape)}; expected "
            f"float16 or float32 of shape [rows, {window} or more, {EMBEDDING_DIM}] (windows) or "
            f"[frames, {EMBEDDING_DIM}]"
        )
