"""Runs inside openWakeWord's environment and does what ``bench`` asks: one JSON line each way.

It uses openWakeWord's own classes, as they are. Started by ``peer.openwakeword``.
"""

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import openwakeword
from openwakeword.utils import AudioFeatures

FOLDER = Path(sys.argv[1])


def models(kind: str) -> dict[str, str]:
    """Feature models by path."""
    return {
        "melspec_model_path": str(FOLDER / f"melspectrogram.{kind}"),
        "embedding_model_path": str(FOLDER / f"embedding_model.{kind}"),
    }


def clips(request: dict[str, Any]) -> dict[str, Any]:
    """``embed_clips`` over [n, samples]; one CPU."""
    features = _features()
    audio = np.load(request["audio"])
    cpu, wall = time.process_time(), time.perf_counter()
    out = features.embed_clips(audio, batch_size=request["batch"], ncpu=1)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    np.save(request["out"], out)
    return {"cpu": cpu, "wall": wall, "peak": _peak()}


def stream(request: dict[str, Any]) -> dict[str, Any]:
    """The streaming features, chunk by chunk: the newest embedding after each."""
    features = _features()
    features.reset()
    audio = np.load(request["audio"])
    out = np.zeros((len(audio) // 1280, 96), np.float32)
    cpu = time.process_time()
    for i in range(len(out)):
        features(audio[1280 * i : 1280 * (i + 1)])
        out[i] = features.feature_buffer[-1]
    cpu = time.process_time() - cpu
    np.save(request["out"], out)
    return {"cpu": cpu, "peak": _peak()}


def scores(request: dict[str, Any]) -> dict[str, Any]:
    """Scores of a head, chunk by chunk, by ``Model.predict``."""
    kind = request["model"].rsplit(".", 1)[1]
    model = openwakeword.Model([request["model"]], inference_framework=kind, **models(kind))
    audio = np.load(request["audio"])
    out = [
        next(iter(model.predict(audio[at : at + 1280]).values()))
        for at in range(0, len(audio) - 1279, 1280)
    ]
    np.save(request["out"], np.array(out, np.float32))
    return {"name": next(iter(model.models))}


_ready: list[Any] = []


def _features() -> Any:
    if not _ready:
        _ready.append(AudioFeatures(inference_framework="onnx", ncpu=1, **models("onnx")))
    return _ready[0]


def _peak() -> float:
    """Peak memory of this process in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    answers = sys.stdout
    sys.stdout = sys.stderr  # whatever the libraries print
    for line in sys.stdin:
        asked = json.loads(line)
        answer = {"clips": clips, "stream": stream, "scores": scores}[asked["do"]](asked)
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
