"""ARPABET as the IPA that espeak-ng writes, which is what neural voices were trained on.

Stress marks stand right before the vowel, unlike in dictionaries; a weak R-coloured vowel is ɚ.
"""

from collections.abc import Sequence

from wakesmith.phrase.arpabet import Phones, is_vowel, stressed

_TABLE = (
    "AA=ɑː AE=æ AH=ʌ AO=ɔː AW=aʊ AY=aɪ EH=ɛ ER=ɜː EY=eɪ IH=ɪ IY=iː OW=oʊ OY=ɔɪ UH=ʊ UW=uː "
    "B=b CH=tʃ D=d DH=ð F=f G=ɡ HH=h JH=dʒ K=k L=l M=m N=n NG=ŋ P=p R=ɹ S=s SH=ʃ T=t TH=θ "
    "V=v W=w Y=j Z=z ZH=ʒ"
)
_IPA = dict(pair.split("=") for pair in _TABLE.split())
_WEAK = {"AH0": "ə", "ER0": "ɚ", "IY0": "i"}
_MARK = {"0": "", "1": "ˈ", "2": "ˌ"}


def ipa(words: Sequence[Phones]) -> str:
    """The words' phones as one text, words apart; a phone that is no ARPABET is IPA already."""
    return " ".join(_word(word) for word in words)


def _word(phones: Phones) -> str:
    if any(phone.rstrip("012") not in _IPA for phone in phones):
        return "".join(phones)
    return "".join(
        _MARK[phone[-1]] + _WEAK.get(phone, _IPA[phone[:-1]]) if is_vowel(phone) else _IPA[phone]
        for phone in stressed(phones)
    )
