"""How good a network of the micro family is by now, on streams that it was not trained on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import expit

from wakesmith.families.microwakeword.features import end_frame
from wakesmith.families.microwakeword.network import MixedNet
from wakesmith.families.microwakeword.qat import QuantisedMixedNet
from wakesmith.families.microwakeword.shape import Shape
from wakesmith.measure.curves import REFRACTORY_FRAMES
from wakesmith.runtime.detector import FRAME_SECONDS
from wakesmith.runtime.micro.frontend import INPUT_SCALE, INPUT_ZERO_POINT, MICRO_RATE_HZ
from wakesmith.stages.train.learner import Verdict
from wakesmith.stages.train.pools import HEARD_WITHIN
from wakesmith.stages.train.verdict import verdict

_BLOCK = 3000
"""Frames scored at once, beside those that the first score needs: the sums stay in the cache."""


@dataclass(frozen=True, eq=False)
class Held:
    """What validations listen to."""

    sayings: Sequence[tuple[NDArray[np.int8], float]]
    """Streams [frames, 40] that hold the phrase, and the second at which it ends."""
    background: Sequence[NDArray[np.int8]]
    """Streams [frames, 40] that do not."""


Scorer = MixedNet | QuantisedMixedNet
"""A network, or one seen through its rounding."""


def scores(network: Scorer, frames: NDArray[np.int8], smoothing: int) -> NDArray[np.float64]:
    """Means of the last ``smoothing`` probabilities over a stream ``[frames, 40]``, one for each
    stride, as a device makes them that hears the stream from its first frame on; those that would
    look at what was before it are left out. Score ``i`` ends with frame ``end_of(…, i)``.

    In double precision, so that no two high ones are equal. The network stays in its mode.
    """
    was_training = network.training
    network.eval()
    shape, parts = network.shape, [np.zeros(0)]
    frames = frames[-_before(shape) % shape.stride :]
    hop = _BLOCK // shape.stride * shape.stride
    with torch.inference_mode():
        for at in range(0, len(frames) - shape.frames + 1, hop):
            block = np.array(frames[at : at + hop + shape.frames - shape.stride])
            x = (torch.from_numpy(block).float() - INPUT_ZERO_POINT) * INPUT_SCALE
            parts.append(network(x[None])[0].double().numpy())
    network.train(was_training)
    every = expit(np.concatenate(parts))
    sums = np.cumsum(np.concatenate([[0.0], every]))
    count = min(smoothing, len(every))
    means: NDArray[np.float64] = (sums[count:] - sums[: len(sums) - count]) / max(1, count)
    return means


def end_of(shape: Shape, smoothing: int, index: NDArray[np.int64]) -> NDArray[np.int64]:
    """The last frames that ``scores`` look at."""
    first = -_before(shape) % shape.stride + shape.receptive - 1
    return (index + smoothing - 1) * shape.stride + first


def _before(shape: Shape) -> int:
    """How far the first score's window reaches beyond whole strides: a device makes one score
    with every ``stride`` frames, so its windows end with these."""
    return shape.receptive % shape.stride


def judged(network: Scorer, smoothing: int, held: Held, target: float) -> Verdict:
    """Judge the network by sliding means, for ``target`` false accepts per hour."""
    peaks = [peak(network, smoothing, *saying) for saying in held.sayings]
    streams = [scores(network, stream, smoothing) for stream in held.background]
    step = network.shape.stride / MICRO_RATE_HZ
    refractory = round(REFRACTORY_FRAMES * FRAME_SECONDS / step)
    return verdict(np.array(peaks), streams, step, target, refractory)


def peak(network: Scorer, smoothing: int, frames: NDArray[np.int8], end: float) -> float:
    """The highest score within half a second of the phrase's end; 0 where none was made."""
    found = scores(network, frames, smoothing)
    at = end_of(network.shape, smoothing, np.arange(len(found)))
    low, high = end_frame(np.array(end) + HEARD_WITHIN)
    return float(found[(at >= low) & (at <= high)].max(initial=0.0))
