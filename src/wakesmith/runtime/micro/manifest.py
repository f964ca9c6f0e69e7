"""ESPHome's version 2 manifest of a micro_wake_word model: the JSON beside the ``.tflite``.

The keys and what they may hold are ``MANIFEST_SCHEMA_V2`` of ESPHome's
``components/micro_wake_word/__init__.py``. It refuses any other key, at either level, and so does
this. Stricter are only an empty text, a number or a text in place of the other, a cutoff outside
0 to 1, a window outside 1 to 255, an arena below 1, and a model that is no file beside it: these
ESPHome takes, and mostly does not work then.

Version 1 is refused: its models take 20 ms steps, which no front end of today makes
(``_convert_manifest_v1_to_v2`` there).
"""

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from wakesmith.atomic import write_whole
from wakesmith.errors import ModelError

VERSION = 2
"""The manifest's version that is read and written."""
STEP_MS = 10
"""Milliseconds of a frame in every version 2 model there is."""
MINIMUM_ESPHOME = "2024.7.0"
"""The first ESPHome that reads version 2, as the official manifests have it."""


@dataclass(frozen=True)
class MicroManifest:
    """What ESPHome has to know of a model."""

    wake_word: str
    """The phrase as it is shown."""
    author: str
    model: str
    """The model's file, relative to the manifest."""
    trained_languages: tuple[str, ...]
    probability_cutoff: float
    """A mean probability above it is a detection; 0 to 1."""
    sliding_window_size: int
    """Probabilities that the mean is of."""
    tensor_arena_size: int
    """Bytes of memory that the model needs on a device."""
    website: str | None = None
    feature_step_size: int = STEP_MS
    """Milliseconds from frame to frame."""
    minimum_esphome_version: str = MINIMUM_ESPHOME

    def json(self) -> str:
        """The manifest's text, the keys in the order of the official ones."""
        whole: dict[str, Any] = {"type": "micro", "wake_word": self.wake_word}
        whole["author"] = self.author
        if self.website is not None:
            whole["website"] = self.website
        whole["model"] = self.model
        whole["trained_languages"] = list(self.trained_languages)
        whole["version"] = VERSION
        whole["micro"] = {
            "probability_cutoff": self.probability_cutoff,
            "feature_step_size": self.feature_step_size,
            "sliding_window_size": self.sliding_window_size,
            "tensor_arena_size": self.tensor_arena_size,
            "minimum_esphome_version": self.minimum_esphome_version,
        }
        return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"

    def save(self, folder: str | os.PathLike[str]) -> Path:
        """Writes ``<model's stem>.json`` into the folder, whole or not at all; returns its path.

        ``ModelError`` names all that is wrong with it.
        """
        path = Path(folder) / f"{Path(self.model).stem}.json"
        text = self.json()
        _check(path, json.loads(text))
        write_whole(path, text.encode())
        return path

    @staticmethod
    def load(path: str | os.PathLike[str]) -> "MicroManifest":
        """The manifest in a file; ``ModelError`` names all that is wrong with it."""
        path = Path(path)
        if not path.is_file():
            raise ModelError(f"{path}: there is no such manifest. Is the path right?")
        try:
            whole = json.loads(path.read_text(encoding="utf-8"))
        except OSError as problem:
            raise ModelError(f"{path}: the manifest cannot be read: {problem}") from problem
        except ValueError as problem:
            raise ModelError(
                f"{path}: the manifest is no JSON: {problem}. "
                "Get it again from where the model is from."
            ) from problem
        _check(path, whole)
        languages = whole["trained_languages"]
        micro = whole["micro"]
        return MicroManifest(
            wake_word=whole["wake_word"],
            author=whole["author"],
            model=whole["model"],
            trained_languages=(languages,) if isinstance(languages, str) else tuple(languages),
            probability_cutoff=float(micro["probability_cutoff"]),
            sliding_window_size=micro["sliding_window_size"],
            tensor_arena_size=micro["tensor_arena_size"],
            website=whole.get("website"),
            feature_step_size=micro["feature_step_size"],
            minimum_esphome_version=micro["minimum_esphome_version"],
        )


def is_micro_manifest(path: str | os.PathLike[str]) -> bool:
    """Whether the file is JSON that calls itself a micro manifest, well or badly made."""
    try:
        whole = json.loads(Path(path).read_text(encoding="utf-8"))
    except (ValueError, OSError):
        return False
    return isinstance(whole, dict) and whole.get("type") == "micro"


def _text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _file(value: object) -> bool:
    return _text(value) and "://" not in str(value) and Path(str(value)).name not in ("", "..")


def _whole(low: int, high: float = float("inf")) -> Callable[[object], bool]:
    return lambda value: type(value) is int and low <= value <= high


def _languages(value: object) -> bool:
    return _text(value) or (isinstance(value, list) and all(map(_text, value)))


def _url(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return bool(parts.scheme and parts.netloc)


def _cutoff(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _version_number(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"\d+\.\d+\.\d+-?\w*", value) is not None


_Rule = tuple[str, Callable[[object], bool]]
_OPTIONAL = "website"
_OUTER: Mapping[str, _Rule] = {
    "type": ('"micro"', lambda value: value == "micro"),
    "wake_word": ("a text", _text),
    "author": ("a text", _text),
    "website": ("an address like https://example.com/", _url),
    "model": ("the name of a file beside the manifest, and no address", _file),
    "trained_languages": ('a list like ["en"]', _languages),
    "version": (str(VERSION), _whole(VERSION, VERSION)),
    "micro": ("an object", lambda value: isinstance(value, dict)),
}
_INNER: Mapping[str, _Rule] = {
    "probability_cutoff": ("a number from 0 to 1", _cutoff),
    "feature_step_size": ("a whole number from 0 to 30", _whole(0, 30)),
    "sliding_window_size": ("a whole number from 1 to 255", _whole(1, 255)),
    "tensor_arena_size": ("a whole number above 0", _whole(1)),
    "minimum_esphome_version": (f'a version like "{MINIMUM_ESPHOME}"', _version_number),
}


def _check(path: Path, whole: object) -> None:
    """All faults at once."""
    if not isinstance(whole, dict):
        raise ModelError(f"{path}: the manifest has to be a JSON object.")
    if whole.get("type") == "micro" and _whole(1, 1)(whole.get("version")):
        raise ModelError(
            f"{path}: this is a manifest of version 1, whose models take steps of 20 ms; version "
            f"{VERSION} is read here. Give a version 2 model (the official ones: "
            "https://github.com/esphome/micro-wake-word-models/tree/main/models/v2)."
        )
    faults = _faults("", whole, _OUTER)
    if isinstance(whole.get("micro"), dict):
        faults += _faults("micro.", whole["micro"], _INNER)
    if faults:
        raise ModelError(
            f"{path}: this is no manifest for ESPHome: {'; '.join(faults)}. "
            "See https://esphome.io/components/micro_wake_word"
        )


def _faults(prefix: str, values: Mapping[str, Any], rules: Mapping[str, _Rule]) -> list[str]:
    faults = []
    for key, (what, holds) in rules.items():
        if key in values:
            if not holds(values[key]):
                faults.append(f'"{prefix}{key}" has to be {what} ({values[key]!r})')
        elif key != _OPTIONAL:
            faults.append(f'"{prefix}{key}" is missing: it has to be {what}')
    unknown = [f'"{prefix}{key}"' for key in values if key not in rules]
    if unknown:
        faults.append(f"{', '.join(unknown)} is no key of it; remove it")
    return faults
