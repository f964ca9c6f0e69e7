"""``wakesmith data``: what can be downloaded, and what was."""

import json
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from wakesmith.cli import options
from wakesmith.cli.extract import extract
from wakesmith.cli.meter import Meter
from wakesmith.words import count_of

if TYPE_CHECKING:
    from wakesmith.licence import Licence

_ASKED_OVER = 1_000_000_000
"""Bytes above which a download is asked about first."""


@click.group()
def data() -> None:
    """Rooms, noise, music and features from elsewhere: a catalog of downloads.

    They go to a folder of their own, which the environment variable WAKESMITH_DATA names, and a
    recipe names them as `data:NAME` where a folder stands.
    """


@data.command("list")
@options.as_json
def list_sources(as_json: bool) -> None:
    """List what can be downloaded, how large it is, its licence, and what it is for."""
    from wakesmith.sources.catalog import catalog
    from wakesmith.sources.download import begun, held
    from wakesmith.sources.place import data_folder, in_words

    for name, one in sorted(catalog().items()):
        state = "downloaded" if held(name) else "begun" if begun(name) else "not downloaded"
        if as_json:
            said = {
                "name": name,
                "about": one.about,
                "use": one.use,
                "size": one.size,
                "state": state,
                "required": one.required,
                "licence": one.licence.name,
                "commercial": one.licence.commercial,
                "home": one.home,
            }
            click.echo(json.dumps(said))
            continue
        size = "size not published" if one.size is None else in_words(one.size)
        click.echo(f"{name}  ({size}, {state}{', required' if one.required else ''})")
        click.echo(f"    {one.about}")
        click.echo(f"    for {one.use}; licence: {_licence(one.licence)}")
    if not as_json:
        click.echo(f"They are kept in {data_folder() / 'data'}", err=True)


@data.command()
@click.argument("names", nargs=-1, metavar="NAME...")
@click.option("--required-only", is_flag=True, help="What nearly every training profits from.")
@click.option("--all", "everything", is_flag=True, help="All of the catalog.")
@click.option("--yes", is_flag=True, help="Do not ask, however large it is.")
def download(names: tuple[str, ...], required_only: bool, everything: bool, yes: bool) -> None:
    """Download sources of the catalog; a download that broke off goes on where it was.

    Sizes and licences are said before; more than 1 GB is asked about. Archives are unpacked.
    """
    from wakesmith.sources.catalog import catalog, source
    from wakesmith.sources.download import download as get
    from wakesmith.sources.download import held, weigh
    from wakesmith.sources.place import in_words

    if bool(names) + required_only + everything != 1:
        raise click.UsageError("Give names (`wakesmith data list`), --required-only or --all.")
    chosen = [source(name) for name in dict.fromkeys(names)] or [
        one for one in catalog().values() if everything or one.required
    ]
    wanted = [one for one in chosen if not held(one.name)]
    for one in chosen:
        if one not in wanted:
            click.echo(f"{one.name}: is downloaded", err=True)
    sizes = {one.name: weigh(one) for one in wanted}
    for one in wanted:
        size = sizes[one.name]
        told = "size not known" if size is None else in_words(size)
        click.echo(f"{one.name}: {told}, licence: {_licence(one.licence)}", err=True)
    _confirm(sizes, yes)
    with Meter() as meter:
        for one in wanted:
            folder = get(one, meter.say, meter.hear)
            click.echo(f"{one.name}: {folder}")


@data.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
def verify(names: tuple[str, ...]) -> None:
    """Compare downloaded files with what came; without NAME, of all that is downloaded."""
    from wakesmith.errors import DataError
    from wakesmith.sources.catalog import catalog
    from wakesmith.sources.download import held
    from wakesmith.sources.download import verify as check

    chosen = names or tuple(name for name in sorted(catalog()) if held(name))
    if not chosen:
        click.echo("Nothing is downloaded.", err=True)
    wrong = []
    for name in chosen:
        faults = check(name)
        wrong += [name] if faults else []
        told = count_of(len(faults), "file is not as it", "files are not as they")
        click.echo(f"{name}: {told} came" if faults else f"{name}: good")
        for fault in faults:
            click.echo(f"    {fault.name} {fault.what}")
    if wrong:
        from wakesmith.sources.place import source_folder

        raise DataError(
            f"{', '.join(wrong)}: not as downloaded. Remove "
            f"{', '.join(str(source_folder(name)) for name in wrong)} and download again."
        )


def _confirm(sizes: Mapping[str, int | None], yes: bool) -> None:
    from wakesmith.sources.place import in_words

    size = sum(size or 0 for size in sizes.values())
    unsaid = [name for name, known in sizes.items() if known is None]
    if yes or (size <= _ASKED_OVER and not unsaid):
        return
    more = [f"{', '.join(unsaid)}, whose size nobody says"] if unsaid else []
    told = " and ".join([in_words(size)] * bool(size) + more)
    if not sys.stdin.isatty():
        raise click.UsageError(f"To download {told}, give --yes.")
    click.confirm(f"Download {told}?", abort=True, err=True)


_COMMERCIAL = {
    True: "commercial use allowed",
    False: "NO commercial use",
    None: "commercial use not known",
}


def _licence(licence: "Licence") -> str:
    note = f"; {licence.note}" if licence.note else ""
    return f"{licence.name} ({_COMMERCIAL[licence.commercial]}{note})"


data.add_command(extract)
