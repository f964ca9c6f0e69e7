"""Running English text in words of our own: what people say at home, on television, to machines.

A detector hears far more of this than of its phrase. Styles: talk at home, news and television,
commands to an assistant, numbers, stories read aloud, questions and answers.
"""

import re
from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np

from wakesmith.errors import PhraseError
from wakesmith.phrase.arpabet import Phones, bare
from wakesmith.phrase.language import language_of
from wakesmith.phrase.phonemes import pronounce, words_of
from wakesmith.phrase.running import running_text
from wakesmith.phrase.wordlists import LISTS

TEMPLATES: dict[str, tuple[str, ...]] = {
    "home": (
        "did you {do} the {thing} that {person} left in the {room}",
        "{person} {did} the {thing} in the {room} {time}",
        "could you bring some {food} from the {place}, please",
        "I think {person} is {adverb} {adjective} {time}",
        "we need more {food} and a little {food} for {person}",
        "where is the {thing}, I saw it in the {room}",
        "the {animal} is sleeping in the {room} again",
        "don't forget to {do} the {thing} before we leave",
        "{person} called {time} and asked about the {thing}",
        "let's have {food} with {food} {time}",
        "no, the {thing} is not in the {room}, {person} {did} it",
        "are you {feeling} that {person} {did} the {thing}",
        "who left the {thing} on the stairs",
        "it is so {adjective} in the {room} {time}",
    ),
    "television": (
        "and now we talk about {topic} and {topic}",
        "the minister said {time} that {topic} is {adjective}",
        "experts are {feeling} that {topic} will change {time}",
        "more than {number} {unit} were counted near the {place}",
        "our reporter is standing at the {place} in the {nature}",
        "there will be {nature} in the north and {nature} near the {place}",
        "the home team won by {number} to {number} {time}",
        "stay with us for {topic}, right after the break",
        "police say that a {thing} was stolen from the {place}",
        "scientists have {adverb} {did} a {adjective} {animal}",
        "buy {number} and get one free, only {time}",
    ),
    "command": (
        "turn off the {device} in the {room}",
        "turn the {device} up to {number} percent",
        "set a timer for {number} minutes",
        "play {song} in the {room}",
        "what is the weather like at the {place} {time}",
        "add {food} and {food} to the shopping list",
        "remind me to {do} the {thing} {time}",
        "switch on the {device} and close the {device}",
        "is the {device} in the {room} still on",
        "make the {room} {number} degrees warmer {time}",
        "call {person} {time} and say that I am late",
        "how long does it take to the {place}",
        "tell {service} to {do} the {thing}",
        "stop, {service} did not understand the word {thing}",
    ),
    "number": (
        "{number} plus {number} is not {number}",
        "my number is {digit} {digit} {digit} {digit} {digit} {digit}",
        "it costs {number} dollars and {number} cents",
        "the train leaves at {number} from platform {digit}",
        "chapter {number}, page {number}, line {digit}",
        "they waited {number} {unit} for {number} {unit}",
        "take the second exit after {number} {unit}",
        "between {number} and {number} {unit} {time}",
    ),
    "reading": (
        "{time} the {animal} {went} to the {place} and was {adjective}",
        "the {adjective} {animal} {went} {adverb} along the {place}",
        "she {did} the {adjective} {thing} and {went} to the {place}",
        "he {adverb} {did} a {thing} without saying a word",
        "the {nature} came over the {place}, {adjective} and {adjective}",
        "nobody {did} the {thing} until {person} {went} home",
        "behind the {place} stood a {adjective} {animal} with a {thing}",
        "it was a {adjective} night and the {nature} was {adjective}",
        "{person} was {feeling} that the {thing} had been {adverb} {adjective}",
        "far away a {animal} cried, and the {nature} grew {adjective}",
        "they {went} for {number} {unit}, tired but {adjective}",
    ),
    "talk": (
        "well, I was {adverb} going to {do} it {time}",
        "have you heard what {person} said about {topic}",
        "I'm {feeling} that we talked about {topic} {time}",
        "maybe {person} knows where the {place} is",
        "yes, but {topic} is {adverb} more {adjective} than {topic}",
        "why would {person} {do} a {adjective} {thing}",
        "you know, the {place} was {adjective} {time}",
        "I have {adverb} seen such a {adjective} {animal}",
        "that sounds {adjective}, let me ask {person}",
        "okay, so we meet at the {place} {time}",
        "hey {person}, did you {do} the {thing} {time}",
        "oh no, {person} {did} my {thing} {time}",
    ),
}
_SLOT = re.compile(r"{(\w+)}")
_TRIES = 60


def sentences(
    count: int,
    rng: np.random.Generator,
    avoid: Sequence[str] = (),
    pronunciations: Sequence[Phones] = (),
    language: str = "en",
) -> tuple[str, ...]:
    """``count`` distinct sentences of 4 to 14 words, all styles alike, in English spelling.

    For another language they are frequent words in a row (``running``).

    None holds a phrase of ``avoid`` as words, nor its sound (or one of ``pronunciations``)
    anywhere, also across words: sounds are compared without stress. The result depends on the
    arguments and the state of ``rng`` alone. ``PhraseError`` when so many cannot be made.
    """
    if not language_of(language).english:
        return running_text(count, rng, avoid, pronunciations, language)
    spelled = _any_of(" ".join(words_of(phrase)) for phrase in avoid)
    heard = [p for phrase in avoid for p in _pronounced(phrase)]
    sounds = _any_of(_heard(p) for p in (*heard, *pronunciations))
    styles = list(TEMPLATES)
    made: dict[str, None] = {}
    for _ in range(_TRIES * count):
        if len(made) == count:
            break
        style = TEMPLATES[styles[int(rng.integers(len(styles)))]]
        text = _filled(style[int(rng.integers(len(style)))], rng)
        words = words_of(text)
        if text not in made and 4 <= len(words) <= 14 and not _holds(words, spelled, sounds):
            made[text] = None
    if len(made) < count:
        raise PhraseError(
            f"Only {len(made)} of {count} sentences could be made that do not hold "
            f"{', '.join(map(repr, avoid))}. Choose a longer wake phrase."
        )
    return tuple(made)


def _filled(template: str, rng: np.random.Generator) -> str:
    def filler(slot: re.Match[str]) -> str:
        choices = LISTS[slot.group(1)]
        return choices[int(rng.integers(len(choices)))]

    text = _SLOT.sub(filler, template)
    return re.sub(r"\ba (?=[aeiou])", "an ", text)


def _any_of(texts: Iterable[str]) -> re.Pattern[str] | None:
    """Finds any of the texts as whole words; None when there is none to find."""
    found = sorted({text for text in texts if text})
    return re.compile(f"(?<= )(?:{'|'.join(map(re.escape, found))})(?= )") if found else None


def _holds(
    words: tuple[str, ...], spelled: re.Pattern[str] | None, sounds: re.Pattern[str] | None
) -> bool:
    if spelled is not None and spelled.search(f" {' '.join(words)} "):
        return True
    return sounds is not None and bool(sounds.search(f" {' '.join(map(_said, words))} "))


@cache
def _said(word: str) -> str:
    found = _pronounced(word)
    return _heard(found[0]) if found else ""


def _pronounced(phrase: str) -> tuple[Phones, ...]:
    try:
        return pronounce(phrase)
    except PhraseError:
        return ()


def _heard(phones: Phones) -> str:
    """The phones without stress, weak vowels alike, AA and AO alike, as one string."""
    alike = {"AO": "AA", "IH": "AH"}
    return " ".join(alike.get(phone, phone) for phone in bare(phones))
