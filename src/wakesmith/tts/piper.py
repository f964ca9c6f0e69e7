"""Piper's voices straight through onnxruntime: ``NAME.onnx`` and ``NAME.onnx.json`` in a folder.

A Piper voice is VITS (Kim, Kong and Son, 2021), exported. It reads IPA as espeak-ng writes it,
sign by sign (Unicode NFD), each sign a number, a pad after each, between begin and end. Its three
scales are how much its prior varies, how long it takes, and how much its rhythm varies.

What an utterance asks for is met so: speed divides the length scale; intonation multiplies both
noise scales; pitch is left as the speaker has it, for speakers and blends are many, and the warp
and resampling of ``perturb`` come on top.
"""

import importlib.util
import json
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wakesmith.errors import VoiceError, pip_install
from wakesmith.licence import Licence
from wakesmith.plan.blends import model_of, speakers_of
from wakesmith.sources.place import voice_folder
from wakesmith.tts import espeak
from wakesmith.tts.engine import Floats, Phones, Sound
from wakesmith.tts.ipa import spoken_as
from wakesmith.tts.licences import CARD, read_card
from wakesmith.tts.session import Session, int16, slerp
from wakesmith.words import count_of

BEST = "en_US-libritts_r-medium"
"""904 speakers of English; the default when it is there."""
NEEDS = pip_install("wakesmith[onnx,voices]", "onnx")
_BEGIN, _END, _PAD = "^", "$", "_"
_NOISE, _RHYTHM = 0.667, 0.8
"""VITS's own scales. Some published voices are calmer (libritts_r: 0.333), for reading aloud; for
training, sayings are to differ, so a voice is never calmer than this (times the intonation)."""


def folder() -> Path:
    """Where the voices lie: downloaded ones, and any that a user puts there."""
    return voice_folder("piper")


def able() -> bool:
    """Whether all is installed that neural voices need, but for the voices."""
    packages = ("onnxruntime", "onnx")
    return all(map(importlib.util.find_spec, packages)) and espeak.available()


def install(download: str = f"{BEST} (79 MB; `wakesmith voices list` names others)") -> str:
    """What to run so that neural voices speak: a download, and packages where they are not here."""
    packages = "" if able() else f", and {NEEDS}"
    return f"wakesmith voices download {download}{packages}"


def available() -> bool:
    """Whether a voice is there, and what it needs to speak."""
    return able() and next(_files(folder()), None) is not None


def models() -> dict[str, Path]:
    """Name and graph of every voice that is there."""
    return {path.stem: path for path in _files(folder())}


def _files(place: Path) -> Iterator[Path]:
    for path in sorted(place.glob("*.onnx")):
        if Path(f"{path}.json").is_file():
            yield path


@dataclass(frozen=True)
class Config:
    """What a voice's ``.onnx.json`` says."""

    name: str
    rate: int
    language: str
    """Code of the language, without a country."""
    reads: str
    """espeak-ng's code of the language; empty when text is read sign by sign."""
    ids: dict[str, list[int]] = field(repr=False)
    speakers: dict[str, int] = field(repr=False)
    """Number by name; empty when there is one speaker."""
    length: float
    noise: float
    rhythm: float
    replaced: dict[str, list[str]] = field(repr=False)
    """Signs that stand for others to this voice."""

    @property
    def voices(self) -> tuple[str, ...]:
        """Names of all that it speaks as."""
        return tuple(f"{self.name}:{one}" for one in self.speakers) or (self.name,)


def read_config(path: Path) -> Config:
    """Read what belongs to a graph; ``VoiceError`` says what is missing or wrong."""
    place = Path(f"{path}.json")
    try:
        said = json.loads(place.read_text(encoding="utf-8"))
        return _config(path.stem, said)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise VoiceError(
            f"{place} does not describe a Piper voice: {error!r}. Delete it with its .onnx, then "
            f"download the voice again (wakesmith voices download {path.stem})."
        ) from error


def _config(name: str, said: dict[str, Any]) -> Config:
    kind = str(said.get("phoneme_type", "espeak"))
    if kind not in ("espeak", "text"):
        raise ValueError(f"its phonemes are of the kind {kind!r}, which is not known here")
    reads = str(said["espeak"]["voice"]) if kind == "espeak" else ""
    scales = said.get("inference") or {}
    speakers = {str(who): int(number) for who, number in (said.get("speaker_id_map") or {}).items()}
    count = int(said.get("num_speakers") or 1)
    if count > 1 and not speakers:
        speakers = {str(number): number for number in range(count)}
    code = (said.get("language") or {}).get("family") or reads or name
    return Config(
        name,
        rate=int(said["audio"]["sample_rate"]),
        language=str(code).replace("_", "-").partition("-")[0].lower(),
        reads=reads,
        ids={sign: list(map(int, ids)) for sign, ids in said["phoneme_id_map"].items()},
        speakers=speakers if count > 1 else {},
        length=float(scales.get("length_scale") or 1.0),
        noise=max(_NOISE, float(scales.get("noise_scale") or 0.0)),
        rhythm=max(_RHYTHM, float(scales.get("noise_w") or 0.0)),
        replaced=said.get("phoneme_map") or {},
    )


class Piper:
    """The engine. Make it only when ``available()``."""

    name = "piper"

    def __init__(self) -> None:
        self._configs: dict[Path, tuple[int, Config]] = {}

    @property
    def languages(self) -> tuple[str, ...]:
        """Of the voices that are there."""
        return tuple(sorted({self._config(path).language for path in models().values()}))

    def voices(self, language: str) -> tuple[str, ...]:
        """``NAME``, or ``NAME:SPEAKER`` for each speaker of a voice that has several.

        ``speak`` takes ``NAME:ONE~OTHER@WEIGHT`` besides. With a country (``en-gb``) only voices
        of that country.
        """
        code, _, country = language.replace("_", "-").lower().partition("-")
        found: list[str] = []
        for name, path in models().items():
            config = self._config(path)
            here = name.partition("-")[0].lower().partition("_")[2]
            if config.language == code and country in ("", here):
                found += config.voices
        return tuple(sorted(found))

    def speak(
        self,
        text: str,
        phones: Phones,
        voice: str,
        speed: float = 1.0,
        pitch: float = 1.0,
        intonation: float = 1.0,
    ) -> tuple[Sound, int]:
        """See ``Engine.speak``; ``pitch`` does nothing. The same call gives the same samples in
        any order, whatever else was spoken."""
        path = models().get(model_of(voice))
        if path is None:
            raise VoiceError(
                f"There is no Piper voice {model_of(voice)!r} in {folder()}. To have it: wakesmith "
                f"voices download {model_of(voice)}."
            )
        config, session = self._config(path), _session(path, path.stat().st_mtime_ns)
        ids = numbers(config, text, phones)
        scales = (
            min(1.0, config.noise * intonation),
            config.length / speed,
            min(1.0, config.rhythm * intonation),
        )
        given: dict[str, NDArray[Any]] = {
            "input": np.array([ids], np.int64),
            "input_lengths": np.array([len(ids)], np.int64),
            "scales": np.array(scales, np.float32),
        }
        return int16(session.run(given, vector(config, session, voice))), config.rate

    def licence(self, voice: str) -> Licence:
        """What the card says that came with the voice."""
        return read_card(folder() / f"{model_of(voice)}{CARD}")

    def files(self, voice: str) -> tuple[Path, ...]:
        """Graph and configuration."""
        graph = folder() / f"{model_of(voice)}.onnx"
        return graph, Path(f"{graph}.json")

    def _config(self, path: Path) -> Config:
        changed = Path(f"{path}.json").stat().st_mtime_ns
        if self._configs.get(path, (0, None))[0] != changed:
            self._configs[path] = changed, read_config(path)
        return self._configs[path][1]


@lru_cache(maxsize=8)
def _session(path: Path, changed: int) -> Session:
    return Session(path)


def numbers(config: Config, text: str, phones: Phones = ()) -> list[int]:
    """What the graph reads: begin, every sign and a pad after each, end.

    Signs that the voice does not know are left out, as Piper does. ``VoiceError`` when it knows
    none of a text.
    """
    if phones:
        spoken = spoken_as(text, phones)
    else:
        spoken = espeak.shared().transcribe(text, config.reads) if config.reads else text.lower()
    signs = [
        part
        for sign in unicodedata.normalize("NFD", spoken)
        for part in config.replaced.get(sign, [sign])
    ]
    known = [config.ids[sign] for sign in signs if sign in config.ids]
    if not known:
        raise VoiceError(
            f"The voice {config.name} has no sound for any sign of {text!r} (/{spoken}/)."
        )
    ids = [*config.ids[_BEGIN], *config.ids[_PAD]]
    for one in known:
        ids += [*one, *config.ids[_PAD]]
    return [*ids, *config.ids[_END]]


def vector(config: Config, session: Session, voice: str) -> Floats | None:
    """The speaker that a voice's name stands for; None for a voice of one."""
    try:
        names, weight = speakers_of(voice)
    except ValueError as error:
        raise VoiceError(f"The voice {voice!r} has no such weight: {error}.") from error
    unknown = [name for name in names if name not in config.speakers]
    if unknown or bool(names) != bool(config.speakers):
        told = ", ".join(list(config.speakers)[:8]) + (" …" if len(config.speakers) > 8 else "")
        speakers = count_of(len(config.speakers), "speaker")
        raise VoiceError(
            f"The voice {config.name} has "
            + (f"{speakers} ({told})" if config.speakers else "one speaker")
            + f"; {voice!r} names none of them. Write "
            + (f"{config.name}:{next(iter(config.speakers))}" if config.speakers else config.name)
            + "."
        )
    if not names or session.speakers is None:
        return None
    rows = [session.speakers[config.speakers[name]] for name in names]
    return slerp(rows[0], rows[1], weight) if len(rows) > 1 else rows[0]
