"""Sound to what the networks are trained on: spectra as ESPHome quantises them.

The front end's noise estimate starts at zero and takes about a second to settle. A device heard
its room long before anybody spoke; a window of training begins with the word. So each stretch of
sound is heard after its own beginning played backwards, which has the same noise, joins without
a click, and holds no wake word that could be learnt.
"""

import numpy as np
from numpy.typing import NDArray

from wakesmith.runtime.frontend import SAMPLE_RATE, Pcm
from wakesmith.runtime.micro.frontend import STEP, WINDOW, esphome_int8, micro_features_batch

WARM_UP = SAMPLE_RATE
"""Samples that warm the noise estimate: one second."""


def spectra(sound: Pcm) -> NDArray[np.int8]:
    """Quantised spectra [n, ``frames_of(samples)``, 40] of sounds [n, samples], int16.

    Frame ``i`` looks at the samples from ``160 i`` to ``160 i + 480``.
    """
    frames = frames_of(sound.shape[1])
    # Whole steps, so that the frames after the lead are those of the sound; short sounds have less.
    lead = min(WARM_UP, (sound.shape[1] - 1) // STEP * STEP)
    warmed = np.concatenate([sound[:, lead:0:-1], sound], axis=1)
    return esphome_int8(micro_features_batch(warmed, last=frames))


def frames_of(samples: int) -> int:
    """Frames in so many samples."""
    return max(0, (samples - WINDOW) // STEP + 1)


def end_frame(seconds: NDArray[np.floating]) -> NDArray[np.float64]:
    """The frame (fractional) that ends so many seconds after the sound begins."""
    return (np.asarray(seconds, np.float64) * SAMPLE_RATE - WINDOW) / STEP
