"""``wakesmith voices``."""

import json

import click

from wakesmith.cli import options


@click.command()
@click.option("--language", default="en", show_default=True, help="Language to be spoken.")
@click.option("--languages", is_flag=True, help="The languages that there are instead.")
@options.as_json
def voices(language: str, languages: bool, as_json: bool) -> None:
    """List the voices that are installed, and how to install the engines that are not."""
    if languages:
        _print_languages(as_json)
        return
    from wakesmith import tts

    for name, offered in sorted(tts.voices_of(language).items()):
        for voice in offered:
            click.echo(
                json.dumps({"engine": name, "voice": voice}) if as_json else f"{name}\t{voice}"
            )
    for name, hint in sorted(tts.missing().items()):
        click.echo(f"{name} is not installed: {hint}", err=True)


def _print_languages(as_json: bool) -> None:
    from wakesmith import phrase

    for code, name in phrase.languages().items():
        click.echo(json.dumps({"code": code, "name": name}) if as_json else f"{code}\t{name}")
