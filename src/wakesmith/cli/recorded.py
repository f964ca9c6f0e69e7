"""What is said of a project's recordings once there are new ones."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
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


def conclude(project: "Project", sources: Mapping[Path, Path] | None = None) -> None:
    """Check the project's recordings, tell the recipe, and say where the user stands.

    ``sources`` are the files that recordings were brought from: they are named as well.
    """
    from wakesmith.recordings import checks, fewshot
    from wakesmith.recordings.spoken import spoken

    for line in project.tell_recipe():
        click.echo(f"warning: add to {project.recipe}: {line}", err=True)
    sources = sources or {}
    names, pcms = _read(project, "phrase", sources)
    said = spoken(project.load()) if checks.few(len(pcms)) else ()
    found = checks.of_all(pcms, spoken=said)
    for line in checks.told(found, names):
        click.echo(f"warning: {line}", err=True)
    others, other_pcms = _read(project, "other", sources)
    for mine, other in checks.shared(pcms, other_pcms):
        click.echo(
            f"warning: {names[mine]} is also kept as something else, {others[other]}: "
            "training would be told both. Remove the one that is wrong",
            err=True,
        )
    click.echo(fewshot.words(len(names) - sum(one.what == "same" for one in found)))
    click.echo(f"next: cd {project.folder} && wakesmith train recipe.yaml")


def _read(
    project: "Project", kind: "Kind", sources: Mapping[Path, Path]
) -> "tuple[list[str], list[Pcm]]":
    """Names and sound of the recordings of a kind; those that cannot be read are said.

    A name is ``phrase/anna/0001.wav``, with a source ``memos/a.m4a as phrase/anna/0001.wav``.
    """
    from wakesmith import audio
    from wakesmith.errors import AudioError

    names, pcms = [], []
    for path in project.kept(kind):
        try:
            pcms.append(audio.read(path).pcm)
            here = str(path.relative_to(project.place(kind).parent))
            names.append(f"{sources[path]} as {here}" if path in sources else here)
        except AudioError as problem:
            click.echo(f"warning: {problem}", err=True)
    return names, pcms
