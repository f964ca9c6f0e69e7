"""The command line: thin commands over the package, and the only place that prints.

Heavy packages are loaded inside the commands, so that ``--help`` needs none of them.
"""

import click

from wakesmith.cli.advise import advise
from wakesmith.cli.audit import audit
from wakesmith.cli.bring import bring
from wakesmith.cli.data import data
from wakesmith.cli.detect import detect
from wakesmith.cli.evaluate import evaluate
from wakesmith.cli.gc import gc
from wakesmith.cli.group import Commands
from wakesmith.cli.learn import learn
from wakesmith.cli.new import new
from wakesmith.cli.recipes import check, show
from wakesmith.cli.record import record
from wakesmith.cli.spectrograms import spectrograms
from wakesmith.cli.train import train
from wakesmith.cli.verifier import verifier
from wakesmith.cli.voices import voices


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="wakesmith", message="wakesmith %(version)s")
def main() -> None:
    """A phrase in, a proven wake-word detector out.

    \b
    wakesmith train "hey saga"                     a detector and a report, in minutes
    wakesmith train "hey saga" --recordings mine/  better: with people saying it
    wakesmith detect runs/hey_saga *.wav           where it is heard
    """


for _command in (
    train,
    learn,
    check,
    show,
    evaluate,
    detect,
    new,
    record,
    bring,
    voices,
    advise,
    data,
    spectrograms,
    verifier,
    gc,
):
    main.add_command(_command)
voices.add_command(audit)
