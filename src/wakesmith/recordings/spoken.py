"""The phrase in a few synthetic voices: what recordings are held against when they are few."""

import numpy as np

from wakesmith import tts
from wakesmith.errors import PhraseError, VoiceError
from wakesmith.plan.draws import Utterance
from wakesmith.plan.texts import likeliest
from wakesmith.recipe import Recipe
from wakesmith.recordings import alike

_VOICES = 4
"""Of each engine, evenly chosen."""
_SPEED = 0.8
"""People say a wake word slowly."""
_EDGE = np.zeros(4000, np.int16)


def spoken(recipe: Recipe) -> list[alike.Sequence96]:
    """What the engines that need no download make of a recipe's phrase; nothing where none of them
    can say it. The same each time in a fresh process."""
    here = [engine for engine in tts.EMBEDDED if engine in tts.installed()]
    try:
        (text, phones), _ = likeliest(recipe)
        offered = tts.voices_of(recipe.language, here)
        said = [
            Utterance(text, engine, voices[int(index)], phones, speed=_SPEED)
            for engine, voices in offered.items()
            for index in np.unique(np.linspace(0, len(voices) - 1, _VOICES).round())
        ]
        clips = [clip.pcm for clip in tts.speak(said)]
    except (
        PhraseError,
        VoiceError,
    ):  # training tells; a recording is kept without
        return []
    return [alike.heard(np.concatenate([_EDGE, pcm, _EDGE])) for pcm in clips]
