"""``wakesmith voices``: what speaks here, what could, and how it sounds."""

import json
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from wakesmith.cli import options
from wakesmith.cli.meter import Meter
from wakesmith.words import count_of

_LANGUAGE = click.option(
    "--language", default=None, metavar="CODE", help="Only voices of this language: sv, en-GB."
)

_STATES = {"installed": "installed", "download": "to download"}
_WIDTH = 92
_MORE = (
    "The voices of one language, a line each: wakesmith voices list --language en; every voice: "
    "--all. What the codes mean: wakesmith voices --languages."
)


@click.group(invoke_without_command=True)
@click.option("--language", default="en", show_default=True, help="Language to be spoken.")
@click.option("--languages", is_flag=True, help="The languages that there are instead.")
@options.as_json
@click.pass_context
def voices(context: click.Context, language: str, languages: bool, as_json: bool) -> None:
    """List the voices that are installed, and how to install the engines that are not.

    A voice of several speakers is one line; its name under `synth.voices` stands for all of them,
    NAME:SPEAKER for one.
    """
    if context.invoked_subcommand:
        return
    if languages:
        _print_languages(as_json)
        return
    from wakesmith import tts

    for name, offered in sorted(tts.voices_of(language).items()):
        for voice, count in _by_model(offered).items():
            if as_json:
                many = {"speakers": count} if count else {}
                click.echo(json.dumps({"engine": name, "voice": voice, **many}))
            else:
                click.echo(
                    f"{name}\t{voice}" + (f"\t{count_of(count, 'speaker')}" if count else "")
                )
    for name, hint in sorted(tts.missing().items()):
        click.echo(f"{name} is not installed: {hint}", err=True)


@voices.command("list")
@_LANGUAGE
@click.option("--all", "everything", is_flag=True, help="A line for each voice of every language.")
@options.as_json
def list_(language: str | None, everything: bool, as_json: bool) -> None:
    """List voices that are installed and voices that can be downloaded.

    Says of each engine how many voices it has of which languages; with --language, --all or --json
    each voice is a line. Columns: state, engine, name, languages, speakers, size of the download,
    and licence where it is known (a Piper voice's card comes with the voice). What can be
    downloaded is asked of the internet once a week.
    """
    from wakesmith.errors import DataError, StoreError
    from wakesmith.tts.catalog import published

    rows = list(_installed(language))
    here = {row["voice"] for row in rows}
    try:
        found, note = published()
    except (DataError, StoreError) as error:
        found, note = (), f"voices that can be downloaded are not listed: {error}"
    for one in found:
        if one.name not in here and (language is None or one.speaks(language)):
            rows.append(
                {
                    "state": "download",
                    "engine": one.engine,
                    "voice": one.name,
                    "languages": list(one.languages),
                    "speakers": one.speakers,
                    "bytes": one.size,
                    "licence": None,
                }
            )
    if as_json:
        lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    else:
        lines = [_line(row) for row in rows] if language or everything else list(_counted(rows))
    for line in lines:
        click.echo(line)
    if rows and not (language or everything or as_json):
        click.echo(_MORE, err=True)
    if note:
        click.echo(f"note: {note}", err=True)


@voices.command()
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
def download(names: tuple[str, ...]) -> None:
    """Download voices: Piper's by name, kokoro-v1.0, or `best` for en_US-libritts_r-medium.

    What was cut is gone on with, and every file is checked. They lie in the folder of downloads
    (the environment variable WAKESMITH_DATA names another).
    """
    from wakesmith import tts
    from wakesmith.tts import catalog, piper

    for name in names:
        with Meter() as meter:
            path = catalog.download(piper.BEST if name == "best" else name, meter.hear, meter.say)
        licence = tts.licence(path.parent.name, path.stem)
        click.echo(f"{path}\t{licence.name}" + (f" ({licence.note})" if licence.note else ""))
    if not piper.able():
        click.echo(f"note: neural voices cannot speak here yet: {piper.NEEDS}", err=True)


@voices.command()
@click.argument("text", metavar="PHRASE")
@click.option("--voice", required=True, help="As `wakesmith voices` prints it, or ENGINE/VOICE.")
@click.option(
    "--output", type=options.FILE, metavar="WAV", help="[default: the phrase's name, .wav]"
)
@click.option(
    "--count",
    type=click.IntRange(1, 1000),
    default=1,
    show_default=True,
    help="So many files: the first plain, the others with speed, speaker and liveliness drawn.",
)
@click.option("--speed", type=click.FloatRange(0.3, 3.0), default=1.0, show_default=True)
@click.option("--pronunciation", metavar="IPA|ARPABET", help="As a recipe's `pronunciations`.")
@click.option("--language", default=None, metavar="CODE", help="[default: any that has the voice]")
def say(
    text: str,
    voice: str,
    output: Path | None,
    count: int,
    speed: float,
    pronunciation: str | None,
    language: str | None,
) -> None:
    """Write WAV files of PHRASE in a voice, to listen to.

    A voice of several speakers speaks with a few of them in turn and blended, as in a training.
    """
    from wakesmith import audio, tts
    from wakesmith.phrase import parse_pronunciation
    from wakesmith.plan.takes import takes
    from wakesmith.store import make_way

    if not any(letter.isalnum() for letter in text):
        raise click.BadParameter(f"there is nothing to say in {text!r}", param_hint="PHRASE")
    phones = parse_pronunciation(pronunciation) if pronunciation else ()
    engine, names = tts.find_voice(voice, language)
    said = takes(
        text,
        engine,
        names,
        count,
        phones=phones,
        speed=speed,
        blends=len(names) > 1 and engine in tts.BLENDING,
    )
    own = "_".join("".join(c if c.isalnum() else " " for c in text).split()).lower()
    plain = output if output and output.name else Path(own)
    plain = plain.with_suffix("") if plain.suffix.lower() == ".wav" else plain
    numbers = [f"-{number}" for number in range(1, count + 1)] if count > 1 else [""]
    paths = [plain.with_name(f"{plain.name}{number}.wav") for number in numbers]
    for path in paths:
        make_way(path, "--output")
    for path, utterance, clip in zip(paths, said, tts.speak(said), strict=True):
        audio.write(path, clip.pcm)
        click.echo(f"{path}\t{utterance.engine}/{utterance.voice}\t{len(clip.pcm) / 16_000:.2f} s")


def _by_model(offered: tuple[str, ...]) -> dict[str, int]:
    """Voices, those of one model as one, with the number of its speakers (0: it has one)."""
    from wakesmith.plan.blends import model_of

    found: dict[str, int] = {}
    for voice in offered:
        model = model_of(voice)
        found[model] = found.get(model, 0) + (voice != model)
    return found


def _installed(language: str | None) -> Iterator[dict[str, Any]]:
    from wakesmith import tts

    for name in sorted(tts.installed()):
        engine = tts.engine(name)
        spoken: dict[str, list[str]] = {}
        counts: dict[str, int] = {}
        for code in [language] if language else engine.languages:
            for voice, count in _by_model(engine.voices(code)).items():
                spoken.setdefault(voice, []).append(code)
                counts[voice] = counts.get(voice, 0) + count
        for voice, codes in spoken.items():
            yield {
                "state": "installed",
                "engine": name,
                "voice": voice,
                "languages": codes,
                "speakers": counts[voice] or 1,
                "bytes": None,
                "licence": tts.licence(name, voice).name,
            }


def _line(row: dict[str, Any]) -> str:
    from wakesmith.sources.place import in_words

    count = row["speakers"]
    many = "" if count is None else count_of(count, "speaker")
    size = "" if row["bytes"] is None else in_words(row["bytes"])
    spoken = " ".join(row["languages"])
    told = (row["state"], row["engine"], row["voice"], spoken, many, size, row["licence"] or "")
    return "\t".join(told).rstrip()


def _counted(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    """How many voices each engine has, here and to download, in all and of each language."""
    for state, engine in dict.fromkeys((row["state"], row["engine"]) for row in rows):
        mine = [row for row in rows if (row["state"], row["engine"]) == (state, engine)]
        of = Counter(code for row in mine for code in row["languages"])
        in_all = f"{count_of(len(mine), 'voice')} of {count_of(len(of), 'language')}"
        yield f"{_STATES[state]}: {engine}, {in_all}"
        each = ", ".join(f"{code}\xa0{count}" for code, count in sorted(of.items()))
        wrapped = textwrap.wrap(each, _WIDTH, break_on_hyphens=False, break_long_words=False)
        yield from (f"    {line}".replace("\xa0", " ") for line in wrapped)


def _print_languages(as_json: bool) -> None:
    from wakesmith import phrase

    for code, name in phrase.languages().items():
        click.echo(json.dumps({"code": code, "name": name}) if as_json else f"{code}\t{name}")
