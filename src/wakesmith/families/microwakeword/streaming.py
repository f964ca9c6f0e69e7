"""The network as a stream in float: what a device computes, without its rounding.

Each layer keeps the frames that it will look at again, as the exported file does in its variables.
Plain sums and no code of ``network``'s: the two are checked against each other.
"""

from itertools import accumulate

import torch
from torch import Tensor

from wakesmith.families.microwakeword.network import MixedNet, MixedNetLayer, Pointwise
from wakesmith.families.microwakeword.shape import INPUTS


class StreamingReference:
    """A network as it runs on a device: ``stride`` frames in, a logit out.

    A stream starts as after zeros. From the push on that completes the first ``shape.frames``
    frames, counted from ``first_kernel - stride`` frames of zeros before the sound, the logits are
    those of ``MixedNet.forward`` of the same frames to 1e-5.
    """

    def __init__(self, net: MixedNet) -> None:
        self._net = net
        self.shape = net.shape
        self.reset()

    def reset(self) -> None:
        """Back to the start."""
        shape = self.shape
        self._first = torch.zeros(shape.first_kernel - shape.stride, INPUTS)
        self._rings = [torch.zeros(layer.ring, layer.inputs) for layer in shape.layers]
        self._last = torch.zeros(shape.last - 1, shape.width)

    @torch.no_grad()
    def push(self, x: Tensor) -> Tensor:
        """The logit, a scalar, after ``stride`` more frames ``[stride, 40]``."""
        if x.shape != (self.shape.stride, INPUTS):
            raise ValueError(f"features {list(x.shape)}: [{self.shape.stride}, {INPUTS}] needed")
        window = torch.cat([self._first, x])
        self._first = window[self.shape.stride :]
        frame = torch.relu(self._net.first @ window.flatten())
        beside: Tensor | None = None
        for number, module in enumerate(self._net.layers):
            assert isinstance(module, MixedNetLayer)
            if module.layer.repeat == 0:
                beside = self._past(module.layer.block, frame)
            window = torch.cat([self._rings[number], frame[None]])
            self._rings[number] = window[1:]
            frame = _pointwise(module.pointwise, _mixed(module, window))
            frame = torch.relu(frame if beside is None else frame + beside)
        window = torch.cat([self._last, frame[None]])
        self._last = window[1:]
        if self.shape.pooling == "average":
            window = window.mean(0, keepdim=True)
        elif self.shape.pooling == "max":
            window = window.amax(0, keepdim=True)
        return (window * self._net.output.t()).sum() + self._net.bias[0]

    def run(self, x: Tensor) -> Tensor:
        """The logits ``[frames // stride]`` of ``[frames, 40]``, pushed one after the other."""
        steps = x[: len(x) // self.shape.stride * self.shape.stride].view(
            -1, self.shape.stride, INPUTS
        )
        return torch.stack([self.push(step) for step in steps]) if len(steps) else torch.zeros(0)

    def _past(self, block: int, frame: Tensor) -> Tensor | None:
        if str(block) not in self._net.beside:
            return None
        way = self._net.beside[str(block)]
        assert isinstance(way, Pointwise)
        return _pointwise(way, frame)


def _mixed(module: MixedNetLayer, window: Tensor) -> Tensor:
    """``[inputs]``: each group of channels under its kernel, at the newest frames."""
    if not module.layer.ring:
        return window[-1]
    groups = torch.tensor_split(window, list(accumulate(module.layer.groups))[:-1], 1)
    sums = [
        (group[len(group) - kernel.shape[1] :] * kernel.t()).sum(0)
        for group, kernel in zip(groups, module.kernels, strict=True)
    ]
    return torch.cat(sums)


def _pointwise(module: Pointwise, frame: Tensor) -> Tensor:
    norm = module.norm
    assert norm.running_mean is not None
    assert norm.running_var is not None
    centred = module.weight @ frame - norm.running_mean
    return centred / torch.sqrt(norm.running_var + norm.eps) * norm.weight + norm.bias
