"""What is wrong with a recipe, in words for the person who wrote it."""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from wakesmith.recipe.tree import Recipe
from wakesmith.recipe.yamltext import Path, Problem, dump_inline
from wakesmith.words import count_of

_SHOWN = 60
"""Characters of a wrong value that are repeated in a message."""
_LIKE, _SLIP = 0.6, 0.8
"""How alike a key must be to one that is known (difflib's ratio); more where others are meant."""
_KINDS = {
    "float_parsing": "a number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "bool_parsing": "true or false",
    "bool_type": "true or false",
}
"""What pydantic's error types mean, in a word."""


def of(
    error: ValidationError,
    lines: Mapping[Path, int],
    origins: Mapping[str, str],
    foreign: Mapping[str, str],
) -> list[Problem]:
    """Each mistake that pydantic found.

    ``lines`` are those of the file, ``origins`` says who set a field, ``foreign`` which key of a
    foreign format did.
    """
    found = []
    for detail in error.errors(include_url=False):
        path: Path = tuple(step for step in detail["loc"] if step != "[key]")
        dotted = ".".join(map(str, path))
        message = _message(detail, path)
        origin = next((who for field, who in origins.items() if _within(dotted, field)), "")
        if origin in {"--set", "command line"}:
            message += f" ({origin})"
        # A whole section that does not go together is no single key's fault.
        whole = detail["type"] == "value_error" and dotted not in origins
        keys = () if whole else foreign.items()
        theirs = next((key for field, key in keys if _within(dotted, field)), None)
        if theirs is not None:
            path = tuple(int(s) if s.isdigit() else s for s in theirs.split("."))
        found.append(Problem(path, message, _line(path, lines) if origin else 0))
    return found


def report(source: str, found: Sequence[Problem]) -> str:
    """The message of a RecipeError: one line a problem, in the order of the file."""
    # Once each: an entry of theirs may have gone to several fields of ours.
    ordered = sorted(dict.fromkeys(found), key=lambda problem: problem.line or 1 << 30)
    if len(ordered) == 1 and not ordered[0].path:
        only = ordered[0]
        return f"{source}{f', line {only.line}' if only.line else ''}: {only.message}"
    # Who set a field is said once where there is nobody else.
    alone = f" ({source})"
    rows = [f"  {_where(one)}: {one.message.removesuffix(alone)}" for one in ordered]
    count = count_of(len(rows), "mistake") if len(rows) > 1 else "a mistake"
    return f"The recipe ({source}) has {count}:\n" + "\n".join(rows)


def _within(dotted: str, field: str) -> bool:
    return dotted == field or dotted.startswith(f"{field}.") or field.startswith(f"{dotted}.")


def _where(problem: Problem) -> str:
    if problem.path and problem.path[0] == "--set":
        return " ".join(map(str, problem.path))
    dotted = ".".join(map(str, problem.path)) or "recipe"
    return f"{dotted} (line {problem.line})" if problem.line else dotted


def _line(path: Path, lines: Mapping[Path, int]) -> int:
    """Line of the nearest key above that stands in the file."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 0) if path else 0


def _message(detail: ErrorDetails, path: Path) -> str:
    kind, given = detail["type"], detail["input"]
    if kind == "extra_forbidden":
        return _unknown(path)
    if kind == "missing" and path == ("phrase",):
        return (
            "is missing: write it in the file (phrase: hey saga), or give it beside the file "
            "(--set phrase='hey saga')"
        )
    if kind == "missing":
        return "is missing"
    if kind == "value_error":
        return str(detail["msg"]).removeprefix("Value error, ")
    if kind == "string_type":
        return f"must be text, not {_shown(given)}; if it is meant as text, put it in quotes"
    if kind == "tuple_type":
        wanted = f": [{given}]" if isinstance(given, str) else ""
        return f"must be a list{wanted}, not {_shown(given)}"
    if kind in _KINDS:
        return f"must be {_KINDS[kind]}, not {_shown(given)}"
    if kind in {"model_type", "dict_type"}:
        return f"must have keys of its own, not {_shown(given)}"
    said = str(detail["msg"]).replace("Input should be", "must be").replace("Field", "it")
    return f"{said}, not {_shown(given)}"


def _unknown(path: Path) -> str:
    """For a key that is not known: the closest one beside it, then its namesakes elsewhere."""
    known = _fields(path[:-1])
    key = str(path[-1])
    elsewhere = [dotted for dotted in _all_fields(Recipe) if dotted.split(".")[-1] == key]
    likeness = _SLIP if elsewhere else _LIKE
    close = difflib.get_close_matches(key.lower().replace("-", "_"), known, 1, likeness)
    if elsewhere:
        beside = [".".join((*map(str, path[:-1]), name)) for name in close]
        return f"is not known here; did you mean {' or '.join(beside + elsewhere)}?"
    if close:
        return f"is not known; did you mean {close[0]}?"
    return f"is not known (known here: {', '.join(known)})" if known else "is not known"


def _fields(path: Path) -> list[str]:
    """Names of the fields of the part at a path; none where there is no part."""
    model: type[BaseModel] = Recipe
    for step in path:
        if isinstance(step, int):
            continue  # an entry of the list that was entered with the step before
        inner = model.model_fields[step].annotation
        listed = get_args(inner)
        inner = listed[0] if listed else inner
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return []
        model = inner
    return list(model.model_fields)


def _all_fields(model: type[BaseModel], above: str = "") -> list[str]:
    fields = []
    for name, info in model.model_fields.items():
        fields.append(f"{above}{name}")
        inner = info.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            fields += _all_fields(inner, f"{above}{name}.")
    return fields


def _shown(value: Any) -> str:
    try:
        text = dump_inline(value)
    except Exception:  # a value of any kind at all, given through the Python API
        text = repr(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
