"""ARPABET, the phoneme alphabet of the whole program, and its way to and from IPA.

The symbols are those of the CMU Pronouncing Dictionary: 15 vowels that carry a stress digit
(0 none, 1 primary, 2 secondary) and 24 consonants. IPA values follow the Handbook of the
International Phonetic Association (1999), American English; what other transcriptions of English
write for the same sound is read as well.
"""

import itertools
import re
import unicodedata
from functools import cache

from wakesmith.errors import PhraseError

Phones = tuple[str, ...]
"""ARPABET symbols; vowels carry a stress digit."""


def listed(text: str) -> tuple[str, ...]:
    """The words of a table in the source."""
    return tuple(text.split())


def _table(text: str) -> dict[str, str]:
    return dict(pair.split("=") for pair in text.split())


VOWELS = listed("AA AE AH AO AW AY EH ER EY IH IY OW OY UH UW")
CONSONANTS = listed("B CH D DH F G HH JH K L M N NG P R S SH T TH V W Y Z ZH")

_IPA = _table(
    "AA=ɑː AE=æ AH=ʌ AO=ɔː AW=aʊ AY=aɪ EH=ɛ ER=ɝː EY=eɪ IH=ɪ IY=iː OW=oʊ OY=ɔɪ UH=ʊ UW=uː "
    "B=b CH=tʃ D=d DH=ð F=f G=ɡ HH=h JH=dʒ K=k L=l M=m N=n NG=ŋ P=p R=ɹ S=s SH=ʃ T=t TH=θ "
    "V=v W=w Y=j Z=z ZH=ʒ"
)

# What is read: the longest entry that fits wins. A vowel without a digit takes the stress mark's.
_ALSO_READ = _table(
    "ə=AH0 ɐ=AH0 ɚ=ER0 ᵻ=IH0 ɨ=IH0 ɑ=AA a=AA aː=AA ɒ=AA ɔ=AO o=OW əʊ=OW oː=OW e=EH eː=EY "
    "ei=EY ɛɪ=EY ai=AY ɑɪ=AY au=AW ɑʊ=AW oi=OY ou=OW i=IY u=UW ɜ=ER ɜː=ER ɝ=ER ɜːɹ=ER "
    "ɜːr=ER əɹ=ER0 ər=ER0 ɪə=IH,R ɪɹ=IH,R eə=EH,R ɛə=EH,R ʊə=UH,R aɪɚ=AY,ER0 "
    "aʊɚ=AW,ER0 ɚː=ER ʉ=UW ʉː=UW r=R ɾ=D g=G ʧ=CH ʤ=JH ɫ=L ɻ=R ʔ=T x=K ç=HH ʍ=W ɬ=L "
    "n̩=AH0,N l̩=AH0,L m̩=AH0,M əl=AH0,L tʰ=T pʰ=P kʰ=K"
)
_READ: dict[str, Phones] = {
    **{ipa: (phone,) for phone, ipa in _IPA.items()},
    **{ipa: tuple(phones.split(",")) for ipa, phones in _ALSO_READ.items()},
}
_LONGEST = max(len(key) for key in _READ)
_IGNORED = set(" .‿͡‍ːˑ|-")
_STRESS = {"ˈ": "1", "'": "1", "ˌ": "2", ",": "2"}


def bare(phones: Phones) -> Phones:
    """The phones without their stress digits."""
    return tuple(phone.rstrip("012") for phone in phones)


@cache
def is_vowel(phone: str) -> bool:
    """Whether an ARPABET symbol, with or without its digit, is a vowel."""
    return phone.rstrip("012") in VOWELS


def syllables(phones: Phones) -> tuple[Phones, ...]:
    """The phones cut into syllables.

    Between two vowels all consonants that can begin an English word go to the second one
    (maximal onset: Kahn, "Syllable-based Generalizations in English Phonology", 1976).
    """
    at = [i for i, phone in enumerate(phones) if is_vowel(phone)]
    cuts = [0]
    for left, right in itertools.pairwise(at):
        cut = right
        while cut - 1 > left and _is_onset(phones[cut - 1 : right]):
            cut -= 1
        cuts.append(cut)
    return tuple(phones[a:b] for a, b in zip(cuts, [*cuts[1:], len(phones)], strict=True))


def _is_onset(consonants: Phones) -> bool:
    if len(consonants) == 1:
        return consonants[0] not in ("NG", "ZH")
    if consonants[0] == "S":
        return _is_onset(consonants[1:]) and consonants[1] in listed("K L M N P T W")
    return len(consonants) == 2 and consonants in _ONSETS


_ONSETS = {
    *((c, "R") for c in listed("B D F G K P SH T TH")),
    *((c, "L") for c in listed("B F G K P")),
    *((c, "W") for c in listed("D G K T HH")),
    *((c, "Y") for c in listed("B F HH K M P V")),
}


def from_ipa(text: str) -> Phones:
    """ARPABET of an IPA transcription (without slashes); ``PhraseError`` on a symbol unknown.

    In a word without a stress mark the first full vowel is stressed.
    """
    text = unicodedata.normalize("NFC", text)
    words = [_ipa_word(text, word.start(), word.end()) for word in re.finditer(r"\S+", text)]
    return tuple(phone for word in words for phone in word)


def _ipa_word(text: str, start: int, end: int) -> Phones:
    phones: list[str] = []
    stress = "0"
    at = start
    while at < end:
        found = next(
            (text[at : at + n] for n in range(_LONGEST, 0, -1) if text[at : at + n] in _READ), None
        )
        if text[at] in _STRESS:
            stress = _STRESS[text[at]]
            at += 1
        elif found is not None:
            for phone in _READ[found]:
                phones.append(phone + stress if phone in VOWELS else phone)
                stress = "0" if phone in VOWELS else stress
            at += len(found)
        elif text[at] in _IGNORED:
            at += 1
        else:
            raise PhraseError(
                f"The pronunciation /{text}/ has {text[at]!r} at position {at + 1}, which is not "
                f"an IPA symbol of English. Write it in IPA (/heɪ sɑːɡə/) or in ARPABET "
                f"(HH EY1 S AA1 G AH0)."
            )
    return stressed(tuple(phones))


def from_arpabet(text: str) -> Phones:
    """ARPABET read from text; ``PhraseError`` names the symbol that is unknown and its place.

    Without any digit the first full vowel is stressed; hyphens and case do not matter.
    """
    phones: list[str] = []
    words = text.replace("-", " ").upper().split()
    for at, word in enumerate(words, start=1):
        symbol = word.rstrip("012")
        digits = word[len(symbol) :]
        if symbol == "AX" and len(digits) <= 1:
            phones.append("AH0")
        elif symbol in VOWELS and len(digits) <= 1:
            phones.append(symbol + (digits or "0"))
        elif symbol in CONSONANTS and not digits:
            phones.append(symbol)
        else:
            raise PhraseError(
                f"The pronunciation {text!r} has {word!r} as symbol {at}, which is not ARPABET. "
                f"Vowels are {' '.join(VOWELS)} with a stress digit 0, 1 or 2; consonants are "
                f"{' '.join(CONSONANTS)}. IPA must stand between slashes: /heɪ sɑːɡə/."
            )
    return stressed(tuple(phones))


def stressed(phones: Phones) -> Phones:
    """The phones with a primary stress on the first full vowel, unless a stress is there already.

    Full is every vowel but an unstressed AH or ER; a word of weak vowels alone stays weak.
    """
    if any(phone[-1] in "12" for phone in phones):
        return phones
    full = [i for i, p in enumerate(phones) if is_vowel(p) and p not in ("AH0", "ER0")]
    return tuple(p[:-1] + "1" if i in full[:1] else p for i, p in enumerate(phones))
