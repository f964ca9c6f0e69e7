"""``wakesmith verifier``."""

from pathlib import Path

import click

from wakesmith.cli import options
from wakesmith.cli.console import console

_OUTPUT = "--output"
_SYNTHETIC = 60


@click.command()
@click.argument("model", type=options.PATH)
@click.option(
    "--mine",
    type=options.PLACE,
    required=True,
    metavar="DIR",
    help="The one voice saying the phrase, three clips or more, one saying a file.",
)
@click.option(
    "--others",
    type=options.PLACE,
    metavar="DIR",
    help="Other people saying it; synthetic voices if not given.",
)
@click.option(_OUTPUT, type=options.FILE, required=True, metavar="FILE", help="What is written.")
def verifier(model: Path, mine: Path, others: Path | None, output: Path) -> None:
    """Make a verifier that lets only one voice wake MODEL, from a few clips of it.

    MODEL is a bundle folder or an openWakeWord model. `wakesmith detect --verifier FILE` and
    `Detector(model, verifier=FILE)` listen with it. It keeps other people from setting it off by
    chance, or children for fun; it is no lock: a recording of the voice passes.
    """
    from wakesmith.errors import ModelError
    from wakesmith.runtime.bundle import Manifest
    from wakesmith.runtime.detector import Detector
    from wakesmith.stages import verify
    from wakesmith.store import make_way, write_atomic

    if not model.exists():
        raise ModelError(f"{model}: there is no such model. Is the path right?")
    manifest = Manifest.load(model) if model.is_dir() else None
    if model.suffix == ".json" or (manifest is not None and "tflite" not in manifest.models):
        raise ModelError(f"{model}: a verifier needs a model of the openWakeWord family.")
    if manifest is None and others is None:
        raise click.UsageError(
            "MODEL does not say its phrase, which synthetic voices would have to speak: give a "
            "bundle folder, or --others."
        )
    name = Detector(model).name  # says what cannot be used before the clips are read
    make_way(output, _OUTPUT)  # and what cannot be written
    with console() as emit:
        own = verify.clips_of(mine, emit)
        if others is not None:
            rest = verify.clips_of(others, emit)
        else:
            assert manifest is not None
            rest = verify.spoken_by_others(manifest.phrase, manifest.language, _SYNTHETIC, emit)
        phrase = manifest.phrase if manifest else name
        made = verify.make_verifier(model, own, rest, phrase, emit)
    write_atomic(output, made.verifier.encoded(), _OUTPUT)
    for line in verify.told(made):
        click.echo(line)
    if not verify.tells(made):
        click.echo(
            "warning: it hardly tells the voice from the others. Are --mine and --others of "
            "different people, and are there ten clips of the voice?",
            err=True,
        )
    click.echo(f"verifier: {output}")
