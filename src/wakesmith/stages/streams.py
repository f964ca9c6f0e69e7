"""The held-out sound of a split, as the detector will hear it."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from wakesmith import audio
from wakesmith.plan.background import Altered
from wakesmith.plan.draws import Split
from wakesmith.plan.own import OTHERS
from wakesmith.plan.sources import File
from wakesmith.runtime.frontend import CHUNK, SAMPLE_RATE, Pcm
from wakesmith.stages import synth
from wakesmith.stages.background import sound_of
from wakesmith.stages.evaluate import NegativeAudio, TrialAudio

_SPAN_BLOCK = 30.0
"""Seconds of a span that are read at once."""
_KINDS = {
    "near_miss": "near_miss",
    "own": "your_negative_phrases",
    OTHERS: "your_negative_recordings",
    "speech": "synthetic_speech",
    "noise": "noise",
}
ALTERED = "background_in_other_voices"
"""Kind of the altered background. The network knows what is said, so it proves nothing."""
_PROVOKING = ("near_miss", "own", OTHERS)
"""Known sayings made to provoke it: their hours are no hours of listening."""


def trials(groups: dict[str, Path], split: Split) -> Iterator[TrialAudio]:
    """Every saying of the phrase, synthetic and recorded.

    Who speaks a recording is not known: it has no engine and no voice, and its file's name.
    """
    for name in (f"positive-{split}", f"recording-{split}"):
        if name not in groups:
            continue
        found = synth.load(groups[name])
        assert found.audio is not None
        recorded = name.startswith("recording")
        told = ("snr", "room") if recorded else ("engine", "voice", "snr", "room")
        for index, labels in enumerate(found.labels):
            start, end = found.spans[index]
            yield TrialAudio(
                pcm=found.audio[index],
                start=max(0.0, float(start)),
                end=float(end),
                id=f"recording {labels['voice']}" if recorded else f"synthetic {index}",
                labels={k: v for k, v in labels.items() if k in told},
                kind="recording" if recorded else "synthetic",
            )


def negatives(
    groups: dict[str, Path],
    background: tuple[File, ...],
    split: Split,
    altered: tuple[Altered, ...] = (),
) -> Iterator[NegativeAudio]:
    """Near misses, the user's negative phrases, running speech and noise of the split, then the
    user's background, and background altered."""
    for role, kind in _KINDS.items():
        name = f"{role}-{split}"
        if name not in groups:
            continue
        found = synth.load(groups[name])
        assert found.audio is not None
        for index, labels in enumerate(found.labels):
            known = role in _PROVOKING
            text = str(labels.get("text") or labels.get("voice", "")) if known else ""
            pooled = False if known else None
            yield NegativeAudio(found.audio[index], f"{name} {index}", kind, text, pooled)
    for file in background:
        yield NegativeAudio(heard(file), Path(file.path).name, "background")
    for one in altered:
        name = f"{Path(one.piece.file.path).name} at {one.resample:.2f}"
        yield NegativeAudio(sound_of(one), name, ALTERED)


def heard(file: File) -> Iterator[Pcm]:
    """A file, or the span of it, in blocks."""
    if file.start == 0:
        # A chunk more, as a header's seconds are not exact; spans lie further apart than that.
        left = round(file.seconds * SAMPLE_RATE) + CHUNK
        for block in audio.stream(file.path):
            if left > 0:
                yield block[:left]
            left -= len(block)
        return
    end = file.start + file.seconds
    for start in np.arange(file.start, end, _SPAN_BLOCK):
        yield audio.read_piece(file.path, float(start), min(_SPAN_BLOCK, end - float(start)))


def minutes(
    groups: dict[str, Path],
    background: tuple[File, ...],
    split: Split,
    altered: tuple[Altered, ...] = (),
) -> float:
    """How much there is to hear."""
    seconds = sum(f.seconds for f in background)
    seconds += sum(one.seconds for one in altered)
    for name, folder in groups.items():
        if name.endswith(split):
            sound = synth.load(folder).audio
            seconds += sound.size / SAMPLE_RATE if sound is not None else 0.0
    return seconds / 60
