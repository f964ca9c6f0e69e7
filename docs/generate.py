"""Writes docs/recipe.md, docs/cli.md and docs/events.md from the code; ``--check`` compares only.

python docs/generate.py            write
python docs/generate.py --check    exit 1 when a page is not what the code says
"""

import ast
import dataclasses
import inspect
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin

import click
from pydantic import BaseModel

from wakesmith import events
from wakesmith.cli import main as command_line
from wakesmith.measure.evaluation import FORMAT, Evaluation
from wakesmith.recipe import Recipe, microwakeword, openwakeword, schema
from wakesmith.recipe.presets import PRESETS
from wakesmith.recipe.yamltext import dump_inline

HERE = Path(__file__).parent
_MADE = "<!-- Made by docs/generate.py: change the code, then run `make docs`. -->\n"
_WIDTH = 96


def pages() -> dict[str, str]:
    """File name -> text of every generated page."""
    return {"recipe.md": recipe_page(), "cli.md": cli_page(), "events.md": events_page()}


def recipe_page() -> str:
    """Every field of the recipe, the presets, and the keys of openWakeWord's file."""
    lines = [
        "# The recipe\n",
        _MADE,
        "A recipe is everything that a person decides, in YAML. Only `phrase` must be given; "
        "`wakesmith show recipe.yaml` prints the rest with who chose it, and "
        "`--set path=value` changes any field on the command line. Unknown keys are errors. "
        "Words such as `no` and `on` are text here, and a relative folder is meant from the "
        "recipe's own folder.\n",
        *_section(Recipe, ""),
        "## Presets\n",
        "The sizes that each preset fills in where the recipe does not say:\n",
        _row("field", *PRESETS),
        _row(*["---"] * (1 + len(PRESETS))),
    ]
    sizes = {name: dict(_leaves(make())) for name, make in PRESETS.items()}
    for field in next(iter(sizes.values())):
        lines.append(_row(f"`{field}`", *(f"{sizes[name][field]:,}" for name in PRESETS)))
    lines += [
        "",
        *_training_file(
            "openWakeWord",
            "A file with `target_phrase` is",
            openwakeword.MAPPED,
            openwakeword.NOT_USED,
        ),
        "",
        *_training_file(
            "microWakeWord",
            "A file with `features` and `training_steps` or `negative_class_weight` is",
            microwakeword.MAPPED,
            microwakeword.NOT_USED,
        ),
    ]
    return "\n".join(lines) + "\n"


def _training_file(
    whose: str, signs: str, mapped: Mapping[str, tuple[str, ...]], not_used: Mapping[str, str]
) -> Iterator[str]:
    """What becomes of each key of another trainer's file."""
    yield f"## {whose}'s training file\n"
    yield f"{signs} read as a training file of {whose}:\n"
    yield _row("its key", "here")
    yield _row("---", "---")
    for key, fields in mapped.items():
        yield _row(f"`{key}`", ", ".join(f"`{f}`" for f in fields) or "where the run goes")
    for key, why in not_used.items():
        yield _row(f"`{key}`", f"not used: {why}")


def cli_page() -> str:
    """The help of every command."""
    lines = ["# The command line\n", _MADE]
    settings = {**command_line.context_settings, "terminal_width": _WIDTH}
    with click.Context(command_line, info_name="wakesmith", **settings) as top:
        lines += ["```text", command_line.get_help(top), "```\n"]
        for name in command_line.list_commands(top):
            command = command_line.get_command(top, name)
            assert command is not None
            inner = click.Context(command, info_name=name, parent=top, terminal_width=_WIDTH)
            lines += [f"## {name}\n", "```text", command.get_help(inner), "```\n"]
            for part, below in getattr(command, "commands", {}).items():
                deeper = click.Context(below, info_name=part, parent=inner, terminal_width=_WIDTH)
                lines += [f"### {name} {part}\n", "```text", below.get_help(deeper), "```\n"]
    lines += ["## Exit codes\n", _row("code", "error", "meaning"), _row("---", "---", "---")]
    lines.append(_row("0", "", "done"))
    for error in sorted(_errors(), key=lambda e: (e.exit_code, e.__name__)):
        lines.append(_row(str(error.exit_code), f"`{error.__name__}`", inspect.getdoc(error) or ""))
    return "\n".join(lines) + "\n"


def events_page() -> str:
    """Every event and its fields, and the object that ``evaluate --json`` ends with."""
    lines = [
        "# Events\n",
        _MADE,
        "What a run says about itself. `--json` prints one a line: an object with the event's "
        "name under `event` and its fields beside it.\n",
    ]
    for event in get_args(events.Event):
        lines += [f"## {event.__name__}\n", *_fields(event)]
    lines += [
        "## What `evaluate --json` ends with\n",
        "The last line of `wakesmith evaluate --json` is no event and has no `event`: it is the "
        "evaluation, the same object as in the report's `report.json`. Its `format` is "
        f"{FORMAT}, and is raised when a reader of the old would misread the new.\n",
        *_fields(Evaluation),
    ]
    for part in _parts(Evaluation):
        lines += [f"### {part.__name__}\n", *_fields(part)]
    return "\n".join(lines).rstrip("\n") + "\n"


def _fields(cls: type[Any]) -> Iterator[str]:
    """What a dataclass is, and a row for each field."""
    yield f"{inspect.getdoc(cls)}\n"
    yield _row("field", "type", "meaning")
    yield _row("---", "---", "---")
    meanings = _docstrings(cls)
    for field in dataclasses.fields(cls):
        yield _row(f"`{field.name}`", _json_type(field.type), meanings.get(field.name, ""))
    yield ""


def _parts(cls: type[Any]) -> list[type[Any]]:
    """The dataclasses that the fields of a dataclass hold, each once, in order."""
    found: dict[type[Any], None] = {}
    waiting: list[Any] = [field.type for field in dataclasses.fields(cls)]
    while waiting:
        kind = waiting.pop(0)
        if dataclasses.is_dataclass(kind) and isinstance(kind, type):
            found[kind] = None
            waiting += [field.type for field in dataclasses.fields(kind)]
        waiting += get_args(kind)
    return list(found)


def _json_type(kind: Any) -> str:
    """What stands in the JSON for a field of this type."""
    inner = get_args(kind)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return f"[{kind.__name__}](#{kind.__name__.lower()})"
    if get_origin(kind) is Literal:
        return " or ".join(f'"{value}"' for value in inner)
    if get_origin(kind) is UnionType:
        return " or ".join(map(_json_type, inner))
    if get_origin(kind) is tuple:
        if inner[-1] is Ellipsis:
            return f"list of {_json_type(inner[0])}"
        return f"[{', '.join(map(_json_type, inner))}]"
    if get_origin(kind) is Mapping:
        return f"object of {_json_type(inner[1])}"
    return "null" if kind is NoneType else str(kind.__name__)


def _section(model: type[BaseModel], above: str) -> Iterator[str]:
    properties = _properties(model)
    parts = []
    yield f"## {above.rstrip('.') or 'Top'}\n"
    yield f"{(inspect.getdoc(model) or '').splitlines()[0]}\n"
    yield _row("field", "value", "default", "meaning")
    yield _row("---", "---", "---", "---")
    for name, field in model.model_fields.items():
        inner = field.annotation
        meaning = field.description or ""
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            parts.append((name, inner))
            link = f"{above}{name}".replace(".", "")
            yield _row(f"`{name}`", f"[section](#{link})", "", meaning)
        else:
            default = "" if field.is_required() else f"`{dump_inline(_listed(field.default))}`"
            yield _row(f"`{name}`", _kind(properties[name]), default, meaning)
            entries = [arg for arg in get_args(inner) if isinstance(arg, type)]
            parts += [(f"{name}[]", arg) for arg in entries if issubclass(arg, BaseModel)]
    yield ""
    for name, inner in parts:
        yield from _section(inner, f"{above}{name}.")


def _properties(model: type[BaseModel]) -> dict[str, Any]:
    whole = schema()
    part = whole if model is Recipe else whole["$defs"][model.__name__]
    properties: dict[str, Any] = part["properties"]
    return properties


def _kind(property_: dict[str, Any]) -> str:
    """What may be written, in words."""
    if "enum" in property_:
        return " or ".join(property_["enum"])
    if "prefixItems" in property_:
        return "[low, high]"
    if "$ref" in property_:
        return _words(property_["$ref"].rpartition("/")[2])
    if property_["type"] == "array":
        inner = _kind(property_["items"])
        return f"list of {_several(inner)}"
    if property_["type"] == "object":
        return "shares by " + " and ".join(property_["propertyNames"]["enum"])
    if property_.get("format") == "path":
        return "path"
    words = {"string": "text", "integer": "whole number", "number": "number", "boolean": "boolean"}
    bounds = [
        f"{sign} {property_[key]:g}"
        for key, sign in (("minimum", "≥"), ("exclusiveMinimum", ">"), ("maximum", "≤"))
        if key in property_
    ]
    return ", ".join([words[property_["type"]], *bounds])


def _several(kind: str) -> str:
    """More than one of a kind: whole numbers, ≥ 1; lists of text."""
    what, comma, bound = kind.partition(",")
    if what.startswith("list"):
        return "lists" + kind.removeprefix("list")
    return kind if what == "text" else f"{what}s{comma}{bound}"


def _words(name: str) -> str:
    """A class's name in words: SpectrogramSet is a spectrogram set."""
    return "".join(f" {c.lower()}" if c.isupper() else c for c in name).strip()


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _leaves(values: dict[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def _docstrings(cls: type) -> dict[str, str]:
    """Field -> the text that stands under it."""
    tree = ast.parse(inspect.getsource(cls)).body[0]
    assert isinstance(tree, ast.ClassDef)
    found = {}
    for field, text in zip(tree.body, tree.body[1:], strict=False):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
        ):
            found[field.target.id] = inspect.cleandoc(str(text.value.value))
    return found


def _errors() -> list[type[Any]]:
    from wakesmith import errors

    return [
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, errors.WakesmithError)
    ]


def _row(*cells: str) -> str:
    told = (cell.replace("|", "\\|").replace("\n", " ").replace("``", "`") for cell in cells)
    return "| " + " | ".join(told) + " |"


def main() -> int:
    """Write the pages, or say which are not what the code says."""
    stale = 0
    for name, text in pages().items():
        path = HERE / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        if "--check" in sys.argv[1:]:
            sys.stderr.write(f"docs/{name} is not what the code says: run `make docs`\n")
            stale += 1
        else:
            path.write_text(text, encoding="utf-8")
            sys.stderr.write(f"docs/{name} written\n")
    return min(stale, 1)


if __name__ == "__main__":
    sys.exit(main())
