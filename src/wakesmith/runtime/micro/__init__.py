"""Listening with microWakeWord models, as ESPHome's micro_wake_word does on a device.

Needs the extra ``micro`` (pymicro-features).
"""

from wakesmith.runtime.micro.detector import MicroDetector
from wakesmith.runtime.micro.frontend import (
    MicroFrontend,
    dequantised,
    esphome_int8,
    micro_features,
    micro_features_batch,
    rounded_int8,
)
from wakesmith.runtime.micro.manifest import MicroManifest, is_micro_manifest
from wakesmith.runtime.micro.model import StreamingModel
from wakesmith.runtime.micro.rule import Rule, scores_of

__all__ = [
    "MicroDetector",
    "MicroFrontend",
    "MicroManifest",
    "Rule",
    "StreamingModel",
    "dequantised",
    "esphome_int8",
    "is_micro_manifest",
    "micro_features",
    "micro_features_batch",
    "rounded_int8",
    "scores_of",
]
