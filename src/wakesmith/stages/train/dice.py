"""Torch's own dice, thrown from ours."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


@contextmanager
def torch_dice(dice: np.random.Generator, device: torch.device) -> Iterator[None]:
    """Have torch's own generator (fresh weights, dropout) follow ``dice``, then put it back."""
    seed = int(dice.integers(2**63))
    cuda = device.type == "cuda"
    with torch.random.fork_rng(devices=[device] if cuda else []):
        # Not torch.manual_seed: without CUDA it notes every call, with its traceback, for later.
        torch.default_generator.manual_seed(seed)
        if cuda:
            torch.cuda.manual_seed(seed)
        yield
