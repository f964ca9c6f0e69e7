"""How fast clips are spoken: finished clips a second on one core, for each engine and voice.

    python -m bench.synthesis [--seconds 5] [--only piper]

Prints rows for the table in ``bench/README.md``. A clip is what ``wakesmith.tts.speak`` gives:
spoken, resampled to 16 kHz, trimmed, levelled; "perturbed" is warped and resampled as well.
Piper speaks with a voice of the published size and random weights (``bench.vits``), whose clips
have about the length that a published one gives.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count, cycle, pairwise
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from bench import vits
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
    speakers = here.get("piper", ())
    if speakers:
        yield "piper, speakers in turn", "piper", list(speakers[::7])
        blends = [f"{one}~{two.partition(':')[2]}@0.4" for one, two in pairwise(speakers)]
        yield "piper, blends in turn", "piper", blends[::7]
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
    options.add_argument("--only", default="", help="rows that begin so")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as place:
        os.environ["WAKESMITH_DATA"] = place
        vits.write(Path(place) / "voices" / "piper")
        table(given.seconds, given.only)


def table(seconds: float, only: str) -> None:
    """Print the rows."""
    print("| what | clips/s (wall) | clips/s (CPU) | perturbed clips/s (CPU) |")
    print("|---|---|---|---|")
    for name, engine, voices in cases():
        if not name.startswith(only):
            continue
        plain, changed = utterances(engine, voices), utterances(engine, voices)
        wall, busy = rate(lambda plain=plain: next(tts.speak([next(plain)])), seconds)  # type: ignore[misc]
        _, perturbed = rate(
            lambda changed=changed: next(  # type: ignore[misc]
                tts.speak([replace(next(changed), warp=1.07, resample=0.96)])
            ),
            seconds,
        )
        print(f"| {name} | {wall:.1f} | {busy:.1f} | {perturbed:.1f} |", flush=True)
    for engine in [] if only else tts.installed():
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
