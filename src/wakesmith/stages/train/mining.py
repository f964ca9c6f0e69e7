"""Hard negatives: the windows that the network takes for the phrase most."""

import numpy as np
import torch

from wakesmith.families.openwakeword.network import Network
from wakesmith.stages.train.data import Group
from wakesmith.stages.train.pools import Picks
from wakesmith.stages.train.validation import logits_of

MINED = ("near_miss", "background")
"""Classes whose hardest windows are looked for."""
SLICE = 16_384
"""Windows that are newly scored each time."""
KEPT = 2_048
"""Length of the list."""


def hardest(
    network: Network,
    group: Group,
    known: Picks | None,
    rng: np.random.Generator,
    device: torch.device,
) -> Picks:
    """Picks of the ``KEPT`` highest-scored windows among a fresh slice and those ``known``.

    Each window is listed once; the list is sorted by pick, so that it does not hang on how ties
    are broken.
    """
    drawn = group.draw(rng, SLICE)[:, 0]
    candidates = np.unique(drawn if known is None else np.concatenate([drawn, known]))
    scores = logits_of(network, group, candidates, device)
    best = np.argsort(-scores, kind="stable")[:KEPT]
    return np.sort(candidates[best])
