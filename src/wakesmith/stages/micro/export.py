"""Write the network as a streaming int8 file, proven to score as it was trained."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wakesmith.events import Emit, Noted
from wakesmith.families.microwakeword.parity import check_parity
from wakesmith.families.microwakeword.ranges import measured_ranges
from wakesmith.families.microwakeword.to_tflite import to_tflite
from wakesmith.runtime.micro.model import StreamingModel
from wakesmith.stages.train.micro import RANGES, load_micro_network, load_ranges

VERSION = 1
STAGE = "export"
_PROVEN = 64
"""Rows that are played to file and network, of all kinds of sound."""


def export(
    out: Path,
    network: Path,
    name: str,
    probes: Callable[[], NDArray[np.int8]],
    emit: Emit,
) -> None:
    """Write ``name.tflite``, whose activations lie between the values that ``probes`` give.

    ``probes`` are spectra [n, frames, 40] of real mixes, in no order. Raises ``ParityError`` when
    the file's probabilities differ from the float stream's by 1/256 on average, and ``ModelError``
    when it is none that ESPHome would run.
    """
    net, features = load_micro_network(network), probes()
    path = out / f"{name}.tflite"
    given = network.parent / RANGES  # those that it was trained within, if it was
    ranges = load_ranges(given) if given.exists() else measured_ranges(net, features)
    to_tflite(net, ranges, path)
    StreamingModel(path)
    chosen = np.unique(np.linspace(0, len(features) - 1, _PROVEN).astype(int))
    difference = check_parity(net, path, features[chosen])
    size = path.stat().st_size / 1024
    emit(
        Noted(
            STAGE,
            f"int8 file of {size:.1f} kB: its probabilities differ from the trained network's by "
            f"{difference * 256:.2f}/256 on average",
        )
    )
