"""The real recordings that benches measure on, and what a detector makes of them."""

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wakesmith import audio
from wakesmith.runtime.detection import AnyDetector
from wakesmith.runtime.frontend import SAMPLE_RATE, Pcm

LEAD_SECONDS = 2.5
TAIL_SECONDS = 0.5


@dataclass(frozen=True)
class Row:
    """One file of the manifest."""

    path: Path
    role: str
    keyword: str
    source: str
    transcript: str


@dataclass(frozen=True)
class Heard:
    """What a detector makes of some sound."""

    scores: NDArray[np.float32]
    fired: int
    """Detections by the model's own rule."""


def split(rows: Sequence[Row]) -> tuple[list[Row], dict[str, list[Row]]]:
    """Training background, and the measuring negatives by kind."""
    training = [r for r in rows if r.source == "felix_libri"]
    measuring: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row.role == "negative_speech" and row.source != "felix_libri":
            measuring["speech" if row.source == "speechocean762" else "speech (cv)"].append(row)
    for role in ("noise", "music"):
        found = sorted((r for r in rows if r.role == role), key=lambda r: r.path)
        half = (len(found) + 1) // 2
        training += found[:half]
        measuring[role] = found[half:]
    return training, dict(measuring)


def manifest(folder: Path) -> list[Row]:
    """Every file of the audio folder."""
    with (folder / "manifest.csv").open(newline="") as file:
        return [
            Row(folder / r["path"], r["role"], r["keyword"], r["source"], r["transcript"] or "")
            for r in csv.DictReader(file)
        ]


def quiet_background(measuring: Mapping[str, Sequence[Row]]) -> Pcm:
    """Quiet sound to stream before each positive: the first measuring noise file at -50 dBFS."""
    pcm = audio.read(measuring["noise"][0].path).pcm.astype(np.float64)
    gain = 32768 * 10 ** (-50 / 20) / max(1.0, float(np.sqrt(np.mean(pcm**2))))
    needed = int(LEAD_SECONDS * SAMPLE_RATE)
    quiet: Pcm = np.resize(np.round(pcm * gain), needed + SAMPLE_RATE).astype(np.int16)
    return quiet


def heard_saying(detector: AnyDetector, pcm: Pcm, background: Pcm) -> Heard:
    """What is made of the clip while it passes, or within half a second of its end."""
    detector.reset()
    lead = int(LEAD_SECONDS * SAMPLE_RATE)
    tail = background[: int(TAIL_SECONDS * SAMPLE_RATE)]
    scores, fired = detector.hear(np.concatenate([background[:lead], pcm, tail]))
    inside = detector.seconds_of(np.arange(len(scores))) > LEAD_SECONDS
    return Heard(scores[inside], int(inside[fired].sum()))


def heard_stream(detector: AnyDetector, rows: Sequence[Row]) -> Heard:
    """What is made of the files heard one after another."""
    detector.reset()
    parts = [detector.hear(audio.read(r.path).pcm) for r in rows]
    scores = np.concatenate([scores for scores, _ in parts])
    return Heard(scores, sum(len(fired) for _, fired in parts))
