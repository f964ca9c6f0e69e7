"""microWakeWord's front end: streaming = whole = batch, and the two ways to make it int8."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wakesmith.errors import AudioError
from wakesmith.runtime.frontend import Pcm
from wakesmith.runtime.micro import (
    MicroFrontend,
    dequantised,
    esphome_int8,
    micro_features,
    micro_features_batch,
    rounded_int8,
)
from wakesmith.runtime.micro.frontend import (
    CHANNELS,
    FEATURE_SCALE,
    INPUT_SCALE,
    INPUT_ZERO_POINT,
    STEP,
    WINDOW,
)

SAMPLES = 16_000 + 77
FIRST_BEYOND = 665
"""The lowest feature that does not fit into int8 at ESPHome's scale."""


def clips() -> dict[str, Pcm]:
    """One clip of every kind that is hard for some front end."""
    rng = np.random.default_rng([7])
    t = np.arange(SAMPLES) / 16_000
    voice = sum(np.sin(2 * np.pi * h * (120 + 40 * np.sin(5 * t)) * t) / h for h in range(1, 20))
    speech = np.sin(2 * np.pi * 1.5 * t) ** 2 * 6000 * voice
    clicks = np.zeros(SAMPLES)
    clicks[::1999] = 32_767
    onset = np.where(t < 0.5, 0, rng.choice([-32_768, 32_767], SAMPLES))
    kinds = {
        "silence": np.zeros(SAMPLES),
        "dc": np.full(SAMPLES, 9_000),
        "one bit": rng.integers(-1, 2, SAMPLES),
        "noise": rng.normal(0, 2_000, SAMPLES),
        "speech": speech + rng.normal(0, 30, SAMPLES),
        "square": np.where(np.arange(SAMPLES) % 64 < 32, 32_767, -32_768),
        "clicks": clicks,
        "onset": onset,
    }
    return {name: np.clip(x, -32_768, 32_767).astype(np.int16) for name, x in kinds.items()}


CLIPS = clips()


@pytest.mark.parametrize("name", CLIPS)
def test_the_frames_are_those_of_the_package(name: str) -> None:
    from pymicro_wakeword import MicroWakeWordFeatures

    theirs = np.concatenate([*MicroWakeWordFeatures().process_streaming(CLIPS[name].tobytes())])
    ours = micro_features(CLIPS[name])
    assert ours.dtype == np.uint16
    assert ours.shape == ((SAMPLES - WINDOW) // STEP + 1, CHANNELS)
    np.testing.assert_array_equal(ours * FEATURE_SCALE, theirs[:, 0])


@settings(max_examples=30)
@given(st.sampled_from(sorted(CLIPS)), st.lists(st.integers(0, 3_000), max_size=30))
def test_any_chunking_gives_the_same_frames(name: str, sizes: list[int]) -> None:
    frontend, found, at = MicroFrontend(), [], 0
    for size in [*sizes, SAMPLES]:
        found.append(frontend.push(CLIPS[name][at : at + size]))
        at += size
    np.testing.assert_array_equal(np.concatenate(found), micro_features(CLIPS[name]))


def test_a_batch_is_its_clips() -> None:
    batch = micro_features_batch(np.stack([*CLIPS.values()]))
    for row, clip in zip(batch, CLIPS.values(), strict=True):
        np.testing.assert_array_equal(row, micro_features(clip))
    last = micro_features_batch(np.stack([*CLIPS.values()]), last=7)
    np.testing.assert_array_equal(last, batch[:, -7:])


@pytest.mark.parametrize("samples", [0, 1, 479, 480, 639, 640])
def test_short_clips(samples: int) -> None:
    frames = max(0, samples // STEP - 2)
    assert micro_features(np.ones(samples, np.int16)).shape == (frames, CHANNELS)
    assert micro_features_batch(np.ones((2, samples), np.int16)).shape == (2, frames, CHANNELS)


def test_the_lead_warms_the_noise_estimate_until_a_reset() -> None:
    noise = CLIPS["noise"][:8_000]
    frontend = MicroFrontend()
    cold = frontend.push(noise)
    warm = frontend.push(noise)[2:]
    assert warm[:20].mean() < 0.9 * cold[:20].mean()
    frontend.reset()
    np.testing.assert_array_equal(frontend.push(noise), cold)


def test_both_quantisations_agree_within_the_range() -> None:
    features = np.arange(FIRST_BEYOND, dtype=np.uint16)
    device = esphome_int8(features)
    np.testing.assert_array_equal(rounded_int8(features, INPUT_SCALE, INPUT_ZERO_POINT), device)
    official = rounded_int8(features, float(np.float32(26 / 255)), -128)
    difference = np.abs(official.astype(int) - device)
    assert difference.max() == 1
    # The step of either is 0.1, and the middle of each device step is where it stands for.
    assert np.abs(dequantised(device) - features * FEATURE_SCALE).max() <= INPUT_SCALE / 2


def test_beyond_the_range_the_device_clamps_and_python_wraps() -> None:
    beyond = np.array([FIRST_BEYOND, 700, 65_535], np.uint16)
    assert esphome_int8(beyond).tolist() == [127, 127, 127]
    assert rounded_int8(beyond[:2], INPUT_SCALE, INPUT_ZERO_POINT).tolist() == [-128, -115]


@pytest.mark.parametrize(
    "wrong", [b"\0\0", np.zeros(9, np.float32), np.zeros((2, 9), np.int16), [0] * 9]
)
def test_other_than_a_row_of_int16_is_refused(wrong: Pcm) -> None:
    with pytest.raises(AudioError, match="int16"):
        MicroFrontend().push(wrong)
