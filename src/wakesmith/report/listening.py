"""A page to listen to voices, the most suspicious first: one file that needs no other."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

from wakesmith.errors import MissingExtra

MOST = 150
"""Voices whose sound is on the page; 1 s of it is 43 kB."""


@dataclass(frozen=True)
class Saying:
    """A line of the page."""

    engine: str
    voice: str
    disagreement: float
    seconds: float
    against: tuple[str, ...]
    """What speaks against the voice; nothing: it passed."""
    wav: bytes
    """What it said; empty when it said nothing."""

    @property
    def sound(self) -> str:
        """The sound as an address that holds it."""
        return "data:audio/wav;base64," + base64.b64encode(self.wav).decode() if self.wav else ""


def page(
    phrase: str, phones: str, sayings: Sequence[Saying], limit: float, fewest: int | None = None
) -> str:
    """The page as one string, in the order of the sayings; ``phones`` may be empty.

    ``fewest`` is how many voices there would have to be to compare them, where there are less.
    """
    try:
        import jinja2
    except ImportError as fault:
        raise MissingExtra("jinja2", "train", "The listening page") from fault

    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    source = (files("wakesmith.report") / "listening.html").read_text("utf-8")
    return environment.from_string(source).render(
        phrase=phrase,
        phones=phones,
        sayings=sayings[:MOST],
        count=len(sayings),
        left_out=sum(bool(one.against) for one in sayings),
        limit=limit,
        fewest=fewest,
    )
