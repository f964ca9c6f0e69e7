"""Compute the statistics of real speech that ship with Wakesmith.

    python bench/real_statistics.py --audio ../shared/audio

Mean and covariance of the embedding's frames over the training part of the recordings (the
LibriSpeech half; the folder's README says which that is), heard as one stream.
"""

import argparse
from pathlib import Path

import numpy as np

from wakesmith import audio
from wakesmith.families.openwakeword import alignment, real_speech
from wakesmith.runtime.frontend import EmbeddingFrontend

SKIPPED = 10
"""Frames at the start that still see the silence before."""


def main() -> None:
    """Measure and write the file."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--audio", type=Path, required=True)
    options = parser.parse_args()
    files = audio.list_audio([options.audio / "negative_speech" / "felix_libri"])
    frontend = EmbeddingFrontend()
    blocks = [frontend.push(audio.read(file).pcm) for file in files]
    found = alignment.measure_statistics([np.concatenate(blocks)[SKIPPED:]])
    found.save(real_speech.SHIPPED)
    print(f"{len(files)} files, {found.frames} frames -> {real_speech.SHIPPED.name}")


if __name__ == "__main__":
    main()
