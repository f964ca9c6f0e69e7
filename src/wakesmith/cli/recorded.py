"""What is said of a project's recordings once there are new ones."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import click

from wakesmith.errors import WakesmithError

if TYPE_CHECKING:
    from wakesmith.recordings.project import Kind, Project
    from wakesmith.runtime.frontend import Pcm


@contextmanager
def kept(project: "Project") -> Iterator[None]:
    """Whatever breaks off the block, the recipe names what there are recordings of by then."""
    try:
        yield
    except BaseException:
        with suppress(WakesmithError):
            project.tell_recipe()
        raise


def conclude(project: "Project") -> None:
    """Check the project's recordings, tell the recipe, and say where the user stands."""
    from wakesmith.recordings import checks, fewshot
    from wakesmith.recordings.spoken import spoken

    for line in project.tell_recipe():
        click.echo(f"warning: add to {project.recipe}: {line}", err=True)
    names, pcms = _read(project, "phrase")
    said = spoken(project.load()) if checks.few(len(pcms)) else ()
    found = checks.of_all(pcms, spoken=said)
    for line in checks.told(found, names):
        click.echo(f"warning: {line}", err=True)
    others, other_pcms = _read(project, "other")
    for mine, other in checks.shared(pcms, other_pcms):
        click.echo(
            f"warning: phrase/{names[mine]} is also kept as something else, other/{others[other]}: "
            "training would be told both. Remove the one that is wrong",
            err=True,
        )
    click.echo(fewshot.words(len(names) - sum(one.what == "same" for one in found)))
    click.echo(f"next: cd {project.folder} && wakesmith train recipe.yaml")


def _read(project: "Project", kind: "Kind") -> "tuple[list[str], list[Pcm]]":
    """Names and sound of the recordings of a kind; those that cannot be read are said."""
    from wakesmith import audio
    from wakesmith.errors import AudioError

    names, pcms = [], []
    for path in project.kept(kind):
        try:
            pcms.append(audio.read(path).pcm)
            names.append(str(path.relative_to(project.place(kind))))
        except AudioError as problem:
            click.echo(f"warning: {problem}", err=True)
    return names, pcms
