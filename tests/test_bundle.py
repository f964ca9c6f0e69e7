"""Bundles: what a manifest says, and what is wrong with it."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from helpers import pretrained

from wakesmith.errors import ModelError
from wakesmith.runtime import Detector, Manifest
from wakesmith.runtime.bundle import FORMAT, model_file


def bundle(folder: Path, **changes: Any) -> Path:
    folder.mkdir(exist_ok=True)
    shutil.copy(pretrained("hey_jarvis"), folder / "word.tflite")
    fields = {"name": "word", "phrase": "a word", "models": {"tflite": "word.tflite"}}
    Manifest(**{**fields, **changes}).save(folder)
    return folder


def spoil(folder: Path, **values: Any) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def test_a_manifest_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    manifest = Manifest("w", "a w", {"onnx": "w.onnx"}, 0.4, 1.0, 28, extra={"by": ["me"]})
    manifest.save(tmp_path)
    assert Manifest.load(tmp_path) == manifest
    assert [p.name for p in tmp_path.iterdir()] == ["manifest.json"]


def test_unknown_keys_are_kept(tmp_path: Path) -> None:
    spoil(bundle(tmp_path), colour="green")
    assert Manifest.load(tmp_path).extra == {"colour": "green"}


@pytest.mark.parametrize("found", [FORMAT + 1, 0, "1", None, True])
def test_another_format_is_refused(tmp_path: Path, found: object) -> None:
    spoil(bundle(tmp_path), format=found)
    with pytest.raises(ModelError, match="format"):
        Manifest.load(tmp_path)


def test_all_fields_at_fault_are_named_at_once(tmp_path: Path) -> None:
    spoil(bundle(tmp_path), name="", threshold=2, window="16", refractory=-1, models=["w"])
    with pytest.raises(ModelError) as caught:
        Manifest.load(tmp_path)
    assert all(
        f'"{k}"' in str(caught.value)
        for k in ("name", "threshold", "window", "refractory", "models")
    )


@pytest.mark.parametrize("text", ["{", "[]", "\x00"])
def test_what_is_no_manifest_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(ModelError, match=r"manifest\.json"):
        Manifest.load(tmp_path)


def test_what_is_no_json_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(ModelError, match=r"no JSON: .*line 1.*Copy the bundle again"):
        Manifest.load(tmp_path)


def test_a_folder_without_a_manifest_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no bundle"):
        Detector(tmp_path)


def test_tflite_goes_before_onnx_and_a_missing_file_is_named(tmp_path: Path) -> None:
    models = {"onnx": "word.onnx", "tflite": "word.tflite"}
    manifest = Manifest.load(bundle(tmp_path, models=models))
    assert model_file(tmp_path, manifest).name == "word.tflite"
    with pytest.raises(ModelError, match=r"word\.onnx"):
        model_file(tmp_path, manifest, "onnx")


def test_models_outside_the_bundle_are_refused(tmp_path: Path) -> None:
    folder = bundle(tmp_path / "b", models={"tflite": "../word.tflite"})
    shutil.copy(folder / "word.tflite", tmp_path / "word.tflite")
    with pytest.raises(ModelError, match="outside"):
        Detector(folder)


def test_a_bundle_brings_its_own_threshold_and_rest(tmp_path: Path) -> None:
    folder = bundle(tmp_path, threshold=0.3, refractory=1.5, name="word")
    detector = Detector(folder)
    assert (detector.name, detector.threshold, detector.refractory) == ("word", 0.3, 1.5)
    given = Detector(folder, threshold=0.0, refractory=0.0)
    assert (given.threshold, given.refractory) == (0.0, 0.0)
    plain = Detector(pretrained("alexa"))
    assert (plain.name, plain.threshold, plain.refractory) == ("alexa", 0.5, 2.0)
