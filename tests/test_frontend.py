"""The front end against the model files it stands for, and against itself in other pieces."""

import subprocess
import sys
import threading
import tracemalloc

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from helpers import models
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from wakesmith.errors import AudioError
from wakesmith.runtime.frontend import (
    CHUNK,
    EMBEDDING_DIM,
    MEL_FRAMES,
    EmbeddingFrontend,
    Pcm,
    embed,
    embed_batch,
)
from wakesmith.runtime.mel import HISTORY, MELS, SILENCE, hann_window, mel_frames, mel_weights


def speechlike(samples: int, seed: int = 0) -> Pcm:
    """Noise and tones with pauses; some of it digital silence."""
    rng = np.random.default_rng(seed)
    t = np.arange(samples) / 16_000
    loudness = np.maximum(0, np.sin(2 * np.pi * t * 1.3)) ** 2 * (
        np.sin(2 * np.pi * t * 0.4) > -0.5
    )
    tone = sum(np.sin(2 * np.pi * h * 140 * t) / h for h in range(1, 12))
    return (loudness * (3000 * tone + rng.normal(0, 800, samples))).astype(np.int16)


CLIP = speechlike(5 * 16_000 + 777)
WHOLE = embed(CLIP)


@pytest.fixture(scope="module")
def mel_model() -> Interpreter:
    """openWakeWord's mel model, for 1760 samples: eight frames."""
    model = Interpreter(str(models() / "melspectrogram.tflite"), num_threads=1)
    model.resize_tensor_input(0, [1, HISTORY + CHUNK], strict=False)
    model.allocate_tensors()
    return model


def constants(model: Interpreter) -> list[NDArray[np.float32]]:
    details = [d for d in model.get_tensor_details() if d["dtype"] == np.float32]
    values = []
    for detail in details:
        try:
            values.append(model.get_tensor(detail["index"]))
        except ValueError:  # a tensor that only lives during a run
            continue
    return values


def test_window_and_weights_are_those_of_the_model_bit_for_bit(mel_model: Interpreter) -> None:
    found = constants(mel_model)
    assert any(np.array_equal(v, mel_weights()) for v in found if v.shape == (257, 32))
    kernels = [v[:, 0, :, 0] for v in found if v.shape == (257, 1, 512, 1)]
    assert any(np.array_equal(k[0], hann_window()) for k in kernels)  # bin 0: the window itself


@pytest.mark.parametrize("gain", [0.0, 0.001, 1.0, 40.0])
def test_mel_frames_are_those_of_the_model_chunk_by_chunk(
    mel_model: Interpreter, gain: float
) -> None:
    audio = np.clip(speechlike(HISTORY + 20 * CHUNK) * gain, -32768, 32767).astype(np.float32)
    ours = mel_frames(audio).reshape(20, -1)
    for i, row in enumerate(ours):
        mel_model.set_tensor(0, audio[None, i * CHUNK : (i + 1) * CHUNK + HISTORY])
        mel_model.invoke()
        theirs = mel_model.get_tensor(mel_model.get_output_details()[0]["index"]) / 10 + 2
        np.testing.assert_allclose(row, theirs.reshape(-1), atol=1e-5)


def test_embeddings_are_those_of_the_model_window_by_window() -> None:
    model = Interpreter(str(models() / "embedding_model.tflite"), num_threads=1)
    model.allocate_tensors()
    padded = np.concatenate([np.zeros(HISTORY, np.float32), CLIP.astype(np.float32)])
    mels = np.concatenate([np.full((MEL_FRAMES - 8, MELS), SILENCE), mel_frames(padded)])
    for i, frame in enumerate(WHOLE):
        window = mels[8 * i : 8 * i + MEL_FRAMES].astype(np.float32)
        model.set_tensor(model.get_input_details()[0]["index"], window[None, :, :, None])
        model.invoke()
        theirs = model.get_tensor(model.get_output_details()[0]["index"]).reshape(-1)
        np.testing.assert_allclose(frame, theirs, atol=1e-3)  # values reach 60


def test_a_stream_gives_what_pyopen_wakeword_gives() -> None:
    """One row later, given audio 1120 samples later: its chunks start 480 samples later, and its
    windows end 4 mel frames (640 samples) before the chunk does. So the dB floor falls on other
    frames, and only audio without digital silence has to agree."""
    from pyopen_wakeword import OpenWakeWordFeatures

    noisy = CLIP + np.random.default_rng(1).normal(0, 100, len(CLIP)).astype(np.int16)
    theirs = OpenWakeWordFeatures.from_builtin()
    list(theirs.process_streaming(np.zeros(1120, np.int16).tobytes()))
    found = []
    for start in range(0, len(CLIP) // CHUNK * CHUNK, CHUNK):
        found += list(theirs.process_streaming(noisy[start : start + CHUNK].tobytes()))
    rows = np.concatenate([f.reshape(-1, EMBEDDING_DIM) for f in found])
    assert len(rows) == len(WHOLE)
    np.testing.assert_allclose(embed(noisy)[12:-1], rows[13:], atol=2e-3)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 9000), max_size=30))
def test_any_chunking_gives_the_same_bits(sizes: list[int]) -> None:
    frontend, found, at = EmbeddingFrontend(), [], 0
    for size in [*sizes, len(CLIP)]:
        found.append(frontend.push(CLIP[at : at + size]))
        assert len(found[-1]) == min(at + size, len(CLIP)) // CHUNK - min(at, len(CLIP)) // CHUNK
        at += size
    np.testing.assert_array_equal(np.concatenate(found), WHOLE)


def test_a_clip_longer_than_the_blocks_is_the_same_in_small_pieces() -> None:
    long = speechlike(16_000 * 25, seed=3)
    frontend = EmbeddingFrontend()
    pieces = [frontend.push(long[at : at + 100_001]) for at in range(0, len(long), 100_001)]
    np.testing.assert_array_equal(np.concatenate(pieces), embed(long))
    np.testing.assert_array_equal(embed_batch(long[None])[0], embed(long))


def test_reset_starts_anew() -> None:
    frontend = EmbeddingFrontend()
    frontend.push(speechlike(20_000, seed=9))
    frontend.reset()
    np.testing.assert_array_equal(frontend.push(CLIP), WHOLE)


def test_a_stream_starts_as_after_long_silence() -> None:
    quiet = np.zeros(20 * CHUNK, np.int16)
    np.testing.assert_array_equal(embed(np.concatenate([quiet, CLIP]))[20:], WHOLE)


def test_floats_at_int16_scale_give_what_integers_give() -> None:
    np.testing.assert_array_equal(embed(CLIP.astype(np.float32)), WHOLE)


def test_rows_of_a_batch_are_independent_and_equal_to_single_clips() -> None:
    batch = np.stack([speechlike(32_000, seed) * scale for seed, scale in ((1, 1), (2, 0), (3, 3))])
    found = embed_batch(batch.astype(np.int16))
    assert found.shape == (3, 25, EMBEDDING_DIM)
    for row, clip in zip(found, batch.astype(np.int16), strict=True):
        np.testing.assert_array_equal(row, embed(clip))
    np.testing.assert_array_equal(embed_batch(batch.astype(np.float32), last=16), found[:, -16:])


def test_many_rows_are_each_their_own_clip() -> None:
    batch = np.stack([speechlike(4 * CHUNK + 99, seed) for seed in range(18)])
    for row, clip in zip(embed_batch(batch, last=2), batch, strict=True):
        np.testing.assert_array_equal(row, embed(clip)[-2:])


def test_nothing_in_gives_nothing_out() -> None:
    assert embed(CLIP[:1279]).shape == (0, EMBEDDING_DIM)
    assert embed_batch(np.zeros((0, 32_000), np.int16)).shape == (0, 25, EMBEDDING_DIM)
    assert embed_batch(np.zeros((2, 100), np.int16), last=16).shape == (2, 0, EMBEDDING_DIM)


@pytest.mark.parametrize(
    "audio",
    [
        np.zeros((2, 1280), np.int16),
        np.zeros(1280, np.uint8),
        np.array([0.0, np.nan] * 1000, np.float32),
        bytes(2560),
        [0] * 1280,
    ],
)
def test_what_is_no_audio_is_refused(audio: NDArray[np.int16]) -> None:
    with pytest.raises(AudioError):
        embed(audio)


def test_memory_does_not_grow_with_the_length_of_the_audio() -> None:
    long = np.zeros(16_000 * 240, np.int16)
    embed(long[:16_000])
    tracemalloc.start()
    try:
        embed(long)
        assert tracemalloc.get_traced_memory()[1] < 8e6  # as float32 the clip alone has 15 MB
    finally:
        tracemalloc.stop()


def test_threads_do_not_disturb_each_other() -> None:
    found: dict[int, NDArray[np.float32]] = {}

    def work(index: int) -> None:
        found[index] = embed(CLIP)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(found[i], WHOLE) for i in range(4))


FORK = """
import os, sys
import numpy as np
from wakesmith.runtime.frontend import EmbeddingFrontend
audio = np.random.default_rng(0).normal(0, 2000, 40_000).astype(np.int16)
frontend = EmbeddingFrontend(threads=2)
first = frontend.push(audio)
frontend.reset()
child = os.fork()
same = np.array_equal(frontend.push(audio), first)
if child == 0:
    os._exit(0 if same else 1)
sys.exit(0 if same and os.waitpid(child, 0)[1] == 0 else 1)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
def test_a_forked_child_goes_on_and_nothing_is_written_to_the_terminal() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORK], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
