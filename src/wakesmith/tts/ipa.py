"""ARPABET as the IPA that espeak-ng writes, which is what neural voices were trained on.

Stress marks stand right before the vowel, unlike in dictionaries; a weak R-coloured vowel is ɚ.
"""

from wakesmith.phrase import by_word, words_of
from wakesmith.phrase.arpabet import Phones, stressed

_TABLE = (
    "AA=ɑː AE=æ AH=ʌ AO=ɔː AW=aʊ AY=aɪ EH=ɛ ER=ɜː EY=eɪ IH=ɪ IY=iː OW=oʊ OY=ɔɪ UH=ʊ UW=uː "
    "B=b CH=tʃ D=d DH=ð F=f G=ɡ HH=h JH=dʒ K=k L=l M=m N=n NG=ŋ P=p R=ɹ S=s SH=ʃ T=t TH=θ "
    "V=v W=w Y=j Z=z ZH=ʒ"
)
_IPA = dict(pair.split("=") for pair in _TABLE.split())
_WEAK = {"AH0": "ə", "ER0": "ɚ", "IY0": "i"}
_MARK = {"0": "", "1": "ˈ", "2": "ˌ"}


def spoken_as(text: str, phones: Phones) -> str:
    """The IPA of pinned phones of a text: words apart where they are ARPABET, for English.

    Phones of other languages are IPA already, with the same stress digits behind.
    """
    words = words_of(text)
    arpabet = all(phone.rstrip("012") in _IPA for phone in phones)
    parts = by_word(words, phones) if arpabet and 0 < len(words) <= len(phones) else (phones,)
    return " ".join(map(_word, parts))


def _word(phones: Phones) -> str:
    if all(phone.rstrip("012") in _IPA for phone in phones):
        phones = stressed(phones)
    return "".join(map(_sound, phones))


def _sound(phone: str) -> str:
    symbol, digit = phone.rstrip("012"), phone[-1]
    return _MARK.get(digit, "") + _WEAK.get(phone, _IPA.get(symbol, symbol))
