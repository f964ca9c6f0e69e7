"""The held-out sound of a split, as the detector will hear it."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from wakesmith import audio
from wakesmith.plan.draws import Split
from wakesmith.plan.sources import File
from wakesmith.runtime.frontend import SAMPLE_RATE, Pcm
from wakesmith.stages import synth
from wakesmith.stages.evaluate import NegativeAudio, TrialAudio

_SPAN_BLOCK = 30.0
"""Seconds of a span that are read at once."""
_KINDS = {
    "near_miss": "near_miss",
    "own": "your_negative_phrases",
    "speech": "synthetic_speech",
    "noise": "noise",
}
_PROVOKING = ("near_miss", "own")
"""Known sayings made to provoke it: their hours are no hours of listening."""


def trials(groups: dict[str, Path], split: Split) -> Iterator[TrialAudio]:
    """Every saying of the phrase, synthetic and recorded."""
    for name in (f"positive-{split}", f"recording-{split}"):
        if name not in groups:
            continue
        found = synth.load(groups[name])
        assert found.audio is not None
        for index, labels in enumerate(found.labels):
            start, end = found.spans[index]
            yield TrialAudio(
                pcm=found.audio[index],
                start=max(0.0, float(start)),
                end=float(end),
                id=f"{name} {index}",
                labels={k: v for k, v in labels.items() if k in ("engine", "voice", "snr", "room")},
                kind="recording" if name.startswith("recording") else "synthetic",
            )


def negatives(
    groups: dict[str, Path], background: tuple[File, ...], split: Split
) -> Iterator[NegativeAudio]:
    """Near misses, the user's negative phrases, running speech and noise of the split, then the
    user's background."""
    for role, kind in _KINDS.items():
        name = f"{role}-{split}"
        if name not in groups:
            continue
        found = synth.load(groups[name])
        assert found.audio is not None
        for index, labels in enumerate(found.labels):
            known = role in _PROVOKING
            text = str(labels.get("text", "")) if known else ""
            pooled = False if known else None
            yield NegativeAudio(found.audio[index], f"{name} {index}", kind, text, pooled)
    for file in background:
        yield NegativeAudio(_heard(file), Path(file.path).name, "background")


def _heard(file: File) -> Iterator[Pcm]:
    """A file, or the span of it, in blocks."""
    if file.start == 0:
        yield from audio.stream(file.path)
        return
    end = file.start + file.seconds
    for start in np.arange(file.start, end, _SPAN_BLOCK):
        yield audio.read_piece(file.path, float(start), min(_SPAN_BLOCK, end - float(start)))


def minutes(groups: dict[str, Path], background: tuple[File, ...], split: Split) -> float:
    """How much there is to hear."""
    seconds = sum(f.seconds for f in background)
    for name, folder in groups.items():
        if name.endswith(split):
            sound = synth.load(folder).audio
            seconds += sound.size / SAMPLE_RATE if sound is not None else 0.0
    return seconds / 60
