"""microWakeWord's spectrogram sets: read, written, and trained on."""

import importlib
import importlib.util
import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from wakesmith.errors import DataError
from wakesmith.events import silent
from wakesmith.families.microwakeword.ragged import (
    quantised,
    read_ragged,
    spectrograms,
    whole_numbers,
    write_ragged,
    write_set,
)
from wakesmith.runtime.micro.frontend import FEATURE_SCALE, esphome_int8
from wakesmith.stages.micro.sets import SAYING_FRAMES, digest, part, spectrogram_set


def spectra(seed: int, *lengths: int) -> list[NDArray[np.uint16]]:
    dice = np.random.default_rng(seed)
    return [dice.integers(0, 660, (length, 40)).astype(np.uint16) for length in lengths]


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    given = spectra(0, 3, 198, 1)
    write_ragged(tmp_path / "a_mmap", given)
    found = list(read_ragged(tmp_path / "a_mmap"))
    assert [one.dtype for one in found] == [np.uint16] * 3
    for one, other in zip(given, found, strict=True):
        np.testing.assert_array_equal(one, other)


def test_whole_numbers_and_floats_are_quantised_alike(tmp_path: Path) -> None:
    given = spectra(1, 40, 7)
    for name, arrays in (
        ("whole_mmap", given),
        ("float_mmap", [one * np.float32(FEATURE_SCALE) for one in given]),
        ("double_mmap", [one * FEATURE_SCALE for one in given]),
    ):
        write_ragged(tmp_path / "set" / "training" / "deep" / name, arrays)
    found = list(spectrograms(tmp_path / "set", "training"))
    assert len(found) == 6
    for one, other in zip([*given * 3], [*found[4:], *found[2:4], *found[:2]], strict=True):
        np.testing.assert_array_equal(esphome_int8(one), other)
    assert list(spectrograms(tmp_path / "set", "testing")) == []


def test_our_spectra_come_back_as_they_were(tmp_path: Path) -> None:
    every = np.arange(-128, 128).astype(np.int8)
    np.testing.assert_array_equal(quantised(whole_numbers(every)), every)
    ours = [esphome_int8(one) for one in spectra(2, 254, 254, 100)]
    write_set(tmp_path, {"training": ours[:2], "validation": ours[2:]})
    for name, wanted in (("training", ours[:2]), ("validation", ours[2:])):
        found = list(spectrograms(tmp_path, name))
        assert all(np.array_equal(*pair) for pair in zip(found, wanted, strict=True))
    with pytest.raises(DataError, match="no part of a spectrogram set"):
        write_set(tmp_path, {"train": ours})


@pytest.mark.skipif(
    importlib.util.find_spec("mmap_ninja") is None, reason="needs the package mmap_ninja"
)
def test_files_are_those_of_mmap_ninja(tmp_path: Path) -> None:
    ragged = importlib.import_module("mmap_ninja.ragged")
    given = spectra(3, 5, 9, 2)
    ragged.RaggedMmap.from_generator(tmp_path / "theirs_mmap", iter(given), batch_size=2)
    write_ragged(tmp_path / "ours_mmap", given)
    theirs, ours = (
        {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.is_file()}
        for folder in (tmp_path / "theirs_mmap", tmp_path / "ours_mmap")
    )
    assert ours == theirs


# One spectrogram of 2 frames as mmap_ninja 0.9.0 writes it, but for the values.
THEIRS = {
    "data.ninja": bytes(range(80)) * 2,
    "dtype.ninja": b"uint16",
    "shape.ninja": (80).to_bytes(8, "little"),
    "order.ninja": b"C",
    "type.ninja": b"ragged",
    "shapes_are_flat.ninja": bytes(4),
    "starts/data.ninja": bytes(8),
    "ends/data.ninja": (80).to_bytes(8, "little"),
    "flattened_shapes/data.ninja": (80).to_bytes(8, "little"),
    "shapes/data.ninja": (2).to_bytes(8, "little") + (40).to_bytes(8, "little"),
}


def test_files_are_as_mmap_ninja_writes_them(tmp_path: Path) -> None:
    values = np.frombuffer(THEIRS["data.ninja"], np.uint16).reshape(2, 40)
    write_ragged(tmp_path / "a_mmap", [values])
    for name, content in THEIRS.items():
        assert (tmp_path / "a_mmap" / name).read_bytes() == content, name
    for name in ("starts", "ends", "flattened_shapes"):
        folder = tmp_path / "a_mmap" / name
        assert (folder / "type.ninja").read_bytes() == b"numpy"
        assert (folder / "dtype.ninja").read_bytes() == b"int64"
        assert (folder / "shape.ninja").read_bytes() == (1).to_bytes(8, "little")
    assert (tmp_path / "a_mmap" / "shapes" / "type.ninja").read_bytes() == b"ragged"


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("data.ninja", b"123"),
        ("data.ninja", None),
        ("dtype.ninja", b"object"),
        ("dtype.ninja", b"nonsense"),
        ("dtype.ninja", b"complex64"),
        ("shape.ninja", b"1234"),
        ("shape.ninja", (1 << 60).to_bytes(8, "little")),
        ("ends/data.ninja", (79).to_bytes(8, "little")),
        ("ends/data.ninja", (1 << 40).to_bytes(8, "little")),
        ("starts/data.ninja", (1 << 63).to_bytes(8, "little")),
    ],
)
def test_broken_folders_are_said(file: str, content: bytes | None, tmp_path: Path) -> None:
    folder = tmp_path / "training" / "a_mmap"
    write_ragged(folder, spectra(4, 2))
    if content is None:
        (folder / file).unlink()
    else:
        (folder / file).write_bytes(content)
    with pytest.raises(DataError, match="cannot be read as a spectrogram set"):
        list(spectrograms(tmp_path, "training"))


def test_a_set_without_the_phrase_becomes_a_stream(tmp_path: Path) -> None:
    ours = [esphome_int8(one) for one in spectra(5, 30, 700, 90)]
    write_set(tmp_path / "set", {"training": ours[:2], "validation_ambient": ours[2:]})
    out = tmp_path / "entry"
    out.mkdir()
    spectrogram_set(out, tmp_path / "set", False, silent)
    train, validation = part(out, "train"), part(out, "validation")
    assert train is not None
    assert validation is not None
    np.testing.assert_array_equal(train, np.concatenate(ours[:2]))
    np.testing.assert_array_equal(validation, ours[2])
    assert {path.name for path in out.iterdir()} == {"train.npy", "validation.npy", "done.npy"}


def test_sayings_of_a_set_end_together(tmp_path: Path) -> None:
    ours = [esphome_int8(one) for one in spectra(6, 100, 300)]
    write_set(tmp_path / "set", {"training": ours})
    out = tmp_path / "entry"
    out.mkdir()
    spectrogram_set(out, tmp_path / "set", True, silent)
    train = part(out, "train")
    assert train is not None
    assert train.shape == (2, SAYING_FRAMES, 40)
    np.testing.assert_array_equal(train[0, -100:], ours[0])
    assert (train[0, :-100] == -128).all()
    np.testing.assert_array_equal(train[1], ours[1][-SAYING_FRAMES:])
    assert part(out, "validation") is None


def test_a_folder_that_is_no_set_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no spectrogram set"):
        spectrogram_set(tmp_path, tmp_path, False, silent)


def test_a_set_is_named_by_its_files(tmp_path: Path) -> None:
    write_set(tmp_path / "a", {"training": [esphome_int8(spectra(7, 9)[0])]})
    before = digest(tmp_path / "a")
    (tmp_path / "a").rename(tmp_path / "b")
    assert digest(tmp_path / "b") == before
    write_set(tmp_path / "b", {"training": [esphome_int8(spectra(7, 10)[0])]})
    assert digest(tmp_path / "b") != before


def test_other_content_of_the_same_size_is_another_set(tmp_path: Path) -> None:
    index, folder = tmp_path / "files.json", tmp_path / "a"
    found = []
    for seed in (7, 8, 7):
        write_set(folder, {"training": [esphome_int8(spectra(seed, 9)[0])]})
        found.append(digest(folder, index))
        assert found[-1] == digest(folder)
    assert found[0] == found[2] != found[1]


def test_a_set_that_did_not_change_is_not_read_again(tmp_path: Path) -> None:
    index, folder = tmp_path / "files.json", tmp_path / "a"
    write_set(folder, {"training": [esphome_int8(spectra(7, 9)[0])]})
    before = digest(folder, index)
    values = next(folder.rglob("wakesmith_mmap")) / "data.ninja"
    then = values.stat()
    values.write_bytes(bytes(then.st_size))  # behind the back of whoever trusts size and time
    os.utime(values, ns=(then.st_atime_ns, then.st_mtime_ns))
    assert digest(folder, index) == before
    index.unlink()
    assert digest(folder, index) != before
    assert digest(folder, tmp_path / "nowhere" / "files.json") != before
    assert not (tmp_path / "nowhere").exists()


def test_a_set_that_is_not_there_is_told_from_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"micro\.sets: .*none is not there"):
        digest(tmp_path / "none")
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match=r"file is a file, and a set is a folder"):
        digest(tmp_path / "file")
    with pytest.raises(DataError, match="holds no spectrogram set"):
        digest(tmp_path)
