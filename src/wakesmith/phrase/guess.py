"""Words of a phrase that no dictionary holds: a name, a made-up word, or a slip of the pen."""

from wakesmith.phrase.language import language_of
from wakesmith.phrase.phonemes import dictionary, pronounce, words_of
from wakesmith.phrase.reading import letters_of


def not_in_dictionary(phrase: str, language: str = "en") -> tuple[str, ...]:
    """The English words of a phrase that the CMU Pronouncing Dictionary lacks, in order.

    What is known of them is read off their letters. None of another language: espeak-ng reads
    those, and nothing says which of them it knows.
    """
    if not language_of(language).english:
        return ()
    known = dictionary()
    words = dict.fromkeys(words_of(phrase))
    return tuple(w for w in words if w not in known and letters_of(w) not in known)


def guessed(phrase: str, language: str = "en") -> str:
    """What to tell who wrote such words, in sentences; empty where there are none.

    ``PhraseError`` for a word that nothing can read.
    """
    words = not_in_dictionary(phrase, language)
    if not words:
        return ""
    read = ", ".join(f'"{word}" ({" ".join(pronounce(word)[0])})' for word in words)
    return (
        f"no dictionary holds {read}: the pronunciation is a guess. If that is a slip of the pen, "
        "correct it; if people say it otherwise, give `pronunciations`"
    )
