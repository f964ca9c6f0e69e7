"""Files that several tests need."""

from importlib.util import find_spec
from pathlib import Path


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


def fill(folder: Path) -> None:
    """The work of a store's entry."""
    (folder / "data").write_text("whole")
