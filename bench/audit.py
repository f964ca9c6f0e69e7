"""Mispronunciations planted in voices, and how many of them the audit finds.

    python -m bench.audit [--voices 60] [--rounds 200]

All voices say each phrase right and in each wrong way; then, round by round, some of them (8 %,
drawn) say it wrong and the others right, and the audit's measure judges all. Told are the share of
the wrong ones that are found, and of the right ones that are taken for wrong (false alarms).
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

from wakesmith import executor, tts
from wakesmith.measure.agreement import Sayings, disagreement
from wakesmith.plan.audition import SPEEDS, Audition, contrasts
from wakesmith.stages.audit import SUSPICIOUS, Task, hear

PHRASES = {
    "hey saga": {
        "right": "HH EY1 S AA1 G AH0",
        "another phrase": "B AH0 N AE1 N AH0",
        "a syllable missing": "HH EY1 S AA1 G",
        "one vowel changed": "HH EY1 S IY1 G AH0",
        "one vowel, close": "HH EY1 S AE1 G AH0",
        "one consonant changed": "HH EY1 S AA1 M AH0",
        "voicing of one": "HH EY1 S AA1 K AH0",
    },
    "okay betty": {
        "right": "OW2 K EY1 B EH1 T IY0",
        "another phrase": "HH EY1 M AY1 K",
        "a syllable missing": "OW2 K EY1 B EH1 T",
        "one vowel changed": "OW2 K EY1 B OW1 T IY0",
        "one vowel, close": "OW2 K EY1 B IH1 T IY0",
        "one consonant changed": "OW2 K EY1 B EH1 S IY0",
        "voicing of one": "OW2 K EY1 P EH1 T IY0",
    },
}
PLANTED = 0.08


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--voices", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=200)
    options = parser.parse_args()
    everyone = [(e, v) for e, some in sorted(tts.voices_of("en").items()) for v in some]
    picked = np.unique(np.linspace(0, len(everyone) - 1, options.voices).round().astype(int))
    voices = tuple(everyone[i] for i in picked)
    print(f"{len(voices)} voices, {options.rounds} rounds, suspicious from {SUSPICIOUS:g}")
    print("| phrase | planted | found | found by distance alone | false alarms |")
    print("|---|---|---|---|---|")
    for phrase, ways in PHRASES.items():
        said = {way: tuple(phones.split()) for way, phones in ways.items()}
        right = heard(phrase, said["right"], contrasts(said["right"]), voices)
        for way, phones in said.items():
            if way != "right":
                row = figures(right, heard(phrase, phones, (), voices), options.rounds)
                print(f"| {phrase} | {way} | " + " | ".join(f"{x:.3f}" for x in row) + " |")
                sys.stdout.flush()
    return 0


def figures(right: Sayings, wrong: Sayings, rounds: int) -> tuple[float, float, float]:
    """Share found, with and without contrasts, and false alarms with them."""
    rng = np.random.default_rng([4])
    count = max(1, round(PLANTED * len(right)))
    found, alone, alarms = [], [], []
    for _ in range(rounds):
        planted = rng.choice(len(right), count, replace=False)
        said = right.copy()
        said[planted, 0] = wrong[planted, 0]
        suspected = disagreement(said) > SUSPICIOUS
        found.append(suspected[planted].mean())
        alarms.append(np.delete(suspected, planted).mean())
        alone.append((disagreement(said[:, :1]) > SUSPICIOUS)[planted].mean())
    return float(np.mean(found)), float(np.mean(alone)), float(np.mean(alarms))


def heard(
    text: str,
    phones: tuple[str, ...],
    beside: tuple[tuple[str, ...], ...],
    voices: tuple[tuple[str, str], ...],
) -> Sayings:
    """What the voices say, as the audit's measure takes it."""
    with tempfile.TemporaryDirectory() as folder:
        cuts = range(0, len(voices), 12)
        tasks = [
            Task(
                Path(folder, f"{first:04}.npz"),
                Audition(text, phones, beside, SPEEDS, voices[first : first + 12]),
            )
            for first in cuts
        ]
        executor.run(hear, tasks, 2, lambda index, result: None)
        return np.concatenate([np.load(task.path)["sayings"] for task in tasks])


if __name__ == "__main__":
    sys.exit(main())
