"""``wakesmith record``."""

import getpass
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wakesmith.cli import options
from wakesmith.cli.group import STOPPED
from wakesmith.cli.recorded import conclude, kept
from wakesmith.errors import PhraseError
from wakesmith.words import count_of

if TYPE_CHECKING:
    from wakesmith.recordings.microphone import Microphone
    from wakesmith.recordings.project import Kind
    from wakesmith.recordings.session import Answer
    from wakesmith.runtime.frontend import Pcm

_BAR = 30
_QUIETEST = -60.0
_KEYS: "dict[str, Answer]" = {"": "keep", "k": "keep", "r": "redo", "p": "play", "q": "stop"}


@click.command()
@click.argument("name", type=options.FOLDER, required=False)
@click.option(
    "--count", type=click.IntRange(1), default=20, show_default=True, help="Sayings to have."
)
@click.option("--speaker", help="Who speaks; your user name if it is not given.")
@click.option("--device", help="Microphone, by its number or part of its name.")
@click.option("--list-devices", is_flag=True, help="List the microphones, and stop.")
@click.option(
    "--from",
    "source",
    type=options.PATH,
    metavar="FILE",
    help="Take this sound file for the microphone: the room, then the sayings, with pauses.",
)
@click.option("--others/--no-others", default=True, help="Whether to read what is not the phrase.")
@click.option("--room/--no-room", default=True, help="Whether to record the quiet room first.")
def record(
    name: Path | None,
    count: int,
    speaker: str | None,
    device: str | None,
    list_devices: bool,
    source: Path | None,
    others: bool,
    room: bool,
) -> int:
    """Record a speaker for the project NAME: the room, the phrase, and what is not the phrase.

    Each take is trimmed and checked, can be played and done again, and is on the disk as soon as it
    is kept: after a stop the same command goes on with the next number, up to COUNT of the speaker.
    """
    if list_devices:
        from wakesmith.recordings.soundcard import devices

        click.echo("\n".join(devices()) or "There is no microphone.")
        return 0
    if name is None:
        raise click.UsageError("Missing argument 'NAME'.")
    from wakesmith.recordings.project import open_project, speaker_name
    from wakesmith.recordings.session import Session, readable

    project = open_project(name)
    recipe = project.load()
    who = speaker_name(speaker or _user())
    microphone = _microphone(source, device)
    session = Session(project, who, microphone, Screen(microphone))
    wanted: dict[Kind, int] = {"phrase": count, "other": count // 2}
    missing = {kind: max(0, n - len(project.kept(kind, who))) for kind, n in wanted.items()}
    stopped = 0
    try:
        with kept(project):
            if room:
                session.room()
            if missing["phrase"]:
                times = missing["phrase"]
                click.echo(
                    f"Now the phrase, {count_of(times, 'time')}: near, far, loud, soft, tired."
                )
                session.read("phrase", [recipe.phrase] * times)
            if others and missing["other"] and not session.over:
                click.echo("Now what it must not wake up at:")
                texts = readable(recipe, count // 2)
                session.read("other", texts[max(0, len(texts) - missing["other"]) :])
    except PhraseError as problem:  # what is not the phrase is a help, and no more
        click.echo(f"warning: nothing to read that is not the phrase: {problem}", err=True)
    except KeyboardInterrupt:
        stopped = STOPPED
        click.echo("\nstopped: what was kept stays, and the same command goes on", err=True)
    conclude(project)
    have = len(project.kept("phrase", who))
    if have < count:
        click.echo(
            f"warning: {have} of {count_of(count, 'saying')} by {who}. It works with fewer, less "
            "well; the same command goes on.",
            err=True,
        )
    return stopped


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "me"


def _microphone(source: Path | None, device: str | None) -> "Microphone":
    if source is not None:
        from wakesmith.recordings.microphone import FileMicrophone

        return FileMicrophone(source)
    from wakesmith.recordings.soundcard import SoundCard

    return SoundCard(device)


class Screen:
    """A ``Person`` at a terminal."""

    def __init__(self, microphone: "Microphone") -> None:
        self._microphone = microphone
        self._shown = 0.0

    def say(self, text: str) -> None:
        click.echo(text)

    def count_in(self) -> None:
        for number in (3, 2, 1):
            click.echo(f"\r{number} ", nl=False)
            time.sleep(0.6)
        click.echo("\rnow")

    def meter(self, level: float) -> None:
        if not sys.stdout.isatty() or time.monotonic() - self._shown < 0.05:
            return
        self._shown = time.monotonic()
        filled = round(_BAR * (1 - max(level, _QUIETEST) / _QUIETEST))
        click.echo(f"\r[{'#' * filled}{' ' * (_BAR - filled)}]", nl=False)

    def answer(self, seconds: float) -> "Answer":
        question = f"\r{seconds:.1f} s. Enter keeps it, r again, p play, q stop"
        while True:
            typed = click.prompt(question, default="", show_default=False).strip().lower()
            if typed in _KEYS:
                return _KEYS[typed]

    def play(self, pcm: "Pcm") -> None:
        play = getattr(self._microphone, "play", None)
        if play is not None:
            play(pcm)
