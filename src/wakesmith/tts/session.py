"""Running a voice's graph: one thread, and noise that its utterance alone decides."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wakesmith.errors import MissingExtra, VoiceError
from wakesmith.tts.engine import Floats, Sound
from wakesmith.tts.graphs import NORMAL, SPEAKER, UNIFORM, adapted

NOISE = 1 << 17
"""Numbers of noise for a clip; those of 8 s of a Piper voice, which then come round again."""


class Session:
    """A loaded voice. Its graph is adapted the first time that anybody loads it."""

    def __init__(self, path: Path) -> None:
        try:
            import onnxruntime
        except ImportError as problem:
            raise MissingExtra("onnxruntime", "onnx", "A neural voice") from problem
        graph = adapted(path)
        self.speakers: Floats | None = graph.speakers
        options = onnxruntime.SessionOptions()
        # Work is shared out by process: threads that wait for another would only be in its way.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(
                graph.source, options, providers=["CPUExecutionProvider"]
            )
        except Exception as problem:  # onnxruntime's errors have no base but this one
            raise VoiceError(f"onnxruntime cannot load the voice {path}: {problem}") from problem
        self.inputs: dict[str, str] = {one.name: one.type for one in self._session.get_inputs()}

    def run(self, given: Mapping[str, NDArray[Any]], speaker: Floats | None = None) -> Floats:
        """The first output, flat. All that is given, and nothing else, decides the noise."""
        fed = dict(given)
        if speaker is not None:
            fed[SPEAKER] = speaker[None]
        whole = hashlib.sha256()
        for name in sorted(fed):
            whole.update(name.encode() + np.ascontiguousarray(fed[name]).tobytes())
        rng = np.random.default_rng(list(whole.digest()))
        if NORMAL in self.inputs:
            fed[NORMAL] = rng.standard_normal(NOISE, np.float32)
        if UNIFORM in self.inputs:
            fed[UNIFORM] = rng.random(NOISE, np.float32)
        try:
            (sound, *_) = self._session.run(None, fed)
        except Exception as problem:
            raise VoiceError(f"onnxruntime cannot run a voice: {problem}") from problem
        flat: Floats = np.asarray(sound, np.float32).reshape(-1)
        return flat


def slerp(one: Floats, other: Floats, weight: float) -> Floats:
    """The vector that lies ``weight`` of the way from one to the other, on the arc between them.

    Spherical linear interpolation (Shoemake, "Animating rotation with quaternion curves", 1985)
    of any two vectors of the same shape: between two of one length none is shorter, as the middle
    of a straight line would be.
    """
    flat, onto = one.reshape(-1).astype(float), other.reshape(-1).astype(float)
    lengths = np.linalg.norm(flat) * np.linalg.norm(onto)
    angle = np.arccos(np.clip(flat @ onto / max(float(lengths), 1e-12), -1.0, 1.0))
    if np.sin(angle) < 1e-6:  # the same way, or the opposite: there is no arc
        mixed = (1 - weight) * flat + weight * onto
    else:
        parts = np.sin((1 - weight) * angle), np.sin(weight * angle)
        mixed = (parts[0] * flat + parts[1] * onto) / np.sin(angle)
    blended: Floats = mixed.reshape(one.shape).astype(np.float32)
    return blended


def int16(sound: Floats) -> Sound:
    """Samples in [-1, 1] of any loudness as int16, its peak near full scale: the level is set
    later, and rounding then costs nothing."""
    peak = float(np.abs(sound).max(initial=0.0))
    if not np.isfinite(peak):
        raise VoiceError("A neural voice gave samples that are no numbers.")
    whole: Sound = np.rint(sound * (32000 / max(peak, 1e-4))).astype(np.int16)
    return whole
