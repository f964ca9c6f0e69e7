"""Listening with microWakeWord models, as ESPHome's micro_wake_word does on a device.

Needs the extra ``micro`` (pymicro-features).
"""

from wakesmith.runtime.micro.frontend import (
    MicroFrontend,
    dequantised,
    esphome_int8,
    micro_features,
    micro_features_batch,
    rounded_int8,
)

__all__ = [
    "MicroFrontend",
    "dequantised",
    "esphome_int8",
    "micro_features",
    "micro_features_batch",
    "rounded_int8",
]
