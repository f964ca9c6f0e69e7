"""Figures about real speech that ship with Wakesmith; ``real_speech.md`` is their card."""

from importlib.resources import as_file, files
from pathlib import Path

from wakesmith.families.openwakeword.alignment import Statistics, load_statistics
from wakesmith.families.openwakeword.variation import Variation, load_variation

STATISTICS = Path(__file__).with_name("real_speech.npz")
VARIATION = Path(__file__).with_name("variation.npz")
"""Both are written by ``bench/real_statistics.py``."""


def shipped_statistics() -> Statistics:
    """Mean and covariance of the embedding's frames over real running speech."""
    with as_file(files(__package__) / STATISTICS.name) as path:
        return load_statistics(path)


def shipped_variation() -> Variation:
    """How frames of people differ from those of synthetic voices that say the same."""
    with as_file(files(__package__) / VARIATION.name) as path:
        return load_variation(path)
