"""Checks of recordings: each by itself, and all that say the phrase against one another."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from wakesmith import audio
from wakesmith.recordings import alike, sayings
from wakesmith.recordings.saying import hops, level
from wakesmith.runtime.frontend import SAMPLE_RATE, Pcm
from wakesmith.words import count_of

VERSION = 1
"""Raised when the same recordings are judged otherwise."""
_FULL = 32_700
_CLIPPED = 6
"""Pairs of samples at full scale from which a recording is clipped."""
_QUIET = -45.0
"""dBFS of the speech under which a recording is too quiet."""
_NOISY = 10.0
"""dB from the quietest to the loud parts under which a recording is too noisy."""
_SHORT = 0.25
"""Seconds under which nothing that is worth waking for was said."""
_COMPARED = 400
"""So many recordings are compared with one another; the work grows with the square."""
_NAMED = 5
POOR = frozenset({"clipped", "quiet", "noisy", "short"})
"""Findings of recordings that hardly sound as the phrase does."""
DOUBTFUL = frozenset({"odd", "same"})
"""Findings of recordings that may be no other saying of the phrase."""

ADVICE = {
    "clipped": "too loud: move away from the microphone or turn its level down, and record again",
    "quiet": "very quiet: come closer or turn the level up, and record again",
    "noisy": "hardly above the noise: record again where it is quieter",
    "short": f"less than {_SHORT:g} s of speech: cut off? Record again",
    "several": "longer than one saying, or with a long pause: cut what else is said (wakesmith "
    "import --split does)",
    "same": "the same recording twice: it counts once, and must not be both learnt and tested; "
    "remove one",
    "odd": "unlike the others, perhaps another word: listen, and remove what is wrong",
    "uncompared": "not compared with the others, being so many",
}
"""What is found, and what to do about it."""


def few(count: int) -> bool:
    """Whether so many recordings are too few to be compared with one another."""
    return 0 < count < alike.FEWEST


@dataclass(frozen=True)
class Finding:
    """Something to look at in a recording."""

    index: int
    """Of the recording among those that were checked."""
    what: str
    """A key of ``ADVICE``."""
    twin: int = -1
    """For "same", the index of the other one."""


def of_one(pcm: Pcm) -> list[str]:
    """What is wrong with a recording by itself, as keys of ``ADVICE``."""
    start, end = audio.trim(pcm)
    found = []
    full = np.abs(pcm.astype(np.int32)) >= _FULL
    if np.count_nonzero(full[1:] & full[:-1]) >= _CLIPPED:  # peaks that are cut are flat
        found.append("clipped")
    if level(pcm[start:end]) < _QUIET:
        found.append("quiet")
    if _range(pcm) < _NOISY:
        found.append("noisy")
    if end - start < _SHORT * SAMPLE_RATE:
        found.append("short")
    elif sayings.several(pcm):
        found.append("several")
    return found


def of_all(
    pcms: Sequence[Pcm],
    progress: Callable[[int], None] = lambda done: None,
    spoken: Sequence[alike.Sequence96] = (),
) -> list[Finding]:
    """What is found in recordings of one phrase, in their order.

    ``progress`` hears how many were listened to. What is not one saying is compared with none.
    A ``few`` are compared with ``spoken``, others with one another.
    """
    found: list[Finding] = []
    compared: list[int] = []
    heard: list[alike.Sequence96] = []
    for index, pcm in enumerate(pcms):
        single = of_one(pcm)
        found += [Finding(index, what) for what in single]
        if len(compared) == _COMPARED:
            found.append(Finding(index, "uncompared"))
        elif "several" not in single:
            compared.append(index)
            heard.append(alike.heard(pcm))
        progress(index + 1)
    strange = alike.unlike(heard, spoken) if few(len(pcms)) else alike.odd_ones(heard)
    odd = [Finding(compared[i], "odd") for i in strange]
    pairs = alike.twins([pcms[i] for i in compared], heard)
    same = [Finding(compared[later], "same", compared[earlier]) for earlier, later in pairs]
    return sorted([*found, *odd, *same], key=lambda one: one.index)


def shared(phrase: Sequence[Pcm], other: Sequence[Pcm]) -> list[tuple[int, int]]:
    """Recordings of the phrase that are also kept as something else: pairs of their indices.

    Only the first ``_COMPARED`` of either are compared.
    """
    phrase, other = phrase[:_COMPARED], other[:_COMPARED]
    known = [alike.heard(pcm) for pcm in phrase] if other else []
    twins = [alike.repeated(pcm, alike.heard(pcm), phrase, known) for pcm in other]
    return [(twin, index) for index, twin in enumerate(twins) if twin is not None]


def told(findings: Sequence[Finding], names: Sequence[str]) -> list[str]:
    """A sentence for each kind of finding: how many, which, and what to do."""
    said = []
    for what, advice in ADVICE.items():
        mine = [one for one in findings if one.what == what]
        if mine:
            shown = ", ".join(_name(one, names) for one in mine[:_NAMED])
            more = f" and {len(mine) - _NAMED} more" if len(mine) > _NAMED else ""
            of = f"{len(mine)} of {count_of(len(names), 'recording')}"
            said.append(f"{of} ({shown}{more}): {advice}")
    return said


def _name(one: Finding, names: Sequence[str]) -> str:
    return names[one.index] + (f" = {names[one.twin]}" if one.twin >= 0 else "")


def _range(pcm: Pcm) -> float:
    """dB from the quietest tenth of a recording to its loudest."""
    levels = [loud for _, loud in hops([pcm])]
    low, high = np.percentile(levels, [10, 95]) if levels else (0.0, 0.0)
    return float(high - low)
