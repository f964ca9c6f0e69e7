"""Listening: audio in, detections out. Calibration and reports go through this class too.

A score is made for each whole chunk of 80 ms. The rule for a detection is that of Home Assistant's
wyoming-openwakeword at its defaults: a score strictly above the threshold, and none for
``refractory`` seconds after it.
"""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from wakesmith.errors import AudioError, ModelError
from wakesmith.runtime.bundle import Manifest, model_file
from wakesmith.runtime.detection import Detection, check_rule, frames_of, push
from wakesmith.runtime.frontend import CHUNK, SAMPLE_RATE, EmbeddingFrontend, Pcm, embed
from wakesmith.runtime.scorer import Scorer, load_scorer
from wakesmith.runtime.verifier import Verifier

FRAME_SECONDS = CHUNK / SAMPLE_RATE
"""Seconds of one frame: 0.08."""
WARM_UP = 5
"""Scores at the start of a stream that are set to 0, as ``Model.predict`` of openWakeWord does."""
THRESHOLD = 0.5
"""Threshold where neither the caller nor a bundle gives one; that of Home Assistant."""
REFRACTORY = 2.0
"""Seconds of rest where neither the caller nor a bundle gives them; those of wyoming."""


class Detector:
    """Listens to one stream for one wake word. Starts as after long silence.

    How the audio is cut into pushes does not matter; large pieces are much faster. Models with a
    free batch size may round the last bit of a score differently for pieces of different size.
    """

    family = "openwakeword"

    def __init__(
        self,
        model: str | os.PathLike[str] | Scorer,
        *,
        threshold: float | None = None,
        refractory: float | None = None,
        threads: int = 1,
        frontend: EmbeddingFrontend | None = None,
        verifier: str | os.PathLike[str] | Verifier | None = None,
        verifier_threshold: float | None = None,
    ) -> None:
        """``model`` is a bundle folder, a ``.tflite`` or ``.onnx`` file, or a loaded ``Scorer``.

        A ``frontend`` that is given belongs to this detector from here on.

        ``threshold`` and ``refractory`` left out are the bundle's, else 0.5 and 2 seconds.
        With a ``verifier`` (or its file) frames score 0 that it does not take for its voice, by
        ``verifier_threshold`` or its own. Raises ``ModelError`` for a model or verifier that cannot
        be used.
        """
        manifest = None
        if isinstance(model, str | os.PathLike):
            path = Path(model)
            if path.is_dir():
                manifest = Manifest.load(path)
                path = model_file(path, manifest)
            model = load_scorer(path, threads)
        self._scorer = model
        self.name = manifest.name if manifest else model.name
        """What it listens for."""
        self.window = model.window
        """Frames that one score looks at."""
        given = (threshold, manifest.threshold if manifest else None, THRESHOLD)
        self.threshold = next(value for value in given if value is not None)
        """A score above it is a detection."""
        given = (refractory, manifest.refractory if manifest else None, REFRACTORY)
        self.refractory = next(value for value in given if value is not None)
        """Seconds after a detection in which there is no other."""
        self.seconds_per_score = FRAME_SECONDS
        """Seconds from score to score."""
        check_rule(self.threshold, self.refractory)
        self._verifier = _verifier(verifier, verifier_threshold, self.window)
        self._frontend = frontend or EmbeddingFrontend(threads)
        self._silence = np.repeat(embed(np.zeros(CHUNK, np.int16)), self.window - 1, axis=0)
        self.reset()

    def reset(self) -> None:
        """Back to the start of a stream."""
        self._frontend.reset()
        self._frames = self._silence
        self._count = 0  # frames so far
        self._rest_until = 0  # first frame that may fire

    def push(self, pcm: Pcm) -> list[Detection]:
        """The detections in the frames that these samples complete, in order.

        ``pcm`` is 16 kHz mono, int16 [samples]; ``AudioError`` when it is anything else.
        """
        return push(self, self._count, pcm)

    def hear(self, pcm: Pcm) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Advances the stream; the scores [n] of ``scores`` and which of them fire."""
        first = self._count
        scores = self.scores(pcm)
        fired, self._rest_until = _fire(
            scores, self.threshold, self.refractory, first, self._rest_until
        )
        return scores, fired

    def rouse(self) -> None:
        """Ends the rest after a detection, if there is one."""
        self._rest_until = 0

    def seconds_of(self, index: NDArray[np.int64]) -> NDArray[np.float64]:
        """Where the audio of the stream's frames ``index`` (from 0) ends, in seconds."""
        return np.asarray((index + 1) * FRAME_SECONDS, np.float64)

    def scores(self, pcm: Pcm) -> NDArray[np.float32]:
        """Advances the stream; the score of each frame that these samples complete."""
        if isinstance(pcm, np.ndarray) and pcm.dtype != np.int16:
            # Floats could be of any scale; at that of ±1 all would be silence, and nothing heard.
            raise AudioError(
                f"The detector takes int16 samples, but was given {pcm.dtype}. Floats within ±1 "
                "become int16 by numpy.clip(numpy.rint(audio * 32768), -32768, 32767)"
                ".astype(numpy.int16)."
            )
        frames = self._frontend.push(pcm)
        if not len(frames):
            return np.zeros(0, np.float32)
        seen = np.concatenate([self._frames, frames])
        windows = sliding_window_view(seen, self.window, axis=0).transpose(0, 2, 1)
        scores = self._scorer.score(windows)
        scores[: max(0, WARM_UP - self._count)] = 0
        if self._verifier is not None:
            scores[self._verifier.score(windows) <= self._verifier.threshold] = 0
        self._frames = seen[len(frames) :].copy()
        self._count += len(frames)
        return scores


def _verifier(
    given: str | os.PathLike[str] | Verifier | None, threshold: float | None, window: int
) -> Verifier | None:
    if given is None:
        return None
    found = given if isinstance(given, Verifier) else Verifier.load(given)
    if found.frames > window:
        raise ModelError(
            f"The verifier looks at {found.frames} frames and the model at {window}: it was made "
            "for another model. Make one for this, with: wakesmith verifier"
        )
    if threshold is None:
        return found
    check_rule(threshold, 0.0)
    return replace(found, threshold=threshold)


def detections(
    scores: NDArray[np.float32], threshold: float, refractory: float
) -> NDArray[np.int64]:
    """The frames of a stream's scores that fire: the rule of ``Detector.push``."""
    check_rule(threshold, refractory)
    return _fire(scores, threshold, refractory, 0, 0)[0]


def _fire(
    scores: NDArray[np.float32], threshold: float, refractory: float, first: int, rest_until: int
) -> tuple[NDArray[np.int64], int]:
    """Indices that fire, and the first frame that may fire after them.

    ``first`` is the number of the first score's frame in the stream.
    """
    rest = frames_of(refractory, FRAME_SECONDS)
    above = np.flatnonzero(scores > threshold) + first
    fired = []
    at = int(np.searchsorted(above, rest_until))
    while at < len(above):
        fired.append(int(above[at]) - first)
        rest_until = int(above[at]) + rest
        at = int(np.searchsorted(above, rest_until))
    return np.array(fired, np.int64), rest_until
