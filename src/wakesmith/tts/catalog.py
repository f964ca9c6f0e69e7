"""Voices that can be downloaded: all that Piper publishes, and Kokoro.

Piper's are told by ``voices.json`` of the repository rhasspy/piper-voices on Hugging Face: every
voice with its files, their sizes and MD5. It is kept beside the voices and asked for anew after a
week. ``HF_ENDPOINT`` names another hub with the same files, as for Hugging Face's own programs.
"""

import hashlib
import json
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wakesmith.errors import DataError, VoiceError
from wakesmith.sources.addresses import HUGGING_FACE, hub
from wakesmith.sources.fetch import Say, fetch
from wakesmith.sources.place import voice_folder, writing
from wakesmith.tts import kokoro, piper
from wakesmith.tts.licences import CARD

_PIPER = "rhasspy/piper-voices/resolve/main"
_KOKORO = ("https://github.com/thewh1teagle/kokoro-onnx/releases/download/model-files-v1.0/{name}",)
_STAGING = ".download"
_WEEK = 7 * 24 * 3600.0
_SAFE = re.compile(r"\w[\w.-]*")

Heard = Callable[[str, int, int | None], None]
"""Hears of which file how many bytes of how many are there."""


@dataclass(frozen=True)
class File:
    """One file of a voice."""

    addresses: tuple[str, ...]
    name: str
    """What it is called here."""
    size: int | None = None
    md5: str | None = None


@dataclass(frozen=True)
class Published:
    """A voice that can be downloaded."""

    engine: str
    name: str
    languages: tuple[str, ...]
    """Codes as its source writes them: sv_SE."""
    speakers: int | None
    files: tuple[File, ...]
    """The one that makes it a voice comes last."""

    @property
    def size(self) -> int | None:
        """Bytes in all; None when its source does not say."""
        sizes = [file.size for file in self.files]
        return None if None in sizes else sum(size or 0 for size in sizes)

    def speaks(self, language: str) -> bool:
        """Whether it speaks a language: sv, sv-SE or sv_SE."""
        asked = language.replace("_", "-").lower()
        codes = [code.replace("_", "-").lower() for code in self.languages]
        return any(asked in (code, code.partition("-")[0]) for code in codes)


def published() -> tuple[tuple[Published, ...], str]:
    """All voices that can be downloaded, by name, and a note when the list of Piper's is old.

    ``DataError`` when that list is neither here nor to be had.
    """
    said, note = _voices_json()
    try:
        found = [_piper(name, voice) for name, voice in said.items()]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError(
            f"{_list_file()} is not a list of Piper voices: {error!r}. Delete it and run again."
        ) from error
    return tuple(sorted((*found, _kokoro()), key=lambda one: (one.engine, one.name))), note


def download(
    name: str, heard: Heard = lambda file, done, total: None, say: Say = lambda text: None
) -> Path:
    """Download a voice, and check every file; its graph's path. ``say`` is as ``obtain``'s.

    What an earlier try got is gone on with. The voice is there when all of it is there.
    ``VoiceError`` names the nearest names when there is none of this name, or what of it cannot be
    used; ``DataError`` and ``StoreError`` as ``fetch``.
    """
    voice = _kokoro() if name == kokoro.MODEL else _found(name)
    home = voice_folder(voice.engine)
    staging = home / _STAGING / voice.name
    for file in voice.files:
        target = staging / file.name

        def progress(done: int, total: int | None, name: str = file.name) -> None:
            heard(name, done, total)

        fetch(file.addresses, target, size=file.size, progress=progress, say=say)
        _check(target, file)
    graph = staging / voice.files[-1].name
    if voice.engine == "piper":
        piper.read_config(graph)
    with writing(home):
        for file in voice.files:
            (staging / file.name).replace(home / file.name)
        staging.rmdir()
    return home / graph.name


def _check(path: Path, file: File) -> None:
    if file.md5 is None:
        return
    with path.open("rb") as content:
        got = hashlib.file_digest(content, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    if got != file.md5:
        path.unlink()
        raise DataError(
            f"{file.name} came with MD5 {got} where {file.md5} was expected, and was deleted. Run "
            "again; if it happens again, the file or its list changed: delete "
            f"{_list_file()} and run once more."
        )


def _found(name: str) -> Published:
    import difflib

    voices, _ = published()
    by_name = {voice.name: voice for voice in voices}
    if name in by_name:
        return by_name[name]
    near = difflib.get_close_matches(name, [*by_name, "best"], 3, 0.5)
    raise VoiceError(
        f"No voice {name!r} is published. "
        + (f"Near to it: {', '.join(near)}. " if near else "")
        + "`wakesmith voices list --language …` names all."
    )


def _list_file() -> Path:
    return piper.folder() / "voices.json"


def _hub(path: str) -> str:
    return f"{hub() or HUGGING_FACE}/{_PIPER}/{path}"


def _voices_json() -> tuple[dict[str, Any], str]:
    kept, note = _list_file(), ""
    if not kept.exists() or time.time() - kept.stat().st_mtime > _WEEK:
        new = kept.parent / _STAGING / kept.name
        try:
            fetch([_hub("voices.json")], new)
            with writing(kept):
                os.utime(new)
                new.replace(kept)
        except DataError as error:
            if not kept.exists():
                raise
            note = f"the list of Piper's voices is as of an earlier day: {error}"
    try:
        said = json.loads(kept.read_text(encoding="utf-8"))
    except ValueError:
        said = None
    if not isinstance(said, dict):
        kept.unlink()
        raise DataError(f"{_hub('voices.json')} gave no list of voices. Run again later.")
    return said, note


def _piper(name: str, said: dict[str, Any]) -> Published:
    if not _SAFE.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a voice")
    here = {
        ".onnx.json": f"{name}.onnx.json",
        "MODEL_CARD": f"{name}{CARD}",
        ".onnx": f"{name}.onnx",
    }
    files = []
    for ending, called in here.items():
        for path, facts in said["files"].items():
            if path.endswith(ending):
                size, md5 = facts.get("size_bytes"), facts.get("md5_digest")
                files.append(File((_hub(path),), called, size and int(size), md5))
                break
    if not files or not files[-1].name.endswith(".onnx"):
        raise ValueError(f"{name!r} has no graph")
    count = said.get("num_speakers")
    return Published("piper", name, (said["language"]["code"],), count, tuple(files))


def _kokoro() -> Published:
    names = (kokoro.SPEAKERS, kokoro.GRAPH)
    files = tuple(File(tuple(a.format(name=name) for a in _KOKORO), name) for name in names)
    return Published("kokoro", kokoro.MODEL, kokoro.COUNTRIES, None, files)
