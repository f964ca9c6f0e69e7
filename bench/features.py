"""Our feature extraction against openWakeWord's own, in one run on the same clips.

    python -m bench.features [--audio ../shared/audio] [--clips 64] [--rounds 20]

Two processes, one thread each, take turns: openWakeWord 0.6.0's ``AudioFeatures.embed_clips``
(onnxruntime, at the batch size that is fastest here) and our ``embed_batch``, on 2-s clips. CPU
time is counted and the turns are short, alternate and last equally long, so that other work on the
machine hits both alike; the ratio is the median over the rounds. The clips carry noise at -55 dBFS,
because theirs takes the 80 dB floor of the mel frames over a whole clip and ours over a chunk, as
the runtimes do: where the floor does not bite, the output is the same, and that is checked. Their
streaming output takes the floor by chunks too and is compared on the audio as it is.

Ends with exit code 1 when the outputs differ or the ratio is below 6.
"""

import argparse
import json
import platform
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench import peer
from wakesmith import audio
from wakesmith.runtime.frontend import CHUNK, SAMPLE_RATE, EmbeddingFrontend, Pcm, embed_batch

SAMPLES = 2 * SAMPLE_RATE
FRAMES = 16
SHIFT = 160
"""Our frames end with the chunks; theirs of a clip start with it. So ours get it 10 ms later."""
SETTLED = 12
"""Chunks after which a stream no longer hears how it was started."""
TOLERANCE = 1e-4
"""Largest relative RMS difference of the embeddings."""
TARGET = 6.0
BATCHES = (16, 64, 128)
GROUP = 16
"""Clips of one turn."""
REPEAT = 6
"""How often we do ours in a turn, so that it lasts as long as theirs."""


def main() -> int:
    """Measure, compare, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--audio", type=Path, help="folder of real recordings (default: made up)")
    parser.add_argument("--clips", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        _work()
        return 0
    real = options.audio is not None
    pcm = _recordings(options.audio, options.clips) if real else _made_up(options.clips)
    ours = peer.Worker([sys.executable, "-m", "bench.features", "--worker"])
    theirs = peer.openwakeword()
    try:
        with tempfile.TemporaryDirectory() as folder:
            return _compare(pcm, ours, theirs, Path(folder), options.rounds, real)
    finally:
        ours.close()
        theirs.close()


def _compare(
    pcm: Pcm, ours: peer.Worker, theirs: peer.Worker, folder: Path, rounds: int, real: bool
) -> int:
    noise = np.random.default_rng(1).normal(0, 32768 * 10 ** (-55 / 20), pcm.shape)
    clips = np.clip(pcm + noise, -32768, 32767).astype(np.int16)
    groups = [clips[at : at + GROUP] for at in range(0, len(clips) - GROUP + 1, GROUP)]
    source, out = folder / "audio.npy", folder / "out.npy"

    def run(
        worker: peer.Worker, do: str, pcm: Pcm, **more: Any
    ) -> tuple[dict[str, Any], NDArray[Any]]:
        np.save(source, pcm)
        return worker.ask(do=do, audio=str(source), out=str(out), **more), np.load(out)

    tried = {b: run(theirs, "clips", groups[0], batch=b)[0]["cpu"] for b in (*BATCHES, *BATCHES)}
    batch = min(tried, key=lambda b: tried[b])
    run(ours, "clips", groups[0], repeat=1)
    ratios, fast, slow, found, wanted = [], [], [], [], []
    for i in range(rounds):
        group = groups[i % len(groups)]
        their_answer, their_frames = run(theirs, "clips", group, batch=batch)
        our_answer, our_frames = run(ours, "clips", group, repeat=REPEAT)
        slow.append(GROUP / their_answer["cpu"])
        fast.append(GROUP * REPEAT / our_answer["cpu"])
        ratios.append(fast[-1] / slow[-1])
        wanted.append(their_frames)
        found.append(our_frames)
    peak = (their_answer["peak"], our_answer["peak"])
    their_stream, their_rows = run(theirs, "stream", pcm.reshape(-1))
    our_stream, our_rows = run(ours, "stream", pcm.reshape(-1))
    ratio = float(np.median(ratios))
    batch_error = _difference(np.concatenate(found), np.concatenate(wanted))
    stream_error = _difference(our_rows[SETTLED:], their_rows[SETTLED:])
    seconds = pcm.size / SAMPLE_RATE
    kind, processor = "Real" if real else "Made-up", platform.processor() or platform.machine()
    print(f"{kind} audio, {len(clips)} clips of 2 s, {rounds} rounds, {processor}, one thread each")
    print("\n| what | openWakeWord 0.6.0 | Wakesmith | ratio |\n|---|---|---|---|")
    low, high = np.percentile(ratios, [10, 90])
    print(
        f"| 2-s clips to [16, 96] embeddings, clips/s per core (theirs in batches of {batch}) | "
        f"{np.median(slow):.1f} | {np.median(fast):.1f} | "
        f"**{ratio:.2f}×** (rounds {low:.2f} to {high:.2f}) |"
    )
    print(
        "| live stream in chunks of 80 ms, × real time per core | "
        f"{seconds / their_stream['cpu']:.0f} | {seconds / our_stream['cpu']:.0f} | "
        f"{their_stream['cpu'] / our_stream['cpu']:.2f}× |"
    )
    print(f"| peak memory of the process, MiB | {peak[0]:.0f} | {peak[1]:.0f} | |")
    for what, (relative, largest, scale) in (
        ("clips", batch_error),
        ("stream, audio as it is", stream_error),
    ):
        print(
            f"| difference of the embeddings, {what}: relative RMS; largest, of values up to "
            f"{scale:.0f} | | {relative:.1e}; {largest:.1e} | |"
        )
    good = max(batch_error[0], stream_error[0]) <= TOLERANCE and ratio >= TARGET
    print(
        f"\nTolerance {TOLERANCE:g} relative RMS, target {TARGET:g}×: {'met' if good else 'MISSED'}"
    )
    return 0 if good else 1


def _difference(ours: NDArray[Any], theirs: NDArray[Any]) -> tuple[float, float, float]:
    """Relative RMS difference, largest difference, largest value."""
    error = ours.astype(np.float64) - theirs
    relative = np.sqrt(np.mean(error**2) / np.mean(theirs.astype(np.float64) ** 2))
    return float(relative), float(np.abs(error).max()), float(np.abs(theirs).max())


def _work() -> None:
    """Our side, in a process of its own."""
    for line in sys.stdin:
        asked = json.loads(line)
        pcm = np.load(asked["audio"])
        if asked["do"] == "clips":
            pcm = np.pad(pcm, ((0, 0), (SHIFT, 0)))[:, :SAMPLES]
        cpu, wall = time.process_time(), time.perf_counter()
        if asked["do"] == "clips":
            for _ in range(asked["repeat"]):
                out = embed_batch(pcm, last=FRAMES)
        else:
            frontend = EmbeddingFrontend()
            chunks = range(0, len(pcm), CHUNK)
            out = np.concatenate([frontend.push(pcm[at : at + CHUNK]) for at in chunks])
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        np.save(asked["out"], out)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"cpu": cpu, "wall": wall, "peak": peak}), flush=True)


def _recordings(folder: Path, count: int) -> Pcm:
    """So many 2-s pieces, spread over the folder's files."""
    files = audio.list_audio([folder])
    chosen = np.random.default_rng(0).permutation(len(files))
    pieces: list[Pcm] = []
    for index in chosen:
        if len(pieces) == count:
            break
        pcm = audio.read(files[index]).pcm
        if len(pcm) >= SAMPLES:
            start = (len(pcm) - SAMPLES) // 2
            pieces.append(pcm[start : start + SAMPLES])
    return np.stack(pieces)


def _made_up(count: int) -> Pcm:
    """Buzzes through wandering resonances with hisses and pauses between: like speech, roughly."""
    rng = np.random.default_rng(0)
    t = np.arange(SAMPLES) / SAMPLE_RATE
    clips: list[NDArray[np.float64]] = []
    for _ in range(count):
        pitch = rng.uniform(80, 260) * (1 + 0.2 * np.sin(2 * np.pi * rng.uniform(0.3, 2) * t))
        phase = 2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE
        resonance = rng.uniform(300, 900) * (1.5 + np.sin(2 * np.pi * rng.uniform(1, 4) * t))
        voiced = sum(
            np.cos(h * phase) / (1 + ((h * pitch - resonance) / 250) ** 2) for h in range(1, 25)
        )
        gate = np.clip(np.sin(2 * np.pi * rng.uniform(1, 4) * t + rng.uniform(0, 6)) * 3, 0, 1)
        hiss = rng.normal(0, 1, SAMPLES) * np.clip(np.sin(2 * np.pi * 1.3 * t) * 3 - 2, 0, 1)
        clips.append(rng.uniform(500, 6000) * (voiced * gate + 0.3 * hiss))
    return np.stack(clips).clip(-32768, 32767).astype(np.int16)


if __name__ == "__main__":
    raise SystemExit(main())
