"""``wakesmith spectrograms``."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wakesmith.cli import options
from wakesmith.cli.console import console
from wakesmith.events import Noted

if TYPE_CHECKING:
    from wakesmith.pipeline import StageStatus

_OUTPUT = "--output"
_MARK = " as spectra"


@click.command()
@options.target
@options.recipe_options
@click.option(
    _OUTPUT, type=options.FOLDER, required=True, metavar="DIR", help="Where the sets are written."
)
@options.store
@click.option("--workers", type=click.IntRange(0), help="Processes; 0 means one a core.")
def spectrograms(target: str, output: Path, store: Path, **recipe: Any) -> None:
    """Write sets of spectrograms of PHRASE for microWakeWord's own trainer.

    Speaks and mixes as `train` does, from the same store, then writes a set in DIR each for
    positive, near_miss, speech, noise and background (what there is of them), and prints the
    `features:` of microWakeWord's training YAML. A set has the parts training and validation,
    near_miss only training; of background, the second is validation_ambient. What an earlier call
    wrote of the same phrase is replaced; sets of another phrase are left, with an error.
    """
    loaded = options.loaded(target, **recipe)
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as train does
    from wakesmith.pipeline import run, status
    from wakesmith.recipe.yamltext import dump
    from wakesmith.stages.micro.set_export import check_place, export_sets
    from wakesmith.store import Store

    # Nobody is to be taught: what a teacher would hear need not be embedded.
    micro = loaded.recipe.micro
    untaught = micro.model_copy(
        update={"train": micro.train.model_copy(update={"distillation": 0.0})}
    )
    spoken = loaded.recipe.model_copy(update={"family": "microwakeword", "micro": untaught})
    place = Store(store)
    said = spoken.phrase, spoken.language
    check_place(output, *said, _OUTPUT)
    with console() as emit:
        for note in loaded.notes:
            emit(Noted("recipe", note))
        run(spoken, place, output, emit, to="synth")
        entries = _spectra(status(spoken, place), place.root / "done")
        written = export_sets(entries, output, *said, _OUTPUT)
    for one in written:
        counts = ", ".join(f"{part} {count}" for part, count in one.counts.items())
        click.echo(f"{one.folder}: {counts}", err=True)
    click.echo(dump({"features": [one.feature() for one in written]}))


def _spectra(stages: "Sequence[StageStatus]", done: Path) -> dict[str, Path]:
    """The folders of all entries of spectra, by the names of their groups."""
    found = {}
    for stage in stages:
        name, marked, _ = stage.detail.partition(_MARK)
        if stage.stage == "synth" and marked:
            found[name] = done / stage.entry
    return found
