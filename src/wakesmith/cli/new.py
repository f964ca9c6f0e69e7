"""``wakesmith new``."""

from pathlib import Path

import click

from wakesmith.cli import options


@click.command()
@click.argument("name", type=options.FOLDER)
@click.option("--phrase", required=True, help="The wake phrase as it is written.")
def new(name: Path, phrase: str) -> None:
    """Make a project in the folder NAME: a recipe that runs as it is, recordings, runs.

    Nothing that is there already is overwritten.
    """
    from wakesmith.recordings.project import create

    project = create(name, phrase)
    click.echo(f"made {project.folder}: recipe.yaml, README.md, recordings/, runs/")
    click.echo(f"next: wakesmith record {name} --count 20 --speaker YOU")
    click.echo(f"  or: wakesmith import {name} FOLDER")
    click.echo(f"then: cd {name} && wakesmith train recipe.yaml")
