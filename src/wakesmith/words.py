"""Counts as people write them. The standard library alone: everything may import this."""


def count_of(number: int, one: str, many: str = "") -> str:
    """A number and what is count_of: ``count_of(2, "file")`` is "2 files".

    ``many`` is what stands after any number but 1, where that is more than an s, as for
    ``count_of(1, "entry is", "entries are")``.
    """
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def minutes_of(minutes: float) -> str:
    """A time in minutes, in tenths of one where it is short: "12 minutes", "0.4 minutes"; what is
    shorter than that is in seconds."""
    if minutes < 0.05:
        return count_of(round(minutes * 60), "second")
    return f"{minutes:.{1 if minutes < 9.95 else 0}f} minutes"
