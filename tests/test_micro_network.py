"""MixedNet: the dense pass, the stream and plain torch layers say the same."""

from itertools import accumulate

import pytest
import torch
from micro_nets import SHAPES, features, trained
from torch.nn import functional as F

from wakesmith.errors import RecipeError
from wakesmith.families.microwakeword.network import MixedNet, MixedNetLayer, Shape, depthwise
from wakesmith.families.microwakeword.streaming import StreamingReference


@pytest.fixture(params=SHAPES)
def net(request: pytest.FixtureRequest) -> MixedNet:
    return trained(SHAPES[request.param])


def test_every_position_is_scored_as_its_frames_alone(net: MixedNet) -> None:
    shape = net.shape
    x = features(2, shape.frames + 7 * shape.stride + shape.stride - 1)
    together = net(x)
    assert together.shape == (2, 8)
    for position in range(8):
        alone = net(x[:, position * shape.stride :][:, : shape.frames])
        assert alone.shape == (2, 1)
        torch.testing.assert_close(together[:, position], alone[:, 0], atol=1e-5, rtol=1e-5)


def test_the_stream_says_what_the_dense_pass_does(net: MixedNet) -> None:
    shape = net.shape
    x = features(1, shape.frames + 30 * shape.stride)
    lead = torch.zeros(1, shape.first_kernel - shape.stride, 40)
    dense = net(torch.cat([lead, x], 1))[0]
    stream = StreamingReference(net)
    # Blocks keep zeros at the start, which are not what zeros before the sound would make of them.
    settled = (shape.receptive - shape.first_kernel) // shape.stride
    logits = stream.run(x[0])[settled:]
    streamed, whole = torch.sigmoid(logits[: len(dense)]), torch.sigmoid(dense[: len(logits)])
    torch.testing.assert_close(streamed, whole, atol=1e-5, rtol=0)
    assert len(whole) >= 30
    stream.reset()
    assert torch.equal(stream.run(x[0])[settled:], logits)


def test_the_first_shape_is_torchs_own_layers() -> None:
    net = trained(SHAPES["official"])
    x = features(3, 194)
    y = torch.relu(F.conv1d(x.mT, net.first.view(32, 5, 40).mT, stride=3))
    for module in net.layers:
        assert isinstance(module, MixedNetLayer)
        frames = y.shape[2] - module.layer.ring
        groups = torch.tensor_split(y, list(accumulate(module.layer.groups))[:-1], 1)
        mixed = [
            F.conv1d(group, kernel[:, None], groups=len(kernel))[:, :, -frames:]
            for group, kernel in zip(groups, module.kernels, strict=True)
        ]
        y = F.conv1d(torch.cat(mixed, 1), module.pointwise.weight[:, :, None])
        y = torch.relu(module.pointwise.norm(y))
    expected = F.linear(y.flatten(1), net.output.flatten()[None], net.bias)
    torch.testing.assert_close(net(x), expected, atol=1e-4, rtol=1e-5)


@pytest.mark.parametrize("frames", [40, 86, 87, 400])
def test_depthwise_is_a_grouped_convolution_and_so_is_its_gradient(frames: int) -> None:
    torch.manual_seed(frames)
    x = torch.randn(6, 3, frames, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(6, 7, dtype=torch.float64, requires_grad=True)
    expected = F.conv1d(x.transpose(0, 1), weight[:, None], groups=6).transpose(0, 1)
    made = depthwise(x, weight)
    torch.testing.assert_close(made, expected)
    toward = torch.randn_like(made)
    torch.testing.assert_close(
        torch.autograd.grad(made, (x, weight), toward),
        torch.autograd.grad(expected, (x, weight), toward),
    )


def test_every_weight_learns(net: MixedNet) -> None:
    net.train()
    net(features(4, net.shape.frames)).square().sum().backward()
    for name, parameter in net.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_the_same_seed_gives_the_same_network() -> None:
    torch.manual_seed(5)
    one = MixedNet(Shape()).state_dict()
    torch.manual_seed(5)
    two = MixedNet(Shape()).state_dict()
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_too_few_frames_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 194"):
        MixedNet(Shape())(features(1, 193))
    with pytest.raises(ValueError, match=r"\[3, 40\]"):
        StreamingReference(MixedNet(Shape())).push(torch.zeros(2, 40))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"pointwise": (64, 64)}, "2, 4, 4, 4 entries"),
        ({"first_kernel": 2}, "frames would be skipped"),
        ({"frames": 150}, "look at 155 frames and frames is 150"),
        ({"repeats": (1, 0, 1, 1)}, "at least 1"),
        ({"kernels": ((5,), (7, 11), (9, 15), ())}, "at least 1"),
        ({"first_filters": 2, "kernels": ((3, 3, 3), (7,), (9,), (23,))}, "3 kernels for 2"),
    ],
)
def test_shapes_that_cannot_be_built_are_refused(change: dict[str, object], said: str) -> None:
    with pytest.raises(RecipeError, match=said):
        Shape(**change)  # type: ignore[arg-type]
