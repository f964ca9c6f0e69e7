"""Letters and phones: a rough alignment of the two, and respellings of made-up words."""

import itertools

from wakesmith.phrase.arpabet import VOWELS, Phones, is_vowel, syllables

# Consonants that a letter may stand for; a vowel letter may stand for any vowel.
_SOUNDS = (
    "b=B c=K,S,CH,SH d=D,T,JH f=F,V g=G,JH,ZH,NG h=HH j=JH,Y,HH,ZH k=K l=L m=M n=N,NG "
    "p=P,F q=K r=R,ER s=S,Z,SH,ZH t=T,TH,DH,CH,SH,D v=V,F w=W,V,UW,AW,OW x=K,S,Z,G "
    "y=Y,IY,AY,IH z=Z,S,ZH"
)
_LETTERS = {
    letter: frozenset(sounds.split(","))
    for letter, _, sounds in (entry.partition("=") for entry in _SOUNDS.split())
}
_ANY_VOWEL = frozenset((*VOWELS, "Y", "W"))


def by_word(words: tuple[str, ...], phones: Phones) -> tuple[Phones, ...]:
    """The phones shared out among the words as written, by the cheapest alignment with letters.

    Every word gets at least one phone and the order is kept; ``words`` must not be empty nor more
    than the phones. The alignment knows only which sounds a letter may stand for, which finds the
    word boundaries of ordinary spellings and needs no dictionary.
    """
    if not words or len(words) > len(phones):
        raise ValueError(f"{len(phones)} phones cannot be shared out among {len(words)} words")
    if len(words) == 1:
        return (phones,)
    count = len(phones)
    infinite = float("inf")
    # best[k][j]: cost of the first k words holding the first j phones; came[k][j]: where k began.
    best = [[infinite] * (count + 1) for _ in range(len(words) + 1)]
    came = [[0] * (count + 1) for _ in range(len(words) + 1)]
    best[0][0] = 0.0
    for k, word in enumerate(words, start=1):
        for i in range(k - 1, count):
            if best[k - 1][i] == infinite:
                continue
            for j, cost in enumerate(_alignment(word, phones[i:]), start=i):
                if j > i and best[k - 1][i] + cost < best[k][j]:
                    best[k][j] = best[k - 1][i] + cost
                    came[k][j] = i
    cuts = [count]
    for k in range(len(words), 0, -1):
        cuts.append(came[k][cuts[-1]])
    cuts.reverse()
    return tuple(phones[a:b] for a, b in itertools.pairwise(cuts))


def _alignment(word: str, phones: Phones) -> list[float]:
    """Cost of spelling each prefix of the phones (0, 1, 2 … of them) with the whole word."""
    silent_vowel, silent, extra, wrong = 0.3, 0.6, 0.7, 1.2
    row = [extra * j for j in range(len(phones) + 1)]
    for letter in word:
        skip = silent_vowel if letter in "aeiouyhw" else silent
        new = [row[0] + skip]
        for j, phone in enumerate(phones, start=1):
            symbol = phone.rstrip("012")
            fits = symbol in (_ANY_VOWEL if letter in "aeiou" else _LETTERS.get(letter, ()))
            new.append(
                min(row[j] + skip, new[j - 1] + extra, row[j - 1] + (0.0 if fits else wrong))
            )
        row = new
    return row


_RESPELLINGS = (
    "AA=ah AE=a AH=u AO=aw AW=ow AY=y EH=e ER=er EY=ay IH=i IY=ee OW=oh OY=oy UH=oo UW=oo "
    "B=b CH=ch D=d DH=th F=f G=g HH=h JH=j K=k L=l M=m N=n NG=ng P=p R=r S=s SH=sh T=t "
    "TH=th V=v W=w Y=y Z=z ZH=zh"
)
_SPELLED = dict(entry.split("=") for entry in _RESPELLINGS.split())


def respell(phones: Phones) -> str:
    """A made-up word's spelling for a reader: ``Z AA1 G AH0`` is ``zahga``.

    Different phones may share a spelling; whoever needs the sound has the phones.
    """
    out = []
    parts = syllables(phones)
    for number, syllable in enumerate(parts):
        for at, phone in enumerate(syllable):
            letters = _SPELLED[phone.rstrip("012")]
            last = at == len(syllable) - 1
            if phone.rstrip("012") == "AH" and last:
                letters = "a" if number == len(parts) - 1 else "uh"
            elif phone.rstrip("012") == "AY" and not last:
                letters = "igh"
            elif is_vowel(phone) and last and letters in ("e", "i", "a"):
                letters += "h"
            out.append(letters)
    return "".join(out)
