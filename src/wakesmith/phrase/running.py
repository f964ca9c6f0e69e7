"""Running text of languages that have no templates: words in a row, drawn by how frequent they are.

It has the language's sounds in about the shares in which they are heard, and no grammar. A word is
drawn with a chance that falls as its rank rises (Zipf's law: 1/rank), but for the first few, which
would be most of it.
"""

from collections.abc import Sequence

import numpy as np

from wakesmith.errors import PhraseError
from wakesmith.phrase.arpabet import Phones, bare
from wakesmith.phrase.phonemes import words_of
from wakesmith.phrase.tongue import tongue_of

_FLAT = 30
"""Words up to this rank are as likely as the one of it."""
_WORDS = (4, 12)
_SYLLABLES = 30
_TRIES = 20


def running_text(
    count: int,
    rng: np.random.Generator,
    avoid: Sequence[str],
    pronunciations: Sequence[Phones],
    language: str,
) -> tuple[str, ...]:
    """``count`` distinct rows of 4 to 12 frequent words; see ``sentences.sentences``."""
    tongue = tongue_of(language, " ".join(avoid))
    known = tongue.words()
    spelled = [" ".join(words_of(phrase)) for phrase in avoid]
    sounds = [_heard(phones) for phones in pronunciations]
    rank = np.arange(len(known.words), dtype=float)
    share = 1 / np.maximum(rank, _FLAT)
    share = np.cumsum(share / share.sum())
    made: dict[str, None] = {}
    for _ in range(_TRIES * count):
        if len(made) == count:
            break
        length = int(rng.integers(_WORDS[0], _WORDS[1] + 1))
        drawn = np.minimum(np.searchsorted(share, rng.random(length)), len(known.words) - 1)
        words = [known.words[int(i)] for i in drawn]
        phones = [known.phones[int(i)] for i in drawn]
        if sum(map(tongue.is_vowel, (p for part in phones for p in part))) > _SYLLABLES:
            continue
        text = " ".join(words)
        said = "".join(map(_heard, phones))
        if any(f" {phrase} " in f" {text} " for phrase in spelled if phrase):
            continue
        if any(sound in said for sound in sounds):
            continue
        made[text] = None
    if len(made) < count:
        raise PhraseError(
            f"Only {len(made)} of {count} lines of text could be made that do not hold "
            f"{', '.join(map(repr, avoid))}. Choose a longer wake phrase."
        )
    return tuple(made)


def _heard(phones: Phones) -> str:
    """The phones without stress, in one text that another can be looked for in."""
    return "".join(f"{phone} " for phone in bare(phones))
