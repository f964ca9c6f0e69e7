"""The runtime: everything that listening needs, on numpy and LiteRT alone."""

from wakesmith.runtime.bundle import Manifest
from wakesmith.runtime.detector import Detection, Detector, detections
from wakesmith.runtime.frontend import EmbeddingFrontend, embed, embed_batch
from wakesmith.runtime.scorer import Scorer, load_scorer

__all__ = [
    "Detection",
    "Detector",
    "EmbeddingFrontend",
    "Manifest",
    "Scorer",
    "detections",
    "embed",
    "embed_batch",
    "load_scorer",
]
