"""The detector for what lies at a path."""

import os
from pathlib import Path

from wakesmith.errors import ModelError
from wakesmith.runtime.bundle import MANIFEST, Manifest, model_file
from wakesmith.runtime.detection import AnyDetector
from wakesmith.runtime.detector import Detector
from wakesmith.runtime.micro.detector import MICRO_FAMILY, MicroDetector
from wakesmith.runtime.micro.manifest import is_micro_manifest


def load_detector(
    model: str | os.PathLike[str],
    *,
    threshold: float | None = None,
    refractory: float | None = None,
    verifier: str | os.PathLike[str] | None = None,
) -> AnyDetector:
    """A ``MicroDetector`` for an ESPHome manifest, else a ``Detector``.

    ``model`` is an ESPHome manifest (``.json``), an openWakeWord model (``.tflite``, ``.onnx``), or
    a folder: a bundle of either family, or one with a single ESPHome manifest in it. ``threshold``
    and ``refractory`` left out are the model's own.

    Raises ``ModelError`` when there is none or it cannot be used, ``MissingExtra`` when a package
    that it needs is not installed.
    """
    path = Path(model)
    micro = _micro_manifest(path)
    if micro is not None and verifier is not None:
        raise ModelError(
            f"{model}: a verifier looks at embeddings, which a microWakeWord model has none of. "
            "Give a model of the openWakeWord family."
        )
    if micro is not None:
        return MicroDetector(micro, threshold=threshold, refractory=refractory)
    return Detector(path, threshold=threshold, refractory=refractory, verifier=verifier)


def _micro_manifest(path: Path) -> Path | None:
    if path.suffix == ".json" and not path.is_dir():
        if path.name == MANIFEST and path.is_file() and not is_micro_manifest(path):
            raise ModelError(f"{path}: this is the manifest of a bundle. Give its folder instead.")
        return path
    if not path.is_dir():
        return None
    if (path / MANIFEST).is_file() and not is_micro_manifest(path / MANIFEST):
        manifest = Manifest.load(path)
        return model_file(path, manifest, "esphome") if manifest.family == MICRO_FAMILY else None
    found = sorted(p for p in path.glob("*.json") if is_micro_manifest(p))
    if len(found) > 1:
        raise ModelError(
            f"{path}: the folder holds several ESPHome manifests "
            f"({', '.join(p.name for p in found)}). Give one of them."
        )
    return found[0] if found else None
