"""Train the layers that networks of the micro family start from, and write them.

    python -m bench.micro_trunk --audio ../shared/audio

They learn, on people's running speech, to foretell Google's frozen speech embedding of the same
moment and of moments before it, as a linear layer on top of them sees it: what tells words apart,
whoever speaks (after knowledge distillation by features: Romero et al. 2015, arXiv:1412.6550). The
speech is the training part of the recordings (the LibriSpeech half and its half of noise and music;
the folder's README says which that is), as it is and, seven times, as other people might have said
it: by shorter and longer vocal tracts, higher, and more than half of it slower. Most of it is in
noise. No phrase is known here. ``--output`` writes elsewhere than into the package. It takes three
quarters of an hour of one core.
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional as F

from bench.real_audio import manifest, split
from wakesmith import audio
from wakesmith.families.microwakeword.network import MixedNet, first_windows
from wakesmith.families.microwakeword.shape import Shape
from wakesmith.families.microwakeword.trunk import TRUNK, trunk_of
from wakesmith.recipe.micro import SpecAugment
from wakesmith.runtime.frontend import CHUNK, EMBEDDING_DIM, SAMPLE_RATE, embed
from wakesmith.runtime.micro.frontend import STEP, WINDOW, MicroFrontend, dequantised, esphome_int8
from wakesmith.stages.train.loss import learning_rate
from wakesmith.stages.train.micro.augment import masked
from wakesmith.tts.perturb import resampled, warped
from wakesmith.tts.tempo import stretched

COPIES = 8
"""How often each utterance is heard, the first time in its own voice and at its own tempo."""
AS_THEY_ARE, LOWERED = 0.3, 0.15
"""Shares of the other copies whose formants are left and lowered; the rest are raised."""
LOWER, HIGHER = (0.82, 0.95), (1.08, 1.38)
"""Factors of formants that are lowered and raised: those of ``plan.background``, whose sources hold
for them (Lee, Potamianos and Narayanan, JASA 105, 1999)."""
LIFT, LIFTED = (1.0, 1.7), 0.5
"""Factor of pitch beyond that of the formants, and of how many that are raised: a child's pitch
lies further above a man's than its formants do (same source). Women's go beyond a child's."""
TEMPO, OTHER_TEMPO = (0.5, 1.3), 0.75
"""Tempo that is aimed at, and of how many copies."""
SLOWEST = 0.4
"""Least tempo that overlap-add is asked for, so that the highest voices are never slower than
this times what resampling makes of them: up to .94."""
NOISY, SNR, GAIN = 0.6, (3.0, 30.0), (-12.0, 3.0)
"""Share of utterances in noise, at such dB; and by how many dB all are louder."""
LAGS = (0.0, 0.4, 0.8)
"""Seconds before the moment at which the embeddings that are foretold end."""
ROWS, FRAMES = 32, 504
"""Rows of a batch, and frames of each."""
MASKS = SpecAugment(time_masks=2, time_frames=15, band_masks=1, band_channels=4)

Pair = tuple[NDArray[np.int8], NDArray[np.float32]]
"""Spectra [frames, 40] of a stream and its embeddings [chunks, 96], standardised."""


def main() -> None:
    """Hear, train, write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--audio", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=24_000)
    parser.add_argument("--output", type=Path, default=TRUNK)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    began = time.monotonic()
    pairs = heard(options.audio, np.random.default_rng([options.seed, 0]))
    hours = sum(len(spectra) for spectra, _ in pairs) * STEP / SAMPLE_RATE / 3600
    listened = time.monotonic() - began
    print(f"{hours:.1f} hours of speech in {len(pairs)} streams, {listened:.0f} s", flush=True)
    network = trained(pairs, Shape(), options.steps, options.seed)
    trunk_of(network).save(options.output)
    size, took = options.output.stat().st_size, time.monotonic() - began
    print(f"-> {options.output.name}, {size:,} bytes, {took:.0f} s")


def heard(folder: Path, rng: np.random.Generator) -> list[Pair]:
    """The training part of the recordings by both front ends, a stream for each copy."""
    rows = split(manifest(folder))[0]
    speech = [audio.read(r.path).pcm for r in rows if r.role == "negative_speech"]
    others = [
        audio.read(r.path).pcm.astype(np.float32) for r in rows if r.role != "negative_speech"
    ]
    noise = np.concatenate([sound / (_rms(sound) + 1) for sound in others])
    streams = []
    for copy in range(COPIES):
        parts = []
        for i in rng.permutation(len(speech)):
            said = altered(speech[i], rng) if copy else speech[i]
            parts.append(spoiled(said, noise, rng))
        pcm = np.concatenate(parts)
        streams.append((esphome_int8(MicroFrontend().push(pcm)), embed(pcm)))
    frames = np.concatenate([embeddings for _, embeddings in streams])
    mean, deviation = frames.mean(0), frames.std(0) + 1e-3
    return [(spectra, (found - mean) / deviation) for spectra, found in streams]


def altered(pcm: NDArray[np.int16], rng: np.random.Generator) -> NDArray[np.int16]:
    """An utterance as somebody else would have said it."""
    kind, formants, lift = rng.random(), 1.0, 1.0
    if kind >= AS_THEY_ARE:
        formants = _log_uniform(rng, LOWER if kind < AS_THEY_ARE + LOWERED else HIGHER)
    if formants > 1 and rng.random() < LIFTED:
        lift = _log_uniform(rng, LIFT)
    tempo = _log_uniform(rng, TEMPO) if rng.random() < OTHER_TEMPO else 1.0
    # Resampling raises pitch, formants and tempo together; the other two undo what is too much.
    resample = formants * lift
    return resampled(warped(stretched(pcm, max(SLOWEST, tempo / resample)), 1 / lift), resample)


def spoiled(
    pcm: NDArray[np.int16], noise: NDArray[np.float32], rng: np.random.Generator
) -> NDArray[np.int16]:
    """An utterance louder or softer, and most often in noise."""
    sound = pcm.astype(np.float32) * 10 ** (rng.uniform(*GAIN) / 20)
    if rng.random() < NOISY:
        at = int(rng.integers(len(noise) - len(sound)))
        level = _rms(sound) * 10 ** (-rng.uniform(*SNR) / 20)
        sound = sound + level * noise[at : at + len(sound)]
    mixed: NDArray[np.int16] = np.clip(sound, -32768, 32767).astype(np.int16)
    return mixed


def trained(pairs: Sequence[Pair], shape: Shape, steps: int, seed: int, rate: float = 3e-3) -> Any:
    """A network whose layers before the last were trained, in evaluation mode."""
    torch.manual_seed(seed)
    network = MixedNet(shape)
    told = nn.Linear(shape.width, EMBEDDING_DIM * len(LAGS))
    learnt = [*network.parameters(), *told.parameters()]
    optimizer = torch.optim.AdamW(learnt, lr=rate, weight_decay=1e-2)
    rng, began, losses = np.random.default_rng([seed, 1]), time.monotonic(), list[float]()
    for step in range(1, steps + 1):
        x, wanted = drawn(pairs, shape, rng)
        masked(
            x, rng, (MASKS.time_masks, MASKS.time_frames), (MASKS.band_masks, MASKS.band_channels)
        )
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, steps, rate)
        rows, size = first_windows(
            x, shape, shape.positions(FRAMES + (shape.last - 1) * shape.stride)
        )
        first = F.relu_(torch.mm(network.first, rows.t())).view(-1, *size)
        found = told(network.hidden(first).permute(1, 2, 0))
        loss = F.smooth_l1_loss(found, wanted)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append(loss.item())
        if step % 1000 == 0:
            mean = float(np.mean(losses[-1000:]))
            print(f"step {step}: loss {mean:.4f}, {time.monotonic() - began:.0f} s", flush=True)
    return network.eval()


def drawn(
    pairs: Sequence[Pair], shape: Shape, rng: np.random.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows [n, frames, 40] from anywhere, and for each moment at which the layers say something
    the embeddings [n, moments, lags · 96] that they are to foretell."""
    before = shape.receptive - (shape.last - 1) * shape.stride  # frames that a moment looks at
    moments = np.arange((FRAMES - before) // shape.stride + 1) * shape.stride + before - 1
    ends = (moments * STEP + WINDOW) / SAMPLE_RATE
    rows, wanted = [], []
    for _ in range(ROWS):
        spectra, embeddings = pairs[int(rng.integers(len(pairs)))]
        at = int(rng.integers(100, len(spectra) - FRAMES))
        rows.append(spectra[at : at + FRAMES])
        seconds = at * STEP / SAMPLE_RATE + ends
        parts = [between(embeddings, (seconds - lag) * SAMPLE_RATE / CHUNK - 1) for lag in LAGS]
        wanted.append(np.concatenate(parts, 1))
    return torch.from_numpy(dequantised(np.stack(rows))), torch.from_numpy(np.stack(wanted))


def between(rows: NDArray[np.float32], at: NDArray[np.float64]) -> NDArray[np.float32]:
    """Rows at fractional indices, interpolated."""
    low = np.clip(at.astype(np.int64), 0, len(rows) - 2)
    part = np.clip(at - low, 0, 1).astype(np.float32)[:, None]
    mixed: NDArray[np.float32] = rows[low] * (1 - part) + rows[low + 1] * part
    return mixed


def _log_uniform(rng: np.random.Generator, span: tuple[float, float]) -> float:
    return float(np.exp(rng.uniform(np.log(span[0]), np.log(span[1]))))


def _rms(sound: NDArray[np.float32]) -> float:
    return float(np.sqrt(np.mean(sound**2)))


if __name__ == "__main__":
    main()
