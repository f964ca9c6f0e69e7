"""A bundle: a folder that holds one wake word's model files and a manifest that describes them.

The manifest is JSON. Its ``format`` is strict, so that an old Wakesmith never misreads a new
bundle; keys that are not known are kept in ``extra``, so that tools may add their own.
"""

import dataclasses
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

from wakesmith.atomic import write_whole
from wakesmith.errors import ModelError

FORMAT = 1
"""The manifest's format that this version writes and reads."""
MANIFEST = "manifest.json"
"""Name of the manifest in the bundle folder."""

Kind = Literal["tflite", "onnx", "esphome"]


def _version() -> str:
    try:
        return version("wakesmith")
    except PackageNotFoundError:  # run from a source tree that is not installed
        return "unknown"


@dataclass(frozen=True)
class Manifest:
    """What a bundle holds and how to listen with it."""

    name: str
    """Stem of the model files; what runtimes call the model."""
    phrase: str
    """The wake phrase as it is written."""
    models: Mapping[str, str]
    """Kind to file, relative to the bundle folder: "tflite", "onnx"; "esphome" is the manifest that
    ESPHome reads, which names the model."""
    threshold: float = 0.5
    """A score above it is a detection."""
    refractory: float = 2.0
    """Seconds after a detection in which there is no other."""
    window: int = 16
    """Frames of its front end that one score looks at."""
    family: str = "openwakeword"
    """Family of runtimes that the models are for."""
    language: str = "en"
    """Language of the phrase."""
    wakesmith: str = field(default_factory=_version)
    """Version of Wakesmith that made the bundle."""
    format: int = FORMAT
    """Format of the manifest."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Further keys of the JSON object, as they were read."""

    def save(self, folder: str | os.PathLike[str]) -> Path:
        """Writes ``manifest.json`` into the folder, whole or not at all; returns its path."""
        path = Path(folder) / MANIFEST
        values = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        extra = values.pop("extra")
        text = json.dumps({**values, "models": dict(self.models), **extra}, indent=2)
        write_whole(path, text.encode() + b"\n")
        return path

    @staticmethod
    def load(folder: str | os.PathLike[str]) -> "Manifest":
        """The manifest of a bundle folder; ``ModelError`` says what is wrong with it."""
        path = Path(folder) / MANIFEST
        if not path.is_file():
            raise ModelError(
                f"{folder}: this folder is no bundle: it has no {MANIFEST}. "
                "Give a bundle folder, a .tflite or .onnx file, or an ESPHome manifest (.json)."
            )
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
        except OSError as problem:
            raise ModelError(f"{path}: the manifest cannot be read: {problem}") from problem
        except ValueError as problem:
            raise ModelError(
                f"{path}: the manifest is no JSON: {problem}. "
                "Copy the bundle again, or train it anew."
            ) from problem
        if not isinstance(values, dict):
            raise ModelError(f"{path}: the manifest has to be a JSON object.")
        _check_format(path, values.get("format"))
        _check_types(path, values)
        known = {f.name for f in dataclasses.fields(Manifest)} - {"extra"}
        extra = {key: value for key, value in values.items() if key not in known}
        return Manifest(**{k: v for k, v in values.items() if k in known}, extra=extra)


def model_file(
    folder: str | os.PathLike[str], manifest: Manifest, kind: Kind | None = None
) -> Path:
    """The bundle's model file of a kind; without one TFLite, or ONNX where there is no TFLite."""
    kinds: tuple[str, ...] = (kind,) if kind else ("tflite", "onnx")
    found = next((manifest.models[k] for k in kinds if k in manifest.models), None)
    if found is None:
        raise ModelError(
            f"{folder}: the bundle has no {' or '.join(kinds)} model "
            f"(it lists: {', '.join(manifest.models) or 'none'})."
        )
    path = Path(folder) / found
    if not path.resolve().is_relative_to(Path(folder).resolve()):
        raise ModelError(f"{folder}: the manifest names the model {found!r} outside the bundle.")
    if not path.is_file():
        raise ModelError(
            f"{path}: the manifest names this model, but it is not there. Copy the whole bundle."
        )
    return path


def _check_format(path: Path, found: object) -> None:
    if found == FORMAT and not isinstance(found, bool):
        return
    if isinstance(found, int) and found > FORMAT:
        raise ModelError(
            f"{path}: the bundle has format {found} and this Wakesmith reads {FORMAT}. "
            "Install a newer one."
        )
    raise ModelError(f'{path}: "format" has to be {FORMAT}, not {found!r}: is it a bundle of ours?')


def _check_types(path: Path, values: dict[str, Any]) -> None:
    """All fields at fault at once."""
    wrong = []

    def check(key: str, what: str, holds: bool) -> None:
        if not holds:
            found = repr(values[key]) if key in values else "missing"
            wrong.append(f'"{key}" has to be {what} ({found})')

    for key, required in (
        ("name", True),
        ("phrase", True),
        ("family", False),
        ("language", False),
        ("wakesmith", False),
    ):
        if required or key in values:
            value = values.get(key)
            check(key, "a text that is not empty", isinstance(value, str) and value != "")
    models = values.get("models")
    check(
        "models",
        'an object like {"tflite": "word.tflite"}',
        isinstance(models, dict) and all(isinstance(v, str) and v for v in models.values()),
    )
    if "threshold" in values:
        check("threshold", "a number from 0 to 1", 0 <= _number(values["threshold"]) <= 1)
    if "refractory" in values:
        check("refractory", "seconds, 0 or more", 0 <= _number(values["refractory"]) < float("inf"))
    if "window" in values:
        window = values["window"]
        check("window", "a whole number above 0", type(window) is int and window > 0)
    if wrong:
        raise ModelError(f"{path}: " + "; ".join(wrong) + ".")


def _number(value: object) -> float:
    """The number, or NaN, which no comparison holds for."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    return float("nan")
