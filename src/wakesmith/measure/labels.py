"""What is known of a saying, in words: its labels and their values as a report writes them."""

from collections.abc import Mapping
from contextlib import suppress

_NAMES = {"snr": "noise (speech-to-noise ratio)", "kind": "kind of saying"}
_VALUES = {
    ("engine", "espeak"): "espeak-ng",
    ("kind", "synthetic"): "synthetic voice",
    ("kind", "recording"): "recording",
    ("room", "dry"): "no echo",
    ("snr", "inf"): "no noise",
    ("voice", "generated"): "made-up",
}


def label_name(label: str) -> str:
    """A label: ``kind of saying``."""
    return _NAMES.get(label, label.replace("_", " "))


def value_name(label: str, value: str) -> str:
    """A value, or a band of values, of a label: ``no noise``, ``5 to 10 dB``."""
    return _VALUES.get((label, value), value)


def known(labels: Mapping[str, str]) -> str:
    """All labels of one saying: ``13 dB above the noise, in a room, espeak-ng, made-up voice``."""
    return ", ".join(_told(label, value) for label, value in labels.items())


def _told(label: str, value: str) -> str:
    shown = value_name(label, value)
    if label == "snr" and shown == value:
        with suppress(ValueError):
            loud = float(value)
            return f"{abs(loud):.0f} dB {'below' if loud < 0 else 'above'} the noise"
    if label in ("snr", "room", "engine"):
        return shown
    return f"{shown} voice" if label == "voice" else f"{label_name(label)} {shown}"
