"""What may be done with what came from others."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Licence:
    """A licence as a source states it."""

    name: str
    """SPDX identifier where there is one (CC-BY-4.0, GPL-3.0-or-later), else the source's words."""
    commercial: bool | None
    """Whether it allows commercial use; None when the source does not say."""
    url: str = ""
    """Where the licence, or the source's statement of it, can be read."""
    note: str = ""
    """What else whoever uses it has to know, e.g. how to name the authors."""


UNKNOWN = Licence("not stated", None)
"""The licence of what came without any word of it."""
OWN = Licence("the user's own", True)
"""The licence of what the user recorded."""
