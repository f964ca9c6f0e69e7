"""Files that are whole or not there."""

from pathlib import Path

import pytest

from wakesmith.atomic import whole_file, write_whole
from wakesmith.runtime import Manifest, MicroManifest


def broken_off(path: Path) -> None:
    with whole_file(path) as file:
        file.write(b"half of what ca")
        raise KeyboardInterrupt


def test_what_breaks_off_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_whole(path, b"before")
    with pytest.raises(KeyboardInterrupt):
        broken_off(path)
    assert path.read_bytes() == b"before"
    assert [found.name for found in tmp_path.iterdir()] == ["a.txt"]
    write_whole(path, b"after")
    assert path.read_bytes() == b"after"


def test_manifests_that_cannot_take_their_name_leave_nothing(tmp_path: Path) -> None:
    bundle = Manifest("word", "word", {"tflite": "word.tflite"})
    micro = MicroManifest("Word", "us", "word.tflite", ("en",), 0.9, 5, 30_000)
    for manifest, name in ((bundle, "manifest.json"), (micro, "word.json")):
        (tmp_path / name).mkdir()  # in the way
        with pytest.raises(OSError, match=name):
            manifest.save(tmp_path)
    assert {found.name for found in tmp_path.iterdir()} == {"manifest.json", "word.json"}
