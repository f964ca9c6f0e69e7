"""Where live sound comes from. A sound card is one (``soundcard``), a file another."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from wakesmith import audio
from wakesmith.runtime.frontend import Pcm

BLOCK_SECONDS = 0.08
"""Length of the blocks that sound arrives in."""


class Microphone(Protocol):
    """Sound as it happens."""

    live: bool
    """Whether a person is in front of it, who needs a count-in."""

    def listening(self) -> AbstractContextManager[Iterator[Pcm]]:
        """Blocks of 16 kHz mono int16 from now on; they end where the sound does."""
        ...


class FileMicrophone:
    """A sound file instead of a microphone: each listening goes on where the last one stopped."""

    live = False

    def __init__(self, path: Path) -> None:
        """``AudioError`` when it cannot be read."""
        audio.duration(path)
        self._blocks = audio.stream(path, BLOCK_SECONDS)

    @contextmanager
    def listening(self) -> Iterator[Iterator[Pcm]]:
        yield self._blocks
