"""Mixing: windows a second on one core, against a plain scipy loop over the same draws.

Run: ``python bench/mixing.py [--windows 576] [--repeats 7]``. Prints two rows of the table in
``bench/README.md``: the pipeline's windows, and those of the shortest detector. Time is the
thread's own (other work on the machine counts little); the best call is taken, and the two are
measured in turn. Windows are mixed in calls as large as the pipeline's. On a machine that is busy
with other work even thread time is inflated: look at the ratio, or measure again.
"""

import argparse
import os
import platform
import resource
import time
from collections.abc import Callable

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import scipy.signal
import torch
from numpy.typing import NDArray

from wakesmith.audio import Clip
from wakesmith.mix import NoiseBank, RoomBank, mix, simulate_rooms
from wakesmith.plan.draws import Mix
from wakesmith.plan.groups import WARM_UP, WINDOW_FRAMES
from wakesmith.plan.mixing import draw_mix, draw_noises, draw_rooms
from wakesmith.recipe import MixPart
from wakesmith.runtime.frontend import CHUNK, SAMPLE_RATE

LENGTHS = tuple((frames + WARM_UP) * CHUNK for frames in (WINDOW_FRAMES, 16))
"""What the pipeline mixes for each saying, 2.56 s, and what 16 embeddings take, 2.08 s."""
CALL = 192
"""Windows in a call: two copies of each saying of a shard."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--windows", type=int, default=576)
    parser.add_argument("--repeats", type=int, default=7)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    start = time.thread_time()
    rooms = simulate_rooms(draw_rooms(rng, 200))
    room_time = time.thread_time() - start
    drawn = draw_noises(rng, 40)
    start = time.thread_time()
    noises = NoiseBank.synthesise(drawn)
    noise_time = time.thread_time() - start
    clips = [_clip(rng) for _ in range(200)]
    mixes = [
        draw_mix(
            rng,
            MixPart(),
            clip=i % len(clips),
            after=float(rng.uniform(0.4, 0.48)),
            noise_rows=range(len(noises)),
            room_rows=range(len(rooms)),
        )
        for i in range(asked.windows // CALL * CALL)
    ]

    print(f"{platform.processor() or platform.machine()}, torch {torch.__version__}, one thread")
    print(f"200 rooms {room_time:.1f} s, noise {noise_time / len(drawn):.2f} s a row of 10 s")
    print("| what | windows/s (median) | scipy, a clip at a time | ratio | peak memory |")
    print("|---|---|---|---|---|")
    for samples in LENGTHS:

        def ours(first: int, samples: int = samples) -> None:
            mix(clips, mixes[first : first + CALL], rooms, noises, samples)

        def theirs(first: int, samples: int = samples) -> None:
            for draw in mixes[first : first + CALL // 4]:
                plain(clips[draw.clip], draw, rooms, noises, samples)

        ours(0)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        rates: dict[str, list[float]] = {"ours": [], "scipy": []}
        for _ in range(asked.repeats):
            for first in range(0, len(mixes), CALL):
                rates["ours"].append(CALL / _seconds(ours, first))
                rates["scipy"].append(CALL // 4 / _seconds(theirs, first))
        best, peer = max(rates["ours"]), max(rates["scipy"])
        print(
            f"| mix, {samples / SAMPLE_RATE:.2f} s windows "
            f"| {best:.0f} ({np.median(rates['ours']):.0f}) | {peer:.0f} "
            f"({np.median(rates['scipy']):.0f}) | {best / peer:.1f} | {memory:.0f} MiB |"
        )


def _seconds(work: Callable[[int], None], first: int) -> float:
    start = time.thread_time()
    work(first)
    return time.thread_time() - start


def _clip(rng: np.random.Generator) -> Clip:
    """As loud and long as a phrase; what it says does not matter here."""
    length = int(rng.uniform(9000, 20_000))
    return Clip((rng.standard_normal(length) * 2000).astype(np.int16), 800, length - 1600)


def plain(
    clip: Clip, draw: Mix, rooms: RoomBank, noises: NoiseBank, samples: int
) -> NDArray[np.float32]:
    """The same chain as one would write it for one clip, with scipy."""
    speech = clip.pcm.astype(np.float32)
    if draw.room >= 0:
        speech = scipy.signal.fftconvolve(speech, rooms.responses[draw.room])[16:]
    rms = np.sqrt(np.mean(speech[clip.start : clip.end] ** 2))
    target = 32768 * 10 ** (draw.level / 20)
    window = np.zeros(samples, np.float32)
    first = samples - round(draw.after * 16_000) - clip.end
    piece = speech[max(0, -first) : samples - first]
    window[max(0, first) : max(0, first) + len(piece)] = piece * (target / rms)
    if np.isfinite(draw.snr):
        row = noises.rows[draw.noise]
        at = int(draw.noise_at * (len(row) - samples + 1))
        noise = row[at : at + samples].astype(np.float32)
        noise_rms = np.sqrt(np.mean(noise**2))
        window += noise * (target * 10 ** (-draw.snr / 20) / noise_rms)
    frequency = np.fft.rfftfreq(samples, 1 / 16_000).astype(np.float32)
    octaves = np.log2(np.maximum(frequency, 62.5) / 1000)
    spectrum = np.fft.rfft(window) * 10 ** (draw.tilt * octaves / 20)
    window = np.fft.irfft(spectrum, samples).astype(np.float32)
    if draw.low_cut > 0:
        high_pass = scipy.signal.butter(2, draw.low_cut, "highpass", fs=16_000, output="sos")
        window = scipy.signal.sosfilt(high_pass, window)
    if draw.high_cut < 8000:
        low_pass = scipy.signal.butter(8, draw.high_cut, "lowpass", fs=16_000, output="sos")
        window = scipy.signal.sosfilt(low_pass, window)
    if draw.drive > 0:
        window = 32768 * np.tanh(10 ** (draw.drive / 20) * window / 32768)
    if draw.codec == "bits":
        window = np.round(window / 256) * 256
    elif draw.codec != "none":
        if draw.codec == "telephone":
            window = scipy.signal.resample_poly(window, 1, 2)
        share = np.clip(window / 32768, -1, 1)
        coded = np.sign(share) * np.log1p(255 * np.abs(share)) / np.log(256)
        coded = np.round(coded * 127) / 127
        window = 32768 * np.sign(coded) * (256 ** np.abs(coded) - 1) / 255
        if draw.codec == "telephone":
            window = scipy.signal.resample_poly(window, 2, 1)
    whole: NDArray[np.float32] = np.clip(np.round(window), -32768, 32767).astype(np.float32)
    return whole


if __name__ == "__main__":
    main()
