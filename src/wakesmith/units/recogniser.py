"""Phones in people's speech, found by CMU Sphinx and its model of English."""

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from wakesmith.errors import MissingExtra
from wakesmith.runtime.frontend import SAMPLE_RATE, Pcm

FRAME = SAMPLE_RATE // 100
"""Samples of a frame: 10 ms."""
SILENCE = "SIL"
_BEAM, _LANGUAGE_WEIGHT = 1e-20, 2.0
"""What pocketsphinx' documentation names for phones without words."""
_RATES = 7.5, 5.5
"""Phones a second of speech: while there is sound, and in all."""


@dataclass(frozen=True)
class Phone:
    """A phone where it was heard."""

    symbol: str
    """ARPABET without stress; ``SILENCE`` for pauses and noises."""
    start: int
    """Frame of the sound at which it begins."""
    frames: int


def installed() -> bool:
    """Whether there is a recogniser."""
    return importlib.util.find_spec("pocketsphinx") is not None


def recognised(pcm: Pcm) -> list[Phone]:
    """The phones of 16 kHz speech, in order and without gaps; half of the time they are not what
    a person would write. Raises ``MissingExtra`` without pocketsphinx."""
    decoder = _decoder()
    _decode(decoder, pcm)
    found = []
    for segment in decoder.seg() or ():
        symbol = segment.word if segment.word.isalpha() else SILENCE
        frames = segment.end_frame - segment.start_frame + 1
        found.append(Phone(symbol, segment.start_frame, frames))
    return found


def is_speech(phones: Sequence[Phone]) -> bool:
    """Whether a sound in which these were heard is somebody speaking: it has as many phones a
    second, pauses in and out. Of people reading aloud 250 of 257 stretches pass, of music 13 of
    36, of noise 8 of 175 (docs/log.md, 2026-11-30)."""
    said = [phone.frames for phone in phones if phone.symbol != SILENCE]
    total = sum(phone.frames for phone in phones)
    within, overall = _RATES
    return len(said) * 100 >= max(within * sum(said), overall * total, 1)


def _decode(decoder: Any, pcm: Pcm) -> None:
    decoder.reinit_feat()  # or it would know how loud the noise was in what it heard before
    decoder.start_utt()
    decoder.process_raw(pcm.tobytes(), full_utt=True)
    decoder.end_utt()


@cache
def _decoder() -> Any:
    """Of phones, each after any other as often as in English."""
    sphinx = _sphinx()
    model = sphinx.get_model_path("en-us/en-us-phone.lm.bin")
    return sphinx.Decoder(
        allphone=model,
        lm=None,
        dict=None,
        lw=_LANGUAGE_WEIGHT,
        beam=_BEAM,
        pbeam=_BEAM,
        cmn="batch",
        loglevel="FATAL",
    )


def _sphinx() -> Any:
    try:
        import pocketsphinx
    except ImportError as problem:
        raise MissingExtra("pocketsphinx", "train", "Finding phones in speech") from problem
    return pocketsphinx
