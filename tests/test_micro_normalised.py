"""Batch normalisation by rows is torch's own: values, gradients and what it remembers."""

import copy

import pytest
import torch
from torch import nn

from wakesmith.families.microwakeword.normalised import normalised


@pytest.mark.parametrize("momentum", [0.01, None])
@pytest.mark.parametrize(("centre", "spread"), [(0.0, 1.0), (30.0, 0.5), (-2.0, 0.02)])
def test_it_is_torchs_own(centre: float, spread: float, momentum: float | None) -> None:
    torch.manual_seed(1)
    theirs = nn.BatchNorm1d(6, eps=1e-3, momentum=momentum)
    nn.init.normal_(theirs.weight)
    nn.init.normal_(theirs.bias)
    ours = copy.deepcopy(theirs)
    x = (centre + spread * torch.randn(6, 1000)).requires_grad_()
    toward = torch.randn(6, 1000)
    for training in (True, True, False):
        ours.train(training)
        theirs.train(training)
        expected, made = theirs(x[None])[0], normalised(x, ours)
        torch.testing.assert_close(made, expected, atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(
            torch.autograd.grad(made, (x, *ours.parameters()), toward),
            torch.autograd.grad(expected, (x, *theirs.parameters()), toward),
            atol=1e-4,
            rtol=1e-4,
        )
        torch.testing.assert_close(ours.state_dict(), theirs.state_dict(), atol=1e-6, rtol=1e-5)


def test_one_value_has_no_spread() -> None:
    with pytest.raises(ValueError, match="more than 1 value"):
        normalised(torch.zeros(6, 1), nn.BatchNorm1d(6))
