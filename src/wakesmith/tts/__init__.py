"""Speech from the synthesisers of this machine.

    flite    the core: four CMU voices, made of recorded people
    espeak   formant synthesis: accents, variants, and voices made up by seed; any language
    piper    neural: hundreds of speakers and blends of them, from voices that are downloaded
    kokoro   neural: some 50 speakers of several languages and blends of them, downloaded; slow

None is a dependency; what is not installed is named by ``missing``.
"""

from wakesmith.tts.engine import Engine
from wakesmith.tts.registry import (
    BLENDING,
    EMBEDDED,
    GENERATING,
    best_shares,
    engine,
    files,
    find_voice,
    idle,
    installed,
    licence,
    missing,
    mute,
    shares,
    voices_of,
)
from wakesmith.tts.speaking import LEVEL, speak

__all__ = [
    "BLENDING",
    "EMBEDDED",
    "GENERATING",
    "LEVEL",
    "Engine",
    "best_shares",
    "engine",
    "files",
    "find_voice",
    "idle",
    "installed",
    "licence",
    "missing",
    "mute",
    "shares",
    "speak",
    "voices_of",
]
