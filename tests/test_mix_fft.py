"""Kept plans and torch.fft convolve alike, one signal at a time or many."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from wakesmith.mix import NoiseBank, RoomBank, fft, mix
from wakesmith.mix.fft import Convolver
from wakesmith.plan.draws import Mix

CPU = torch.device("cpu")
SHAPES = [(2048, 1792, 5), (30720, 30720, 1), (64, 48, 3)]
"""Size, step and blocks: a window's filter, a room, and a small one."""


def convolved(
    convolver: Convolver,
    signals: NDArray[np.float32],
    responses: NDArray[np.complex64],
    stride: int,
) -> NDArray[np.float32]:
    """Each of ``signals`` through its response, as many at a time as there is room for."""
    found = []
    for at in range(0, len(signals), convolver.most):
        batch = signals[at : at + convolver.most]
        for i, signal in enumerate(batch):
            convolver.signals[i * stride :][: len(signal)] = signal
        convolver.convolve(list(responses[at : at + convolver.most]))
        found.append(convolver.results[: len(batch)].copy())
    return np.concatenate(found)


@pytest.mark.parametrize(("size", "step", "blocks"), SHAPES)
def test_plans_do_what_torch_does(
    size: int, step: int, blocks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    stride = blocks * step
    signals = rng.standard_normal((5, stride)).astype(np.float32)
    taps = torch.from_numpy(rng.standard_normal((5, size // 2)).astype(np.float32))
    responses = torch.fft.rfft(taps, n=size).numpy()
    kept = convolved(Convolver(size, step, blocks, 3, CPU), signals, responses, stride)
    monkeypatch.setattr(fft, "_mkl", lambda: None)
    assert fft.backend() == "torch"
    convolver = Convolver(size, step, blocks, 3, CPU)
    assert convolver.most == 3
    plain = convolved(convolver, signals, responses, stride)
    # A signal's last block may reach over its end, into what the next one's memory holds.
    inside = min(blocks, (stride - size) // step + 1)
    np.testing.assert_allclose(kept[:, :inside], plain[:, :inside], atol=1e-5 * size**0.5)


def test_a_window_may_be_of_any_length() -> None:
    noise = NoiseBank(np.full((1, 8000), 1000, np.int16), ("constant",))
    draw = Mix(-1, 0.0, -30.0, 0.0, 0, 0.0, -1, 0.0, 0.0, 8000.0, "none", 0.0)
    rooms = RoomBank(np.zeros((0, 8000), np.float32))
    for samples in (1, 480, 1791, 1792, 1793, 3 * 1792):
        window = mix([], [draw], rooms, noise, samples)
        assert window.shape == (1, samples)
        np.testing.assert_allclose(window[0], 32768 * 10**-1.5, atol=2)
