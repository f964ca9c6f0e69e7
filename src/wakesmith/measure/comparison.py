"""Two models beside each other, on the same sound: the one before and the one after."""

import dataclasses
import json
from dataclasses import dataclass

from wakesmith.measure.evaluation import Rate, Share
from wakesmith.measure.intervals import figure
from wakesmith.measure.text import percent, rate_range, share_range, table


@dataclass(frozen=True)
class Figures:
    """What one model makes of it, by its own threshold. None where there is no such sound."""

    missed: Share | None
    """Held-out misses that it hears."""
    mistaken: Share | None
    """Held-out false accepts that set it off."""
    ambient: Rate | None
    """False accepts in the held-out hours of ambient sound."""
    recall: Share
    """Sayings of the standard evaluation that it hears."""
    false_accepts: Rate
    """False accepts of the standard evaluation."""


@dataclass(frozen=True)
class Comparison:
    """The earlier model and the new one."""

    before: Figures
    after: Figures
    notes: tuple[str, ...] = ()

    def json(self) -> str:
        """The whole as JSON."""
        return json.dumps(dataclasses.asdict(self), indent=1, allow_nan=False)

    def text(self) -> str:
        """A table for a terminal, with 95 % intervals."""
        before, after = self.before, self.after
        rows = [
            _row("held-out misses heard", before.missed, after.missed),
            _row("held-out false accepts that fire", before.mistaken, after.mistaken),
            _row("held-out ambient, false accepts/h", before.ambient, after.ambient),
            _row("standard: recall", before.recall, after.recall),
            _row("standard: false accepts/h", before.false_accepts, after.false_accepts),
        ]
        header = ["before and after", "before", "95 %", "after", "95 %", "of"]
        lines = [table(header, [row for row in rows if row])]
        lines += [f"Note: {note}" for note in self.notes]
        return "\n\n".join(lines) + "\n"


def _row(what: str, before: Share | Rate | None, after: Share | Rate | None) -> list[str]:
    if before is None or after is None:
        return []
    of = f"{after.n}" if isinstance(after, Share) else f"{after.hours:.2f} h"
    return [what, *_cells(before), *_cells(after), of]


def _cells(found: Share | Rate) -> tuple[str, str]:
    if isinstance(found, Share):
        return percent(found.value), share_range(found)
    return figure(found.value), rate_range(found)
