"""Choose the operating point on validation streams, through the exported file, and fold it in."""

import dataclasses
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wakesmith.events import Emit, Noted, Progress
from wakesmith.plan.sources import File
from wakesmith.recipe import Targets
from wakesmith.runtime.detector import FRAME_SECONDS, Detector
from wakesmith.stages import streams
from wakesmith.stages.calibrate import Calibration, calibrate
from wakesmith.stages.export import export
from wakesmith.store import write_atomic

VERSION = 1
CALIBRATION = "calibration.json"
_ANSWER = 1.0
"""Seconds after the phrase's end within which it must be heard."""


def operate(
    out: Path,
    model: Path,
    network: Path,
    groups: dict[str, Path],
    background: tuple[File, ...],
    targets: Targets,
    windows: NDArray[np.float32],
    emit: Emit,
) -> None:
    """Calibrate ``model``, and export the network anew so that 0.5 is the operating point."""
    chosen = _calibrate(Detector(model), groups, background, targets, emit)
    for note in chosen.notes:
        emit(Noted("calibrate", note))
    export(out, network, model.stem, windows, emit, shift=chosen.shift, stage="calibrate")
    text = json.dumps(dataclasses.asdict(chosen), indent=1)
    write_atomic(out / CALIBRATION, text.encode() + b"\n")


def _calibrate(
    detector: Detector,
    groups: dict[str, Path],
    background: tuple[File, ...],
    targets: Targets,
    emit: Emit,
) -> Calibration:
    peaks = []
    for trial in streams.trials(groups, "validation"):
        detector.reset()
        scores = detector.scores(trial.pcm)
        times = (np.arange(len(scores)) + 1) * FRAME_SECONDS
        peaks.append(scores[(times >= trial.start) & (times <= trial.end + _ANSWER)].max())
    emit(Progress("calibrate", 1, 2, "passes"))
    heard = []
    detector.reset()
    for negative in streams.negatives(groups, background, "validation"):
        if negative.kind != "near_miss":
            blocks = [negative.pcm] if isinstance(negative.pcm, np.ndarray) else negative.pcm
            heard += [detector.scores(block) for block in blocks]
    stream = np.concatenate(heard) if heard else np.zeros(0)
    hours = len(stream) * FRAME_SECONDS / 3600
    emit(Progress("calibrate", 2, 2, "passes"))
    return calibrate(peaks, [stream], hours, targets.false_accepts_per_hour)
