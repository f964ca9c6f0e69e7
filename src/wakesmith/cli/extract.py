"""``wakesmith data extract``."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wakesmith.cli import options
from wakesmith.cli.console import console
from wakesmith.words import count_of

if TYPE_CHECKING:
    from wakesmith.stages.extract import Extracted

_SHOWN = 5


@click.command()
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True)
@click.option(
    "--to", type=options.FOLDER, required=True, metavar="DIR", help="A folder of its own for it."
)
@click.option(
    "--features", is_flag=True, help="openWakeWord's features (features.npy) instead of WAVs."
)
@click.option(
    "--column", metavar="NAME", help="Column of the sound; found by its type if not given."
)
@click.option("--limit", type=click.IntRange(1), help="Look at the first so many rows only.")
@click.option("--workers", type=click.IntRange(0), default=0, help="Processes; 0 means one a core.")
@options.as_json
def extract(
    sources: tuple[str, ...],
    to: Path,
    features: bool,
    column: str | None,
    limit: int | None,
    workers: int,
    as_json: bool,
) -> None:
    """Extract the sound of Parquet files, or of folders of these or of sound files.

    Writes 16 kHz WAVs or features into DIR, to name under `negatives.background` or
    `negatives.features` of a recipe. Rows that cannot be used are counted, and named in
    DIR/faults.jsonl; a Parquet file that gives nothing at all ends the call with exit code 3, once
    all else is done and kept. A call that was cut off goes on where it was. data:NAME is what
    `wakesmith data download NAME` fetched.
    """
    from wakesmith.errors import DataError
    from wakesmith.sources.download import located
    from wakesmith.stages.extract import extract as extracted

    places = [located(source) for source in sources]
    with console() as emit:
        result = extracted(
            places, to, emit, features=features, column=column, workers=workers, limit=limit
        )
    if as_json:
        click.echo(json.dumps(asdict(result)))
    else:
        for line in _told(result, to):
            click.echo(line)
    if result.unreadable or result.fruitless:
        raise DataError(_lost(result, to))


def _lost(result: "Extracted", to: Path) -> str:
    """What whole files gave nothing, in the end."""
    files, shown = len(result.unreadable) + len(result.fruitless), result.fruitless[:_SHOWN]
    why = []
    if unread := len(result.unreadable):
        why.append(f"{unread} could not be looked into, as is warned of above")
    if shown:
        more = (
            f" and {len(result.fruitless) - _SHOWN} more" if len(result.fruitless) > _SHOWN else ""
        )
        why.append(f"no row could be used of {', '.join(shown)}{more}")
    return (
        f"{count_of(files, 'whole file')} gave no sound: {'; '.join(why)}. All that the others "
        f"gave is in {to}. Extract these once they are mended, into a folder of their own."
    )


def _told(result: "Extracted", to: Path) -> list[str]:
    from wakesmith.stages.extract.whole import FAULTS, FEATURES

    sounds = count_of(result.sounds, "sound")
    minutes = f"{sounds}, {result.seconds / 60:.1f} minutes, of {count_of(result.rows, 'row')}"
    where = f"{count_of(result.frames, 'frame')} in {to / FEATURES}" if result.frames else str(to)
    lines = [f"{minutes}: {where}"]
    if result.broken:
        lines.append(f"{result.broken} could not be used; {to / FAULTS} names each:")
        shown = list(result.reasons.items())
        lines += [f"  {count} × {reason}" for reason, count in shown[:_SHOWN]]
        if len(shown) > _SHOWN:
            lines.append(f"  and {count_of(len(shown) - _SHOWN, 'other reason')}")
    if result.broken_off:
        ends = count_of(result.broken_off, "sound ends before its", "sounds end before their")
        lines.append(f"{ends} header says, and what is there is used")
    return lines
