"""``wakesmith new``."""

from pathlib import Path

import click

from wakesmith.cli import options


@click.command()
@click.argument("name", type=options.FOLDER)
@click.option("--phrase", required=True, help="The wake phrase as it is written.")
@click.option("--language", default="en", show_default=True, help="Its language: sv, de-AT, zh.")
def new(name: Path, phrase: str, language: str) -> None:
    """Make a project in the folder NAME: a recipe that runs as it is, recordings, runs.

    Nothing that is there already is overwritten.
    """
    from wakesmith.errors import PhraseError
    from wakesmith.phrase import language_of, pronounce
    from wakesmith.recordings.project import create

    language_of(language)  # an unknown one is refused before anything is made
    project = create(name, phrase, language)
    click.echo(f"made {project.folder}: recipe.yaml, README.md, recordings/, runs/")
    try:
        pronounce(phrase, language)
    except PhraseError as problem:  # the recipe is where it is mended
        click.echo(f"warning: {problem} The recipe is {project.recipe}.", err=True)
    click.echo(f"next: wakesmith record {name} --count 20 --speaker YOU")
    click.echo(f"  or: wakesmith import {name} FOLDER")
    click.echo(f"then: cd {name} && wakesmith train recipe.yaml")
