"""A streaming int8 model where people run it: is it the network that was trained?

    python -m bench.micro_runtimes runs/okay_betty --store .wakesmith --audio ../shared/audio

Streams the clips, one after another, through the model of a bundle and prints, of its
probabilities:

- against the float streaming reference of the trained network (from the store): the mean
  difference, at most 1/256;
- against ``pymicro_wakeword`` (its own front end and rounding): equal to ours with the optimised
  kernels, which it uses, and how far those are from a device's;
- against TensorFlow Lite Micro (``tflite-micro``): whether the outputs are the same (all but one
  in a thousand, by a rounding of the last layer), in an arena of the manifest's size; and whether
  one a fifth smaller than the measured minimum is refused.

Ends with exit code 1 when one of these does not hold.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from bench.runtimes import stream
from wakesmith.families.microwakeword.arena import fits, measured_arena
from wakesmith.families.microwakeword.streaming import StreamingReference
from wakesmith.runtime import Manifest
from wakesmith.runtime.bundle import model_file
from wakesmith.runtime.frontend import SAMPLE_RATE, Pcm
from wakesmith.runtime.micro import MicroManifest, StreamingModel
from wakesmith.runtime.micro.frontend import dequantised, esphome_int8, micro_features
from wakesmith.stages.train.micro import load_micro_network

TOLERANCE = 1 / 256
Steps = NDArray[np.uint8]


def main() -> int:
    """Compare, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--store", type=Path, default=Path(".wakesmith"))
    parser.add_argument("--audio", nargs="*", type=Path, default=[], help="files or folders")
    parser.add_argument("--clips", type=int, default=200, help="at most so many of them")
    options = parser.parse_args()
    bundle = Manifest.load(options.bundle)
    path = model_file(options.bundle, bundle, "esphome")
    manifest = MicroManifest.load(path)
    model = path.parent / manifest.model
    entries, done = bundle.extra["entries"]["microwakeword"], options.store / "done"
    if not all((done / entries[stage]).is_dir() for stage in ("train", "calibrate")):
        parser.error(f"{options.store} does not hold the run of {options.bundle}: name its --store")
    network = load_micro_network(done / entries["train"] / "network.pt")
    shift = json.loads((done / entries["calibrate"] / "calibration.json").read_text())["shift"]

    pcm = stream(options.audio, options.clips)
    device = StreamingModel(model)
    features = esphome_int8(micro_features(pcm))
    features = features[: len(features) // device.stride * device.stride]
    ours = device.probabilities(features)
    with torch.inference_mode():
        logits = StreamingReference(network).run(torch.from_numpy(dequantised(features)))
        trained = torch.sigmoid(logits.double() + shift).numpy()
    apart = np.abs(ours / 256 - trained)
    optimised = StreamingModel(model, "optimised").probabilities(features)
    theirs = _pymicro(path, pcm, device.stride)[: len(optimised)]
    same = np.array_equal(optimised[: len(theirs)], theirs)
    between = np.abs(optimised.astype(int) - ours)
    content = model.read_bytes()
    smallest = measured_arena(content)
    on_device = _tflm(content, features, device.stride, manifest.tensor_arena_size)
    refused = smallest is not None and not fits(content, smallest * 4 // 5)

    print(f"{len(pcm) / SAMPLE_RATE:.0f} s of audio, {len(ours)} probabilities, of which "
          f"{int((ours > 127).sum())} above a half; {len(content)} bytes\n")  # fmt: skip
    print("| against | found |\n|---|---|")
    print(
        f"| float streaming reference | {apart.mean() * 256:.3f}/256 on average, "
        f"{apart.max() * 256:.0f}/256 at most |"
    )
    print(
        f"| pymicro-wakeword | {'equal' if same else 'DIFFERENT'} with its kernels; those are "
        f"{between.mean():.3f}/256 from a device's on average, {between.max()}/256 at most |"
    )
    print(
        f"| TensorFlow Lite Micro | {(on_device != ours).sum()} of {len(ours)} differ, in the "
        f"manifest's arena of {manifest.tensor_arena_size} |"
    )
    print(f"| an arena a fifth below the minimum of {smallest} | "
          f"{'refused' if refused else 'NOT refused'} |")  # fmt: skip
    print(json.dumps({"manifest": json.loads(manifest.json())["micro"]}))
    equal_enough = (on_device != ours).mean() < 1e-3
    return 0 if apart.mean() <= TOLERANCE and same and equal_enough and refused else 1


def _pymicro(manifest: Path, pcm: Pcm, stride: int) -> Steps:
    """The model's outputs in pymicro-wakeword, after its own front end."""
    from pymicro_wakeword import MicroWakeWord, MicroWakeWordFeatures

    model, found = MicroWakeWord.from_config(manifest), []
    for number, frame in enumerate(MicroWakeWordFeatures().process_streaming(pcm.tobytes())):
        model.process_streaming(frame)
        if number % stride == stride - 1:
            found.append(round(model._probabilities[-1] * 256))
            # A detection empties its window, and nothing else of its state.
    return np.array(found, np.uint8)


def _tflm(content: bytes, features: NDArray[np.int8], stride: int, arena: int) -> Steps:
    """The outputs of the runtime inside ESPHome."""
    from tflite_micro.python.tflite_micro import runtime

    interpreter = runtime.Interpreter.from_bytes(content, arena_size=arena)
    found = np.empty(len(features) // stride, np.uint8)
    for number, step in enumerate(features.reshape(-1, 1, stride, features.shape[1])):
        interpreter.set_input(step, 0)
        interpreter.invoke()
        found[number] = interpreter.get_output(0)[0, 0]
    return found


if __name__ == "__main__":
    raise SystemExit(main())
