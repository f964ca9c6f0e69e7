"""A project: a folder with a recipe that runs as it is, recordings, runs, and a word of advice.

    hey_saga/
      recipe.yaml
      recordings/phrase/anna/0001.wav    anna saying the phrase
      recordings/other/anna/0001.wav     anna saying something that sounds like it
      recordings/room/anna/0001.wav      the room that she said it in
      runs/

The recipe names a folder of recordings from the first recording in it on.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from wakesmith.errors import DataError
from wakesmith.recipe import Recipe, load
from wakesmith.recipe.yamltext import dump_inline
from wakesmith.store import make_folder, write_atomic

Kind = Literal["phrase", "other", "room"]
RECIPE = "recipe.yaml"
_RECORDINGS = "recordings"
_NUMBER = re.compile(r"^(\d{4,})\.wav$")
_LINES: dict[Kind, tuple[str, ...]] = {
    "phrase": ("recordings:", "  folders: [recordings/phrase]"),
    "other": ("negatives:", "  recordings: [recordings/other]"),
    "room": ("mix:", "  noises: [recordings/room]"),
}
"""What the recipe says of each kind of recordings, commented out until there are some."""
_OFF = "# "
_README = """# {phrase}

    wakesmith record . --count 20 --speaker anna   the phrase, what is not the phrase, and the room
    wakesmith import . FOLDER --speaker ben        recordings that are there already
    wakesmith train recipe.yaml                    a detector and its report, in runs/

Run these here, in this folder. `recipe.yaml` says what is made and from what; recordings are found
in `recordings/KIND/SPEAKER/`, one saying a file. Twenty sayings help more than anything else, and
people who will use it should be among the speakers.
"""


@dataclass(frozen=True)
class Project:
    """A project's folder, which is there."""

    folder: Path

    @property
    def recipe(self) -> Path:
        """Its recipe's file."""
        return self.folder / RECIPE

    def load(self) -> Recipe:
        """The recipe; ``RecipeError`` as ``load`` does."""
        return load(self.recipe)

    def place(self, kind: Kind, speaker: str = "") -> Path:
        """The folder of a kind of recordings, or of one speaker's."""
        return self.folder / _RECORDINGS / kind / speaker

    def kept(self, kind: Kind, speaker: str = "") -> list[Path]:
        """The recordings of a kind (of one speaker, or of all), sorted."""
        return sorted(p for p in self.place(kind, speaker).rglob("*.wav") if _NUMBER.match(p.name))

    def make_place(self, kind: Kind, speaker: str) -> Path:
        """The folder of a speaker's recordings, made where it is not there.

        ``StoreError`` when it cannot be written.
        """
        folder = self.place(kind, speaker_name(speaker))
        make_folder(folder, "NAME")
        return folder

    def next_file(self, kind: Kind, speaker: str) -> Path:
        """A name after all that are there: ``recordings/phrase/anna/0007.wav``. Makes the folder.

        Numbers of recordings that were removed are not given again while there are later ones.
        """
        folder = self.make_place(kind, speaker)
        taken = [int(found[1]) for p in folder.iterdir() if (found := _NUMBER.match(p.name))]
        return folder / f"{max(taken, default=0) + 1:04}.wav"

    def tell_recipe(self) -> tuple[str, ...]:
        """See that the recipe names every kind of recordings that there are.

        Lines that ``create`` wrote as comments are made part of it; all else stays as it is. Gives
        back what the user should add by hand, where those lines are gone.
        """
        text = self.recipe.read_text(encoding="utf-8")
        lines, missing = text.split("\n"), []
        for kind, wanted in _LINES.items():
            if not self.kept(kind) or wanted[1] in lines:
                continue
            if not all(_OFF + line in lines for line in wanted):
                if not self._named(kind):
                    missing.append(f"{wanted[0]} {{{wanted[1].strip()}}}")
                continue
            for line in wanted:
                lines[lines.index(_OFF + line)] = line
        if (changed := "\n".join(lines)) != text:
            write_atomic(self.recipe, changed.encode(), "NAME")
        return tuple(missing)

    def _named(self, kind: Kind) -> bool:
        recipe = self.load()
        there: Iterable[str] = {
            "phrase": recipe.recordings.folders,
            "other": recipe.negatives.recordings,
            "room": recipe.mix.noises,
        }[kind]
        place = self.place(kind).resolve()
        return any(place.is_relative_to(Path(name).resolve()) for name in there)


def create(folder: Path, phrase: str, language: str = "en") -> Project:
    """Make a project; ``DataError`` where something is there already, ``RecipeError`` for a phrase
    that is none."""
    phrase = load(None, phrase=phrase).phrase
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DataError(
            f"{folder} is there already and is not empty. Nothing was changed: choose another "
            "name, or remove it."
        )
    for place in ("recordings", "runs"):
        make_folder(folder / place, "NAME")
    write_atomic(folder / "README.md", _README.format(phrase=phrase).encode(), "NAME")
    recipe = _recipe_text(phrase, language)
    write_atomic(folder / RECIPE, recipe.encode(), "NAME")  # last: it makes a project
    return Project(folder)


def open_project(folder: Path) -> Project:
    """The project in a folder; ``DataError`` when there is none."""
    if not (folder / RECIPE).is_file():
        raise DataError(
            f"{folder} is no project: there is no {RECIPE} in it. "
            f'Make one with: wakesmith new {folder} --phrase "hey saga"'
        )
    return Project(folder)


def speaker_name(name: str) -> str:
    """A speaker's name as a folder's: letters, digits, - and _; ``DataError`` when none is left."""
    kept = "_".join(re.sub(r"[^\w-]", " ", name).split()).lower()
    if not kept.strip("_"):
        raise DataError(f"{name!r} is no name for a speaker: use letters and digits, like anna.")
    return kept


def _recipe_text(phrase: str, language: str) -> str:
    lines = [
        f"phrase: {dump_inline(phrase)}",
        *([f"language: {dump_inline(language)}"] if language != "en" else []),
        "",
        "# wakesmith record and wakesmith import switch on what there are recordings for:",
        *(_OFF + line for wanted in _LINES.values() for line in wanted),
        "",
        "# More: `wakesmith show recipe.yaml` prints every value; `preset: thorough` once you like",
        "# the phrase; `family: both` for ESPHome as well.",
        "",
    ]
    return "\n".join(lines)
