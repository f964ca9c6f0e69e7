"""Listening as ESPHome's micro_wake_word does: its integers, its sliding sum, its rests."""

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wakesmith.errors import ModelError, WakesmithError
from wakesmith.runtime.detection import Detection, check_rule, push
from wakesmith.runtime.mel import SAMPLE_RATE, Pcm
from wakesmith.runtime.micro.frontend import (
    CHANNELS,
    STEP,
    WINDOW,
    MicroFrontend,
    Quantised,
    esphome_int8,
)
from wakesmith.runtime.micro.manifest import STEP_MS, MicroManifest
from wakesmith.runtime.micro.model import Probabilities, StreamingModel
from wakesmith.runtime.micro.rule import REST, Rule, cutoff_of, ignored_at_start, scores_of

MICRO_FAMILY = "microwakeword"
"""The family of bundles that are for this detector."""


class MicroDetector:
    """Listens to one stream for one wake word. Starts as a device that was switched on.

    Does what ``Detector`` does, for models of the other family. How the audio is cut into pushes
    does not matter at all. Sound is int16.
    """

    family = MICRO_FAMILY

    def __init__(
        self,
        manifest: str | os.PathLike[str],
        *,
        threshold: float | None = None,
        refractory: float | None = None,
        window: int | None = None,
    ) -> None:
        """``manifest`` is the path of an ESPHome manifest, the model's file lying where it says.

        ``threshold`` and ``window`` left out are the manifest's; ``refractory`` left out is 1
        second, a device's, and counts while the probability is below the threshold.

        Raises ``ModelError`` for what ESPHome would refuse, ``MissingExtra`` without
        pymicro-features.
        """
        path = Path(manifest)
        found = MicroManifest.load(path)
        if found.feature_step_size != STEP_MS:
            raise ModelError(
                f"{path}: the model takes frames every {found.feature_step_size} ms; the front end "
                f'here makes one every {STEP_MS} ms. Give a model with a "feature_step_size" of '
                f"{STEP_MS}, as all official ones of version 2 have."
            )
        model = path.parent / found.model
        if not model.is_file():
            raise ModelError(
                f"{model}: the manifest {path} names this model, but it is not there. Copy both."
            )
        self.path = path
        """The manifest's file."""
        self.manifest = found
        self.model = model
        """The model's file."""
        self._model = StreamingModel(model)
        self.name = model.stem
        """What it listens for: the stem of the model's file."""
        self.threshold = found.probability_cutoff if threshold is None else threshold
        """A score above it is a detection."""
        self.refractory = REST if refractory is None else refractory
        """Seconds below the threshold after a detection in which there is no other."""
        check_rule(self.threshold, self.refractory)
        self.window = found.sliding_window_size if window is None else window
        """Probabilities that one score is the mean of."""
        if self.window < 1:
            raise WakesmithError(f"The sliding window has to be 1 or more, not {self.window}.")
        self.stride = self._model.stride
        """Frames of 10 ms that one probability takes in."""
        self.seconds_per_score = self.stride * STEP / SAMPLE_RATE
        """Seconds from score to score: 0.03 for the official models."""
        self._ignored = ignored_at_start(self.stride)
        self._frontend = MicroFrontend()
        self._rule = Rule(cutoff_of(self.threshold), self.window, self.stride, self.refractory)
        self._start()

    def reset(self) -> None:
        """Back to the start of a stream."""
        self._frontend.reset()
        self._model.reset()
        self._rule.reset()
        self._start()

    def _start(self) -> None:
        self._frames: Quantised = np.zeros((0, CHANNELS), np.int8)  # less than a stride
        self._before: Probabilities = np.zeros(self.window - 1, np.uint8)
        self._count = 0  # probabilities so far

    def push(self, pcm: Pcm) -> list[Detection]:
        """The detections in the frames that these samples complete, in order."""
        return push(self, self._count, pcm)

    def scores(self, pcm: Pcm) -> NDArray[np.float32]:
        """Advances the stream; the score after each ``stride`` frames that these samples complete.

        The sliding mean of the probabilities (see ``scores_of``), 0 in the first second. It knows
        of no detection: after one, a device begins a new mean.
        """
        return self.hear(pcm)[0]

    def hear(self, pcm: Pcm) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Advances the stream; the scores [n] of ``scores`` and which of them fire."""
        first = self._count
        new = self.probabilities(pcm)
        fired = np.flatnonzero([self._rule.fires(int(p)) for p in new])
        seen = np.concatenate([self._before, new])
        self._before = seen[len(new) :].copy()
        scores = scores_of(seen, self.window) if len(new) else np.zeros(0, np.float32)
        scores[: max(0, self._ignored - first)] = 0
        return scores, fired

    def probabilities(self, pcm: Pcm) -> Probabilities:
        """The model's own outputs; a stream is heard by this or by the others, not by turns."""
        frames = np.concatenate([self._frames, esphome_int8(self._frontend.push(pcm))])
        whole = len(frames) // self.stride * self.stride
        self._frames = frames[whole:].copy()
        new = self._model.probabilities(frames[:whole])
        self._count += len(new)
        return new

    def rouse(self) -> None:
        """Ends the rest after a detection, if there is one."""
        self._rule.rouse()

    def seconds_of(self, index: NDArray[np.int64]) -> NDArray[np.float64]:
        """Where the audio of the stream's scores ``index`` (from 0) ends, in seconds."""
        frames = (index + 1) * self.stride
        return np.asarray(((frames - 1) * STEP + WINDOW) / SAMPLE_RATE, np.float64)
