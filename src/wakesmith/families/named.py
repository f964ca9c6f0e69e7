"""A name for a network's weights, wherever they were read from."""

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


def digest_of(weights: Mapping[str, NDArray[Any]]) -> str:
    """32 hex digits that name arrays by their names, types, shapes and content."""
    whole = hashlib.sha256()
    for name in sorted(weights):
        array = np.ascontiguousarray(weights[name])
        whole.update(f"{name} {array.dtype} {array.shape} ".encode() + array.tobytes())
    return whole.hexdigest()[:32]
