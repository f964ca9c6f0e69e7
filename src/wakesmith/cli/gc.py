"""``wakesmith gc``."""

from pathlib import Path

import click

from wakesmith.cli import options
from wakesmith.words import count_of


@click.command()
@click.option(
    "--runs",
    type=options.FOLDER,
    multiple=True,
    default=(Path("runs"),),
    metavar="DIR",
    help="Folder of the runs whose work is kept; may be given more than once. [default: runs]",
)
@click.option(
    "--partial-days",
    type=click.FloatRange(0),
    default=7.0,
    show_default=True,
    help="Keep work of the last so many days, finished or not, and what it was made from.",
)
@click.option("--all", "everything", is_flag=True, help="Keep no run's work, but the recent.")
@click.option("--dry-run", is_flag=True, help="Say what would be removed, and remove nothing.")
@options.store
def gc(
    runs: tuple[Path, ...], partial_days: float, everything: bool, dry_run: bool, store: Path
) -> None:
    """Remove from the store what no run needs.

    Kept is what the runs under --runs name in their files, what that was made from, and recent
    work: an interrupted run is named nowhere. --all --partial-days 0 empties the store. What is
    removed is made again when a run asks for it.
    """
    from wakesmith.sources.place import in_words
    from wakesmith.store import Store, named_in

    if not (store / "done").is_dir():
        raise click.UsageError(f"There is no store at {store}.")
    missing = [str(folder) for folder in runs if not folder.is_dir()]
    if missing and not everything:
        raise click.UsageError(
            f"There is no folder of runs at {', '.join(missing)}: all but recent work would be "
            "removed. Name the folder with --runs, or say --all."
        )
    keep = set() if everything else set().union(*map(named_in, runs))
    removed = Store(store).collect(keep, partial_days=partial_days, dry=dry_run)
    for name in removed.names:
        click.echo(name)
    verb = "would be removed" if dry_run else "removed"
    click.echo(
        f"{count_of(len(removed.names), 'entry', 'entries')}, {in_words(removed.size)} {verb}",
        err=True,
    )
    if removed.recent:
        count = count_of(len(removed.recent), "entry", "entries")
        click.echo(
            f"{count} that no run names kept: made, or needed by what was made, in the last "
            f"{partial_days:g} days (--partial-days)",
            err=True,
        )
