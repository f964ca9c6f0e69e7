"""Between which values each activation lies, measured on real features."""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from wakesmith.errors import DataError
from wakesmith.families.microwakeword.folded import fold, run
from wakesmith.families.microwakeword.network import MixedNet
from wakesmith.runtime.micro.frontend import CHANNELS, dequantised

Ranges = Mapping[str, tuple[float, float]]
"""Lowest and highest value of each activation, by the names of ``folded.Tap``; 0 lies within."""

_BATCH = 64


@torch.no_grad()
def measured_ranges(net: MixedNet, features: NDArray[np.int8]) -> dict[str, tuple[float, float]]:
    """The ranges on features ``[n, frames, 40]`` as a device quantises them, lowest and highest.

    Raises ``DataError`` for features that hold no window.
    """
    if features.ndim != 3 or not len(features) or features.shape[2] != CHANNELS:
        raise DataError(
            f"Activation ranges are measured on features [n, frames, {CHANNELS}] of real sound, "
            f"and these are {list(features.shape)}."
        )
    if not net.shape.positions(features.shape[1]):
        raise DataError(
            f"Activation ranges: the features have {features.shape[1]} frames, and one score looks "
            f"at {net.shape.frames}. Give longer clips."
        )
    found: dict[str, tuple[float, float]] = {}

    def tap(name: str, values: Tensor) -> Tensor:
        low, high = found.get(name, (0.0, 0.0))
        found[name] = (min(low, float(values.min())), max(high, float(values.max())))
        return values

    folded = fold(net)
    device = net.first.device
    for start in range(0, len(features), _BATCH):
        batch = torch.from_numpy(dequantised(features[start : start + _BATCH]))
        run(folded, batch.to(device), tap)
    return found
