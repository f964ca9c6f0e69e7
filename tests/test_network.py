"""The networks: shapes, sizes, openWakeWord's own, standardisation."""

import pytest
import torch

from wakesmith import recipe
from wakesmith.families.openwakeword.ensemble import build
from wakesmith.families.openwakeword.smoothing import smoothed

KINDS = ("dnn", "conv", "recurrent")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("blocks", [0, 2])
@pytest.mark.parametrize("window", [5, 16])
def test_windows_become_logits(kind: str, blocks: int, window: int) -> None:
    network = recipe.Network.model_validate(
        {"kind": kind, "layer_size": 8, "blocks": blocks, "window": window}
    )
    logits = build(network)(torch.randn(3, window, 96))
    assert logits.shape == (3,)
    assert logits.isfinite().all()


@pytest.mark.parametrize("kind", KINDS)
def test_rows_are_independent_and_evaluation_is_certain(kind: str) -> None:
    network = build(recipe.Network.model_validate({"kind": kind, "dropout": 0.5})).eval()
    windows = torch.randn(4, 16, 96) * 10
    together = network(windows)
    alone = torch.cat([network(window[None]) for window in windows])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-5)
    network.train()
    assert not torch.equal(network(windows), network(windows))


def test_dnn_is_openwakewords() -> None:
    network = build(
        recipe.Network(kind="dnn", members=1, layer_size=32, blocks=2, dropout=0)
    ).eval()
    twin = torch.nn.Sequential(torch.nn.Flatten())
    for inputs in (16 * 96, 32, 32):
        twin.append(torch.nn.Linear(inputs, 32))
        twin.append(torch.nn.LayerNorm(32))
        twin.append(torch.nn.ReLU())
    twin.append(torch.nn.Linear(32, 1))
    own = dict(network.named_parameters())
    order = [f"layers.{n}.{part}" for n in range(3) for part in ("linear", "norm")] + ["output"]
    values = [own[f"{name}.{kind}"] for name in order for kind in ("weight", "bias")]
    for parameter, value in zip(twin.parameters(), values, strict=True):
        parameter.data.copy_(value)
    assert len(values) == len(own)
    windows = torch.randn(5, 16, 96)
    torch.testing.assert_close(network(windows), twin(windows)[:, 0])


@pytest.mark.parametrize("kind", ["dnn", "recurrent"])
def test_standardising_is_the_same_as_standardised_windows(kind: str) -> None:
    network = build(recipe.Network.model_validate({"kind": kind})).eval()
    windows = torch.randn(6, 16, 96) * torch.rand(96) * 20 + torch.randn(96) * 5
    mean, deviation = windows.mean((0, 1)), windows.std((0, 1))
    expected = network((windows - mean) / deviation)
    network.standardise(mean, deviation)
    torch.testing.assert_close(network(windows), expected, atol=1e-4, rtol=1e-4)


def test_a_channel_that_never_changes_stays_finite() -> None:
    network = build(recipe.Network())
    network.standardise(torch.zeros(96), torch.zeros(96))
    assert network(torch.randn(2, 16, 96)).isfinite().all()


@pytest.mark.parametrize("kind", ["dnn", "conv", "recurrent"])
def test_an_ensembles_logit_is_the_mean_of_its_members(kind: str) -> None:
    network = build(recipe.Network.model_validate({"kind": kind, "members": 3})).eval()
    windows = torch.randn(5, 16, 96)
    opinions = network.opinions(windows)
    assert opinions.shape == (3, 5)
    assert not torch.allclose(opinions[0], opinions[1])
    torch.testing.assert_close(network(windows), opinions.mean(0))


@pytest.mark.parametrize("kind", KINDS)
def test_a_smoothed_logit_is_the_mean_over_its_windows(kind: str) -> None:
    network = build(recipe.Network.model_validate({"kind": kind, "members": 2})).eval()
    longer = smoothed(network, 4)
    assert longer.window == 19
    sound = torch.randn(5, 19, 96)
    each = torch.stack([network(sound[:, first : first + 16]) for first in range(4)])
    torch.testing.assert_close(longer(sound), each.mean(0), atol=1e-5, rtol=1e-5)
    assert smoothed(network, 1) is network
