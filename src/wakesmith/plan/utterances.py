"""What is spoken, by whom and how: one draw for each utterance, from its own dice."""

from collections.abc import Sequence

import numpy as np

from wakesmith.plan.cast import Part, draw_voice
from wakesmith.plan.draws import Utterance
from wakesmith.recipe import Synth

_CHILD_PITCH = (1.25, 1.6)
_CHILD_WARP = (1.10, 1.30)
_CHILD_RESAMPLE = (1.08, 1.22)
"""A child's mean pitch is 1.3-2 times an adult's and its formants are 10-35 % higher (Lee,
Potamianos, Narayanan, JASA 105, 1999); pitch and resampling multiply."""
_INTONATION = (0.6, 1.7)
_GAP = (0.02, 0.35)
_RUN_ON_WORDS = 3


def draw_utterance(
    rng: np.random.Generator,
    synth: Synth,
    voices: Sequence[Part],
    text: str,
    phones: tuple[str, ...],
    context: Sequence[str],
) -> Utterance:
    """Draw voice and manner for ``text``.

    ``context`` are sentences that run-ons are cut from; without any, ``text`` is running text
    itself and spoken as such.
    """
    engine, voice = draw_voice(rng, voices)
    speed = _log_uniform(rng, synth.speed if context else synth.speech_speed)
    if context and not phones and rng.random() < synth.pause:
        text = ", ".join(text.split())
    pitch = _log_uniform(rng, synth.pitch)
    warp = resample = 1.0
    if rng.random() < synth.children:
        pitch = _log_uniform(rng, _CHILD_PITCH)
        warp = float(rng.uniform(*_CHILD_WARP))
        resample = float(rng.uniform(*_CHILD_RESAMPLE))
        speed = min(speed, 1.0)
    elif rng.random() < synth.perturbed:
        warp = float(rng.uniform(*synth.warp))
        resample = float(rng.uniform(*synth.resample))
    lead = tail = ""
    if context and rng.random() < synth.run_on:
        side = rng.random()
        if side < 0.6:
            lead = _piece(rng, context, last=True)
        if side > 0.4:
            tail = _piece(rng, context, last=False)
    return Utterance(
        text=text,
        engine=engine,
        voice=voice,
        phones=phones,
        lead=lead,
        tail=tail,
        gap=float(rng.uniform(*_GAP)),
        speed=speed,
        pitch=pitch,
        intonation=_log_uniform(rng, _INTONATION),
        warp=warp,
        resample=resample,
    )


def _log_uniform(rng: np.random.Generator, span: tuple[float, float]) -> float:
    return float(np.exp(rng.uniform(np.log(span[0]), np.log(span[1]))))


def _piece(rng: np.random.Generator, context: Sequence[str], *, last: bool) -> str:
    words = context[int(rng.integers(len(context)))].split()
    count = int(rng.integers(1, _RUN_ON_WORDS + 1))
    return " ".join(words[-count:] if last else words[:count])
