"""Write the network as ONNX and TFLite, each proven to score as it was trained."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wakesmith.events import Emit, Noted
from wakesmith.families.openwakeword.parity import check_parity
from wakesmith.families.openwakeword.to_onnx import to_onnx
from wakesmith.families.openwakeword.to_tflite import to_tflite
from wakesmith.stages.train import load_network

VERSION = 1
KINDS = ("tflite", "onnx")


def export(
    out: Path,
    network: Path,
    name: str,
    probes: Callable[[], NDArray[np.float32]],
    emit: Emit,
    *,
    shift: float = 0.0,
    stage: str = "export",
) -> None:
    """Write ``name.tflite`` and ``name.onnx`` with ``sigmoid(logit + shift)`` as the score.

    ``probes`` gives real features [n, reach, 96]; on these and on random ones each file must
    score as PyTorch does to 1e-5, or ``ParityError`` is raised and the run does not finish.
    """
    model, _ = load_network(network)
    windows = probes()
    worst = 0.0
    for kind, write in zip(KINDS, (to_tflite, to_onnx), strict=True):
        path = out / f"{name}.{kind}"
        write(model, path, shift=shift)
        worst = max(worst, check_parity(model, path, windows, shift=shift))
    emit(Noted(stage, f"exported files score as trained: largest difference {worst:.1e}"))
