"""Statistics of real speech that ship with Wakesmith; ``real_speech.md`` is their card."""

from importlib.resources import as_file, files
from pathlib import Path

from wakesmith.families.openwakeword.alignment import Statistics, load_statistics

SHIPPED = Path(__file__).with_name("real_speech.npz")
"""Written by ``bench/real_statistics.py``."""


def shipped_statistics() -> Statistics:
    """Mean and covariance of the embedding's frames over real running speech."""
    with as_file(files(__package__) / SHIPPED.name) as path:
        return load_statistics(path)
