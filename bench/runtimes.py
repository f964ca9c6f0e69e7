"""The same model in the runtimes that people have: do they give the scores of our ``Detector``?

    python -m bench.runtimes MODEL... [--audio clip.wav...]

``MODEL`` is a bundle folder (its TFLite and ONNX files are taken), or .tflite and .onnx files of
any openWakeWord head; without one, the heads inside the package pyopen-wakeword are tried. Each
file is run over the clips by our ``Detector``, by ``pyopen_wakeword`` (TFLite only; what Home
Assistant runs) and by openWakeWord 0.6.0 (own environment, feature models by path), and the
largest difference of the scores is printed.

What the runtimes are given so that they can agree:

- Streams start differently (noise, ones, silence), so the first 2.5 s, of noise here, are left out.
- pyopen_wakeword begins its chunks 480 samples later and ends its embeddings 4 mel frames earlier
  in them than openWakeWord, so it gets the audio 1120 samples later and is compared one frame
  later. Its dB floor then falls on other frames of the same audio: where a chunk spans more than
  80 dB the scores may differ, so the clips carry noise at -60 dBFS.

Ends with exit code 1 when a difference is above 1e-4.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench import peer
from wakesmith import audio
from wakesmith.runtime import Detector, Manifest
from wakesmith.runtime.bundle import Kind, model_file
from wakesmith.runtime.frontend import CHUNK, SAMPLE_RATE, Pcm

LATER = 1120
SKIPPED = 32
"""Frames left out at the start: 2.56 s."""
TOLERANCE = 1e-4
Scores = NDArray[np.float32]


def main() -> int:
    """Stream the clips through all of them and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", type=Path, metavar="MODEL")
    parser.add_argument("--audio", nargs="*", type=Path, default=[], help="files or folders")
    parser.add_argument("--clips", type=int, default=20, help="at most so many of them")
    options = parser.parse_args()
    models = [file for model in options.models or _pretrained() for file in _files(model)]
    pcm = stream(options.audio, options.clips)
    print(f"{len(pcm) / SAMPLE_RATE:.0f} s of audio, largest difference to our Detector's scores\n")
    print("| model | our highest score | pyopen_wakeword | openWakeWord 0.6.0 |\n|---|---|---|---|")
    worker, worst = peer.openwakeword(), 0.0
    try:
        for path in models:
            ours = Detector(path).scores(pcm)
            cells = [f"{path.name}", f"{ours[SKIPPED:].max():.4f}"]
            for theirs in (_pyopen(path, pcm), _openwakeword(worker, path, pcm)):
                if theirs is None:
                    cells.append("reads TFLite only")
                    continue
                difference = float(np.abs(ours[SKIPPED : len(theirs)] - theirs[SKIPPED:]).max())
                worst = max(worst, difference)
                cells.append(f"{difference:.1e}")
            print(f"| {' | '.join(cells)} |", flush=True)
    finally:
        worker.close()
    print(f"\nTolerance {TOLERANCE:g}: {'met' if worst <= TOLERANCE else 'MISSED'}")
    return 0 if worst <= TOLERANCE else 1


def _pretrained() -> list[Path]:
    heads = sorted(peer.pyopen_models().glob("*.tflite"))
    return [p for p in heads if p.name not in peer.DIGESTS]


def _files(model: Path) -> list[Path]:
    """The model files of a bundle folder, or the file itself."""
    if not model.is_dir():
        return [model]
    manifest = Manifest.load(model)
    kinds: tuple[Kind, ...] = ("tflite", "onnx")
    return [model_file(model, manifest, kind) for kind in kinds if kind in manifest.models]


def stream(paths: list[Path], most: int) -> Pcm:
    """2.5 s of noise, then the clips one after another, all with noise at -60 dBFS."""
    rng = np.random.default_rng(0)
    if paths:
        files = audio.list_audio(paths)
        chosen = rng.permutation(len(files))[:most]
        clips = [audio.read(files[i]).pcm.astype(np.float64) for i in chosen]
    else:
        clips = [_babble(rng) for _ in range(most)]
    quiet = np.zeros(int(2.5 * SAMPLE_RATE))
    joined = np.concatenate([quiet, *clips, np.zeros(CHUNK)])
    noise = rng.normal(0, 32768 * 10 ** (-60 / 20), len(joined))
    return np.clip(joined + noise, -32768, 32767).astype(np.int16)


def _babble(rng: np.random.Generator) -> NDArray[np.float64]:
    """Two seconds of a buzz with a wandering pitch and loudness."""
    t = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    pitch = rng.uniform(90, 250) * (1 + 0.3 * np.sin(2 * np.pi * rng.uniform(0.3, 3) * t))
    phase = 2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE
    tilt = rng.uniform(0.5, 1.5)
    buzz: NDArray[np.float64] = sum(
        (np.cos(h * phase) / h**tilt for h in range(1, 20)), start=np.zeros(len(t))
    )
    swell: NDArray[np.float64] = np.sin(2 * np.pi * rng.uniform(0.5, 2) * t) ** 2
    return buzz * 4000 * swell


def _pyopen(path: Path, pcm: Pcm) -> Scores | None:
    """Scores of pyopen_wakeword, aligned with ours; None for ONNX."""
    if path.suffix != ".tflite":
        return None
    from pyopen_wakeword import OpenWakeWord, OpenWakeWordFeatures

    features, head = OpenWakeWordFeatures.from_builtin(), OpenWakeWord.from_model(path)

    def heard(chunk: Pcm) -> list[float]:
        frames = features.process_streaming(chunk.tobytes())
        return [score for frame in frames for score in head.process_streaming(frame)]

    heard(np.zeros(LATER, np.int16))
    scores = [
        s for at in range(0, len(pcm) - CHUNK + 1, CHUNK) for s in heard(pcm[at : at + CHUNK])
    ]
    return np.array(scores[1:], np.float32)


def _openwakeword(worker: peer.Worker, path: Path, pcm: Pcm) -> Scores:
    """Scores of openWakeWord 0.6.0 in its own environment, with tflite-runtime or onnxruntime."""
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder) / "audio.npy", Path(folder) / "out.npy"
        np.save(source, pcm)
        worker.ask(do="scores", model=str(path.resolve()), audio=str(source), out=str(out))
        scores: Scores = np.load(out)
        return scores


if __name__ == "__main__":
    raise SystemExit(main())
