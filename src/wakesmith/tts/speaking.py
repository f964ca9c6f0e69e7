"""From utterances to clips: spoken, perturbed, trimmed, joined, levelled."""

import unicodedata
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from wakesmith.audio import Clip, trim
from wakesmith.errors import VoiceError
from wakesmith.phrase.arpabet import Phones
from wakesmith.plan.draws import Utterance
from wakesmith.runtime.frontend import SAMPLE_RATE
from wakesmith.tts.perturb import resampled, warped
from wakesmith.tts.registry import engine

LEVEL = -20.0
"""Level of every clip in dBFS: RMS over its span; less where its peaks would clip."""
_PEAK = 0.98 * 32768
_FADE = 80  # samples, 5 ms
_MARGIN = 0.09  # seconds of near silence that ``trim`` leaves: 60 ms after, 30 ms before
_QUIET = 30.0  # RMS in int16 units below which nothing was said
_SHORTEST, _LONGEST = 0.02, 0.3  # seconds a phone, at speed 1
_ALLOWED = 0.5  # seconds on top, for trimming margins and slow single syllables


def speak(utterances: Sequence[Utterance]) -> Iterator[Clip]:
    """One clip for each utterance, in order: 16 kHz, at ``LEVEL``, with short fades.

    A clip's span is the text without ``lead`` and ``tail``, found on the finished samples, so that
    it is right after every change of speed. ``gap`` is the time from the end of one part's sound
    to the start of the next one's. The same list in a fresh process gives the same bytes (one
    espeak-ng is one state; flite's clips do not even depend on the order).

    ``VoiceError`` names engine and remedy when an engine is not installed, and text and voice
    when what comes out is silent, or far too short or long for its phones. That is never tried
    again in another way: a clip that is not what the plan says would be a wrong label.
    """
    for utterance in utterances:
        yield _clip(utterance)


def _clip(utterance: Utterance) -> Clip:
    parts = [
        _part(utterance, text, phones)
        for text, phones in (
            (utterance.lead, ()),
            (utterance.text, utterance.phones),
            (utterance.tail, ()),
        )
        if text.strip()
    ]
    core = 1 if utterance.lead.strip() else 0
    starts = [0]
    for part in parts[:-1]:
        gap = max(0.0, utterance.gap - _MARGIN) - (_MARGIN - min(_MARGIN, utterance.gap))
        starts.append(max(0, starts[-1] + len(part) + round(gap * SAMPLE_RATE)))
    sound = np.zeros(starts[-1] + len(parts[-1]), np.float32)
    for start, part in zip(starts, parts, strict=True):
        sound[start : start + len(part)] += part
    start, end = starts[core], starts[core] + len(parts[core])
    rms = float(np.sqrt(np.mean(np.square(sound[start:end]))))
    gain = min(32768 * 10 ** (LEVEL / 20) / rms, _PEAK / float(np.abs(sound).max()))
    pcm = np.rint(sound * np.float32(gain)).astype(np.int16)
    return Clip(pcm, start, end, f"{utterance.engine}/{utterance.voice}: {utterance.text}")


def _part(utterance: Utterance, text: str, phones: Phones) -> NDArray[np.float32]:
    """One text in the utterance's manner, trimmed, with faded edges."""
    spoken, rate = engine(utterance.engine).speak(
        text, phones, utterance.voice, utterance.speed, utterance.pitch, utterance.intonation
    )
    sound = warped(resampled(spoken, utterance.resample, rate), utterance.warp)
    start, end = trim(sound)
    part = sound[start:end].astype(np.float32)
    _check(part, utterance, text, phones)
    fade = np.linspace(0, 1, min(_FADE, len(part) // 2), dtype=np.float32)
    part[: len(fade)] *= fade
    part[len(part) - len(fade) :] *= fade[::-1]
    return part


def _more_phones(sign: str) -> int:
    """How many phones a written sign may stand for beyond one: signs of syllables."""
    script = unicodedata.name(sign, "").partition(" ")[0] if sign.isalpha() else ""
    return {"": 0, "LATIN": 0, "CJK": 3, "HANGUL": 2}.get(script, 1)


def _check(part: NDArray[np.float32], utterance: Utterance, text: str, phones: Phones) -> None:
    seconds = len(part) / SAMPLE_RATE * utterance.speed * utterance.resample
    count = len(phones) or max(1, sum(c.isalnum() for c in text))
    # A digit or a letter that is read by its name is several phones.
    more = 0 if phones else sum(map(_more_phones, text))
    most = _LONGEST * (count + more + 3 * sum(c.isdigit() for c in text)) + _ALLOWED
    quiet = not len(part) or float(np.sqrt(np.mean(np.square(part)))) < _QUIET
    if not quiet and _SHORTEST * count <= seconds <= most:
        return
    what = "silence" if quiet else f"{seconds:.2f} s of sound"
    raise VoiceError(
        f"The voice {utterance.engine}/{utterance.voice} gave {what} for {text!r}"
        + (f" ({' '.join(phones)})" if phones else "")
        + f", where {_SHORTEST * count:.2f} to {most:.2f} s were expected. Spell the text "
        f"otherwise, or name the voices to use without this one under `synth.voices` (at least "
        f"three of one engine)."
    )
