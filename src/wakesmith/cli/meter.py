"""How far a download is, said on standard error."""

import sys

import click


class Meter:
    """Says how far a file is: on a terminal in a line for each, elsewhere now and then."""

    def __init__(self) -> None:
        self._said: tuple[str, int] = ("", -1)
        self._line = sys.stderr.isatty()

    def __enter__(self) -> "Meter":
        return self

    def __exit__(self, *error: object) -> None:
        self._end()

    def say(self, text: str) -> None:
        """A line of its own."""
        self._end()
        click.echo(text, err=True)

    def hear(self, name: str, done: int, total: int | None) -> None:
        """A file's bytes that are there, of how many."""
        from wakesmith.sources.place import in_words

        step = done * 100 // total if total else done // 100_000_000
        if (name, step) == self._said or (not self._line and step % 10):
            return
        if name != self._said[0]:
            self._end()
        self._said = (name, step)
        of = f" of {in_words(total)} ({step} %)" if total else ""
        text = f"{name}: {in_words(done)}{of}"
        click.echo(f"\r{text:<79}" if self._line else text, nl=not self._line, err=True)

    def _end(self) -> None:
        """End the line that is on the terminal."""
        if self._line and self._said[0]:
            click.echo(err=True)
        self._said = ("", -1)
