"""Files that several tests need."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np

from wakesmith.measure import Evaluation
from wakesmith.measure.evaluation import NegativeStream, Trial
from wakesmith.recipe import Targets
from wakesmith.stages.evaluate.streams import HeardNegatives, Segment
from wakesmith.stages.evaluate.summary import summarise


def models() -> Path:
    """The folder of the models that pyopen-wakeword brings along."""
    package = find_spec("pyopen_wakeword")
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).parent / "models"


def pretrained(name: str) -> Path:
    """A head among them: "any openWakeWord model"."""
    return models() / f"{name}.tflite"


def written(folder: Path, text: str, name: str = "word.yaml") -> Path:
    """A file with this text."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def heard_silence(hours: float, family: str = "openwakeword") -> Evaluation:
    """One saying, heard, and so many hours in which no score is high."""
    trial = Trial("a", "recording", 0.2, 1.0, 0.9, 1.1, 0.1, {})
    scores = np.zeros(round(hours * 45_000), np.float32)
    stream = NegativeStream("x", "speech", hours, (), 0.0)
    heard = HeardNegatives((stream,), (Segment("speech", True, scores),))
    return summarise("hey_saga", 0.5, 2.0, [trial], heard, Targets(), family=family)


def fill(folder: Path) -> None:
    """The work of a store's entry."""
    (folder / "data").write_text("whole")
