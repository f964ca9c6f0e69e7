"""Training files of other projects, read as recipes: what the readers of each have in common."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from wakesmith.recipe.presets import Values, fill
from wakesmith.recipe.yamltext import Problem


@dataclass(frozen=True)
class Converted:
    """What a training YAML says, in our words."""

    values: Values
    origins: dict[str, str]
    """Field of ours -> key of theirs that set it."""
    notes: tuple[str, ...]
    """One sentence for each key that is not used, and for each that changed its meaning."""
    output: str | None
    """The folder that the run is to go to, as written."""
    problems: tuple[Problem, ...]


class Work:
    """What is gathered on the way through the keys."""

    def __init__(self) -> None:
        self.values: Values = {}
        self.origins: dict[str, str] = {}
        self.notes: list[str] = []
        self.problems: list[Problem] = []
        self.output: str | None = None

    def put(self, field: str, value: Any, key: str) -> None:
        """Set a field (dotted) of ours by a key of theirs."""
        nested: Any = value
        for name in reversed(field.split(".")):
            nested = {name: nested}
        self.values = fill(nested, self.values)
        self.origins[field] = key

    def put_output(self, key: str, value: Any) -> None:
        """Take the folder that the run goes to."""
        if not isinstance(value, str) or not value:
            self.problems.append(Problem((key,), "must be a folder"))
            return
        self.output = value

    def converted(self) -> Converted:
        """All that was gathered."""
        notes, problems = tuple(self.notes), tuple(self.problems)
        return Converted(self.values, self.origins, notes, self.output, problems)


def unknown(key: str, known: Iterable[str], whose: str) -> str:
    """What is wrong with a key that ``whose`` training file does not have."""
    close = difflib.get_close_matches(key, list(known), n=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    return f"is not a key of {whose}'s training file{hint}"
