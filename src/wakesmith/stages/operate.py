"""Choose the operating point on validation streams, through the exported file, and fold it in."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wakesmith.events import Emit, Noted
from wakesmith.plan.background import Altered
from wakesmith.plan.sources import File
from wakesmith.recipe import Targets
from wakesmith.stages import streams
from wakesmith.stages.calibrate import calibrate_model
from wakesmith.stages.export import export
from wakesmith.store import write_atomic

VERSION = 1
CALIBRATION = "calibration.json"


def operate(
    out: Path,
    model: Path,
    network: Path,
    groups: dict[str, Path],
    background: tuple[File, ...],
    altered: tuple[Altered, ...],
    targets: Targets,
    probes: Callable[[], NDArray[np.float32]],
    emit: Emit,
) -> None:
    """Calibrate ``model``, and export the network anew so that 0.5 is the operating point.

    The threshold also keeps to the target on ``altered`` background: chosen on grown people
    reading aloud, it is far too low for children and foreign accents (figures in docs/log.md).
    """
    chosen = calibrate_model(
        model,
        streams.trials(groups, "validation"),
        streams.negatives(groups, background, "validation", altered),
        targets.false_accepts_per_hour,
        emit,
        streams.minutes(groups, background, "validation", altered),
        unproven=(streams.ALTERED,),
    )
    for note in chosen.notes:
        emit(Noted("calibrate", note))
    export(out, network, model.stem, probes, emit, shift=chosen.shift, stage="calibrate")
    text = json.dumps(dataclasses.asdict(chosen), indent=1)
    write_atomic(out / CALIBRATION, text.encode() + b"\n")
