"""Phones as espeak-ng's phoneme mnemonics (its ``docs/phonemes.md``), for ``[[...]]`` input.

ARPABET has a table. Other languages' are learnt from how espeak-ng reads their words, where IPA and
mnemonics stand side by side (``foreign.signs_of``). The table's mnemonics are those of its English
tables; all English accents of espeak-ng know them, and each gives them its own sound.
"""

from collections.abc import Mapping, Sequence

from wakesmith.phrase import ipa
from wakesmith.phrase.arpabet import Phones, is_vowel, stressed

_TABLE = (
    "AA=A: AE=a AH=V AO=O: AW=aU AY=aI EH=E ER=3: EY=eI IH=I IY=i: OW=oU OY=OI UH=U UW=u: "
    "B=b CH=tS D=d DH=D F=f G=g HH=h JH=dZ K=k L=l M=m N=n NG=N P=p R=r S=s SH=S T=t TH=T "
    "V=v W=w Y=j Z=z ZH=Z"
)
_MNEMONIC = dict(pair.split("=") for pair in _TABLE.split())
_WEAK = {"AH0": "@", "ER0": "3", "IY0": "i"}
# A vowel and the R that closes its syllable are one phoneme to espeak-ng; else it rolls the R.
_WITH_R = {"AA": "A@", "AO": "o@", "EH": "e@", "IH": "i@3", "IY": "i@3", "UH": "U@", "OW": "o@"}
_MARK = {"0": "", "1": "'", "2": ","}


def mnemonics(words: Sequence[Phones]) -> str:
    """The words' phones as one ``[[...]]`` text, stress marks before the vowels."""
    return "[[" + " ".join(_word(stressed(word)) for word in words) + "]]"


def _word(phones: Phones) -> str:
    out = []
    at = 0
    while at < len(phones):
        symbol, digit = phones[at].rstrip("012"), phones[at][-1]
        following = phones[at + 1 : at + 3]
        if (
            symbol in _WITH_R
            and following[:1] == ("R",)
            and not (len(following) == 2 and is_vowel(following[1]))
        ):
            out.append(_MARK[digit] + _WITH_R[symbol])
            at += 2
            continue
        if phones[at] == "AH0" and at == 0 and len(phones) > 1:
            out.append("a#")  # as in "about": espeak-ng's own reading of it
        elif is_vowel(phones[at]):
            out.append(_MARK[digit] + _WEAK.get(phones[at], _MNEMONIC[symbol]))
        elif symbol == "T" and at and is_vowel(phones[at - 1]) and _weak_next(following):
            out.append("t#")  # as in "water": a flap in American accents, a t in British ones
        else:
            out.append(_MNEMONIC[symbol])
        at += 1
    return "".join(out)


def _weak_next(following: Phones) -> bool:
    return bool(following) and following[0].endswith("0")


def pinned(phones: Phones, signs: Mapping[str, str]) -> str:
    """IPA phones as a ``[[...]]`` text by a language's mnemonics; a phone that has none speaks as
    the most alike that has."""
    out = []
    for phone in phones:
        symbol = phone.rstrip("012")
        if symbol not in signs:
            symbol = min(signs, key=lambda other: (ipa.cost(symbol, other), other))
        mark = _MARK.get(phone[-1], "")
        out.append(mark + signs[symbol])
    # A bar keeps two mnemonics from being read as one: t and S are not the affricate tS.
    return "[[" + "|".join(out) + "]]"
