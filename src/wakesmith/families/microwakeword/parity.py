"""The gate of export: a file must score as the network that was trained, but for its rounding."""

import copy
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from wakesmith.errors import DataError, ParityError
from wakesmith.families.microwakeword.network import MixedNet
from wakesmith.families.microwakeword.streaming import StreamingReference
from wakesmith.runtime.micro.frontend import CHANNELS, dequantised
from wakesmith.runtime.micro.model import StreamingModel

TOLERANCE = 1 / 256
"""One step of the file's output, as a mean over all scores."""


def check_parity(
    net: MixedNet, path: Path, features: NDArray[np.int8], *, tolerance: float = TOLERANCE
) -> float:
    """Mean absolute difference between the file's probability and the float stream's.

    Plays ``features [n, frames, 40]``, each row as a stream of its own, on LiteRT's reference
    kernels, which give a device's integers but for a rare rounding of the last layer. Scores that
    still look at the silence before a row do not count. Raises ``ParityError`` with the figure when
    it exceeds ``tolerance``, and ``DataError`` for rows shorter than what one score looks at.
    """
    stride = net.shape.stride
    if features.ndim != 3 or features.shape[2] != CHANNELS or not features.size:
        raise DataError(
            f"Parity needs features [n, frames, {CHANNELS}], not {list(features.shape)}."
        )
    steps, settling = features.shape[1] // stride, -(-net.shape.frames // stride) - 1
    if steps <= settling:
        raise DataError(
            f"Parity needs rows of at least {(settling + 1) * stride} frames, not "
            f"{features.shape[1]}: one score looks at {net.shape.frames}."
        )
    trained = StreamingReference(copy.deepcopy(net).cpu().eval())
    written = StreamingModel(path)
    total = 0.0
    for row in features[:, : steps * stride]:
        trained.reset()
        written.reset()
        logits = trained.run(torch.from_numpy(dequantised(row)))
        expected = torch.sigmoid(logits.double()).numpy()
        apart = np.abs(written.probabilities(row) / 256 - expected)
        total += float(apart[settling:].mean())
    mean = total / len(features)
    # Written so that a score that is not a number fails too.
    if not mean <= tolerance:
        raise ParityError(
            f"{path} does not score as the trained network does: over "
            f"{len(features) * (steps - settling)} scores its probabilities differ by {mean:.4f} "
            f"on average, allowed are {tolerance:.4f}. The file must not be used. Rounding to 8 "
            "bits costs this network too much: train longer, or with quantisation-aware "
            "fine-tuning (micro.train.quantised_steps)."
        )
    return mean
