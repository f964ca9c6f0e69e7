"""What the tests of microWakeWord models share: the official ones, speech for them, a recipe."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from wakesmith import tts
from wakesmith.plan.draws import Utterance
from wakesmith.recipe import Recipe, load
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


SMALL = (
    "synth.engines={'espeak': 1.0}",
    "synth.positives=100",
    "synth.near_misses=40",
    "synth.speech=20",
    "synth.validation=16",
    "synth.test=16",
    "negatives.noise_minutes=1",
    "mix.noise_minutes=1",
    "mix.simulated_rooms=4",
    "mix.copies=1",
    "network.members=1",
    "network.layer_size=16",
    "train.steps=60",
    "train.validate_every=30",
    "micro.network.first_filters=12",
    "micro.network.pointwise=[12, 12]",
    "micro.network.kernels=[[5], [9, 13]]",
    "micro.network.repeats=[1, 1]",
    "micro.network.residual=[false, false]",
    "micro.train.steps=60",
    "micro.train.validate_every=30",
    "micro.train.moving_average=0.9",
    "micro.manifest.website=https://example.org",
)


def small(family: str, *overrides: str) -> Recipe:
    every = [*SMALL, f"family={family}", *overrides]
    return load(None, phrase="okay betty", preset="quick", overrides=every)
