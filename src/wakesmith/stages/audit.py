"""Voices that mispronounce the phrase: found by what the other voices say, and left out.

Each voice says the phrase and contrasts to it; a saying that is unlike the others', or far longer
or shorter, or that an engine reads otherwise than the plan means it, speaks against its voice.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wakesmith import tts
from wakesmith.errors import VoiceError
from wakesmith.events import Emit
from wakesmith.measure.agreement import disagreement, robust, stretched
from wakesmith.phrase import words_of
from wakesmith.phrase.arpabet import Phones
from wakesmith.phrase.distance import distance
from wakesmith.phrase.reading import read_by_espeak, read_by_flite
from wakesmith.plan.audition import Audition
from wakesmith.runtime.frontend import CHUNK, SAMPLE_RATE, Pcm, embed
from wakesmith.stages import shards
from wakesmith.stages.arrays import save_arrays
from wakesmith.store import write_atomic
from wakesmith.wav import write as write_wav

VERSION = 1
SUSPICIOUS = 3.0
"""Disagreement from which on a voice is left out."""
FEWEST = 8
"""Voices that there must be to tell who is right; with less none is left out but the mute."""
_DURATION = 3.5  # robust standard deviations of the logarithm of the length ...
_TWICE = 1.6  # ... and how much longer or shorter than most it must be
_MISREAD = 0.7  # distance of phones from which on a reading is another word
_SHARD = 12
_LEAD, _TAIL = 6, 10
_VERDICT = "verdict.json"
_READERS = {"flite": read_by_flite, "espeak": read_by_espeak}


@dataclass(frozen=True)
class Heard:
    """A voice as the audit heard it."""

    engine: str
    voice: str
    disagreement: float
    """With the other voices, in robust standard deviations; 0 where it could not be told."""
    seconds: float
    """Length of the phrase at the voice's own speed."""
    against: tuple[str, ...]
    """What speaks against it; nothing: it passed."""
    sound: str = ""
    """File of its saying, beside the verdict; empty when it said none."""

    @property
    def passed(self) -> bool:
        """Whether the plan may draw it."""
        return not self.against


@dataclass(frozen=True)
class Task:
    """Some voices to hear, and where the file of it goes."""

    path: Path
    audition: Audition


def audit(out: Path, drawn: Audition, known: Phones, workers: int, emit: Emit) -> None:
    """Hear every voice, and write ``verdict.json`` and a WAV of each."""
    cuts = range(0, len(drawn.voices), _SHARD)
    tasks = [
        Task(shards.file(out, i), _some(drawn, drawn.voices[first : first + _SHARD]))
        for i, first in enumerate(cuts)
    ]
    sizes = [len(task.audition.voices) for task in tasks]
    shards.make(hear, tasks, sizes, workers, emit, "audit", "voices")
    heard = _judged(out, drawn, known, [task.path for task in tasks])
    write_atomic(out / _VERDICT, json.dumps([asdict(one) for one in heard]).encode())
    shards.remove(out)


def load(folder: Path) -> tuple[Heard, ...]:
    """The verdict, the most suspicious voice first."""
    rows = json.loads((folder / _VERDICT).read_text())
    return tuple(Heard(**{**row, "against": tuple(row["against"])}) for row in rows)


def passed(
    voices: dict[str, tuple[str, ...]], heard: tuple[Heard, ...]
) -> dict[str, tuple[str, ...]]:
    """The voices without those left out; engines without any left are gone."""
    out = {(one.engine, one.voice) for one in heard if not one.passed}
    kept = {e: tuple(v for v in some if (e, v) not in out) for e, some in voices.items()}
    return {engine: some for engine, some in kept.items() if some}


def _some(drawn: Audition, voices: tuple[tuple[str, str], ...]) -> Audition:
    return Audition(drawn.text, drawn.phones, drawn.contrasts, drawn.speeds, voices)


def hear(task: Task) -> None:
    """Let some voices speak, embed what they say, and write one file."""
    drawn = task.audition
    texts = 1 + len(drawn.contrasts)
    sayings, seconds, sounds, faults = [], [], [], []
    for engine, voice in drawn.voices:
        try:
            clips = [c.pcm[c.start : c.end] for c in tts.speak(drawn.utterances(engine, voice))]
        except VoiceError as error:
            faults.append(str(error))
            sayings.append(np.zeros((texts, 16, 96), np.float32))
            seconds.append(0.0)
            sounds.append(np.zeros(0, np.int16))
            continue
        heard = np.array([_embedded(pcm) for pcm in clips])
        by_text = heard.reshape(texts, len(drawn.speeds), *heard.shape[1:])
        sayings.append(by_text.mean(1))
        seconds.append(len(clips[0]) / SAMPLE_RATE)
        sounds.append(clips[0])
        faults.append("")
    save_arrays(
        task.path,
        {
            "sayings": np.array(sayings),
            "seconds": np.array(seconds),
            "faults": np.array(faults),
            "sounds": np.concatenate(sounds),
            "lengths": np.array([len(pcm) for pcm in sounds]),
        },
    )


def _embedded(pcm: Pcm) -> NDArray[np.float32]:
    silence = np.zeros(CHUNK, np.int16)
    sound = np.concatenate([np.tile(silence, _LEAD), pcm, np.tile(silence, _TAIL)])
    return stretched(embed(sound), _LEAD, len(pcm))


def _judged(out: Path, drawn: Audition, known: Phones, files: list[Path]) -> list[Heard]:
    parts: list[dict[str, Any]] = [dict(np.load(file)) for file in files]
    joined = {
        name: np.concatenate([part[name] for part in parts])
        for name in ("sayings", "seconds", "faults")
    }
    speaks = joined["faults"] == ""
    far, late = np.zeros(len(speaks)), np.zeros(len(speaks))
    enough = int(speaks.sum()) >= FEWEST
    if enough:
        far[speaks] = disagreement(joined["sayings"][speaks])
        late[speaks] = robust(np.log(joined["seconds"][speaks]))
    usual = float(np.median(joined["seconds"][speaks])) if speaks.any() else 0.0
    misread = _misreadings(drawn, known)
    heard = []
    sounds = (pcm for part in parts for pcm in _cut(part))
    for index, ((engine, voice), pcm) in enumerate(zip(drawn.voices, sounds, strict=True)):
        against = [str(joined["faults"][index])] if joined["faults"][index] else []
        seconds = float(joined["seconds"][index])
        if far[index] > SUSPICIOUS:
            against.append(f"says it unlike the others ({far[index]:.1f})")
        ratio = seconds / usual if usual and seconds else 1.0
        if abs(late[index]) > _DURATION and max(ratio, 1 / ratio) > _TWICE:
            against.append(f"takes {seconds:.2f} s, the others {usual:.2f} s")
        against += [misread[engine]] if engine in misread else []
        name = f"{index:04}.wav" if len(pcm) else ""
        if name:
            write_wav(out / name, pcm)
        heard.append(Heard(engine, voice, float(far[index]), seconds, tuple(against), name))
    return sorted(heard, key=lambda h: (h.passed, -h.disagreement, h.engine, h.voice))


def _cut(part: dict[str, Any]) -> Iterator[Pcm]:
    ends = np.cumsum(part["lengths"])
    yield from np.split(part["sounds"], ends[:-1])


def _misreadings(drawn: Audition, known: Phones) -> dict[str, str]:
    """What engines that read the text by themselves make of it, where that is another word."""
    if drawn.phones or not known:
        return {}
    found = {}
    for engine in {engine for engine, _ in drawn.voices} & _READERS.keys():
        read = tuple(p for word in words_of(drawn.text) for p in _READERS[engine](word))
        if read and distance(read, known) > _MISREAD:
            found[engine] = f"{engine} reads it {' '.join(read)}, meant is {' '.join(known)}"
    return found
