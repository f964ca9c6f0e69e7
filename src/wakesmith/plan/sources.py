"""What the gather stage found of the user's own audio, and which split each file goes to."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from wakesmith.plan.draws import Split
from wakesmith.plan.slices import Found

SPAN_GAP = 3.0
"""Seconds left out between two splits of one file: no window is in both."""
_SHORTEST_SPAN = 5.0
"""Seconds below which a part of a file is not worth holding back."""


@dataclass(frozen=True)
class File:
    """One audio file, or a span of one: where it is, what it holds, and how long it is."""

    path: str
    digest: str
    """SHA-256 of the content: the file may move, and an entry made from it stays good."""
    seconds: float
    notes: tuple[str, ...] = ()
    """What reading it converts: channels, rate, bits."""
    start: float = 0.0
    """Second of the file at which the span begins."""


@dataclass(frozen=True)
class Suspects:
    """Recordings with something about them, by digest."""

    poor: frozenset[str] = frozenset()
    """That hardly sound as the phrase does."""
    doubtful: frozenset[str] = frozenset()
    """That may be another word, or one of the others again."""

    @property
    def all(self) -> frozenset[str]:
        """Both kinds."""
        return self.poor | self.doubtful


@dataclass(frozen=True)
class Sources:
    """The user's own files, checked."""

    recordings: tuple[File, ...] = ()
    other_recordings: tuple[File, ...] = ()
    """Recordings of people saying something else."""
    background: tuple[File, ...] = ()
    noises: tuple[File, ...] = ()
    rooms: tuple[File, ...] = ()
    features: tuple[File, ...] = ()
    misses: tuple[File, ...] = ()
    false_accepts: tuple[File, ...] = ()
    ambient: tuple[File, ...] = ()
    slices: tuple[Found, ...] = ()
    """Not the user's own: feature files elsewhere, of which rows are drawn."""
    suspects: Suspects = field(default_factory=Suspects)
    """Which of the recordings count for less."""

    @property
    def files(self) -> dict[str, tuple[File, ...]]:
        """The files by what they are for."""
        others = ("slices", "suspects")
        return {name: found for name, found in vars(self).items() if name not in others}


def split_files(
    files: tuple[File, ...], shares: dict[Split, float]
) -> dict[Split, tuple[File, ...]]:
    """Share files out by their duration. Equal content never lands in two splits.

    The digests are the dice: neither the seed nor a file's name or place changes its split.
    """
    unique = {f.digest: f for f in files}
    return _shared_out([unique[d] for d in sorted(unique)], shares)


def split_background(
    files: tuple[File, ...], shares: dict[Split, float]
) -> dict[Split, tuple[File, ...]]:
    """Share background out like ``split_files``, and cut the files that are too long for that.

    A file longer than the smallest share of all the sound cannot go to one split without
    starving another (a single recording of an evening at home is the usual case). It is cut into
    spans, the first to train on, the last for the test, with ``SPAN_GAP`` between them; a span
    under 5 s is not held back.
    """
    unique = {f.digest: f for f in files}
    ordered = [unique[d] for d in sorted(unique)]
    smallest = min((share for share in shares.values() if share > 0), default=1.0)
    limit = smallest * sum(f.seconds for f in ordered)
    whole = _shared_out([f for f in ordered if f.seconds <= limit], shares)
    found = {split: list(kept) for split, kept in whole.items()}
    for file in ordered:
        if file.seconds > limit:
            for split, span in _spans(file, shares).items():
                found[split].append(span)
    return {split: tuple(kept) for split, kept in found.items()}


def _shared_out(files: Sequence[File], shares: dict[Split, float]) -> dict[Split, tuple[File, ...]]:
    total = sum(f.seconds for f in files)
    result: dict[Split, list[File]] = {"train": [], "validation": [], "test": []}
    spent: dict[Split, float] = {"train": 0.0, "validation": 0.0, "test": 0.0}
    for file in files:
        # To the split that is furthest behind its share.
        behind = max(shares, key=lambda s: shares[s] * total - spent[s])
        result[behind].append(file)
        spent[behind] += file.seconds
    return {split: tuple(found) for split, found in result.items()}


def _spans(file: File, shares: dict[Split, float]) -> dict[Split, File]:
    spans: dict[Split, File] = {}
    end = file.seconds
    held: tuple[Split, ...] = ("test", "validation")
    for split in held:
        length = shares.get(split, 0.0) * file.seconds
        if length >= _SHORTEST_SPAN:
            spans[split] = replace(file, start=file.start + end - length, seconds=length)
            end -= length + SPAN_GAP
    return {"train": replace(file, seconds=end), **spans}
