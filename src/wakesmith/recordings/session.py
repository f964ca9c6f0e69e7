"""A recording session: room, phrase and what is not the phrase, take by take.

Whoever runs it brings a microphone and a ``Person``, which is all that the session knows of screen
and keyboard. Every take is on the disk when it is kept, so a stop at any time loses at most one.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal, Protocol

import numpy as np

from wakesmith import audio
from wakesmith.phrase import in_dictionary
from wakesmith.plan.texts import texts_of
from wakesmith.recipe import Recipe
from wakesmith.recordings import checks
from wakesmith.recordings.microphone import BLOCK_SECONDS, Microphone
from wakesmith.recordings.project import Kind, Project
from wakesmith.recordings.saying import level, sayings
from wakesmith.runtime.frontend import Pcm

Answer = Literal["keep", "redo", "play", "stop"]
ROOM_SECONDS = 5.0
"""How long the room is recorded."""
_WAIT = 10.0
"""Seconds to wait for a saying."""
_GIVE_UP = 3
"""Times that nothing is heard before it is the microphone's fault."""
_DEAD = -85.0
"""dBFS under which no microphone is on."""
_MADE_UP = "sound"
"""Kind of near misses that nobody can read."""


class Person(Protocol):
    """Who is at the screen."""

    def say(self, text: str) -> None:
        """Show a line."""

    def count_in(self) -> None:
        """Count down to the moment to speak."""

    def meter(self, level: float) -> None:
        """Show a level in dBFS."""

    def answer(self, seconds: float) -> Answer:
        """What to do with a take of so many seconds."""

    def play(self, pcm: Pcm) -> None:
        """Play a take."""


@dataclass
class Session:
    """One speaker before one microphone."""

    project: Project
    speaker: str
    microphone: Microphone
    person: Person
    over: bool = False
    """Whether the sound has ended or the person wants to stop."""

    def room(self, seconds: float = ROOM_SECONDS) -> bool:
        """Record the room with nobody speaking, once a speaker; whether something was kept."""
        if self.over or self.project.kept("room", self.speaker):
            return False
        self.project.make_place("room", self.speaker)  # what cannot be kept is said before
        self.person.say(f"First the room: say nothing for {seconds:g} seconds.")
        if self.microphone.live:
            self.person.count_in()
        with self.microphone.listening() as blocks:
            heard = [self._metered(b) for b in islice(blocks, round(seconds / BLOCK_SECONDS))]
        pcm = np.concatenate(heard or [np.zeros(0, np.int16)])
        self.over = len(pcm) < audio.SHORTEST * 16_000
        if self.over or level(pcm) < _DEAD:
            self.person.say("Nothing but silence was heard: the room is not kept.")
            return False
        audio.write(self.project.next_file("room", self.speaker), pcm)
        return True

    def read(self, kind: Kind, texts: Sequence[str]) -> int:
        """Record each text, one saying a file; gives back how many were kept."""
        self.project.make_place(kind, self.speaker)
        kept = 0
        for number, text in enumerate(texts, 1):
            pcm = self._take(f'{number} of {len(texts)}: "{text}"')
            if pcm is None:
                break
            audio.write(self.project.next_file(kind, self.speaker), pcm)
            kept += 1
        return kept

    def _take(self, prompt: str) -> Pcm | None:
        """A saying that was kept; None when the session is over."""
        unheard = 0
        while not self.over:
            self.person.say(prompt)
            if self.microphone.live:
                self.person.count_in()
            with self.microphone.listening() as blocks:
                limited = blocks if not self.microphone.live else _first(blocks, _WAIT)
                pcm = next(sayings(limited, self.person.meter), None)
            if pcm is None:
                unheard += 1
                self.over = not self.microphone.live or unheard == _GIVE_UP
                self.person.say(
                    "The sound has ended."
                    if not self.microphone.live
                    else "Nothing was heard. Is this the right microphone (--list-devices), and "
                    "is its level up?"
                )
                continue
            for what in checks.of_one(pcm):
                self.person.say(checks.ADVICE[what])
            answer = self._answer(pcm)
            if answer == "keep":
                return pcm
            self.over = answer == "stop"
        return None

    def _answer(self, pcm: Pcm) -> Answer:
        if not self.microphone.live:
            return "keep"
        while (answer := self.person.answer(len(pcm) / 16_000)) == "play":
            self.person.play(pcm)
        return answer

    def _metered(self, block: Pcm) -> Pcm:
        self.person.meter(level(block))
        return block


def readable(recipe: Recipe, count: int) -> tuple[str, ...]:
    """So many things to read that are not the phrase: the user's own negative phrases, then near
    misses in words, the closest first."""
    texts = texts_of(recipe)
    misses = [miss for found in texts.near_misses.values() for miss in found]
    words = sorted(
        (m for m in misses if m.kind != _MADE_UP and in_dictionary(m.text)),
        key=lambda m: (m.distance, m.text),
    )
    every = dict.fromkeys([text for text, _ in texts.own] + [m.text for m in words])
    return tuple(islice(every, count))


def _first(blocks: Iterable[Pcm], seconds: float) -> Iterator[Pcm]:
    """Blocks of so many seconds."""
    return islice(blocks, round(seconds / BLOCK_SECONDS))
