"""Words of a phrase that no dictionary holds: a name, a made-up word, or a slip of the pen."""

from collections.abc import Container

from wakesmith.phrase.language import language_of
from wakesmith.phrase.phonemes import dictionary, pronounce, words_of


def unlisted(phrase: str, language: str = "en") -> tuple[str, ...]:
    """The words of a phrase whose pronunciation is read off their letters, in order.

    English: those that the CMU Pronouncing Dictionary lacks. Another language: those that
    wordfreq's list of it lacks; none where it has no list.
    """
    found = language_of(language)
    known: Container[str]
    if found.english:
        known = dictionary()
    elif found.words:
        import wordfreq

        known = wordfreq.get_frequency_dict(found.words)
    else:
        return ()
    return tuple(dict.fromkeys(word for word in words_of(phrase) if word not in known))


def guessed(phrase: str, language: str = "en") -> str:
    """What to tell who wrote such words, in sentences; empty where there are none."""
    words = unlisted(phrase, language)
    if not words:
        return ""
    spoken = language_of(language).english
    read = ", ".join(
        f'"{word}" ({" ".join(pronounce(word, language)[0])})' if spoken else f'"{word}"'
        for word in words
    )
    return (
        f"no dictionary holds {read}: the pronunciation is a guess. If that is a slip of the pen, "
        "correct it; if people say it otherwise, give `pronunciations`"
    )
