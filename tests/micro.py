"""What the tests of microWakeWord models share: the official ones, and speech for them."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from wakesmith import tts
from wakesmith.plan.draws import Utterance
from wakesmith.runtime.frontend import Pcm

OFFICIAL = ("alexa", "hey_jarvis", "hey_mycroft", "okay_nabu")
"""Those in the package pymicro-wakeword."""


def official(name: str, suffix: str = ".json") -> Path:
    """The manifest (or the model, with ``.tflite``) of an official model."""
    package = find_spec("pymicro_wakeword")
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).parent / "models" / f"{name}{suffix}"


@cache
def said(name: str) -> Pcm:
    """3 s of faint noise, the phrase by flite's "rms" at its level, 1 s of faint noise."""
    if "flite" not in tts.installed():
        pytest.skip("speaks, and flite is not installed")
    (clip,) = tts.speak([Utterance(name.replace("_", " "), "flite", "rms", ())])
    rng = np.random.default_rng([9])
    before, after = (rng.normal(0, 20, samples).astype(np.int16) for samples in (48_000, 16_000))
    return np.concatenate([before, clip.pcm, after])
