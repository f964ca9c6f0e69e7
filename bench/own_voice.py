"""Few-shot recall on one's own voice: recordings of those who are tested, or of other people.

The people of the telephone corpus who say a word four times or more are tested, on half of their
sayings. The recordings given are from the other half ("own"), or from everybody else ("others").
The tested sayings are the same for both and for every number of recordings, so rows can be
compared. The sound is 8 kHz telephone: compare it with no other table.

    python -m bench.own_voice --audio ../shared/audio --seeds 0 1 2 --recordings 0 5 10 20 50

Sayings are cut from their calls by the corpus's own times. A number of recordings that there are
not enough sayings for is said and left out ("own": at most about half of the tested people's).
"""

import argparse
import csv
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import numpy as np

from bench.real_audio import manifest
from bench.real_speech import Chosen, measure, parser_of, record, summary
from wakesmith import audio

WORDS = ("operator", "voyager")
LEAST = 4
"""Sayings of a word that somebody tested has."""
_ROLES = ("positive_8k_isolated", "positive_8k_in_sentence")
_MARGIN = 0.3
"""Seconds kept before and after a saying."""


@dataclass(frozen=True)
class Saying:
    """One saying of a word, where it lies, and who says it."""

    path: Path
    speaker: str
    start: float
    end: float


@dataclass(frozen=True)
class Sides:
    """The sayings of a word by what they are for, in the order in which they are given."""

    tested: tuple[Saying, ...]
    own: tuple[Saying, ...]
    others: tuple[Saying, ...]


def sides(sayings: Sequence[Saying], seed: int) -> Sides:
    """Half of the sayings of each person with ``LEAST`` are tested; in the two lists of those that
    may be given, people take turns."""
    rng = np.random.default_rng([seed, 8])
    by_speaker: dict[str, list[Saying]] = defaultdict(list)
    for saying in sayings:
        by_speaker[saying.speaker].append(saying)
    tested: list[Saying] = []
    own: list[list[Saying]] = []
    others: list[list[Saying]] = []
    for speaker in [sorted(by_speaker)[i] for i in rng.permutation(len(by_speaker))]:
        said = [by_speaker[speaker][i] for i in rng.permutation(len(by_speaker[speaker]))]
        if len(said) >= LEAST:
            tested += said[: len(said) // 2]
            own.append(said[len(said) // 2 :])
        else:
            others.append(said)
    return Sides(tuple(tested), _in_turn(own), _in_turn(others))


def main() -> int:
    """Train and measure every word, seed, number of recordings and side; print a table."""
    options = _options()
    rows, results = manifest(options.audio), []
    for word in options.words:
        for seed in options.seeds:
            found = sides(said(options.audio, word), seed)
            for count in options.recordings:
                for whose in ("own", "others") if count else ("nobody",):
                    pool = {"own": found.own, "others": found.others}.get(whose, ())
                    if len(pool) < count:
                        print(f"{word}, seed {seed}: {whose} has {len(pool)} of {count}, left out")
                        continue
                    cut = options.output / "sayings"
                    chosen = Chosen(
                        f"{word} ({whose})",
                        frozenset(saved(saying, cut) for saying in pool[:count]),
                        tuple(saved(saying, cut) for saying in found.tested),
                    )
                    result = measure(options, rows, word, seed, count, chosen)
                    results.append(result)
                    record(result, options.json)
    print(summary(results))
    return 0


def said(folder: Path, word: str) -> list[Saying]:
    """The sayings of a word over the telephone, sorted."""
    with (folder / "manifest.csv").open(newline="") as file:
        found = [
            Saying(folder / r["path"], r["speaker"], float(r["kw_start"]), float(r["kw_end"]))
            for r in csv.DictReader(file)
            if r["role"] in _ROLES and r["keyword"] == word
        ]
    return sorted(found, key=lambda saying: saying.path)


def saved(saying: Saying, folder: Path) -> Path:
    """The saying alone, as a file."""
    path = folder / f"{saying.path.stem}.wav"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        start = max(0.0, saying.start - _MARGIN)
        audio.write(path, audio.read_piece(saying.path, start, saying.end + _MARGIN - start))
    return path


def _in_turn(people: Sequence[Sequence[Saying]]) -> tuple[Saying, ...]:
    return tuple(one for turn in zip_longest(*people) for one in turn if one is not None)


def _options() -> argparse.Namespace:
    parser = parser_of(WORDS, [0, 5, 10, 20, 50])
    options = parser.parse_args()
    if not (options.audio / "manifest.csv").exists():
        parser.error(f"{options.audio} holds no manifest.csv")
    return options


if __name__ == "__main__":
    sys.exit(main())
