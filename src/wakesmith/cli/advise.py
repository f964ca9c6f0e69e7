"""``wakesmith advise``."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wakesmith.cli import options
from wakesmith.cli.console import console
from wakesmith.words import count_of

if TYPE_CHECKING:
    from wakesmith.events import Emit
    from wakesmith.measure import Evaluation
    from wakesmith.phrase.advice import Advice


@click.command()
@click.argument("phrases", metavar="PHRASE...", nargs=-1, required=True)
@click.option("--language", default="en", show_default=True, help="Language of the phrases.")
@click.option(
    "--fast-train",
    is_flag=True,
    help="Back it by a run of each with the preset quick: some minutes a phrase.",
)
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="PATH=VALUE",
    help="Any value of these runs' recipe: --set synth.positives=500",
)
@click.option(
    "--output",
    type=options.FOLDER,
    default=Path("runs"),
    show_default=True,
    help="Where the runs' folders are made.",
)
@options.store
@options.as_json
def advise(
    phrases: Sequence[str],
    language: str,
    fast_train: bool,
    overrides: Sequence[str],
    output: Path,
    store: Path,
    as_json: bool,
) -> None:
    """Rank wake phrases by how hard each is to tell from other talk, with the reasons.

    Says of each its phonemes, syllables and length, how common its words are, and what frequent
    words sound like it. Its difficulty is the sum of the points that stand before the reasons:
    good below 20, fair below 40, else hard. Nothing is trained without --fast-train.
    """
    from wakesmith.phrase.advice import ranked

    found = ranked(phrases, language)
    measured: dict[str, Evaluation] = {}
    if fast_train:
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as train does
        for advice in found:
            with console() as emit:
                measured[advice.phrase] = _trained(
                    advice.phrase, language, overrides, output, store, emit
                )
    for rank, advice in enumerate(found, start=1):
        evaluation = measured.get(advice.phrase)
        if as_json:
            click.echo(json.dumps(_plain(rank, advice, evaluation), ensure_ascii=False))
        else:
            click.echo("\n".join(_lines(rank, advice, evaluation)))


def _trained(
    phrase: str, language: str, overrides: Sequence[str], output: Path, store: Path, emit: "Emit"
) -> "Evaluation":
    """What a quick run of a phrase finds; the run is made, and kept, as `train` would."""
    from wakesmith.pipeline import run
    from wakesmith.recipe import read
    from wakesmith.store import Store

    loaded = read(
        None,
        phrase=phrase,
        preset="quick",
        overrides=[f"language={json.dumps(language)}", *overrides],
    )
    result = run(loaded.recipe, Store(store), output / loaded.recipe.file_name, emit)
    return result.evaluations[0]


def _lines(rank: int, advice: "Advice", evaluation: "Evaluation | None") -> list[str]:
    parts = ", ".join(f"{word} {_frequency(zipf)}" for word, zipf in advice.parts)
    near = ", ".join(f"{n.text} {n.distance:.1f}" for n in advice.neighbours)
    lines = [
        f"{rank}. {advice.phrase}: {advice.verdict}, difficulty {advice.difficulty:g}",
        f"   phonemes   {' '.join(advice.phones)} ({len(advice.phones)})",
        f"   syllables  {advice.syllables}, of which {advice.stresses} stressed; "
        f"about {advice.seconds:.1f} s",
        f"   frequency  {parts} (6: one in a thousand words, 3: one in a million)",
        f"   nearest    {near} (about 1 a phoneme)",
    ]
    for reason in advice.reasons:
        lines.append(f"   {f'+{reason.points:g}' if reason.points else 'good':>5}  {reason.text}")
    if evaluation is not None:
        recall, rate = evaluation.recall, evaluation.false_accepts
        lines.append(
            f"   quick run  heard {recall.value:.0%} of {count_of(recall.n, 'saying')} "
            f"({recall.low:.0%} to {recall.high:.0%}), {rate.value:.1f} false "
            f"accepts an hour in {rate.hours:.2f} h, all of synthetic voices"
        )
        fired = [miss.text for miss in evaluation.near_misses if miss.fired.k]
        lines.append(f"   fires at   {', '.join(fired[:6]) or 'none of the near misses'}")
    return lines


def _frequency(zipf: float) -> str:
    from wakesmith.phrase.advice import UNLISTED

    return f"{zipf:.1f}" if zipf > UNLISTED else f"at most {UNLISTED:.1f}"


def _plain(rank: int, advice: "Advice", evaluation: "Evaluation | None") -> dict[str, Any]:
    out = {
        "rank": rank,
        **asdict(advice),
        "difficulty": advice.difficulty,
        "verdict": advice.verdict,
    }
    if evaluation is not None:
        out["quick_run"] = {
            "recall": asdict(evaluation.recall),
            "false_accepts": asdict(evaluation.false_accepts),
            "fires_at": [miss.text for miss in evaluation.near_misses if miss.fired.k],
        }
    return out
