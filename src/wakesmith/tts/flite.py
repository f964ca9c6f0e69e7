"""flite in-process: the CMU voices awb, rms, slt and kal16 of the system's libflite, by ctypes.

The 8 kHz voice kal is left out. How the library is used (facts from flite 2.2's public sources,
Black and Lenzo, "Flite: a small fast run-time synthesis engine", 2001):

* Pinned phones go in as the ``phones`` feature of a token, one token a word. All of flite's text
  side (stress, accent, phrasing, duration) then works as it does on text; ``flite_synth_phones``
  would speak them with a flat voice.
* Pitch is set as mean and spread of F0 (Hz), which each voice has of its own.
* rms takes its F0 from a model that ignores these. Its pitch is moved by resampling, which moves
  its formants as well, while the speed is made up for; its intonation stays.
* The statistical voices excite with libc's ``rand``. It is seeded before each utterance, so that
  the same words in the same voice are the same samples, whatever was spoken before.
"""

import ctypes
import zlib
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from wakesmith.errors import VoiceError
from wakesmith.phrase import by_word, words_of
from wakesmith.phrase.arpabet import stressed
from wakesmith.phrase.libraries import load_library
from wakesmith.tts.engine import Phones, Sound
from wakesmith.tts.perturb import resampled

INSTALL = (
    "Debian, Ubuntu: sudo apt-get install libflite1; Fedora: sudo dnf install flite; "
    "macOS: brew install flite; there is no pip package"
)


@dataclass(frozen=True)
class _Kind:
    soname: str
    mean: float
    """Mean of F0 in Hz, as the voice's own sources give it."""
    spread: float
    """Standard deviation of F0 in Hz."""
    stretch: float = 1.0
    """Its own factor of duration."""
    fixed_pitch: bool = False


_VOICES = {
    "awb": _Kind("cmu_us_awb", 132, 25),
    "kal16": _Kind("cmu_us_kal16", 95, 11, stretch=1.1),
    "rms": _Kind("cmu_us_rms", 97, 15, fixed_pitch=True),
    "slt": _Kind("cmu_us_slt", 172, 27),
}
_STRETCH, _MEAN, _SPREAD = b"duration_stretch", b"int_f0_target_mean", b"int_f0_target_stddev"


class _Wave(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_char_p),
        ("sample_rate", ctypes.c_int),
        ("num_samples", ctypes.c_int),
        ("num_channels", ctypes.c_int),
        ("samples", ctypes.POINTER(ctypes.c_short)),
    )


class _Voice(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("features", ctypes.c_void_p),
        ("ffunctions", ctypes.c_void_p),
        ("utt_init", ctypes.c_void_p),
    )


@cache
def available() -> bool:
    """Whether libflite with its English, its lexicon and at least one voice can be loaded."""
    parts = ("flite", "flite_usenglish", "flite_cmulex")
    return all(load_library(part) is not None for part in parts) and bool(_installed())


@cache
def _installed() -> tuple[str, ...]:
    return tuple(v for v in sorted(_VOICES) if load_library(f"flite_{_VOICES[v].soname}"))


class Flite:
    """The engine. Make it only when ``available()``."""

    name = "flite"
    languages: tuple[str, ...] = ("en",)

    def __init__(self) -> None:
        library = load_library("flite")
        if library is None or not available():
            raise VoiceError(f"flite is not installed. Install it: {INSTALL}.")
        self._flite = _declared(library)
        self._flite.flite_init()
        self._synthesise = ctypes.cast(self._flite.utt_synth_tokens, ctypes.c_void_p)
        self._libc = ctypes.CDLL(None)
        self._loaded: dict[str, Any] = {}

    def voices(self, language: str) -> tuple[str, ...]:
        """Of awb, kal16, rms, slt those that are installed; none for other languages."""
        code = language.replace("_", "-").partition("-")[0].lower()
        return _installed() if code in self.languages else ()

    def speak(
        self,
        text: str,
        phones: Phones,
        voice: str,
        speed: float = 1.0,
        pitch: float = 1.0,
        intonation: float = 1.0,
    ) -> tuple[Sound, int]:
        """See ``Engine.speak``. The rate is 16000 Hz."""
        features = self._voice(voice).contents.features
        kind = _VOICES[voice]
        shift = pitch if kind.fixed_pitch else 1.0
        self._flite.feat_set_float(features, _STRETCH, kind.stretch * shift / speed)
        self._flite.feat_set_float(features, _MEAN, kind.mean * pitch)
        self._flite.feat_set_float(features, _SPREAD, kind.spread * pitch * intonation)
        self._libc.srand(zlib.crc32(f"{voice}|{text}|{' '.join(phones)}".encode()) & 0x7FFFFFFF)
        tokens = _tokens(text, phones)
        sound, rate = self._spoken(tokens, voice) if phones else self._read(text, voice)
        return (sound if shift == 1.0 else resampled(sound, shift)), rate

    def _voice(self, name: str) -> Any:
        if name not in _installed():
            raise VoiceError(
                f"flite has no voice {name!r} here. It has {', '.join(_installed())}. "
                f"To get the others: {INSTALL}."
            )
        if name not in self._loaded:
            library = load_library(f"flite_{_VOICES[name].soname}")
            register = getattr(library, f"register_{_VOICES[name].soname}")
            register.restype, register.argtypes = ctypes.POINTER(_Voice), [ctypes.c_char_p]
            self._loaded[name] = register(None)
        return self._loaded[name]

    def _read(self, text: str, voice: str) -> tuple[Sound, int]:
        wave = self._flite.flite_text_to_wave(text.encode(), self._loaded[voice])
        if not wave:
            return np.zeros(0, np.int16), 16_000
        sound = _copied(wave.contents)
        self._flite.delete_wave(wave)
        return sound

    def _spoken(self, tokens: list[tuple[str, str]], voice: str) -> tuple[Sound, int]:
        flite = self._flite
        utterance = flite.new_utterance()
        relation = flite.utt_relation_create(utterance, b"Token")
        for word, phones in tokens:
            token = flite.relation_append(relation, None)
            for feature, value in zip(
                (b"name", b"phones", b"whitespace", b"prepunctuation", b"punc"),
                (word, phones, " ", "", ""),
                strict=True,
            ):
                flite.item_set_string(token, feature, value.encode())
        utterance = flite.flite_do_synth(utterance, self._loaded[voice], self._synthesise)
        if not utterance:
            return np.zeros(0, np.int16), 16_000
        sound = _copied(flite.utt_wave(utterance).contents)
        flite.delete_utterance(utterance)
        return sound


def _tokens(text: str, phones: Phones) -> list[tuple[str, str]]:
    """Words with the phones of each as flite writes them."""
    if not phones:
        return []
    words = tuple(w for w in words_of(text) if w.replace("'", "").isalpha())
    if not words or len(words) > len(phones):
        words = ("word",)
    tokens: list[tuple[str, str]] = []
    for word, part in zip(words, by_word(words, phones), strict=True):
        spelled = " ".join(map(_phone, stressed(part)))
        if tokens and tokens[-1][1] == spelled:
            # flite takes equal phones of neighbours for one word's; a blank makes them differ.
            spelled = " " + spelled
        tokens.append((word, spelled))
    return tokens


def _phone(phone: str) -> str:
    """flite's lower-case name: its schwa is ax, and it knows no secondary stress."""
    if phone == "AH0":
        return "ax0"
    return phone.lower().replace("2", "1")


def _copied(wave: _Wave) -> tuple[Sound, int]:
    count = int(wave.num_samples)
    sound = np.ctypeslib.as_array(wave.samples, shape=(count,)).copy() if count else None
    return (np.zeros(0, np.int16) if sound is None else sound), int(wave.sample_rate)


def _declared(flite: ctypes.CDLL) -> ctypes.CDLL:
    pointer, string = ctypes.c_void_p, ctypes.c_char_p
    wave = ctypes.POINTER(_Wave)
    for name, result, arguments in (
        ("feat_set_float", None, [pointer, string, ctypes.c_float]),
        ("flite_text_to_wave", wave, [string, pointer]),
        ("delete_wave", None, [pointer]),
        ("new_utterance", pointer, []),
        ("delete_utterance", None, [pointer]),
        ("utt_relation_create", pointer, [pointer, string]),
        ("relation_append", pointer, [pointer, pointer]),
        ("item_set_string", None, [pointer, string, string]),
        ("flite_do_synth", pointer, [pointer, pointer, pointer]),
        ("utt_wave", wave, [pointer]),
    ):
        function = getattr(flite, name)
        function.restype, function.argtypes = result, arguments
    return flite
