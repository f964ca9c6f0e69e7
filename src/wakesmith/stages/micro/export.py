"""Write the network as a streaming int8 file, proven to score as it was trained."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import logit

from wakesmith.events import Emit, Noted
from wakesmith.families.microwakeword.network import MixedNet
from wakesmith.families.microwakeword.parity import check_parity
from wakesmith.families.microwakeword.ranges import Ranges, measured_ranges
from wakesmith.families.microwakeword.to_tflite import to_tflite
from wakesmith.runtime.micro.model import StreamingModel
from wakesmith.stages.train.micro import RANGES, load_micro_network, load_ranges, peak
from wakesmith.store import write_atomic

VERSION = 2
STAGE = "export"
SHIFT = "shift.json"
_PROVEN = 64
"""Rows that are played to file and network, of all kinds of sound."""
_SMOOTHING, _MISSED, _CLIP = 5, 0.2, 0.01
"""Sliding window, and the share of validation sayings, by which the logit is centred; the peak is
taken for no nearer to 0 or 1 than this."""


def export(
    out: Path,
    network: Path,
    name: str,
    probes: Callable[[], NDArray[np.int8]],
    sayings: Callable[[], Iterable[tuple[NDArray[np.int8], float]]],
    emit: Emit,
) -> None:
    """Write ``name.tflite``, whose activations lie between the values that ``probes`` give, and in
    ``shift.json`` what was added to its logit (``centred``).

    ``probes`` are spectra [n, frames, 40] of real mixes, in no order; ``sayings`` streams with the
    phrase, and the second it ends at. Raises ``ParityError`` when the file's probabilities differ
    from the float stream's by 1/256 on average, and ``ModelError`` when it is none that ESPHome
    would run.
    """
    net, features = load_micro_network(network), probes()
    shift = centred(net, sayings())
    path = out / f"{name}.tflite"
    to_tflite(net, _ranges(net, network.parent / RANGES, features, shift), path)
    StreamingModel(path)
    chosen = np.unique(np.linspace(0, len(features) - 1, _PROVEN).astype(int))
    difference = check_parity(net, path, features[chosen])
    write_atomic(out / SHIFT, json.dumps({"shift": shift}).encode() + b"\n")
    size = path.stat().st_size / 1000
    emit(
        Noted(
            STAGE,
            f"int8 file of {size:.1f} kB: its probabilities differ from the trained network's by "
            f"{difference * 256:.2f}/256 on average",
        )
    )


def centred(net: MixedNet, sayings: Iterable[tuple[NDArray[np.int8], float]]) -> float:
    """Add to the network's bias what makes its probability a half where sayings begin to be missed,
    in place; what was added.

    A device compares in steps of 1/255 of a probability. About a half these are five times as fine,
    in logits, as at the .95 that a network taught by another gives: fine enough to choose by.
    """
    peaks = np.array([peak(net, _SMOOTHING, *saying) for saying in sayings])
    if not len(peaks):
        return 0.0
    shift = -float(logit(np.clip(np.quantile(peaks, _MISSED), _CLIP, 1 - _CLIP)))
    with torch.no_grad():
        net.bias.add_(shift)
    return shift


def _ranges(net: MixedNet, given: Path, features: NDArray[np.int8], shift: float) -> Ranges:
    """Those that the network was trained within, if it was, or those of the features."""
    if not given.exists():
        return measured_ranges(net, features)
    ranges = dict(load_ranges(given))
    low, high = ranges["logit"]
    return {**ranges, "logit": (low + shift, high + shift)}
