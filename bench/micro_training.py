"""Training steps per second of our MixedNet against microWakeWord's own, in one run.

    python -m bench.micro_training --microwakeword FOLDER --python PYTHON [--rounds 12]

``FOLDER`` holds a checkout of github.com/kahrendt/microWakeWord (its package ``microwakeword``),
``PYTHON`` is the interpreter of an environment with ``tensorflow-cpu`` and ``absl-py``: neither is
installed from here, as they take 1.5 GB. Two processes, one thread each, take turns on the same 128
windows of 194 frames and the same network: theirs runs ``microwakeword.train.train``, ours what
the training loop does in a step (``stages.train.run``). CPU time is counted and turns alternate and
last about equally long, so that other work on the machine hits both alike; the ratio is the median
over the rounds. Neither draws a batch or validates. That both networks are one and the same is
checked with their weights in ours.

Then our training as it is: rows of 5 s, each of which scores many windows in one pass, drawn and
augmented as the standard recipe does.

Ends with exit code 1 when the networks differ or the ratio is below 1.5.
"""

import argparse
import json
import platform
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from bench import peer
from wakesmith import recipe
from wakesmith.families.microwakeword.features import frames_of
from wakesmith.families.microwakeword.network import MixedNet, MixedNetLayer
from wakesmith.families.microwakeword.shape import INPUTS, shape_of
from wakesmith.runtime.frontend import SAMPLE_RATE
from wakesmith.runtime.micro.frontend import INPUT_SCALE, INPUT_ZERO_POINT
from wakesmith.stages.train import loss
from wakesmith.stages.train.micro.batches import Batches
from wakesmith.stages.train.micro.learner import MicroData, MicroLearner
from wakesmith.stages.train.micro.sources import Class, others, running, sayings
from wakesmith.stages.train.micro.validation import Held
from wakesmith.stages.train.run import Run

ROWS = 128
NETWORK = recipe.MicroNetwork()
SHAPE = shape_of(NETWORK)
OPTIONS = {
    "pointwise_filters": SHAPE.pointwise,
    "repeat_in_block": SHAPE.repeats,
    "mixconv_kernel_sizes": tuple(list(kernels) for kernels in SHAPE.kernels),
    "residual_connection": tuple(int(on) for on in SHAPE.residual),
    "first_conv_filters": SHAPE.first_filters,
    "first_conv_kernel_size": SHAPE.first_kernel,
    "stride": SHAPE.stride,
}
"""``SHAPE`` as their command line takes it."""
TARGET = 1.5
TOLERANCE = 1e-4
"""Largest difference between the probabilities of the two networks with the same weights."""
STEPS = 20
"""Of theirs in a turn."""
WARM_UP = 3
SAYING = 2.56
"""Seconds that are kept of a saying; the phrase ends half a second before they do."""

Arrays = dict[str, NDArray[Any]]


class Windowed(MicroLearner):
    """The same windows at every step, as many scores as windows: what microWakeWord does."""

    def __init__(self, batch: Arrays, train: recipe.MicroTrain, data: MicroData) -> None:
        super().__init__(NETWORK, train, 0.5, data)
        self._x = torch.from_numpy(batch["features"])
        self._truth = torch.from_numpy(batch["truth"])[:, None].to(torch.int8)
        self._penalty = torch.ones(len(self._x), 1)
        self._taught = torch.full((len(self._x), 1), torch.nan)

    def loss(
        self, network: nn.Module, step: int, negative_weight: float, dice: np.random.Generator
    ) -> torch.Tensor:
        return loss.dense_loss(
            network(self._x),
            self._truth,
            self._penalty,
            self._taught,
            positive_weight=1.0,
            negative_weight=negative_weight,
            distillation=0.0,
        )


def main() -> int:
    """Measure, compare, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--microwakeword", type=Path, help="folder that holds microwakeword/")
    parser.add_argument("--python", type=Path, help="interpreter that has TensorFlow")
    parser.add_argument("--rounds", type=int, choices=range(1, 1000), metavar="N", default=12)
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        _work(options.worker)
        return 0
    missing = _missing(options.microwakeword, options.python)
    if missing:
        print(f"Skipped: {missing}", file=sys.stderr)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        batch = Path(folder) / "batch.npz"
        np.savez(batch, **cast("dict[str, Any]", _batch()))
        words = [f"--{name}={str(value).strip('()')}" for name, value in OPTIONS.items()]
        script = Path(__file__).with_name("micro_peer_worker.py")
        theirs = peer.Worker([options.python, script, options.microwakeword, batch, *words])
        ours = peer.Worker([sys.executable, "-m", "bench.micro_training", "--worker", batch])
        try:
            return _compare(ours, theirs, batch, options.rounds)
        finally:
            ours.close()
            theirs.close()


def _missing(folder: Path | None, python: Path | None) -> str:
    """What is not there and how to get it; empty when all is."""
    if folder is None or python is None:
        return (
            "microWakeWord is not on PyPI. Clone github.com/kahrendt/microWakeWord, install "
            "tensorflow-cpu and absl-py in an environment of their own, and give "
            "--microwakeword CLONE --python ENVIRONMENT/bin/python"
        )
    if not (folder / "microwakeword" / "mixednet.py").exists():
        return f"{folder} holds no microwakeword/mixednet.py; give a clone of microWakeWord"
    return "" if python.exists() else f"{python} is not there; give TensorFlow's interpreter"


def _batch() -> Arrays:
    """Windows of noise as the networks take them, half of them the phrase."""
    rng = np.random.default_rng(0)
    quantised = rng.integers(-128, 128, (ROWS, SHAPE.frames, INPUTS))
    features = ((quantised - INPUT_ZERO_POINT) * INPUT_SCALE).astype(np.float32)
    return {"features": features, "truth": np.arange(ROWS) % 2 == 0}


def _compare(ours: peer.Worker, theirs: peer.Worker, batch: Path, rounds: int) -> int:
    theirs.ask(do="steps", steps=WARM_UP)
    ours.ask(do="windows", steps=WARM_UP)
    difference, versions = _difference(theirs, batch)
    slow = [theirs.ask(do="steps", steps=STEPS)]
    fast = [ours.ask(do="windows", steps=STEPS)]
    as_many = max(1, round(STEPS * slow[0]["cpu"] / fast[0]["cpu"]))
    for _ in range(rounds):
        slow.append(theirs.ask(do="steps", steps=STEPS))
        fast.append(ours.ask(do="windows", steps=as_many))
    their_rate = np.array([STEPS / answer["cpu"] for answer in slow[1:]])
    our_rate = np.array([as_many / answer["cpu"] for answer in fast[1:]])
    ratios = our_rate / their_rate
    low, high = np.percentile(ratios, [10, 90])
    peak = fast[-1]["peak"]
    dense = [ours.ask(do="dense", steps=STEPS) for _ in range(1 + max(1, rounds // 3))][1:]
    windows = float(np.median([STEPS * answer["windows"] / answer["cpu"] for answer in dense]))
    print(
        f"{ROWS} windows of {SHAPE.frames} frames, {rounds} rounds, one thread each, "
        f"{platform.processor() or platform.machine()}; {versions}, torch {torch.__version__}\n\n"
        "| what | microWakeWord | Wakesmith | ratio |\n|---|---|---|---|\n"
        f"| training steps of {ROWS} windows per CPU second | {np.median(their_rate):.1f} | "
        f"{np.median(our_rate):.1f} | **{np.median(ratios):.2f}×** "
        f"(rounds {low:.2f} to {high:.2f}) |\n"
        "| windows trained on per CPU second; ours as the recipe trains, "
        f"{dense[0]['windows']:.0f} in {dense[0]['rows']} rows a step | "
        f"{ROWS * np.median(their_rate):.0f} | {windows:.0f} | "
        f"{windows / (ROWS * np.median(their_rate)):.1f}× |\n"
        "| peak memory of the process, MiB (after the imports); ours as the recipe trains | "
        f"{slow[-1]['peak']:.0f} ({slow[-1]['imported']:.0f}) | "
        f"{peak:.0f} ({fast[-1]['imported']:.0f}); {dense[-1]['peak']:.0f} | |\n"
        f"| largest difference of probabilities, same weights | | {difference:.1e} | |\n"
    )
    good = difference <= TOLERANCE and float(np.median(ratios)) >= TARGET
    print(f"Tolerance {TOLERANCE:g}, target {TARGET:g}×: {'met' if good else 'MISSED'}")
    return 0 if good else 1


def _difference(theirs: peer.Worker, batch: Path) -> tuple[float, str]:
    """Between their network's probabilities and ours with their weights; and their versions."""
    out = batch.with_name("weights.npz")
    versions = str(theirs.ask(do="weights", out=str(out))["versions"])
    with np.load(out) as held:
        wanted = held["scores"][:, 0]
        weights = [torch.from_numpy(held[f"arr_{i}"]) for i in range(len(held.files) - 1)]
    network = MixedNet(SHAPE).eval()
    with torch.no_grad():
        _fill(network, iter(weights))
        features = torch.from_numpy(np.load(batch)["features"])
        found = torch.sigmoid(network(features))[:, 0].numpy()
    return float(np.abs(found - wanted).max()), versions


def _fill(network: MixedNet, weights: Iterator[torch.Tensor]) -> None:
    """Put Keras' weights, in its order, into ours.

    Their depthwise convolutions have biases, which the normalisation takes away again: ours have
    none, so they go into its mean.
    """
    network.first.copy_(next(weights).flatten(0, 2).t())
    for layer in cast("list[MixedNetLayer]", list(network.layers)):
        biases = []
        for kernel in layer.kernels:
            kernel.copy_(next(weights)[:, 0, :, 0].t())
            biases.append(next(weights))
        layer.pointwise.weight.copy_(next(weights)[0, 0].t())
        norm = layer.pointwise.norm
        for part in (norm.weight, norm.bias, norm.running_mean, norm.running_var):
            assert part is not None
            part.copy_(next(weights))
        assert norm.running_mean is not None
        norm.running_mean -= layer.pointwise.weight @ torch.cat(biases)
    network.output.copy_(next(weights).view(-1, SHAPE.width).t())
    network.bias.copy_(next(weights))
    if next(weights, None) is not None:
        raise SystemExit("Their network has more weights than ours.")


def _work(batch: Path) -> None:
    """Our side, in a process of its own."""
    torch.set_num_threads(1)
    imported = _peak()
    train = recipe.MicroTrain(steps=10**9, validate_every=10**9)
    data = _made_up()
    with np.load(batch) as held:
        windowed = Windowed(dict(held), train, data)
    dense = MicroLearner(NETWORK, train, 0.5, data)
    runs = {
        "windows": Run(windowed, 0.5, 0, torch.device("cpu")),
        "dense": Run(dense, 0.5, 0, torch.device("cpu")),
    }
    looked = _looked_at(dense)
    for line in sys.stdin:
        asked = json.loads(line)
        run = runs[asked["do"]]
        cpu, wall = time.process_time(), time.perf_counter()
        for _ in range(asked["steps"]):
            run.advance(run.step + 1)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        found = {"cpu": cpu, "wall": wall, "peak": _peak(), "imported": imported}
        print(json.dumps(found | looked), flush=True)


def _made_up() -> MicroData:
    """Noise in the shape of a standard run's data."""
    rng = np.random.default_rng(1)

    def noise(*shape: int) -> NDArray[np.int8]:
        return rng.integers(-128, 128, (*shape, INPUTS), dtype=np.int8)

    def stream(frames: int) -> Class:
        source = running(noise(frames), np.array([0]), SHAPE)
        assert source is not None
        return Class([source])

    train = recipe.MicroTrain()
    said = noise(1000, frames_of(round(SAYING * SAMPLE_RATE)))
    return MicroData(
        positive=Class([sayings(said, np.full(1000, SAYING - 0.5), train.offset, SHAPE)]),
        near_miss=Class([others(said, SHAPE)]),
        speech=stream(60_000),
        background=stream(60_000),
        held=Held([], []),
    )


def _looked_at(learner: MicroLearner) -> dict[str, float]:
    """Rows of a step, and the windows in them that count."""
    batches: Batches = learner._batches
    rng = np.random.default_rng(0)
    counts = [int((batches.draw(rng).truth >= 0).sum()) for _ in range(5)]
    return {"rows": batches.rows, "windows": float(np.mean(counts))}


def _peak() -> float:
    """Peak memory of this process in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    raise SystemExit(main())
