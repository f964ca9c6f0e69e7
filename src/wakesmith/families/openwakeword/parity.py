"""The gate of export: a file must score as the network that was trained."""

import copy
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from wakesmith.errors import ParityError
from wakesmith.families.openwakeword.network import Network
from wakesmith.runtime.frontend import EMBEDDING_DIM
from wakesmith.runtime.scorer import load_scorer

RANDOM_WINDOWS = 64
ROUNDING = 4.0
"""Two ways of adding up in float32 may differ by a few times what either is off."""
SPREADS = (1.0, 10.0)
"""Standard deviations of the random windows; embeddings of speech have about 10."""


def check_parity(
    model: Network,
    path: Path,
    windows: NDArray[np.float32] | None = None,
    *,
    shift: float = 0.0,
    tolerance: float = 1e-5,
) -> float:
    """Largest difference between the file's score and torch's ``sigmoid(logit + shift)``.

    Compares on random windows and on ``windows [n, window, 96]`` (real ones), through the
    runtime's own scorer. Raises ``ParityError`` with the figure when it exceeds ``tolerance``, or,
    for a network so sharp that float32 itself is coarser, ``ROUNDING`` times what torch's float32
    is off from its float64.
    """
    dice = np.random.default_rng(0)
    shape = (RANDOM_WINDOWS, model.window, EMBEDDING_DIM)
    parts = [(dice.standard_normal(shape) * spread).astype(np.float32) for spread in SPREADS]
    if windows is not None:
        parts.append(np.asarray(windows, np.float32))
    probes = np.concatenate(parts)

    def scores(network: torch.nn.Module, of: torch.Tensor) -> NDArray[np.float64]:
        with torch.inference_mode():
            found: NDArray[np.float64] = torch.sigmoid(network(of).double() + shift).numpy()
        return found

    trained = copy.deepcopy(model).cpu().eval()
    expected = scores(trained, torch.from_numpy(probes))
    exact = scores(trained.double(), torch.from_numpy(probes).double())
    tolerance = max(tolerance, ROUNDING * float(np.abs(expected - exact).max()))
    scored = load_scorer(path).score(probes)
    worst = float(np.abs(scored - expected).max())
    # Written so that a score that is not a number fails too.
    if not worst <= tolerance:
        raise ParityError(
            f"{path} does not score as the trained network does: the scores of {len(probes)} "
            f"windows differ by up to {worst:.2e}, allowed are {tolerance:.0e}. The file must not "
            "be used; please report this with the recipe's network section and the versions of "
            "torch, onnxruntime and ai-edge-litert."
        )
    return worst
