"""What is said of a project's recordings once there are new ones."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from wakesmith.recordings.project import Project


def conclude(project: "Project") -> None:
    """Check all recordings of the phrase, tell the recipe, and say where the user stands."""
    from wakesmith import audio
    from wakesmith.errors import AudioError
    from wakesmith.recordings import checks, fewshot
    from wakesmith.recordings.spoken import spoken

    for line in project.tell_recipe():
        click.echo(f"warning: add to {project.recipe}: {line}", err=True)
    files, pcms = [], []
    for path in project.kept("phrase"):
        try:
            pcms.append(audio.read(path).pcm)
            files.append(path)
        except AudioError as problem:
            click.echo(f"warning: {problem}", err=True)
    names = [str(path.relative_to(project.place("phrase"))) for path in files]
    said = spoken(project.load()) if checks.few(len(pcms)) else ()
    for line in checks.told(checks.of_all(pcms, spoken=said), names):
        click.echo(f"warning: {line}", err=True)
    click.echo(fewshot.words(len(files)))
    click.echo(f"next: cd {project.folder} && wakesmith train recipe.yaml")
