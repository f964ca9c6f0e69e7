"""The phrase: how it sounds, what sounds like it, and what people say that it is not."""

from wakesmith.phrase.arpabet import Phones
from wakesmith.phrase.guess import guessed
from wakesmith.phrase.language import Language, lacking, language_of, languages
from wakesmith.phrase.near_miss import NearMiss, near_misses, own_misses, split
from wakesmith.phrase.phonemes import in_dictionary, parse_pronunciation, pronounce, words_of
from wakesmith.phrase.sentences import sentences
from wakesmith.phrase.spelling import by_word

__all__ = [
    "Language",
    "NearMiss",
    "Phones",
    "by_word",
    "guessed",
    "in_dictionary",
    "lacking",
    "language_of",
    "languages",
    "near_misses",
    "own_misses",
    "parse_pronunciation",
    "pronounce",
    "sentences",
    "split",
    "words_of",
]
