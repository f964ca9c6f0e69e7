"""Entries of spectra become sets that microWakeWord's own trainer reads."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from wakesmith.errors import DataError, StoreError
from wakesmith.families.microwakeword.ragged import read_ragged, spectrograms, write_set
from wakesmith.stages.micro.set_export import check_place, export_sets
from wakesmith.stages.micro.sets import SAYING_FRAMES

Spectra = NDArray[np.int8]
SAGA = ("hey saga", "en", "--output")


def noise(seed: int, *shape: int) -> Spectra:
    return np.random.default_rng(seed).integers(-128, 127, (*shape, 40)).astype(np.int8)


def group(folder: Path, frames: Spectra, end: float = 1.0) -> Path:
    folder.mkdir()
    np.save(folder / "micro.npy", frames)
    np.save(folder / "spans.npy", np.tile([end - 0.5, end], (len(frames), 1)))
    return folder


def stream(folder: Path, *parts: Spectra) -> Path:
    folder.mkdir()
    np.save(folder / "micro.npy", np.concatenate(parts))
    starts = np.cumsum([0, *map(len, parts)])[:-1]
    np.save(folder / "starts.npy", starts)
    return folder


def assert_same(found: list[Spectra], wanted: list[Spectra]) -> None:
    assert [one.shape for one in found] == [one.shape for one in wanted]
    assert all(np.array_equal(*pair) for pair in zip(found, wanted, strict=True))


def test_groups_become_sets_by_role_and_split(tmp_path: Path) -> None:
    said, real, other = noise(0, 3, 254), noise(1, 2, 254), noise(2, 2, 526)
    held = noise(3, 2, 510)
    entries = {
        "positive-train": group(tmp_path / "a", said),
        "recording-train": group(tmp_path / "b", real),
        "positive-validation": group(tmp_path / "c", held, end=3.72),
        "speech-train": group(tmp_path / "d", other),
        "noise-test": group(tmp_path / "e", other[:1]),
        "own-test": group(tmp_path / "f", other),
    }
    done = export_sets(entries, tmp_path / "sets", *SAGA)
    assert [(one.name, dict(one.counts)) for one in done] == [
        ("positive", {"training": 5, "validation": 2}),
        ("speech", {"training": 2}),
        ("noise", {"testing": 1}),
    ]
    sets = {one.name: one.folder for one in done}
    # 1.2 s are 19,200 samples: frame 117 is the last that hears no more.
    assert_same(
        list(spectrograms(sets["positive"], "training")),
        [row[:118] for row in (*said, *real)],
    )
    # 3.92 s: frames up to 389, of which no more are kept than of a saying.
    assert_same(
        list(spectrograms(sets["positive"], "validation")),
        [row[390 - SAYING_FRAMES : 390] for row in held],
    )
    assert_same(list(spectrograms(sets["speech"], "training")), list(other))
    kinds = {one.dtype for one in read_ragged(sets["speech"] / "training" / "wakesmith_mmap")}
    assert kinds == {np.dtype(np.uint16)}  # which microWakeWord scales as it reads them
    assert [one.feature()["sampling_weight"] > 0 for one in done] == [True, True, False]
    assert [one.feature()["truth"] for one in done] == [True, False, False]


def test_background_is_trained_on_in_pieces_and_judged_as_it_runs(tmp_path: Path) -> None:
    long, short = noise(4, 7000), noise(5, 90)
    entries = {
        "background-train": stream(tmp_path / "a", long, short),
        "background-validation": stream(tmp_path / "b", long[:400], short),
    }
    (one,) = export_sets(entries, tmp_path / "sets", *SAGA)
    assert dict(one.counts) == {"training": 4, "validation_ambient": 1}
    trained = list(spectrograms(one.folder, "training"))
    assert max(map(len, trained)) <= 3000
    np.testing.assert_array_equal(np.concatenate(trained), np.concatenate([long, short]))
    assert_same(list(spectrograms(one.folder, "validation_ambient")), [long[:400]])


def test_only_what_was_written_before_is_replaced(tmp_path: Path) -> None:
    out = tmp_path / "sets"
    first = {"speech-train": group(tmp_path / "a", noise(6, 2, 60))}
    first["speech-validation"] = group(tmp_path / "b", noise(7, 2, 60))
    export_sets(first, out, *SAGA)
    theirs = out / "speech" / "validation" / "other_mmap"
    write_set(tmp_path / "theirs", {"validation": [noise(8, 30)]})
    (tmp_path / "theirs" / "validation" / "wakesmith_mmap").rename(theirs)
    export_sets({"speech-train": group(tmp_path / "c", noise(9, 1, 60))}, out, *SAGA)
    assert len(list(spectrograms(out / "speech", "training"))) == 1
    assert_same(list(spectrograms(out / "speech", "validation")), [noise(8, 30)])


def test_sets_of_another_phrase_are_not_replaced(tmp_path: Path) -> None:
    out = tmp_path / "sets"
    check_place(out, "hey sgaa", "en", "--output")  # and nothing is written after all
    check_place(out, "hey saga", "en", "--output")
    export_sets({"speech-train": group(tmp_path / "a", noise(6, 2, 60))}, out, *SAGA)
    check_place(out, "Hey, saga!", "en", "--output")
    for phrase, language in (("view glass", "en"), ("hey saga", "sv")):
        with pytest.raises(DataError, match=r"sets of 'hey saga \(en\)' lie there.*--output"):
            check_place(out, phrase, language, "--output")
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="--output"):
        check_place(tmp_path / "file", "hey saga", "en", "--output")


def test_nothing_to_write_and_nowhere_are_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no spectra to write"):
        export_sets({}, tmp_path / "sets", *SAGA)
    (tmp_path / "sets").write_text("a file")
    entries = {"speech-train": group(tmp_path / "a", noise(6, 2, 60))}
    with pytest.raises(StoreError, match="name another place with --output"):
        export_sets(entries, tmp_path / "sets", *SAGA)
