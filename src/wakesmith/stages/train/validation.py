"""How good the network is by now, on sayings and streams that it was not trained on."""

import numpy as np
import torch
from numpy.typing import NDArray

from wakesmith.families.openwakeword.network import Network
from wakesmith.runtime.detector import FRAME_SECONDS
from wakesmith.runtime.frontend import EMBEDDING_DIM
from wakesmith.stages.train.data import Group
from wakesmith.stages.train.learner import Verdict
from wakesmith.stages.train.pools import Picks
from wakesmith.stages.train.verdict import verdict

_BLOCK = 2048  # windows scored at once


def validate(
    network: Network,
    smoothing: int,
    sayings: Group,
    background: Group,
    target: float,
    device: torch.device,
) -> Verdict:
    """Judge the network by scores that are ``smoothing`` windows' mean, as they will be exported.

    ``target`` is the false accepts per hour that are asked for.
    """
    heard = _by_item(network, smoothing, sayings, device)
    peaks = np.concatenate([part.max(keepdims=True) for part in heard])
    streams = _by_item(network, smoothing, background, device)
    return verdict(peaks, streams, FRAME_SECONDS, target)


def logits_of(
    network: Network, group: Group, picks: Picks, device: torch.device
) -> NDArray[np.float64]:
    """Logits of the picked windows, without dropout; the network stays in its mode."""
    was_training = network.training
    network.eval()
    parts = [np.zeros(0)]
    buffer = torch.empty(min(_BLOCK, len(picks)), group.window, EMBEDDING_DIM, device=device)
    with torch.inference_mode():
        for at in range(0, len(picks), _BLOCK):
            block = picks[at : at + _BLOCK]
            windows = group.gather(block, buffer[: len(block)])
            parts.append(network(windows).double().cpu().numpy())
    network.train(was_training)
    return np.concatenate(parts)


def _by_item(
    network: Network, smoothing: int, group: Group, device: torch.device
) -> list[NDArray[np.float64]]:
    """Scores of each item's windows in order, in double precision: no two high ones are equal."""
    from scipy.special import expit

    scores = []
    for picks, counts in group.items():
        logits = logits_of(network, group, picks, device)
        items = np.split(logits, np.cumsum(counts)[:-1])
        scores += [expit(_moving_mean(item, smoothing)) for item in items]
    return scores


def _moving_mean(logits: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Means of ``count`` in a row; of all, once, where there are fewer."""
    sums = np.cumsum(np.concatenate([[0.0], logits]))
    count = min(count, len(logits))
    means: NDArray[np.float64] = (sums[count:] - sums[: len(sums) - count]) / max(1, count)
    return means
