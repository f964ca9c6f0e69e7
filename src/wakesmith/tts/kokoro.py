"""Kokoro-82M through onnxruntime: one graph, and a file of speakers that needs no unpickling.

``kokoro-v1.0.onnx`` reads signs of IPA as numbers, a style and a speed; ``voices-v1.0.bin`` is a
numpy archive with, for each speaker, a style for each length of text, [510, 1, 256]. A speaker's
first letter is his language, his second his sex (``af_bella``: American, female).

The signs are Kokoro's own writing of IPA: a diphthong and an affricate are one letter each.
Japanese and Mandarin are left out: Kokoro writes them in ways that espeak-ng does not.
"""

import re
import unicodedata
import zipfile
from functools import lru_cache
from pathlib import Path

import numpy as np

from wakesmith.errors import VoiceError
from wakesmith.licence import Licence
from wakesmith.plan.blends import model_of, speakers_of
from wakesmith.sources.place import voice_folder
from wakesmith.tts import espeak, piper
from wakesmith.tts.engine import Floats, Phones, Sound
from wakesmith.tts.ipa import spoken_as
from wakesmith.tts.session import Session, int16, slerp

MODEL = "kokoro-v1.0"
GRAPH, SPEAKERS = f"{MODEL}.onnx", "voices-v1.0.bin"
RATE = 24_000
_READS = {"a": "en-us", "b": "en-gb", "e": "es", "f": "fr-fr", "h": "hi", "i": "it", "p": "pt-br"}
COUNTRIES = ("en_US", "en_GB", "es_ES", "fr_FR", "hi_IN", "it_IT", "pt_BR")
"""Languages with their countries, as Piper's list writes them."""

# Numbers of the signs, as in the field "vocab" of https://huggingface.co/hexgrad/Kokoro-82M's
# config.json.
_NUMBERS = (
    ';=1 :=2 ,=3 .=4 !=5 ?=6 —=9 …=10 "=11 (=12 )=13 “=14 ”=15 \u0303=17 ʣ=18 ʥ=19 ʦ=20 ʨ=21 '
    "ᵝ=22 ꭧ=23 A=24 I=25 O=31 Q=33 S=35 T=36 W=39 Y=41 ᵊ=42 a=43 b=44 c=45 d=46 e=47 f=48 h=50 "
    "i=51 j=52 k=53 l=54 m=55 n=56 o=57 p=58 q=59 r=60 s=61 t=62 u=63 v=64 w=65 x=66 y=67 z=68 "
    "ɑ=69 ɐ=70 ɒ=71 æ=72 β=75 ɔ=76 ɕ=77 ç=78 ɖ=80 ð=81 ʤ=82 ə=83 ɚ=85 ɛ=86 ɜ=87 ɟ=90 ɡ=92 ɥ=99 "
    "ɨ=101 ɪ=102 ʝ=103 ɯ=110 ɰ=111 ŋ=112 ɳ=113 ɲ=114 ɴ=115 ø=116 ɸ=118 θ=119 œ=120 ɹ=123 ɾ=125 "
    "ɻ=126 ʁ=128 ɽ=129 ʂ=130 ʃ=131 ʈ=132 ʧ=133 ʊ=135 ʋ=136 ʌ=138 ɣ=139 ɤ=140 χ=142 ʎ=143 ʒ=147 "
    "ʔ=148 ˈ=156 ˌ=157 ː=158 ʰ=162 ʲ=164 ↓=169 →=171 ↗=172 ↘=173 ᵻ=177"
)
NUMBER = {sign: int(number) for sign, _, number in (p.rpartition("=") for p in _NUMBERS.split())}
NUMBER[" "] = 16

# espeak-ng's writing -> Kokoro's, the first that fits; the facts are those of misaki, the reader
# that Kokoro was trained with (https://github.com/hexgrad/misaki, espeak.py).
_ALL = "aɪ=I aʊ=W dʒ=ʤ eɪ=A tʃ=ʧ ɔɪ=Y oʊ=O əʊ=Q ts=ʦ dz=ʣ"
_ENGLISH = f"{_ALL} əl=ᵊl ɚ=əɹ r=ɹ x=k ç=k ɐ=ə ɬ=l ʲ= ɾ=T ʔ=t"
_AMERICAN = f"{_ENGLISH} ɜːɹ=ɜɹ ɜː=ɜɹ ɪə=iə ː="
_BRITISH = f"{_ENGLISH} eə=ɛː iə=ɪə"
_WRITES = {"en-us": _AMERICAN, "en-gb": _BRITISH}


def folder() -> Path:
    """Where graph and speakers lie."""
    return voice_folder("kokoro")


def install() -> str:
    """What to run so that it speaks."""
    return piper.install(f"{MODEL} (about 350 MB)")


def available() -> bool:
    """Whether both files are there, and what they need to speak."""
    return piper.able() and all((folder() / name).is_file() for name in (GRAPH, SPEAKERS))


class Kokoro:
    """The engine. Make it only when ``available()``."""

    name = "kokoro"
    languages: tuple[str, ...] = tuple(sorted({code.partition("-")[0] for code in _READS.values()}))

    def voices(self, language: str) -> tuple[str, ...]:
        """``kokoro-v1.0:SPEAKER`` for each; with a country (``en-gb``) only those of it.

        ``speak`` takes ``kokoro-v1.0:ONE~OTHER@WEIGHT`` besides, with the accent of the first.
        """
        asked = language.replace("_", "-").lower()
        return tuple(
            f"{MODEL}:{name}"
            for name in sorted(_styles(_file(SPEAKERS)))
            if (code := _READS.get(name[:1])) and asked in (code, code.partition("-")[0])
        )

    def speak(
        self,
        text: str,
        phones: Phones,
        voice: str,
        speed: float = 1.0,
        pitch: float = 1.0,
        intonation: float = 1.0,
    ) -> tuple[Sound, int]:
        """See ``Engine.speak``; ``pitch`` and ``intonation`` do nothing. The rate is 24000 Hz."""
        styles, weight, language = _speakers(voice)
        ids = [NUMBER[sign] for sign in written(text, phones, language)]
        if not ids:
            raise VoiceError(f"Kokoro has no sound for any sign of {text!r}.")
        longest = min(len(style) for style in styles) - 1
        if len(ids) > longest:
            raise VoiceError(
                f"{text[:40]!r}… is too long for Kokoro: {len(ids)} signs, {longest} at most."
            )
        fitting = [style[len(ids)].reshape(-1) for style in styles]
        style = fitting[0] if len(fitting) == 1 else slerp(fitting[0], fitting[1], weight)
        session = _session(_file(GRAPH))
        tokens = "input_ids" if "input_ids" in session.inputs else "tokens"
        if "float" not in session.inputs.get("speed", ""):
            raise VoiceError(
                f"{_file(GRAPH)} takes whole numbers as speed: it is another export of Kokoro. "
                f"Delete it, then: wakesmith voices download {MODEL}."
            )
        given = {
            tokens: np.array([[0, *ids, 0]], np.int64),
            "style": style[None],
            "speed": np.array([speed], np.float32),
        }
        return int16(session.run(given)), RATE

    def files(self, voice: str) -> tuple[Path, ...]:
        """Graph and speakers."""
        return _file(GRAPH), _file(SPEAKERS)

    def licence(self, voice: str) -> Licence:
        """Apache-2.0: https://huggingface.co/hexgrad/Kokoro-82M states it of the weights."""
        return Licence("Apache-2.0", True, "https://huggingface.co/hexgrad/Kokoro-82M")


def written(text: str, phones: Phones, language: str) -> str:
    """Kokoro's writing of a text, or of pinned phones; signs that it does not know are left out."""
    spoken = spoken_as(text, phones) if phones else espeak.shared().transcribe(text, language)
    table = dict(pair.split("=") for pair in _WRITES.get(language, _ALL).split())
    either = re.compile("|".join(sorted(map(re.escape, table), key=len, reverse=True)))
    signs = either.sub(lambda found: table[found[0]], unicodedata.normalize("NFC", spoken))
    return "".join(sign for sign in signs if sign in NUMBER)


def _speakers(voice: str) -> tuple[list[Floats], float, str]:
    """The styles by length of one or two speakers, [510, 1, 256] each, the way from the first to
    the second, and espeak-ng's code of the language."""
    known = _styles(_file(SPEAKERS))
    try:
        names, weight = speakers_of(voice)
    except ValueError as error:
        raise VoiceError(f"The voice {voice!r} has no such weight: {error}.") from error
    unfit = [name for name in names if name not in known or name[:1] not in _READS]
    if model_of(voice) != MODEL or not names or unfit:
        raise VoiceError(
            f"Kokoro has no voice {voice!r}. Write {MODEL}:SPEAKER; the speakers are "
            f"{', '.join(name for name in sorted(known) if name[:1] in _READS)}."
        )
    return [known[name] for name in names], weight, _READS[names[0][:1]]


def _file(name: str) -> Path:
    return folder() / name


@lru_cache(maxsize=2)
def _session(path: Path) -> Session:
    return Session(path)


@lru_cache(maxsize=2)
def _styles(path: Path) -> dict[str, Floats]:
    """Styles by speaker. ``VoiceError`` when the file is not what it should be."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            found = {name: archive[name].astype(np.float32) for name in archive.files}
    except (OSError, ValueError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise VoiceError(
            f"{path} does not hold Kokoro's speakers: {error}. Delete it, then: wakesmith voices "
            f"download {MODEL}."
        ) from error
    return found
