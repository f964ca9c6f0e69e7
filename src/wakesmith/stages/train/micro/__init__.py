"""The training of the microWakeWord family: many windows of a stretch of spectra at once.

``sources``: spectra and what is known of every frame. ``batches``: rows of them. ``augment``: what
is done to the rows. ``learner``: a step, for the loop; ``rounded``: with 8 bits. ``validation``:
how good it is by now. ``train``: the loop, on these. ``result``: what it leaves, read back.
"""

from wakesmith.stages.train.micro.learner import MicroData, MicroLearner
from wakesmith.stages.train.micro.result import load_micro_network
from wakesmith.stages.train.micro.rounded import RANGES, load_ranges
from wakesmith.stages.train.micro.sources import Class, Source, others, running, sayings
from wakesmith.stages.train.micro.train import train_micro
from wakesmith.stages.train.micro.validation import Held, peak, scores

__all__ = [
    "RANGES",
    "Class",
    "Held",
    "MicroData",
    "MicroLearner",
    "Source",
    "load_micro_network",
    "load_ranges",
    "others",
    "peak",
    "running",
    "sayings",
    "scores",
    "train_micro",
]
