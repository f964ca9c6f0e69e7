"""The draws: plain values that say what to speak and how to mix it. Doing them throws no dice."""

from dataclasses import dataclass
from typing import Literal

Role = Literal["positive", "near_miss", "speech"]
Split = Literal["train", "validation", "test"]


@dataclass(frozen=True)
class Utterance:
    """One saying by one voice."""

    text: str
    """The words to speak; for a positive, the phrase in one of its spellings."""
    engine: str
    voice: str
    """Voice as the engine names it: slt, en-us+f3, generated:123456 …"""
    phones: tuple[str, ...] = ()
    """ARPABET with stress digits; empty lets the engine read the text by itself."""
    lead: str = ""
    """Words spoken close before the text by the same voice (run-on)."""
    tail: str = ""
    """Words spoken close after the text by the same voice (run-on)."""
    gap: float = 0.1
    """Seconds between lead, text and tail."""
    speed: float = 1.0
    """Speaking speed as a ratio of the engine's own."""
    pitch: float = 1.0
    """Mean pitch as a ratio of the voice's own."""
    intonation: float = 1.0
    """Pitch range as a ratio of the voice's own."""
    warp: float = 1.0
    """Factor by which the spectral envelope is stretched upwards (1: left as it is)."""
    resample: float = 1.0
    """Factor by which pitch, formants and tempo rise together (1: left as it is)."""


@dataclass(frozen=True)
class Mix:
    """One window made of one clip (or of noise alone)."""

    clip: int
    """Index of the clip among those given; -1 is no clip."""
    after: float
    """Seconds from the end of the clip's span to the end of the window (may be negative)."""
    level: float
    """Level of the speech in dBFS (RMS over its span)."""
    snr: float
    """Speech-to-noise ratio in dB; infinite is no noise. With no clip, level is the noise's."""
    noise: int
    """Row of the noise bank."""
    noise_at: float
    """Where in that row, as a share of it in [0, 1)."""
    room: int
    """Row of the room bank; -1 is dry."""
    tilt: float
    """Spectral tilt in dB per octave around 1 kHz."""
    low_cut: float
    """High-pass corner in Hz; 0 is none."""
    high_cut: float
    """Low-pass corner in Hz; 8000 is none."""
    codec: Literal["none", "mulaw", "bits", "telephone"]
    drive: float
    """Soft saturation: gain in dB before a tanh at full scale; 0 is none."""
