"""Quantisation-aware fine-tuning: what it sees is what the file computes, and it learns."""

from pathlib import Path

import numpy as np
import pytest
import torch
from micro_nets import SHAPES, features, quantised_features, trained

from wakesmith.families.microwakeword.folded import fold, run
from wakesmith.families.microwakeword.qat import QuantisedMixedNet
from wakesmith.families.microwakeword.ranges import measured_ranges
from wakesmith.families.microwakeword.to_tflite import to_tflite
from wakesmith.runtime.micro.frontend import dequantised
from wakesmith.runtime.micro.model import StreamingModel


@pytest.mark.parametrize("name", SHAPES)
def test_folding_changes_nothing(name: str) -> None:
    net = trained(SHAPES[name])
    x = features(3, net.shape.frames + 5 * net.shape.stride)
    names = []

    def tap(name: str, values: torch.Tensor) -> torch.Tensor:
        names.append(name)
        return values

    torch.testing.assert_close(run(fold(net), x, tap), net(x), atol=1e-4, rtol=1e-4)
    assert len(names) == len(set(names))
    assert {"first", "layer.0", "logit"} <= set(names)


@pytest.mark.parametrize("name", SHAPES)
def test_training_sees_the_files_own_rounding(name: str, tmp_path: Path) -> None:
    shape, path = SHAPES[name], tmp_path / "okay_test.tflite"
    net = trained(shape)
    lead = shape.first_kernel - shape.stride
    x = quantised_features(1, shape.frames + 300 * shape.stride)
    x[:, :lead] = -128  # what a stream starts with
    ranges = measured_ranges(net, x)
    to_tflite(net, ranges, path)
    rows = x[0, lead:]
    rows = rows[: len(rows) // shape.stride * shape.stride]
    settled = (shape.receptive - shape.first_kernel) // shape.stride
    written = StreamingModel(path).probabilities(rows)[settled:] / 256
    sound = torch.from_numpy(dequantised(x))
    with torch.no_grad():
        rounded, plain = (
            torch.sigmoid(each(sound))[0].double().numpy()
            for each in (QuantisedMixedNet(net, ranges), net)
        )
    count = min(len(written), len(plain))
    apart = np.abs(rounded[:count] - written[:count]).mean()
    # Left are the logit's own step, which training does not see, and the file's 256ths.
    low, high = (float(np.clip(end, -7, 7)) for end in ranges["logit"])
    assert apart <= (max(high, 0) - min(low, 0)) / 255 / 4 / 4 + 1 / 256
    assert apart < max(1 / 256, 0.75 * np.abs(plain[:count] - written[:count]).mean())


def test_fine_tuning_brings_the_file_back_to_what_was_wanted() -> None:
    net = trained(SHAPES["official"])
    x = torch.from_numpy(dequantised(quantised_features(32, net.shape.frames)))
    with torch.no_grad():
        wanted = net(x)
    # Ranges far too narrow, as if training had met only quiet sound.
    ranges = measured_ranges(net, quantised_features(8, net.shape.frames))
    ranges = {name: (low / 3, high / 3) for name, (low, high) in ranges.items()}
    rounded = QuantisedMixedNet(net, ranges).train()
    statistics = {name: value.clone() for name, value in net.named_buffers()}
    optimiser = torch.optim.Adam(net.parameters(), 1e-3)
    losses = []
    for _ in range(30):
        loss = (rounded(x) - wanted).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < losses[0] / 3
    assert all(torch.equal(value, statistics[name]) for name, value in net.named_buffers())
