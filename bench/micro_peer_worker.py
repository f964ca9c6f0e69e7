"""Runs microWakeWord's own training loop, some steps at a time: one JSON line each way.

    PYTHON micro_peer_worker.py FOLDER BATCH.npz OPTIONS...

``FOLDER`` holds the package ``microwakeword``, ``PYTHON`` an environment with TensorFlow and
absl-py, ``OPTIONS`` are those of ``mixednet``. ``microwakeword.train.train`` runs as it is, on one
thread. It asks its data processor for a batch before each step; the one here hands out the same
batch every time, and waits there when the steps that ``bench`` asked for are done. Started by
``bench.micro_training``.
"""

import argparse
import importlib
import json
import os
import resource
import sys
import tempfile
import time
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

NEVER = 10**9
ANSWERS = sys.stdout


class Turns:
    """In the place of microWakeWord's ``FeatureHandler``: decides when the next step comes."""

    def __init__(self, batch: str, model: Any) -> None:
        held = np.load(batch)
        self._batch = held["features"], held["truth"], np.ones(len(held["truth"]))
        self._model, self._left, self._steps = model, 0, 0
        self._cpu = self._wall = 0.0
        self._imported = peak()

    def get_data(self, *_: Any, **__: Any) -> tuple[Any, Any, Any]:
        """The batch; comes back when there is another step to do."""
        if self._left == 0:
            if self._steps:
                cpu, wall = time.process_time() - self._cpu, time.perf_counter() - self._wall
                answer({"cpu": cpu, "wall": wall, "peak": peak(), "imported": self._imported})
            self._steps = self._left = self._next()
            self._cpu, self._wall = time.process_time(), time.perf_counter()
        self._left -= 1
        return self._batch

    def _next(self) -> int:
        """How many steps ``bench`` wants; other wishes are met at once."""
        for line in sys.stdin:
            asked = json.loads(line)
            if asked["do"] == "steps":
                return int(asked["steps"])
            scores = self._model(self._batch[0], training=False).numpy()
            weights = [weight.numpy() for weight in self._model.weights]
            np.savez(asked["out"], *weights, scores=scores)
            answer({"versions": f"TensorFlow {tf.__version__}, Keras {tf.keras.__version__}"})
        raise SystemExit(0)


def answer(found: dict[str, Any]) -> None:
    """One line to ``bench``."""
    ANSWERS.write(json.dumps(found) + "\n")
    ANSWERS.flush()


def peak() -> float:
    """Peak memory of this process in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Build the network as their command does, and train until nobody asks any more."""
    folder, batch, *options = sys.argv[1:]
    sys.path.insert(0, folder)
    mixednet = importlib.import_module("microwakeword.mixednet")
    train = importlib.import_module("microwakeword.train")
    parser = argparse.ArgumentParser()
    mixednet.model_parameters(parser)
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.keras.utils.set_random_seed(0)
    rows, frames, channels = np.load(batch)["features"].shape
    flags = parser.parse_args(options)
    model = mixednet.model(flags, (frames, channels), rows)
    with tempfile.TemporaryDirectory() as place:
        config = {
            "train_dir": place,
            "summaries_dir": place,
            "batch_size": rows,
            "spectrogram_length": frames,
            "training_steps": [NEVER],
            "eval_step_interval": NEVER,
        }
        train.train(model, config, Turns(batch, model))


if __name__ == "__main__":
    # Their loop prints a line for every step.
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        main()
