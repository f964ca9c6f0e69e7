"""``wakesmith import``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from wakesmith.cli import options
from wakesmith.cli.recorded import conclude, kept
from wakesmith.words import count_of

if TYPE_CHECKING:
    from wakesmith.recordings.bring import Brought
    from wakesmith.recordings.project import Kind

_NAMED = 5


@click.command("import")
@click.argument("name", type=options.FOLDER)
@click.argument("folders", metavar="FOLDER...", nargs=-1, required=True, type=options.PLACE)
@click.option("--speaker", help="Who speaks; else the folder that a file lies in.")
@click.option(
    "--kind",
    type=click.Choice(["phrase", "other", "room"]),
    default="phrase",
    show_default=True,
    help="What is said: the phrase, something else that must not fire, or nothing (a room).",
)
@click.option("--split", is_flag=True, help="Cut files at their pauses, one saying each.")
def bring(
    name: Path, folders: tuple[Path, ...], speaker: str | None, kind: "Kind", split: bool
) -> None:
    """Bring sound files (WAV, FLAC, MP3, OGG, OPUS, M4A …) into the project NAME.

    They become 16 kHz mono WAV under NAME/recordings/KIND/SPEAKER; the files themselves stay as
    they are, and what is brought twice is there once.
    """
    from wakesmith.cli.console import console
    from wakesmith.errors import AudioError
    from wakesmith.events import Progress
    from wakesmith.recordings.bring import bring as brought
    from wakesmith.recordings.project import open_project
    from wakesmith.stages import licences

    project = open_project(name)
    with kept(project), console() as emit:
        found = brought(
            project,
            folders,
            kind,
            speaker,
            split,
            lambda done, total: emit(Progress("import", done, total, "files")),
        )
    licences.bring_along(folders, project.place(kind))
    for line in _warnings(found):
        click.echo(f"warning: {line}", err=True)
    if not found.kept and not found.again:
        raise AudioError("no recording was brought in: see what is said of the files above.")
    again = f", {count_of(len(found.again), 'was', 'were')} there already" if found.again else ""
    click.echo(
        f"{count_of(len(found.kept), 'recording')} brought into {project.place(kind)}{again}"
    )
    conclude(project, found.sources)


def _warnings(found: "Brought") -> list[str]:
    lines = [*found.bad]
    if found.long:
        lines.append(
            f"{count_of(len(found.long), 'file')} far longer than one saying left out "
            f"({_some(found.long)}). Many sayings in one are cut by --split"
        )
    if found.several:
        seem = count_of(len(found.several), "file seems", "files seem")
        lines.append(
            f"{seem} to hold several sayings ({_some(found.several)}); training takes the last in "
            "each. Remove what was brought and import with --split to have all"
        )
    if found.uncut:
        uncut = count_of(found.uncut, "stretch was", "stretches were")
        lines.append(f"{uncut} left out, of speech without a pause")
    return lines


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
