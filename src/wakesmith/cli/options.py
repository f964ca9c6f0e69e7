"""Options that more than one command has."""

import errno
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from wakesmith.recipe import Loaded

Command = TypeVar("Command", bound=Callable[..., Any])

STAGES = ("gather", "synth", "train", "export", "calibrate", "evaluate", "pack")
"""Names of the stages, as ``--to`` and ``--only`` take them; the pipeline's own, in order."""
_ENDINGS = {".yaml", ".yml", ".json"}


class _Path(click.Path):
    """As click's, giving a ``Path``; a name that no file can have is a mistake in the call."""

    def __init__(self, file_okay: bool = True, dir_okay: bool = True) -> None:
        super().__init__(file_okay=file_okay, dir_okay=dir_okay, path_type=Path)

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Any:
        if _too_long(value):
            self.fail(f"{os.fspath(value)[:40]!r} … is longer than a name may be", param, ctx)
        return super().convert(value, param, ctx)


def _too_long(name: str | os.PathLike[str]) -> bool:
    try:
        Path(name).lstat()
    except OSError as error:
        return error.errno == errno.ENAMETOOLONG
    return False


FOLDER = _Path(file_okay=False)
FILE = _Path(dir_okay=False)
"""A file that is written."""
PATH = _Path()
"""A file or folder that is read; who reads it says when there is none, and what to do."""


class _Place(_Path):
    """As ``PATH``, or ``data:NAME`` and ``data:NAME/sub``: where that download lies."""

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Any:
        from wakesmith.sources.download import located
        from wakesmith.sources.place import MARK

        if isinstance(value, str) and value.startswith(MARK):
            return located(value)
        return super().convert(value, param, ctx)


PLACE = _Place()
"""Sound that is read: a file, a folder, or ``data:NAME`` of the catalog."""

target = click.argument("target", metavar="PHRASE|RECIPE")

store = click.option(
    "--store",
    type=FOLDER,
    default=Path(".wakesmith"),
    envvar="WAKESMITH_STORE",
    show_default=True,
    show_envvar=True,
    help="Where finished work is kept, so that none is done twice.",
)

as_json = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")


def recipe_options(command: Command) -> Command:
    """The options that change a recipe."""
    for option in reversed(
        (
            click.option(
                "--recordings",
                type=PATH,
                multiple=True,
                metavar="DIR",
                help="People saying the phrase, one saying a file. Adds to the recipe's.",
            ),
            click.option(
                "--background",
                type=PATH,
                multiple=True,
                metavar="DIR",
                help="Real audio without the phrase. Adds to the recipe's.",
            ),
            click.option(
                "--preset",
                type=click.Choice(["quick", "standard", "thorough"]),
                help="How much of everything; standard if the recipe does not say.",
            ),
            click.option(
                "--family",
                type=click.Choice(["openwakeword", "microwakeword", "both"]),
                help="What it is for: Home Assistant, ESPHome devices, or both.",
            ),
            click.option(
                "--commercial",
                is_flag=True,
                help="For commercial use: refuse sources whose licence forbids it.",
            ),
            click.option("--seed", type=click.IntRange(0), help="Start of all dice."),
            click.option(
                "--set",
                "overrides",
                multiple=True,
                metavar="PATH=VALUE",
                help="Any value of the recipe: --set synth.positives=500",
            ),
        )
    ):
        command = option(command)
    return command


def loaded(
    target: str,
    recordings: Sequence[Path] = (),
    background: Sequence[Path] = (),
    preset: str | None = None,
    family: str | None = None,
    seed: int | None = None,
    overrides: Sequence[str] = (),
    commercial: bool = False,
    workers: int | None = None,
) -> "Loaded":
    """The recipe that the options name: ``target`` is a file by its ending, else a phrase."""
    from wakesmith.recipe import read

    is_file = Path(target).suffix.lower() in _ENDINGS
    if target.strip() and not is_file and not _too_long(target) and Path(target).exists():
        raise click.UsageError(
            f"{target} is a file or folder, and neither a phrase nor a recipe, whose name ends in "
            f"{' or '.join(sorted(_ENDINGS))}. A phrase of that name can stand in a recipe."
        )
    return read(
        target if is_file else None,
        phrase=None if is_file else target,
        preset=preset,
        family=family,
        seed=seed,
        workers=workers,
        recordings=recordings,
        background=background,
        overrides=[*overrides, *(["commercial=true"] if commercial else [])],
    )
