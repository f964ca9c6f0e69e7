"""A recipe written out, every value with who chose it."""

from collections.abc import Mapping
from typing import Any

from wakesmith.recipe.load import Loaded
from wakesmith.recipe.yamltext import dump, dump_inline

_COLUMN = 44
"""Where the comments begin, unless a value is longer."""


def show(loaded: Loaded) -> str:
    """YAML of the whole recipe; behind each value a comment names the preset, file or default.

    What is printed is itself a recipe and loads as the same one.
    """
    lines: list[str] = []
    _write(loaded.recipe.model_dump(mode="json"), "", "", loaded.origins, lines)
    return "\n".join(lines) + "\n"


def _write(
    values: Mapping[str, Any],
    above: str,
    indent: str,
    origins: Mapping[str, str],
    lines: list[str],
) -> None:
    for key, value in values.items():
        dotted = f"{above}{key}"
        if isinstance(value, Mapping) and value:
            lines.append(f"{indent}{key}:")
            _write(value, f"{dotted}.", f"{indent}  ", origins, lines)
            continue
        who = origins.get(dotted) or origins.get(above.rstrip("."), "default")
        text = f"{indent}{key}: {_scalar(value)}"
        lines.append(f"{text:<{_COLUMN}}  # {_comment(who)}")


def _scalar(value: Any) -> str:
    return dump_inline(value) if not isinstance(value, Mapping) else dump(value)


def _comment(who: str) -> str:
    """A file's name may hold anything; a comment must stay on its line."""
    return "".join(c if c.isprintable() else "?" for c in who)
