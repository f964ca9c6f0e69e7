"""YAML as recipes use it: safe, without the surprises of YAML 1.1, with the line of every key.

The schema is YAML 1.2's core schema (https://yaml.org/spec/1.2.2/#103-core-schema): ``no``, ``on``,
``12:30`` and ``2024-01-01`` are text, ``1e-3`` is a number. A key that stands twice is an error,
and so are tags, anchors and aliases, which a recipe has no use for.
"""

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

Path = tuple[str | int, ...]
"""Keys and indices from the top of the document."""

DEEPEST = 20
"""Levels that a recipe may have; it needs five."""
LARGEST = 1 << 20
"""Characters that a recipe may have; a larger file is not one."""

_NULL = re.compile(r"^(?:~|null|Null|NULL|)$")
_BOOL = re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$")
_INT = re.compile(r"^(?:[-+]?[0-9]+|0x[0-9a-fA-F]+|0o[0-7]+)$")
_FLOAT = re.compile(
    r"^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"
)
_CORE = (("null", _NULL), ("bool", _BOOL), ("int", _INT), ("float", _FLOAT))
_TAG = "tag:yaml.org,2002:"
_KINDS = {"map", "seq", "str", "null", "bool", "int", "float"}
_LARGEST_NUMBER = 400
"""Characters of a number; Python itself refuses to read integers of more than 4,300 digits."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, and where."""

    path: Path
    message: str
    line: int = 0
    """Line in the file, from 1; 0 when there is none."""


@dataclass(frozen=True)
class Document:
    """A parsed file: its value, and the line on which each key stands."""

    value: Any
    lines: dict[Path, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


class _Loader(yaml.SafeLoader):
    """Knows the core schema, and refuses aliases and what is nested without end."""

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise yaml.composer.ComposerError(
                None, None, "anchors and aliases (& and *) are not read here", event.start_mark
            )
        self._depth += 1
        if self._depth > DEEPEST:
            raise yaml.composer.ComposerError(
                None, None, "it is nested too deeply", event.start_mark
            )
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


class _Dumper(yaml.SafeDumper):
    """Quotes every text that either schema would take for something else."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


_Loader.yaml_implicit_resolvers = {None: [(_TAG + name, pattern) for name, pattern in _CORE]}
for _name, _pattern in _CORE:
    _Dumper.add_implicit_resolver(_TAG + _name, _pattern, None)


def parse(text: str) -> Document:
    """Read one document; what is wrong with it is in ``problems`` and never raised."""
    if len(text) > LARGEST:
        return Document(None, problems=(Problem((), "is too large to be a recipe"),))
    try:
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
        finally:
            loader.dispose()
        lines: dict[Path, int] = {}
        problems: list[Problem] = []
        value = None if node is None else _value(node, (), lines, problems)
    except yaml.MarkedYAMLError as error:
        return Document(None, problems=(_syntax_problem(error),))
    except yaml.reader.ReaderError as error:
        return Document(None, problems=(Problem((), f"holds a character no text has: {error}"),))
    return Document(value, lines, tuple(problems))


def dump(value: Any) -> str:
    """YAML of plain values, in the order given, one line a key; ``parse`` gives the same back."""
    return yaml.dump(
        value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=2**31 - 1
    ).rstrip("\n")


def dump_inline(value: Any) -> str:
    """YAML of one value on one line."""
    if isinstance(value, str | list | dict):
        text: str = yaml.dump(
            [value],
            Dumper=_Dumper,
            sort_keys=False,
            allow_unicode=True,
            default_flow_style=True,
            width=2**31 - 1,
        )
        return text.rstrip("\n")[1:-1]
    return dump(value).removesuffix("\n...")


def _value(node: yaml.Node, path: Path, lines: dict[Path, int], problems: list[Problem]) -> Any:
    """The plain value of a node; notes lines and problems on the way."""
    line = node.start_mark.line + 1
    lines.setdefault(path, line)
    kind = node.tag.removeprefix(_TAG)
    if kind not in _KINDS:
        problems.append(Problem(path, f"is not plain YAML: the tag {node.tag} is not read", line))
        return None
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, lines, problems)
    if isinstance(node, yaml.SequenceNode):
        return [_value(n, (*path, i), lines, problems) for i, n in enumerate(node.value)]
    if kind == "str":
        return node.value
    if kind == "null":
        return None
    if kind == "bool":
        return node.value.lower() == "true"
    pattern = dict(_CORE)[kind]
    if len(node.value) > _LARGEST_NUMBER or not pattern.match(node.value):
        problems.append(Problem(path, f"is not a {kind}", line))
        return None
    return _number(node.value, kind)


def _mapping(
    node: yaml.MappingNode, path: Path, lines: dict[Path, int], problems: list[Problem]
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            problems.append(Problem(path, "a key must be a word", line))
            continue
        key = key_node.value
        here = (*path, key)
        if key in values:
            first = lines[here]
            problems.append(Problem(here, f"stands twice; first on line {first}", line))
            continue
        lines[here] = line
        values[key] = _value(value_node, here, lines, problems)
    return values


def _number(text: str, kind: str) -> int | float:
    if kind == "float":
        return float(re.sub(r"\.(?=inf|nan)", "", text.lower()))
    if text.startswith(("0x", "0o")):
        return int(text, 0)
    return int(text)


def _syntax_problem(error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    said = ", ".join(part for part in (error.context, error.problem) if part)
    if mark is None:
        return Problem((), f"is not YAML: {said}")
    return Problem((), f"is not YAML: {said}, column {mark.column + 1}", mark.line + 1)
