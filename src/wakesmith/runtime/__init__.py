"""The runtime: everything that listening needs, on numpy and LiteRT alone."""

from wakesmith.runtime.bundle import Manifest
from wakesmith.runtime.detection import AnyDetector, Detection
from wakesmith.runtime.detector import Detector, detections
from wakesmith.runtime.frontend import EmbeddingFrontend, embed, embed_batch
from wakesmith.runtime.load import load_detector
from wakesmith.runtime.micro.detector import MicroDetector
from wakesmith.runtime.micro.manifest import MicroManifest
from wakesmith.runtime.scorer import Scorer, load_scorer
from wakesmith.runtime.verifier import Verifier

__all__ = [
    "AnyDetector",
    "Detection",
    "Detector",
    "EmbeddingFrontend",
    "Manifest",
    "MicroDetector",
    "MicroManifest",
    "Scorer",
    "Verifier",
    "detections",
    "embed",
    "embed_batch",
    "load_detector",
    "load_scorer",
]
