"""Reading a recipe: from a file, a phrase, single settings, or all of them laid over one another.

From low to high: defaults, preset, file, what the command line names, ``--set``. All mistakes are
found before any is reported, each with its path, its line and, for a key that is not known, the
closest one that is.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from wakesmith.errors import RecipeError
from wakesmith.recipe import microwakeword, openwakeword, presets, problems
from wakesmith.recipe.fields import PATH, Place
from wakesmith.recipe.presets import Values, fill
from wakesmith.recipe.tree import Recipe
from wakesmith.recipe.yamltext import Document, Problem, dump, parse


@dataclass(frozen=True)
class Loaded:
    """A recipe, and where it came from."""

    recipe: Recipe
    origins: Mapping[str, str] = field(default_factory=dict)
    """Dotted field -> who set it: a file's name, ``--set``, ``preset quick``; none: default."""
    notes: tuple[str, ...] = ()
    """Sentences for the user: keys of a foreign format that are not used, and why."""
    output: Path | None = None
    """Where the file asks the run to go (openWakeWord's ``output_dir``)."""


def load(
    path: str | Path | None = None,
    *,
    phrase: str | None = None,
    preset: str | None = None,
    overrides: Sequence[str] = (),
) -> Recipe:
    """The recipe of a YAML file or a phrase, or RecipeError. See ``read`` for the rest of it."""
    return read(path, phrase=phrase, preset=preset, overrides=overrides).recipe


def read(
    path: str | Path | None = None,
    *,
    phrase: str | None = None,
    preset: str | None = None,
    family: str | None = None,
    seed: int | None = None,
    workers: int | None = None,
    recordings: Sequence[str | Path] = (),
    background: Sequence[str | Path] = (),
    overrides: Sequence[str] = (),
) -> Loaded:
    """Lay everything over one another and check it.

    ``path`` is a recipe or a training YAML of openWakeWord or microWakeWord; relative folders in
    it are meant from its own folder, those given here from the current one. ``recordings`` and
    ``background`` are added to what the file names. ``overrides`` are written
    ``synth.positives=500``, with the value in YAML. Raises RecipeError naming every mistake, or
    that the file is no recipe.
    """
    found: list[Problem] = []
    document, source = Document({}), "command line"
    if path is not None:
        source = str(path)
        document = parse(_text(Path(path)))
        found += document.problems
    if document.value is not None and not isinstance(document.value, Mapping):
        found.append(Problem((), 'holds no keys; a recipe begins with "phrase: …"', 1))
    values = _given(document.value) if isinstance(document.value, Mapping) else {}
    if _is_manifest(values):
        raise RecipeError(
            f"{source}: is the manifest of a finished model, not a recipe. If Wakesmith trained "
            "it, give recipe.yaml of the run's folder; `wakesmith detect` and `wakesmith evaluate` "
            "take models"
        )
    origins: dict[str, str] = {}
    foreign: dict[str, str] = {}
    notes: tuple[str, ...] = ()
    output: str | None = None
    reader = next((r for r in (openwakeword, microwakeword) if r.is_training_yaml(values)), None)
    if reader is not None:
        converted = reader.convert(values)
        values, foreign = converted.values, converted.origins
        notes, output = converted.notes, converted.output
        found += [_with_line(p, document.lines) for p in converted.problems]
    folder = Path(path).parent if path is not None else Path()
    values = _placed(values, Recipe, folder)
    origins |= dict.fromkeys(_leaves(values), Path(source).name)

    asked = _asked(phrase, preset, family, seed, workers)
    values = fill(asked, values)
    for section, name, more in (
        ("recordings", "folders", recordings),
        ("negatives", "background", background),
    ):
        if more:
            there = values.get(section, {})
            kept = there.get(name, []) if isinstance(there, Mapping) else []
            places = [*(kept if isinstance(kept, list) else []), *map(str, more)]
            added = {section: {name: places}}
            asked = fill(added, asked)
            values = fill(_placed(added, Recipe, Path()), values)
    origins |= dict.fromkeys(_leaves(asked), "command line")

    for override in overrides:
        setting, wrong = _override(override)
        found += wrong
        values = fill(_placed(setting, Recipe, Path()), values)
        origins |= dict.fromkeys(_leaves(setting), "--set")

    name = values.get("preset", "standard")
    if isinstance(name, str) and name in presets.PRESETS:
        sizes = _leaves(presets.PRESETS[name]())
        origins = dict.fromkeys(sizes, f"preset {name}") | origins
    recipe = _checked(values, found, document, origins, foreign, source)
    place = None if output is None else folder / Path(output).expanduser()
    return Loaded(recipe, origins, notes, place)


def dumps(recipe: Recipe) -> str:
    """The recipe as YAML with every field; ``load`` gives the same recipe back."""
    return dump(recipe.model_dump(mode="json")) + "\n"


def schema() -> dict[str, Any]:
    """JSON Schema of a recipe; the descriptions are the fields' docstrings."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Recipe.model_json_schema(),
        "title": "Wakesmith recipe",
    }


def _is_manifest(values: Values) -> bool:
    """Whether it is a model's: ESPHome's or a bundle's."""
    esphome = values.get("type") == "micro" and "wake_word" in values
    return esphome or ("models" in values and "format" in values)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise RecipeError(f"{path}: there is no such recipe") from None
    except UnicodeDecodeError:
        raise RecipeError(f"{path}: is not text in UTF-8, so not a recipe") from None
    except OSError as error:
        raise RecipeError(f"{path}: cannot be read ({error.strerror})") from None


def _asked(
    phrase: str | None,
    preset: str | None,
    family: str | None,
    seed: int | None,
    workers: int | None,
) -> Values:
    asked: Values = {"phrase": phrase, "preset": preset, "family": family, "seed": seed}
    asked["machine"] = {"workers": workers}
    return _given(asked)


def _given(values: Mapping[str, Any]) -> Values:
    """Without the keys that were left empty: they are as good as not written."""
    kept = {k: _given(v) if isinstance(v, Mapping) else v for k, v in values.items()}
    return {k: v for k, v in kept.items() if v is not None}


def _override(text: str) -> tuple[Values, list[Problem]]:
    key, sign, written = text.partition("=")
    path = tuple(key.strip().split("."))
    if not sign or not all(path):
        return {}, [Problem(("--set", text), "must be written path=value: synth.positives=500")]
    document = parse(written)
    wrong = [Problem(("--set", text), problem.message) for problem in document.problems]
    nested: Any = "" if document.value is None else document.value
    for name in reversed(path):
        nested = {name: nested}
    return (nested, wrong) if not wrong else ({}, wrong)


def _leaves(values: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """Dotted paths of everything that is not a mapping."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{above}{key}.")
        else:
            yield f"{above}{key}"


def _placed(values: Mapping[str, Any], model: type[BaseModel], folder: Path) -> Values:
    """With the files and folders among the values made absolute, as seen from ``folder``."""
    placed = dict(values)
    for name, info in model.model_fields.items():
        value = placed.get(name)
        inner = info.annotation
        if isinstance(value, Mapping) and isinstance(inner, type) and issubclass(inner, BaseModel):
            placed[name] = _placed(value, inner, folder)
        elif isinstance(value, str) and info.json_schema_extra == PATH:
            placed[name] = _absolute(value, folder)
        elif isinstance(value, list) and (listed := get_args(inner)):
            placed[name] = [_placed_entry(entry, listed[0], folder) for entry in value]
    return placed


def _placed_entry(entry: Any, kind: Any, folder: Path) -> Any:
    if kind is Place and isinstance(entry, str):
        return _absolute(entry, folder)
    if isinstance(entry, Mapping) and isinstance(kind, type) and issubclass(kind, BaseModel):
        return _placed(entry, kind, folder)
    return entry


def _absolute(place: str, folder: Path) -> str:
    if place.startswith("data:"):  # of the catalog; a folder of such a name is ./data:…
        return place
    # normpath, not resolve: a link is followed when the file is read, not when it is named.
    return os.path.normpath(Path.cwd() / folder / Path(place).expanduser()) if place else place


def _with_line(problem: Problem, lines: Mapping[tuple[str | int, ...], int]) -> Problem:
    return Problem(problem.path, problem.message, problem.line or lines.get(problem.path, 0))


def _checked(
    values: Values,
    found: list[Problem],
    document: Document,
    origins: Mapping[str, str],
    foreign: Mapping[str, str],
    source: str,
) -> Recipe:
    """The recipe, or RecipeError with the problems found before and those of the values."""
    readable = not any(problem.path == () for problem in found)
    try:
        recipe = Recipe.model_validate(values)
    except ValidationError as error:
        if readable:
            found += problems.of(error, document.lines, origins, foreign)
    if found:
        raise RecipeError(problems.report(source, found))
    return recipe
