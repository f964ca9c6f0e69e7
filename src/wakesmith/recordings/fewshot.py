"""What recordings are worth: recall against their number, as measured, and where a user is on it.

The figures are those of bench/README.md, "Real speech": recall at 0.5 false accepts an hour on
other people's recordings, lowest and highest of the words: of three words and the mean of two or
three seeds with none and 20 (by the small model with 20, one seed of two words), of two words and
one seed with 5 and 10. Those people are not told apart: some who were tested may be among those
recorded. Those with none are of commit 0aa474b, the others older. Numbers of recordings that were
not measured for several words are not here.
"""

from collections.abc import Mapping

from wakesmith.words import count_of

MEASURED: dict[int, tuple[float, float]] = {
    0: (0.624, 0.890),
    5: (0.870, 0.921),
    10: (0.892, 0.967),
    20: (0.941, 0.950),
}
"""Recordings of other people -> recall of the hardest and of the easiest word, by the model for
openWakeWord."""
MEASURED_SMALL: dict[int, tuple[float, float]] = {0: (0.619, 0.779), 20: (0.781, 0.963)}
"""The same by the model for ESPHome."""
ENOUGH = 20
"""Recordings from which more of them help less than other things."""


def words(count: int) -> str:
    """Where somebody with so many recordings stands, and what is next."""
    known = (
        f"Of the sayings we measured, were heard: {_told(MEASURED)}; by the small model for "
        f"ESPHome {_told(MEASURED_SMALL)} (at half a false accept an hour, on other "
        "recordings of the same collection)."
    )
    if count >= ENOUGH:
        return (
            f"{count_of(count, 'recording')} of the phrase: enough for the largest step. {known} "
            "More people, rooms and background help more from here on than more of the same."
        )
    more = ENOUGH - count
    have = count_of(count, "recording") if count else "No recordings"
    return f"{have} of the phrase: {more} more are worth the time. {known}"


def _told(measured: Mapping[int, tuple[float, float]]) -> str:
    return "; ".join(
        f"with {number or 'no'} recordings {low:.0%} to {high:.0%}"
        for number, (low, high) in measured.items()
    )
