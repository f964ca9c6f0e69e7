"""``wakesmith evaluate``."""

from pathlib import Path

import click

from wakesmith.cli import options
from wakesmith.cli.console import console


@click.command()
@click.argument("model", type=options.PATH)
@click.option(
    "--positives",
    type=options.PLACE,
    required=True,
    metavar="DIR",
    help="People saying the phrase, one saying a file.",
)
@click.option(
    "--negatives",
    type=options.PLACE,
    required=True,
    metavar="DIR",
    help="Audio without the phrase; each sub-folder is reported as a kind of its own.",
)
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1),
    help="The model's own, or 0.5, if it is not given.",
)
@click.option("--output", type=options.FOLDER, help="Write the report there, too.")
@options.as_json
def evaluate(
    model: Path,
    positives: Path,
    negatives: Path,
    threshold: float | None,
    output: Path | None,
    as_json: bool,
) -> None:
    """Measure MODEL on real audio, through the detector that listens.

    MODEL is a bundle folder, any openWakeWord model (.tflite, .onnx), or the manifest (.json) of
    any microWakeWord model, ours or not.
    """
    from wakesmith.stages.evaluate import evaluate_model

    with console(as_json) as emit:
        evaluation = evaluate_model(model, positives, negatives, threshold, output, emit)
    click.echo(evaluation.json(indent=None) if as_json else evaluation.text())
