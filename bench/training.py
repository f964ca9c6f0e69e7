"""Training steps per second of each kind of network, on one thread.

    python bench/training.py [--seconds 3] [--threads 1]

Made-up embeddings in float16 files, memory-mapped, with the sizes and batches of the standard
recipe (512 windows a step; synthetic classes aligned, which is off by default). On a busy machine
the last column says what an idle one would do.
Validations, hard-negative mining and checkpoints are left out: they take the same time for all.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch
from numpy.typing import NDArray

from wakesmith import recipe
from wakesmith.families.openwakeword.ensemble import build
from wakesmith.runtime.frontend import EMBEDDING_DIM
from wakesmith.stages.train import Data, Group, near_misses, positives, streams, train

WINDOW = 16
Frames = NDArray[np.float16]


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="time for each network")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    networks = [
        recipe.Network(kind="dnn", layer_size=32),
        recipe.Network(kind="dnn", layer_size=64),
        recipe.Network(kind="dnn", layer_size=128),
        recipe.Network(kind="conv", layer_size=32),
        recipe.Network(kind="conv", layer_size=64),
        recipe.Network(kind="recurrent", layer_size=64),
    ]
    print(f"torch {torch.__version__}, {options.threads} thread(s)\n")
    print("| network | layer size | weights | steps/s | steps per second of processor |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for network in networks:
            wall, processor = measure(network, Path(folder), options)
            size = sum(part.numel() for part in build(network).parameters())
            name = f"| {network.kind} | {network.layer_size} | {size:,} "
            print(f"{name}| {wall:.0f} | {processor:.0f} |", flush=True)


def measure(
    network: recipe.Network, folder: Path, options: argparse.Namespace
) -> tuple[float, float]:
    """Steps per second by the clock, and by the time the processor spent."""
    limits = recipe.Train(steps=10_000_000, validate_every=10_000_000)
    data = made_up(folder)
    with tempfile.TemporaryDirectory() as checkpoints:
        steps = train(
            network, limits, recipe.Targets(), data, 0, Path(checkpoints), "cpu", options.threads
        )
        for _ in range(20):
            next(steps)
        count, start, spent = 0, time.perf_counter(), time.process_time()
        while time.perf_counter() - start < options.seconds:
            next(steps)
            count += 1
        wall, processor = time.perf_counter() - start, time.process_time() - spent
    return count / wall, count / processor


def made_up(folder: Path) -> Data:
    """Noise in the shape of a standard run's data."""
    alignment = np.eye(EMBEDDING_DIM), np.zeros(EMBEDDING_DIM)

    def frames(name: str, *shape: int) -> Frames:
        path = folder / f"{name}.npy"
        if not path.exists():
            noise = np.random.default_rng(len(name)).standard_normal((*shape, EMBEDDING_DIM), "f4")
            np.save(path, (noise * 10).astype(np.float16))
        loaded: Frames = np.load(path, mmap_mode="r")
        return loaded

    def said(count: int) -> NDArray[np.float64]:
        return np.full(count, 24.5)

    synthetic = positives(frames("positive", 12000, 32), said(12000), (0, 0.48), WINDOW, alignment)
    recorded = positives(frames("recorded", 800, 32), said(800), (0, 0.3), WINDOW)
    near = near_misses(frames("near", 10000, 32), said(10000), WINDOW, alignment)
    speech = streams(frames("speech", 120_000), np.arange(0, 120_000, 40), WINDOW, alignment)
    background = streams(frames("background", 260_000), np.arange(0, 260_000, 4000), WINDOW)
    return Data(
        positive=Group([synthetic, recorded], [0.7, 0.3]),
        near_miss=Group([near]),
        speech=Group([speech]),
        background=Group([background]),
        validation_positive=Group([recorded]),
        validation_background=Group([background]),
    )


if __name__ == "__main__":
    main()
