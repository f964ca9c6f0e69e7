"""Speech from the synthesisers of this machine.

    flite    the core: four CMU voices, made of recorded people
    espeak   formant synthesis: accents, variants, and voices made up by seed; any language

Neither is a dependency; what is not installed is named by ``missing``.
"""

from wakesmith.tts.engine import Engine
from wakesmith.tts.registry import GENERATING, engine, installed, missing, mute, shares, voices_of
from wakesmith.tts.speaking import LEVEL, speak

__all__ = [
    "GENERATING",
    "LEVEL",
    "Engine",
    "engine",
    "installed",
    "missing",
    "mute",
    "shares",
    "speak",
    "voices_of",
]
