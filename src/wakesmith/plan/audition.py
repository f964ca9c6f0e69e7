"""What voices say for an audit: the phrase, and contrasts to it, all in the same few manners.

Nothing is drawn: the voices are compared, so all of them say the same.
"""

from dataclasses import dataclass

from wakesmith.phrase.arpabet import Phones, is_vowel
from wakesmith.phrase.distance import COSTS, SYMBOLS
from wakesmith.plan.draws import Utterance

SPEEDS = (1.0, 0.8, 1.2)
_ALL_MANNERS = 150
"""Voices up to which every speed is heard; of more voices only the first."""
_CONTRASTS = 4
_UNLIKE = 0.75
"""Cost of the phone that a contrast puts in another's place: clearly heard, nothing far-fetched."""


@dataclass(frozen=True)
class Audition:
    """Who is heard, and what they say."""

    text: str
    phones: Phones
    """Pinned phones; none lets the engines read the text."""
    contrasts: tuple[Phones, ...]
    """The phrase with one phone changed, here and there: what is a voice's own is in these, too."""
    speeds: tuple[float, ...]
    voices: tuple[tuple[str, str], ...]
    """Engine and voice."""

    def utterances(self, engine: str, voice: str) -> tuple[Utterance, ...]:
        """A voice's sayings: the phrase at each speed, then each contrast at each."""
        return tuple(
            Utterance(self.text, engine, voice, phones, speed=speed)
            for phones in (self.phones, *self.contrasts)
            for speed in self.speeds
        )


def audition(
    voices: "dict[str, tuple[str, ...]]", text: str, phones: Phones, known: Phones
) -> Audition:
    """An audition of all voices. ``known`` is how the phrase is said, of which contrasts are
    made, whether or not it is pinned."""
    everyone = tuple((engine, voice) for engine in sorted(voices) for voice in voices[engine])
    speeds = SPEEDS if len(everyone) <= _ALL_MANNERS else SPEEDS[:1]
    return Audition(text, phones, contrasts(known), speeds, everyone)


def contrasts(phones: Phones, count: int = _CONTRASTS) -> tuple[Phones, ...]:
    """At most ``count`` variants with one phone changed, from the phrase's beginning to its end."""
    if not phones:
        return ()
    places = sorted({round((i + 0.5) * len(phones) / count - 0.5) for i in range(count)})
    return tuple((*phones[:at], _unlike(phones[at]), *phones[at + 1 :]) for at in places)


def _unlike(phone: str) -> str:
    """A phone of the same kind that nobody takes for this one; a vowel's stress stays."""
    symbol, digit = phone.rstrip("012"), phone[len(phone.rstrip("012")) :]
    costs = COSTS[SYMBOLS.index(symbol)]
    others = [s for s in SYMBOLS if is_vowel(s) == is_vowel(symbol) and s != symbol]
    return min(others, key=lambda s: abs(float(costs[SYMBOLS.index(s)]) - _UNLIKE)) + digit
