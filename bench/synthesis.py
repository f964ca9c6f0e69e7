"""How fast clips are spoken: finished clips a second on one core, for each engine and voice.

    python -m bench.synthesis [--seconds 5]

Prints rows for the table in ``bench/README.md``. A clip is what ``wakesmith.tts.speak`` gives:
spoken, resampled to 16 kHz, trimmed, levelled; "perturbed" is warped and resampled as well.
"""

import argparse
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count, cycle

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from wakesmith import tts
from wakesmith.phrase import near_misses, pronounce
from wakesmith.plan.draws import Utterance
from wakesmith.tts.perturb import resampled, warped

PHRASE = "hey saga"


def utterances(engine: str, voices: list[str]) -> Iterator[Utterance]:
    """Sayings of the phrase and of near misses by these voices in turn, for ever."""
    phones = pronounce(PHRASE)[0]
    misses = near_misses(PHRASE, (phones,), 100, np.random.default_rng(0))
    texts = cycle([(PHRASE, phones), *((miss.text, miss.phones) for miss in misses)])
    for number, voice, (text, spoken) in zip(count(), cycle(voices), texts, strict=False):
        yield Utterance(text, engine, voice, spoken, speed=0.9 + 0.04 * (number % 10))


def rate(work: Callable[[], object], seconds: float) -> tuple[float, float]:
    """Calls a second: by the clock, and by the processor's time of this process."""
    work()
    done, began, busy = 0, time.perf_counter(), time.process_time()
    while time.perf_counter() - began < seconds:
        work()
        done += 1
    return done / (time.perf_counter() - began), done / (time.process_time() - busy)


def cases() -> Iterator[tuple[str, str, list[str]]]:
    """Row name, engine and voices."""
    here = tts.voices_of("en")
    for voice in here.get("flite", ()):
        yield f"flite {voice}", "flite", [voice]
    if "espeak" in here:
        yield "espeak, one voice", "espeak", ["en-us"]
        yield "espeak, all variants in turn", "espeak", list(here["espeak"])
        yield "espeak, made-up voices", "espeak", [f"generated:{n}" for n in range(10_000)]


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=5.0)
    seconds: float = options.parse_args().seconds
    print("| what | clips/s (wall) | clips/s (CPU) | perturbed clips/s (CPU) |")
    print("|---|---|---|---|")
    for name, engine, voices in cases():
        plain, changed = utterances(engine, voices), utterances(engine, voices)
        wall, busy = rate(lambda plain=plain: next(tts.speak([next(plain)])), seconds)  # type: ignore[misc]
        _, perturbed = rate(
            lambda changed=changed: next(  # type: ignore[misc]
                tts.speak([replace(next(changed), warp=1.07, resample=0.96)])
            ),
            seconds,
        )
        print(f"| {name} | {wall:.0f} | {busy:.0f} | {perturbed:.0f} |", flush=True)
    for engine in tts.installed():
        clip = next(tts.speak([next(utterances(engine, [tts.voices_of("en")[engine][0]]))])).pcm
        for name, work in (
            ("envelope warp", lambda clip=clip: warped(clip, 1.07)),
            ("resampling", lambda clip=clip: resampled(clip, 0.96)),
        ):
            wall, busy = rate(work, seconds)
            length = len(clip) / 16_000
            print(f"| {name} alone, clip of {length:.2f} s | {wall:.0f} | {busy:.0f} | |")
        break


if __name__ == "__main__":
    main()
