"""``wakesmith learn``."""

import os
from pathlib import Path

import click

from wakesmith.cli import options
from wakesmith.cli.console import console

_SHOWN = 10
"""So many of what fired are listed; the file has all."""


@click.command()
@click.argument("model", type=options.PATH)
@click.option(
    "--false-accepts",
    type=options.PLACE,
    multiple=True,
    metavar="DIR",
    help="Sound that set it off and is not the phrase.",
)
@click.option(
    "--misses",
    type=options.PLACE,
    multiple=True,
    metavar="DIR",
    help="The phrase as it was said and not heard, one saying a file.",
)
@click.option(
    "--ambient",
    type=options.PLACE,
    multiple=True,
    metavar="DIR",
    help="Hours of sound without the phrase: what fires in it is learnt, too.",
)
@click.option(
    "--held-out",
    type=click.FloatRange(0, 1, max_open=True),
    default=0.3,
    show_default=True,
    help="Share of each that is not learnt, to compare before with after.",
)
@click.option(
    "--near",
    type=click.FloatRange(0, 1, min_open=True),
    default=0.5,
    show_default=True,
    help="Ambient sound is learnt from this share of the threshold on; 1 is what fires.",
)
@click.option(
    "--family",
    type=click.Choice(["openwakeword", "microwakeword"]),
    help="Which model of a run that made both learns; both if not given.",
)
@click.option("--only-mine", is_flag=True, help="Listen to the ambient sound, and learn nothing.")
@click.option(
    "--output",
    type=options.FOLDER,
    metavar="DIR",
    help="Folder of the new run; the first free NAME-2, NAME-3 … beside MODEL if not given.",
)
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="PATH=VALUE",
    help="Any value of the new recipe: --set feedback.copies=16",
)
@options.store
@click.option("--workers", type=click.IntRange(0), help="Processes; 0 means one a core.")
@options.as_json
def learn(
    model: Path,
    false_accepts: tuple[Path, ...],
    misses: tuple[Path, ...],
    ambient: tuple[Path, ...],
    held_out: float,
    near: float,
    family: str | None,
    only_mine: bool,
    output: Path | None,
    overrides: tuple[str, ...],
    store: Path,
    workers: int | None,
    as_json: bool,
) -> None:
    """Have MODEL, the folder of a run, learn from its mistakes, in a new run beside it.

    Training goes on from MODEL's network with all that it was trained on, and the mistakes; of a
    run of both families each network learns. A part of the mistakes is held out, and what the model
    before and the one after make of it is shown, beside the standard evaluation of both. MODEL
    itself is left as it is. The new run's recipe.yaml says all of this, and `wakesmith train` runs
    it again.
    """
    if not (false_accepts or misses or ambient):
        raise click.UsageError("Give --false-accepts, --misses or --ambient.")
    if only_mine and not ambient:
        raise click.UsageError("--only-mine needs --ambient.")
    from wakesmith.runtime.bundle import MANIFEST

    within = not (model / MANIFEST).is_file() and (model.parent / MANIFEST).is_file()
    if model.is_file() or within:
        raise click.UsageError(
            f"{model} is a part of a run. Give the run's folder, where recipe.yaml and report.html "
            "lie: learning goes on from that run's network and sound."
        )
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as train does
    from wakesmith.relearn import Feedback, relearn
    from wakesmith.store import Store

    with console(as_json) as emit:
        learnt = relearn(
            model,
            Store(store),
            Feedback(false_accepts, misses, ambient, held_out, near, family or ""),
            emit,
            output=output,
            overrides=overrides,
            workers=workers,
            only_mine=only_mine,
        )
    if as_json:
        return
    for one in learnt.fired[:_SHOWN]:
        mark = "fires" if one.fires else "near "
        click.echo(f"{one.score:.3f} {mark} {one.path} at {one.seconds:.1f} s: {one.snippet}")
    if len(learnt.fired) > _SHOWN:
        click.echo(f"… and {len(learnt.fired) - _SHOWN} more")
    if learnt.comparison:
        click.echo(learnt.comparison)
    if learnt.result:
        click.echo(f"model:  {learnt.folder}")
        click.echo(f"recipe: {learnt.folder / 'recipe.yaml'}")
