"""``wakesmith train``."""

import os
from pathlib import Path
from typing import Any

import click

from wakesmith.cli import options
from wakesmith.cli.console import console
from wakesmith.events import Noted


@click.command()
@options.target
@options.recipe_options
@click.option(
    "--output",
    type=options.FOLDER,
    help="Where the run's folder is made; runs/ if the recipe does not say.",
)
@options.store
@click.option("--to", type=click.Choice(options.STAGES), help="Stop after this stage.")
@click.option(
    "--only", type=click.Choice(options.STAGES), help="Run this stage alone, on finished work."
)
@click.option("--workers", type=click.IntRange(0), help="Processes; 0 means one a core.")
@options.as_json
def train(
    target: str,
    output: Path | None,
    store: Path,
    to: str | None,
    only: str | None,
    as_json: bool,
    **recipe: Any,
) -> None:
    """Train a detector for PHRASE, or as the file RECIPE says.

    RECIPE is a recipe (.yaml) or a training file of openWakeWord or microWakeWord (the latter holds
    no phrase: add --set phrase='hey saga'). Finished work is kept in the store: after a stop of any
    kind, the same command goes on where it was.
    """
    if to and only:
        raise click.UsageError("--to and --only exclude each other.")
    loaded = options.loaded(target, **recipe)
    # Before torch is loaded: threads that wait by spinning take a busy machine's cores.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from wakesmith.measure.text import headline, outcomes
    from wakesmith.pipeline import run
    from wakesmith.report.measured import FAMILIES
    from wakesmith.stages import pack
    from wakesmith.store import Store

    with console(as_json) as emit:
        for note in loaded.notes:
            emit(Noted("recipe", note))
        place = (output or loaded.output or Path("runs")) / loaded.recipe.file_name
        result = run(loaded.recipe, Store(store), place, emit, to=to, only=only)
    if not as_json:
        if not result.worked:
            last = f" up to {to or only}" if to or only else ""
            click.echo(f"Nothing to do: everything{last} was made before.")
        for one in result.evaluations:
            name = FAMILIES[one.family] if len(result.evaluations) > 1 else "result"
            click.echo(f"{name}: {headline(one)}")
            click.echo(f"{name}: {outcomes(one)}")
        if result.bundle:
            click.echo(f"model:  {result.bundle}")
            if "microwakeword" in loaded.recipe.families:
                click.echo(f"device: {result.bundle / pack.DEVICE}")
        if result.report:
            click.echo(f"report: {result.report}")
