"""espeak-ng in-process, by ctypes: accents, variants and made-up voices.

Facts about the library that the code answers to:

* It is one global engine per process, whose state one utterance leaves to the next, and it seeds
  its dice by the clock. Seeded anew before each utterance, the same list of utterances in a
  fresh process gives the same samples; a repetition within a process does not quite.
* The data path must be given, and be shorter than about 160 characters: a shadow folder of links in
  a short temporary place stands for it, and goes away with the process.
* Voices are addressed by file (``gmw/en-US+f3``). A variant file is read anew at each change of
  voice, so that one file, rewritten in the shadow folder, gives any number of made-up voices.
* A pinned pronunciation is ``[[...]]`` text with the phoneme flag.
"""

import ctypes
import math
import re
import zlib
from functools import cache
from pathlib import Path

import numpy as np

from wakesmith.errors import PhraseError, VoiceError
from wakesmith.phrase import by_word, language_of, languages, words_of
from wakesmith.phrase.foreign import signs_of
from wakesmith.phrase.frequent import frequent
from wakesmith.phrase.libraries import ESPEAK_INSTALL, find_espeak
from wakesmith.phrase.reading import IPA, clauses, read_with
from wakesmith.tts.engine import Phones, Sound
from wakesmith.tts.mnemonics import mnemonics, pinned
from wakesmith.tts.shadow import shadow
from wakesmith.tts.variants import ACCENTS, GENERATED, accent_of, generated, named, named_in

INSTALL = ESPEAK_INSTALL
_VARIANT = "wakesmith"
_SIGNS_FROM = 5000
"""Words that phonemes' mnemonics are learnt from: of all that another language has, the rarest
stand for their nearest."""
_RATE, _VOLUME, _PITCH, _RANGE = 1, 2, 3, 4  # espeak_PARAMETER
_NORMAL_RATE, _NORMAL = 140, 50
_UTF8, _PHONEMES = 1, 0x100  # flags of espeak_Synth
_SYNCHRONOUS, _DONT_EXIT = 2, 0x8000
_PLAIN = dict(zip("，、；：。！？…", ",,;:.!?.", strict=True))
_SIGNS = re.compile(r"([,;:.!?，、；：。！？…])[^,;:.!?，、；：。！？…]*$")
_SWITCH = re.compile(r"\([^()]*\)")  # "(en)": what follows is read as another language
_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


@cache
def available() -> bool:
    """Whether the espeak-ng library and its data are on this machine."""
    return find_espeak() is not None


class Espeak:
    """The engine. Make it once in a process, only when ``available()``."""

    name = "espeak"

    def __init__(self) -> None:
        found = find_espeak()
        if found is None:
            raise VoiceError(f"espeak-ng is not installed. Install it: {INSTALL}.")
        library, data = found
        self._data = shadow(data)
        self._espeak = _declared(ctypes.CDLL(library))
        path = str(self._data.parent).encode()
        self._rate = int(self._espeak.espeak_Initialize(_SYNCHRONOUS, 0, path, _DONT_EXIT))
        if self._rate <= 0:
            raise VoiceError(f"espeak-ng does not start with its data in {data}. {INSTALL}.")
        self._libc = ctypes.CDLL(None)
        self._seeded = hasattr(self._espeak, "espeak_ng_SetRandSeed")  # since 1.52
        self._blocks: list[Sound] = []
        self._callback = _Callback(self._take)
        self._espeak.espeak_SetSynthCallback(self._callback)
        self._set(_VOLUME, 45)  # of 100: loud variants clip above; the level is set later
        self._variants = {p.name for p in (self._data / "voices" / "!v").iterdir()} - {_VARIANT}
        self._voice = ""
        self._signs: dict[str, dict[str, str]] = {}

    @property
    def languages(self) -> tuple[str, ...]:
        """Codes of the languages that it speaks."""
        return tuple(languages())

    def voices(self, language: str) -> tuple[str, ...]:
        """Accents, and variants each in one accent.

        ``speak`` takes every accent with every variant and made-up voices besides:
        ``generated:<seed>``, in another language ``generated:<accent>+<accent>:<seed>``.
        """
        found = language_of(language)
        if found.english:
            return named(list(self._variants))
        return named_in(tuple(found.accents), sorted(self._variants))

    def speak(
        self,
        text: str,
        phones: Phones,
        voice: str,
        speed: float = 1.0,
        pitch: float = 1.0,
        intonation: float = 1.0,
    ) -> tuple[Sound, int]:
        """See ``Engine.speak``. The rate is 22050 Hz."""
        accent = self._choose(voice)
        self._set(_RATE, min(450, max(80, round(_NORMAL_RATE * speed))))
        bottom, span = _pitched(pitch, intonation)
        self._set(_PITCH, bottom)
        self._set(_RANGE, span)
        flags = _UTF8
        if phones and accent not in ACCENTS:
            text, flags = self._pinned(phones, accent), _UTF8 | _PHONEMES
        elif phones:
            words = words_of(text)
            parts = by_word(words, phones) if 0 < len(words) <= len(phones) else (phones,)
            text, flags = mnemonics(parts), _UTF8 | _PHONEMES
        data = text.encode() + b"\0"
        self._blocks.clear()
        seed = zlib.crc32(f"{voice}|{text}".encode()) & 0x7FFFFFFF
        self._libc.srand(seed)
        if self._seeded:
            self._espeak.espeak_ng_SetRandSeed(seed)
        problem = self._espeak.espeak_Synth(data, len(data), 0, 1, 0, flags, None, None)
        if problem:
            raise VoiceError(f"espeak-ng could not speak {text!r} (error {problem}).")
        sound = np.concatenate(self._blocks) if self._blocks else np.zeros(0, np.int16)
        return sound, self._rate

    def transcribe(self, text: str, code: str) -> str:
        """espeak-ng's IPA of a text in a language (``sv``, ``en-us``), as its own voices read it.

        Words are apart, clauses end with their sign of punctuation, and sounds of words from
        another language stand without a mark. ``VoiceError`` when it does not know the language.
        """
        self._voice = ""  # whoever speaks next must choose anew
        self._read_as(code)
        found = []
        for heard, clause in clauses(self._espeak, text, IPA):
            sign = _SIGNS.search(clause.decode(errors="ignore"))
            spoken = _SWITCH.sub("", heard.decode()).strip()
            if spoken:
                found.append(spoken + (_PLAIN.get(sign[1], sign[1]) if sign else ""))
        return " ".join(found)

    def _read_as(self, code: str) -> None:
        for name in (code, _language_file(self._data, code)):
            if name and not self._espeak.espeak_SetVoiceByName(name.encode()):
                return
        raise VoiceError(f"espeak-ng does not know the language {code!r}, so no text can be read.")

    def _choose(self, voice: str) -> str:
        """Make a voice the one that speaks; its accent."""
        variant, content = "", ""
        if voice.startswith(GENERATED):
            accents, _, seed = voice.removeprefix(GENERATED).rpartition(":")
            if not seed.isdecimal():
                raise VoiceError(f"The voice {voice!r} must be {GENERATED}<whole number>.")
            accent, content = generated(int(seed))
            if accents:
                accent = accent_of(accents.split("+"), int(seed))
            variant = _VARIANT
        else:
            accent, _, variant = voice.partition("+")
        file = _file_of(accent)
        known = not variant or variant == _VARIANT or variant in self._variants
        if file is None or not known:
            raise VoiceError(
                f"espeak-ng has no voice {voice!r}. Voices are an accent (of English "
                f"{', '.join(ACCENTS)}; of another language its code), an accent with a variant "
                f"(en-us+f3), or {GENERATED}<number>; `wakesmith voices` lists them."
            )
        if voice == self._voice:
            return accent
        if content:
            (self._data / "voices" / "!v" / _VARIANT).write_text(content, encoding="utf-8")
        # The plain accent first: a variant sets only what it names, and the rest would stay.
        for name in (file, file + (f"+{variant}" if variant else "")):
            problem = self._espeak.espeak_SetVoiceByName(name.encode())
            if problem:
                self._voice = ""
                raise VoiceError(f"espeak-ng has no voice {voice!r} here (error {problem}).")
        self._voice = voice
        return accent

    def _pinned(self, phones: Phones, accent: str) -> str:
        """Phones of another language than English as a ``[[...]]`` text in an accent of it."""
        if accent not in self._signs:
            language = language_of(accent)
            words = list(frequent(language)[:_SIGNS_FROM])
            readings = read_with(self._espeak, words)
            self._signs[accent] = signs_of(language, readings)
        return pinned(phones, self._signs[accent])

    def _set(self, parameter: int, value: int) -> None:
        self._espeak.espeak_SetParameter(parameter, value, 0)

    def _take(self, block: "ctypes._Pointer[ctypes.c_short]", count: int, _: object) -> int:
        if block and count > 0:
            self._blocks.append(np.ctypeslib.as_array(block, shape=(count,)).copy())
        return 0


@cache
def shared() -> Espeak:
    """The one engine of this process: for its own voices, and for whoever needs IPA."""
    return Espeak()


@cache
def _language_file(data: Path, code: str) -> str:
    """The file of a language that cannot be chosen by name (en-gb); empty when there is none."""
    found = []
    for file in sorted((data / "lang").rglob("*")):
        if file.is_file():
            for line in file.read_text(encoding="utf-8", errors="ignore").splitlines():
                kind, _, rest = line.partition(" ")
                name, *priority = rest.split() or [""]
                if kind == "language" and name.lower() == code.lower():
                    found.append((int(priority[0]) if priority else 5, file))
    return min(found)[1].relative_to(data / "lang").as_posix() if found else ""


def _file_of(accent: str) -> str | None:
    """The voice file of an accent's code; None when there is none."""
    if accent in ACCENTS:
        return ACCENTS[accent]
    try:
        found = language_of(accent)
    except PhraseError:
        return None
    return found.accents.get(accent)


def _pitched(pitch: float, intonation: float) -> tuple[int, int]:
    """espeak-ng's pitch and range parameters (0 to 99, normal 50).

    Pitch moves the bottom of the voice's range, 50 steps an octave (``pitch_adjust_tab`` of
    espeak-ng's voices.c); range scales what lies above it, which makes up about an eighth of the
    mean pitch (measured over five voices). So both must move for the mean to move as asked.
    """
    above = 0.13
    bottom = pitch * (1 - above * intonation) / (1 - above)
    steps = _NORMAL + 50 * math.log2(bottom)
    return min(99, max(0, round(steps))), min(99, max(0, round(_NORMAL * intonation * pitch)))


def _declared(espeak: ctypes.CDLL) -> ctypes.CDLL:
    string, pointer, unsigned = ctypes.c_char_p, ctypes.c_void_p, ctypes.c_uint
    for name, arguments in (
        ("espeak_Initialize", [ctypes.c_int, ctypes.c_int, string, ctypes.c_int]),
        ("espeak_SetSynthCallback", [_Callback]),
        ("espeak_SetVoiceByName", [string]),
        ("espeak_SetParameter", [ctypes.c_int] * 3),
        (
            "espeak_Synth",
            [string, ctypes.c_size_t, unsigned, ctypes.c_int, unsigned, unsigned, pointer, pointer],
        ),
    ):
        function = getattr(espeak, name)
        function.restype, function.argtypes = ctypes.c_int, arguments
    return espeak
