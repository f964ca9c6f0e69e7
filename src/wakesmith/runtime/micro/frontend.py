"""Sound to 40-channel spectra: microWakeWord's front end. Training and listening both call this.

The work is done by ``pymicro-features``, which is the C code of ESPHome's devices (TensorFlow
Lite's ``microfrontend``): 30 ms windows every 10 ms, 40 mel channels from 125 to 7500 Hz, a noise
estimate for each channel that is taken off, automatic gain, a logarithm. All of it is whole-number
arithmetic; a value is 64 times a natural logarithm, about 0 to 662.

A stream starts with a noise estimate of zero, which rises over the first second or so: the first
frames of any sound are louder than the same sound later. A device never resets it, so a clip has
to be heard after the audio that came before it, in one piece: push the lead, then the clip,
without a reset, and drop the lead's frames (``last`` of ``micro_features_batch`` does).

Whatever the sizes of the pieces that are pushed, the frames are the same, bit for bit.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from wakesmith.errors import AudioError, MissingExtra
from wakesmith.runtime.mel import SAMPLE_RATE, Pcm

Spectra = NDArray[np.uint16]
"""Spectra as the front end makes them, [..., 40]."""
Quantised = NDArray[np.int8]
"""Spectra as a model takes them, [..., 40]."""

STEP = 160
"""Samples from frame to frame: 10 ms."""
WINDOW = 480
"""Samples that a frame looks at: 30 ms. The first frame comes when the first 480 are there."""
CHANNELS = 40
"""Mel channels of a frame."""
MICRO_RATE_HZ = SAMPLE_RATE // STEP
"""Frames a second: 100."""

FEATURE_SCALE = 0.0390625
"""pymicro-features gives the front end's whole numbers times this, 1/25.6 (exact in binary)."""
INPUT_SCALE = 666 / 256 * FEATURE_SCALE
"""Scale of a model's input for which rounding gives ESPHome's integers: 0.10162353515625."""
INPUT_ZERO_POINT = -128
"""The integer that stands for 0 at a model's input."""

_BYTES = STEP * 2  # pymicro-features takes 10 ms a call and leaves the rest


class MicroFrontend:
    """The streaming front end. ``MissingExtra`` when pymicro-features is not installed."""

    def __init__(self) -> None:
        self._frontend = _frontend()
        self._rest = b""  # of samples that no call has taken yet, less than a step

    def reset(self) -> None:
        """Back to the start of a stream; the noise estimate is forgotten."""
        self._frontend.reset()
        self._rest = b""

    def push(self, pcm: Pcm) -> Spectra:
        """The frames [n, 40] that these samples complete; ``AudioError`` for other than int16."""
        data = self._rest + _checked(pcm, 1).astype("<i2", copy=False).tobytes()
        whole = len(data) - len(data) % _BYTES
        self._rest = data[whole:]
        process = self._frontend.process_samples
        made = [process(data[at : at + _BYTES]).features for at in range(0, whole, _BYTES)]
        frames = np.array([frame for frame in made if frame], np.float32).reshape(-1, CHANNELS)
        # Each is a whole number below 2^16 times 5/128, which float32 holds exactly.
        return (frames / np.float32(FEATURE_SCALE)).astype(np.uint16)


def micro_features(pcm: Pcm) -> Spectra:
    """The frames [max(0, samples // 160 - 2), 40] of a whole clip; the same as the stream's."""
    return MicroFrontend().push(pcm)


def micro_features_batch(pcm: Pcm, *, last: int | None = None) -> Spectra:
    """Frames [n, frames, 40] of clips [n, samples]; each row is ``micro_features`` of it alone.

    With ``last``, only the last so many frames of each row: the samples before them warm the noise
    estimate, as on a device.
    """
    pcm = _checked(pcm, 2)
    frames = max(0, (pcm.shape[1] - WINDOW) // STEP + 1)
    wanted = frames if last is None else min(last, frames)
    out = np.empty((len(pcm), wanted, CHANNELS), np.uint16)
    frontend = MicroFrontend()
    for row, into in zip(pcm, out, strict=True):
        frontend.reset()
        into[:] = frontend.push(row)[frames - wanted :]
    return out


def esphome_int8(features: Spectra) -> Quantised:
    """What ESPHome gives a model: ``clamp((feature * 256 + 333) / 666 - 128)`` in whole numbers.

    ``esphome/components/micro_wake_word/micro_wake_word.cpp``; 666 is 25.6 * 26 rounded up.
    """
    scaled = (features.astype(np.int32) * 256 + 333) // 666 - 128
    return np.clip(scaled, -128, 127).astype(np.int8)


def rounded_int8(
    features: Spectra, scale: float = INPUT_SCALE, zero_point: int = INPUT_ZERO_POINT
) -> Quantised:
    """What pymicro-wakeword gives a model: the model's own scale, half to even, and no clamp.

    A value beyond the range wraps to the other end. With ``INPUT_SCALE`` that is so from 665 on,
    and all below are ``esphome_int8``; with the official models' 26/255 they differ by 1 at most.
    """
    rounded = np.round(features * FEATURE_SCALE / scale + zero_point)
    return rounded.astype(np.int64).astype(np.int8)


def dequantised(features: Quantised) -> NDArray[np.float32]:
    """The values that the integers at a model's input stand for, 0 to 25.9."""
    centred = features.astype(np.float32) - np.float32(INPUT_ZERO_POINT)
    return centred * np.float32(INPUT_SCALE)


def _frontend() -> Any:
    try:
        from pymicro_features import MicroFrontend as Frontend
    except ImportError as problem:
        raise MissingExtra(
            "pymicro-features", "micro", "The front end of microWakeWord models"
        ) from problem
    return Frontend()


def _checked(pcm: Pcm, dimensions: int) -> Pcm:
    wanted = "[samples]" if dimensions == 1 else "[clips, samples]"
    if not isinstance(pcm, np.ndarray) or pcm.dtype != np.int16 or pcm.ndim != dimensions:
        given = type(pcm).__name__
        if isinstance(pcm, np.ndarray):
            given = f"{pcm.dtype} {list(pcm.shape)}"
        raise AudioError(
            f"The front end of microWakeWord takes a numpy array of int16 {wanted}, but was given "
            f"{given}. numpy.frombuffer(data, numpy.int16) makes one of bytes; float audio has to "
            "be scaled to ±32768, rounded and cast."
        )
    return pcm
