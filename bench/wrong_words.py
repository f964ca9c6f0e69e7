"""How many wrong words are found among recordings of one phrase, and how many right ones suspected.

    python -m bench.wrong_words --audio ../shared/audio

Recordings of other words of the manifest are planted among recordings of each word; several
speakers say each, which makes it harder than the recordings of one person.
"""

import argparse
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np

from bench.real_audio import manifest
from wakesmith import audio
from wakesmith.recipe import Recipe
from wakesmith.recordings import alike
from wakesmith.recordings.spoken import spoken

CASES = ((20, 0), (20, 1), (20, 2), (20, 4), (8, 1))
"""Recordings, and how many of them say something else."""
_KEPT = 40
"""Recordings of each word that are drawn from."""


def main() -> int:
    """Print a table: found of those planted, and suspected of the right ones."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--audio", type=Path, required=True, help="folder with manifest.csv")
    parser.add_argument("--trials", type=int, default=10, help="of each word and case")
    options = parser.parse_args()
    rng = np.random.default_rng([0])
    by_word: dict[str, list[Path]] = defaultdict(list)
    for row in manifest(options.audio):
        if row.role == "positive":
            by_word[row.keyword].append(row.path)
    heard = {
        word: [alike.heard(audio.read(paths[i]).pcm) for i in rng.permutation(len(paths))[:_KEPT]]
        for word, paths in by_word.items()
    }
    print("| recordings | of another word | found | right ones suspected |")
    print("|---|---|---|---|")
    for count, planted in CASES:
        found = suspected = 0
        for word, right in heard.items():
            wrong = [one for other, said in heard.items() if other != word for one in said]
            for _ in range(options.trials):
                mine = [right[i] for i in rng.permutation(len(right))[: count - planted]]
                mine += [wrong[i] for i in rng.permutation(len(wrong))[:planted]]
                odd = alike.odd_ones(mine)
                found += sum(index >= count - planted for index in odd)
                suspected += sum(index < count - planted for index in odd)
        trials = len(heard) * options.trials
        share = f"{found / (planted * trials):.0%}" if planted else ""
        rate = suspected / ((count - planted) * trials)
        print(f"| {count} | {planted} | {share} | {rate:.1%} |", flush=True)
    print("\n| a recording alone, beside synthetic sayings | found | right ones suspected |")
    print("|---|---|---|")
    for word, right in heard.items():
        said = spoken(Recipe(phrase=word))
        wrong = [one for other, some in heard.items() if other != word for one in some]
        found, suspected = len(alike.unlike(wrong, said)), len(alike.unlike(right, said))
        shares = (f"{k}/{len(of)}" for k, of in ((found, wrong), (suspected, right)))
        print(f"| {word} | {' | '.join(shares)} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
