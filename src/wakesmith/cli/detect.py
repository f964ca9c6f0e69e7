"""``wakesmith detect``."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wakesmith.cli import options
from wakesmith.errors import AudioError, MissingExtra, WakesmithError

if TYPE_CHECKING:
    from wakesmith.runtime.detection import Detection

_SILENCE = 1.0
"""Seconds of silence after each file, so that a phrase at its very end is heard out."""


@click.command()
@click.argument("model", type=options.PATH)
@click.argument("files", type=options.PATH, nargs=-1, required=True, metavar="FILE...")
@click.option("--threshold", type=click.FloatRange(0, 1), help="Instead of the model's own.")
@click.option("--refractory", type=click.FloatRange(0), help="Seconds of rest after a detection.")
@click.option(
    "--verifier",
    type=options.PATH,
    metavar="FILE",
    help="Only the voice of this file, which `wakesmith verifier` made.",
)
@options.as_json
def detect(
    model: Path,
    files: tuple[Path, ...],
    threshold: float | None,
    refractory: float | None,
    verifier: Path | None,
    as_json: bool,
) -> None:
    """Print where MODEL hears its phrase in each FILE (or folder): file, seconds, name, score.

    MODEL is a bundle folder, an openWakeWord model (.tflite, .onnx), or the manifest (.json) of a
    microWakeWord model, ours or not; this is heard as by ESPHome's micro_wake_word, which is deaf
    in the first second after it is switched on: so it is in the first second of each file. A lower
    --threshold may find fewer: it listens again only when its scores have fallen below.

    A second of silence follows each file, in which a phrase at the file's very end is heard out;
    what is heard there has the file's end as its time.

    Files are streamed, so they may be hours long; any sample rate, depth and number of channels.
    What is converted is said on standard error, and so is what cannot be read: the others are
    heard all the same, and the exit code is that of the first such error. Where no file has a
    detection, standard error says that, too.
    """
    import numpy as np

    from wakesmith import audio
    from wakesmith.families.microwakeword.arena import check_arena
    from wakesmith.runtime.frontend import SAMPLE_RATE
    from wakesmith.runtime.load import load_detector
    from wakesmith.runtime.micro.detector import MicroDetector
    from wakesmith.runtime.micro.rule import silence
    from wakesmith.words import count_of

    detector = load_detector(model, threshold=threshold, refractory=refractory, verifier=verifier)
    check_arena(detector)
    if isinstance(detector, MicroDetector) and (never := silence(detector.threshold)):
        click.echo(f"{model}: note: {never}", err=True)
    rest = np.zeros(round(_SILENCE * SAMPLE_RATE), np.int16)
    fired = 0

    def say(path: Path, detections: "Sequence[Detection]") -> None:
        nonlocal fired
        fired += len(detections)
        for found in detections:
            if as_json:
                click.echo(json.dumps({"file": str(path), **asdict(found)}))
            else:
                click.echo(f"{path}\t{found.seconds:.2f}\t{found.name}\t{found.score:.3f}")

    def hear(path: Path) -> None:
        detector.reset()
        for note in audio.conversions(path):
            click.echo(f"{path}: note: {note}", err=True)
        heard = 0.0
        for pcm in audio.stream(path):
            heard += len(pcm) / SAMPLE_RATE
            say(path, detector.push(pcm))
        # What is known only in the silence was said by the file's end.
        late = detector.push(rest)
        say(path, [replace(found, seconds=min(found.seconds, heard)) for found in late])

    done = 0
    faults: list[WakesmithError] = []
    for given in dict.fromkeys(files):
        try:
            paths = audio.list_audio([given])
        except AudioError as fault:
            faults.append(_said(fault))
            continue
        for path in paths:
            try:
                hear(path)
                done += 1
            except (AudioError, MissingExtra) as fault:
                faults.append(_said(fault))
    if done and not fired:
        where = count_of(done, "file")
        voice = " by this voice" if verifier else ""
        told = f"nothing heard{voice} in {where} (threshold {detector.threshold:g})"
        click.echo(told, err=True)
    if faults:
        if done + len(faults) > 1:
            click.echo(f"{len(faults)} of {done + len(faults)} could not be read", err=True)
        click.get_current_context().exit(faults[0].exit_code)


def _said(fault: WakesmithError) -> WakesmithError:
    click.echo(f"error: {fault}", err=True)
    return fault
