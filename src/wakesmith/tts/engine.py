"""What an engine is."""

from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from wakesmith.licence import Licence

Sound = NDArray[np.int16]
Floats = NDArray[np.float32]
Phones = tuple[str, ...]


@runtime_checkable
class Licensed(Protocol):
    """An engine whose voices have licences of their own."""

    def licence(self, voice: str) -> Licence:
        """That of a voice, ``UNKNOWN`` where it came without any word of it."""


@runtime_checkable
class Filed(Protocol):
    """An engine whose voices are files that anybody may replace."""

    def files(self, voice: str) -> tuple[Path, ...]:
        """Those that decide how a voice sounds."""


class Engine(Protocol):
    """A speech synthesiser of this machine. There is one of each kind in a process."""

    name: str

    @property
    def languages(self) -> tuple[str, ...]:
        """Codes of the languages that it speaks, e.g. en."""

    def voices(self, language: str) -> tuple[str, ...]:
        """Names of its voices of a language, sorted, without the generated ones."""

    def speak(
        self,
        text: str,
        phones: Phones,
        voice: str,
        speed: float = 1.0,
        pitch: float = 1.0,
        intonation: float = 1.0,
    ) -> tuple[Sound, int]:
        """The text by a voice: samples and their rate in Hz, with the engine's own silence.

        ``phones`` (ARPABET for English, IPA for other languages) pin the pronunciation; none lets
        the engine read the text. Speed, mean pitch and pitch range are ratios of the voice's own.
        ``VoiceError`` when there is no such voice.
        """
