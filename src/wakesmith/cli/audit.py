"""``wakesmith voices audit``."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wakesmith.cli import options
from wakesmith.cli.console import console
from wakesmith.words import count_of

if TYPE_CHECKING:
    from wakesmith.stages.audit import Heard

_OUTPUT = "--output"


@click.command()
@options.target
@click.option(
    "--engine", "engines", multiple=True, metavar="NAME", help="Only voices of this engine."
)
@click.option("--language", metavar="CODE", help="Language to be spoken; the recipe's, or en.")
@click.option(
    "--as-text", is_flag=True, help="Let the engines read the phrase, whatever the plan pins."
)
@click.option(
    _OUTPUT,
    type=options.FILE,
    metavar="FILE",
    help="The listening page; voices-NAME.html if not given.",
)
@click.option("--workers", type=click.IntRange(0), help="Processes; 0 means one a core.")
@options.store
@options.as_json
def audit(
    target: str,
    engines: Sequence[str],
    language: str | None,
    as_text: bool,
    output: Path | None,
    workers: int | None,
    store: Path,
    as_json: bool,
) -> None:
    """Find the voices that mispronounce PHRASE, and write a page to listen to them.

    Every voice says the phrase and variants of it; one that says it unlike the others is
    suspicious. `synth.audit: true` in a recipe leaves these out. Prints a line for each voice:
    verdict, disagreement (in robust standard deviations), seconds, voice, and why.
    """
    overrides = [f"language={language}"] if language else []
    recipe = options.loaded(target, overrides=overrides, workers=workers).recipe
    from wakesmith import tts
    from wakesmith.flow.audit import audit_work, do
    from wakesmith.plan.texts import likeliest
    from wakesmith.report.listening import Saying, page
    from wakesmith.stages.audit import FEWEST, SUSPICIOUS
    from wakesmith.store import Store, make_way, write_atomic

    voices = tts.voices_of(recipe.language, engines or None, recipe.synth.voices)
    where = output or Path(f"voices-{recipe.file_name}.html")
    make_way(where, _OUTPUT)  # what cannot be written is said before the work
    place = Store(store)
    with console() as emit:
        work = audit_work(recipe, voices, place, emit, as_text=as_text)
        heard = do(work, place, emit)
    sayings = [
        Saying(
            one.engine,
            one.voice,
            one.disagreement,
            one.seconds,
            one.against,
            (work.entry.path / one.sound).read_bytes() if one.sound else b"",
        )
        for one in heard
    ]
    phones = " ".join(likeliest(recipe)[1])
    judged = len(heard) >= FEWEST
    html = page(recipe.phrase, phones, sayings, SUSPICIOUS, None if judged else FEWEST)
    write_atomic(where, html.encode(), _OUTPUT)
    for one in heard:
        click.echo(_line(one, as_json))
    out = sum(not one.passed for one in heard)
    click.echo(f"{out} of {count_of(len(heard), 'voice')} suspicious; listen: {where}", err=True)
    if not judged:
        click.echo(
            f"Of fewer than {FEWEST} voices nobody can tell who is right, so what they say was not "
            "compared: listen, or audit more voices.",
            err=True,
        )


def _line(one: "Heard", as_json: bool) -> str:
    if as_json:
        return json.dumps(
            {
                "engine": one.engine,
                "voice": one.voice,
                "passed": one.passed,
                "disagreement": round(one.disagreement, 2),
                "seconds": round(one.seconds, 3),
                "against": list(one.against),
            }
        )
    verdict = "passed" if one.passed else "suspicious"
    figures = f"{one.disagreement:.1f}\t{one.seconds:.2f}"
    return "\t".join((verdict, figures, f"{one.engine}/{one.voice}", "; ".join(one.against)))
