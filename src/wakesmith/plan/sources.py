"""What the gather stage found of the user's own audio, and which split each file goes to."""

from dataclasses import dataclass

from wakesmith.plan.draws import Split


@dataclass(frozen=True)
class File:
    """One audio file: where it is, what it holds, and how long it is."""

    path: str
    digest: str
    """SHA-256 of the content: the file may move, and an entry made from it stays good."""
    seconds: float
    notes: tuple[str, ...] = ()
    """What reading it converts: channels, rate, bits."""


@dataclass(frozen=True)
class Sources:
    """The user's own files, checked."""

    recordings: tuple[File, ...] = ()
    background: tuple[File, ...] = ()
    noises: tuple[File, ...] = ()
    rooms: tuple[File, ...] = ()
    features: tuple[File, ...] = ()


def split_files(
    files: tuple[File, ...], shares: dict[Split, float]
) -> dict[Split, tuple[File, ...]]:
    """Share files out by their duration. Equal content never lands in two splits.

    The digests are the dice: neither the seed nor a file's name or place changes its split.
    """
    unique = {f.digest: f for f in files}
    shuffled = [unique[d] for d in sorted(unique)]
    total = sum(f.seconds for f in shuffled)
    result: dict[Split, list[File]] = {"train": [], "validation": [], "test": []}
    spent: dict[Split, float] = {"train": 0.0, "validation": 0.0, "test": 0.0}
    for file in shuffled:
        # To the split that is furthest behind its share.
        behind = max(shares, key=lambda s: shares[s] * total - spent[s])
        result[behind].append(file)
        spent[behind] += file.seconds
    return {split: tuple(found) for split, found in result.items()}
