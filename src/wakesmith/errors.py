"""
Every error that a caller may want to catch.

    WakesmithError            base: the command line prints the message, no traceback      exit 1
      RecipeError             the recipe is wrong: every field at fault, with its path     exit 2
      PhraseError             no pronunciation is known for the phrase                     exit 2
      AudioError              a sound file cannot be read, is empty, or is not sound       exit 3
      VoiceError              no engine or voice that the recipe asks for is installed     exit 4
      ModelError              a model file or bundle cannot be used, and why               exit 5
      DataError               a feature file or folder does not hold what it should        exit 3
      StoreError              the store cannot be written: disk full, locked, no right     exit 6
      ParityError             an exported file does not score as the trained network does  exit 7
      MissingExtra            an optional package is not installed: names the pip command  exit 8
      LicenceError            a source's licence forbids what the model is for             exit 9
      Cancelled               the run was asked to stop; what is finished is kept          exit 130

A message says what is wrong, where, and what to do about it.
"""

import os
import shlex
import subprocess
import sys


def pip_install(*given: str) -> str:
    """The command by which pip installs packages, with options, where Wakesmith runs: by its own
    Python, unless the active environment is that one's."""
    active = os.environ.get("VIRTUAL_ENV", "")
    own = active and os.path.realpath(active) == os.path.realpath(sys.prefix)
    pip = ("pip",) if own or not sys.executable else (sys.executable, "-m", "pip")
    join = subprocess.list2cmdline if os.name == "nt" else shlex.join
    return join([*pip, "install", *given])


class WakesmithError(Exception):
    """Base of all errors that are the user's to see."""

    exit_code = 1


class RecipeError(WakesmithError):
    """The recipe is wrong; the message lists every field at fault with its path."""

    exit_code = 2


class PhraseError(WakesmithError):
    """No pronunciation is known for the phrase."""

    exit_code = 2


class AudioError(WakesmithError):
    """A sound file cannot be read, is empty, or holds no sound."""

    exit_code = 3


class DataError(WakesmithError):
    """A feature file, index or folder does not hold what it should."""

    exit_code = 3


class VoiceError(WakesmithError):
    """No engine or voice that the recipe asks for is installed."""

    exit_code = 4


class ModelError(WakesmithError):
    """A model file or bundle cannot be used."""

    exit_code = 5


class StoreError(WakesmithError):
    """The store cannot be written."""

    exit_code = 6


class ParityError(WakesmithError):
    """An exported file does not score as the trained network does."""

    exit_code = 7


class MissingExtra(WakesmithError):  # noqa: N818 - says what it is
    """An optional package is not installed."""

    exit_code = 8

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs the package {package}, which is not installed. "
            f"Install it with: {pip_install(f'wakesmith[{extra}]')}"
        )


class LicenceError(WakesmithError):
    """A source's licence forbids what the model is for."""

    exit_code = 9


class Cancelled(WakesmithError):  # noqa: N818 - says what it is
    """The run was asked to stop; what is finished is kept."""

    exit_code = 130
