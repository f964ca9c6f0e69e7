"""ESPHome's manifests: read strictly, all faults at once, written whole."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from micro import OFFICIAL, official

from wakesmith.errors import ModelError
from wakesmith.runtime import MicroManifest
from wakesmith.runtime.micro import is_micro_manifest

OURS = MicroManifest(
    wake_word="Okay Bétty",
    author="A. N. Other",
    model="okay_betty.tflite",
    trained_languages=("en", "nl"),
    probability_cutoff=0.93,
    sliding_window_size=6,
    tensor_arena_size=25_000,
)


@pytest.mark.parametrize("name", OFFICIAL)
def test_official_manifests_are_read_and_written_as_they_are(name: str, tmp_path: Path) -> None:
    manifest = MicroManifest.load(official(name))
    assert manifest.model == f"{name}.tflite"
    assert manifest.feature_step_size == 10
    saved = manifest.save(tmp_path)
    assert saved == tmp_path / f"{name}.json"
    assert json.loads(saved.read_text()) == json.loads(official(name).read_text())


def test_what_is_saved_is_what_is_loaded(tmp_path: Path) -> None:
    assert MicroManifest.load(OURS.save(tmp_path)) == OURS
    linked = replace(OURS, website="https://example.com/betty")
    assert MicroManifest.load(linked.save(tmp_path)) == linked
    assert [path.name for path in tmp_path.iterdir()] == ["okay_betty.json"]
    whole = json.loads((tmp_path / "okay_betty.json").read_text())
    assert list(whole) == [
        "type",
        "wake_word",
        "author",
        "website",
        "model",
        "trained_languages",
        "version",
        "micro",
    ]


def test_a_manifest_that_esphome_would_refuse_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"micro.tensor_arena_size.*\(0\)"):
        replace(OURS, tensor_arena_size=0).save(tmp_path)
    assert not list(tmp_path.iterdir())


def written(folder: Path, change: dict[str, Any], inner: dict[str, Any]) -> Path:
    """Our manifest with keys changed, or left out where the value is None."""
    whole = json.loads(OURS.json())
    whole["micro"] = {k: v for k, v in {**whole["micro"], **inner}.items() if v is not None}
    whole = {k: v for k, v in {**whole, **change}.items() if v is not None}
    path = folder / "word.json"
    path.write_text(json.dumps(whole))
    return path


@pytest.mark.parametrize(
    ("change", "inner", "says"),
    [
        ({"type": "openWakeWord"}, {}, '"type" has to be "micro"'),
        ({"version": 3}, {}, '"version" has to be 2'),
        ({"version": True}, {}, '"version" has to be 2'),
        ({"version": 1}, {}, "version 1, whose models take steps of 20 ms"),
        ({"wake_word": ""}, {}, '"wake_word" has to be a text'),
        ({"author": None}, {}, '"author" is missing'),
        ({"website": "betty"}, {}, '"website" has to be an address'),
        ({"website": 3}, {}, '"website" has to be an address'),
        ({"trained_languages": [1]}, {}, '"trained_languages" has to be a list'),
        ({"model": "."}, {}, """"model" has to be the name of a file beside the manifest"""),
        ({"model": "https://e.org/a.tflite"}, {}, "and no address ('https://e.org/a.tflite')"),
        ({"micro": None}, {}, '"micro" is missing'),
        ({"micro": 5}, {}, '"micro" has to be an object'),
        ({"threshold": 0.5}, {}, '"threshold" is no key of it'),
        ({}, {"probability_cutoff": 1.5}, '"micro.probability_cutoff" has to be a number'),
        ({}, {"probability_cutoff": True}, '"micro.probability_cutoff" has to be a number'),
        ({}, {"feature_step_size": 31}, '"micro.feature_step_size" has to be a whole number'),
        ({}, {"sliding_window_size": 0}, '"micro.sliding_window_size" has to be a whole'),
        ({}, {"sliding_window_size": 2.0}, '"micro.sliding_window_size" has to be a whole'),
        ({}, {"tensor_arena_size": None}, '"micro.tensor_arena_size" is missing'),
        ({}, {"minimum_esphome_version": "2024"}, '"micro.minimum_esphome_version" has to be'),
        ({}, {"stride": 3, "vad": 1}, '"micro.stride", "micro.vad" is no key of it'),
    ],
)
def test_what_esphome_refuses_is_refused(
    tmp_path: Path, change: dict[str, Any], inner: dict[str, Any], says: str
) -> None:
    path = written(tmp_path, change, inner)
    with pytest.raises(ModelError) as caught:
        MicroManifest.load(path)
    assert says in str(caught.value)
    assert str(path) in str(caught.value)


def test_all_faults_are_named_at_once(tmp_path: Path) -> None:
    path = written(tmp_path, {"author": 1, "extra": 2}, {"tensor_arena_size": "big", "more": 3})
    with pytest.raises(ModelError) as caught:
        MicroManifest.load(path)
    for key in ("author", "extra", "micro.tensor_arena_size", "micro.more"):
        assert f'"{key}"' in str(caught.value)


def test_one_language_may_stand_alone(tmp_path: Path) -> None:
    path = written(tmp_path, {"trained_languages": "de"}, {})
    assert MicroManifest.load(path).trained_languages == ("de",)


@pytest.mark.parametrize("text", ["", "{", "[]", "3"])
def test_what_is_no_object_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "word.json"
    path.write_text(text)
    assert not is_micro_manifest(path)
    with pytest.raises(ModelError, match="manifest"):
        MicroManifest.load(path)


def test_what_is_no_json_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "word.json"
    path.write_text('{"type": "micro",')
    with pytest.raises(ModelError, match=r"no JSON: .*line 1.*Get it again"):
        MicroManifest.load(path)


def test_a_micro_manifest_is_known_even_when_it_is_bad(tmp_path: Path) -> None:
    assert is_micro_manifest(written(tmp_path, {"author": 1}, {}))
    assert not is_micro_manifest(written(tmp_path, {"type": "openWakeWord"}, {}))
    assert not is_micro_manifest(tmp_path / "none.json")
    with pytest.raises(ModelError, match="no such manifest"):
        MicroManifest.load(tmp_path / "none.json")
