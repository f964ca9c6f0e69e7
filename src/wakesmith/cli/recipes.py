"""``wakesmith show`` and ``wakesmith check``: a recipe, and what it would run."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from wakesmith.cli import options
from wakesmith.events import Event, Noted, Warned


@click.command()
@click.argument("target", metavar="[PHRASE|RECIPE]", required=False)
@options.recipe_options
@click.option("--schema", is_flag=True, help="The JSON Schema of recipes instead.")
def show(target: str | None, schema: bool, **recipe: Any) -> None:
    """Print the whole recipe, with who chose each value.

    The output is a recipe itself: the preset's sizes are written out in it.
    """
    from wakesmith import recipe as recipes

    if schema:
        click.echo(json.dumps(recipes.schema(), indent=2, ensure_ascii=False))
        return
    if target is None:
        raise click.UsageError("Missing argument 'PHRASE|RECIPE'.")
    loaded = options.loaded(target, **recipe)
    for note in loaded.notes:
        click.echo(f"note: {note}", err=True)
    click.echo(recipes.show(loaded), nl=False)


def _remark(event: Event) -> None:
    """Notes and warnings to standard error; nothing is made, so there is no progress."""
    if isinstance(event, Noted | Warned):
        click.echo(
            f"{'warning' if isinstance(event, Warned) else 'note'}: {event.message}", err=True
        )


@click.command()
@options.target
@options.recipe_options
@options.store
@options.as_json
def check(target: str, store: Path, as_json: bool, **recipe: Any) -> None:
    """Check a recipe and print which stages would run and which are in the store.

    Nothing is made. A stage is "cached" when it is finished, "partial" when it was begun, and
    "to do" otherwise. A window is a piece of sound that one saying is mixed into; training mixes
    each saying into several, in other rooms and noise.
    """
    loaded = options.loaded(target, **recipe)
    from wakesmith.pipeline import status
    from wakesmith.store import Store

    for note in loaded.notes:
        click.echo(f"note: {note}", err=True)
    for stage in status(loaded.recipe, Store(store, create=False), _remark):
        if as_json:
            click.echo(json.dumps(asdict(stage)))
        else:
            line = f"{stage.stage:<10} {stage.state:<8} {stage.entry:<28} {stage.detail}"
            click.echo(line.rstrip())
