"""The training loop and all that it stands on.

``loop``: read this first. ``run``: what one step does. ``learner``: what differs between families;
``openwakeword`` is one, ``micro`` the other. Of the first are ``pools`` and ``data``: where windows
come from. ``batches``: which of them a step looks at. ``mining``: hard negatives. ``validation``:
how good it is by now. Both share ``loss``: what is minimised. ``verdict``: how scores are judged.
``checkpoint`` and ``result``: what is written.
"""

from wakesmith.stages.train.data import Data, Group
from wakesmith.stages.train.loop import Step, train
from wakesmith.stages.train.pools import (
    HEARD_WITHIN,
    Pool,
    near_misses,
    positives,
    ready_windows,
    streams,
)
from wakesmith.stages.train.result import HISTORY, NETWORK, load_network

__all__ = [
    "HEARD_WITHIN",
    "HISTORY",
    "NETWORK",
    "Data",
    "Group",
    "Pool",
    "Step",
    "load_network",
    "near_misses",
    "positives",
    "ready_windows",
    "streams",
    "train",
]
