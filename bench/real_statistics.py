"""Compute the figures about real speech that ship with Wakesmith.

    python -m bench.real_statistics --audio ../shared/audio

From the training part of the recordings (the LibriSpeech half; the folder's README says which
that is): mean and covariance of the embedding's frames, heard as one stream, and the variation
between people and synthetic voices that say the same sentences.
"""

import argparse
import csv
from pathlib import Path

import numpy as np

from bench.pairs import SKIPPED, Sentence, residuals
from wakesmith import audio
from wakesmith.families.openwakeword import alignment, real_speech, variation
from wakesmith.runtime.frontend import EmbeddingFrontend

SOURCE = "felix_libri"
LONGEST = 16.0
"""Seconds of a sentence that is spoken."""


def main() -> None:
    """Measure and write both files."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--audio", type=Path, required=True)
    parser.add_argument("--sentences", type=int, default=700)
    options = parser.parse_args()
    with (options.audio / "manifest.csv").open(newline="") as file:
        rows = sorted((r for r in csv.DictReader(file) if r["source"] == SOURCE), key=_path)

    frontend = EmbeddingFrontend()
    pcm = [audio.read(options.audio / row["path"]).pcm for row in rows]
    found = alignment.measure_statistics([frontend.push(np.concatenate(pcm))[SKIPPED:]])
    found.save(real_speech.STATISTICS)
    print(f"{len(rows)} files, {found.frames} frames -> {real_speech.STATISTICS.name}")

    short = [r for r in rows if float(r["duration_s"]) <= LONGEST]
    step = max(1, len(short) // options.sentences)
    sentences = [
        Sentence(str(options.audio / row["path"]), row["transcript"], index)
        for index, row in enumerate(short[::step])
    ]
    varied = variation.measure_variation(residuals(sentences, seed=0))
    varied.save(real_speech.VARIATION)
    print(f"{varied.frames} frames of differences -> {real_speech.VARIATION.name}")


def _path(row: dict[str, str]) -> str:
    return row["path"]


if __name__ == "__main__":
    main()
