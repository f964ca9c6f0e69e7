"""Groups: the windows that belong together, each with its utterances and mixes drawn.

A group is the unit of the store: its entry is named by these very draws, so a run with other
recordings or another network finds the groups that it shares with an earlier run finished.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from wakesmith.plan.banks import Rows
from wakesmith.plan.cast import Cast
from wakesmith.plan.draws import Mix, Role, Split, Utterance
from wakesmith.plan.mixing import draw_mix
from wakesmith.plan.texts import Spoken, Texts
from wakesmith.plan.utterances import draw_utterance
from wakesmith.recipe import LONGEST_REACH, Recipe
from wakesmith.recipe.learning import LATEST
from wakesmith.words import count_of

WARM_UP = 10
"""Chunks at the start of a window whose embeddings still see the silence before it (776 ms)."""
WINDOW_FRAMES = LONGEST_REACH
"""Frames kept of a phrase: 16 for a window, and six more ends to choose from."""
SENTENCE_FRAMES = 56
"""Frames kept of running text and of noise."""
STREAM_CHUNKS = 64
"""Chunks (5.12 s) of a validation or test stream that holds one saying."""
SHARD = 96
"""Utterances that one process speaks and mixes; small enough that a kill costs seconds."""

_STAGE = 20


@dataclass(frozen=True)
class Take:
    """One use of a recording of the phrase, as it is or perturbed."""

    path: str
    digest: str
    """SHA-256 of the file; it names the take, so that a moved file is the same take."""
    warp: float = 1.0
    resample: float = 1.0


@dataclass(frozen=True)
class JoinedTake:
    """One use of a saying that is joined from units of people's speech (``plan.units``)."""

    number: int
    """Which of those that are kept."""
    tempo: float
    """Of the speech that it is made of, at its own pitch;"""
    resample: float
    """then how much faster and higher it plays, formants and all."""


Said = Utterance | Take | JoinedTake


@dataclass(frozen=True)
class Group:
    """Utterances (or takes of recordings) and the windows mixed from them."""

    name: str
    role: Role | str
    split: Split
    chunks: int
    """Length of each window in chunks of 80 ms."""
    keeps_audio: bool
    """Whether the mixed audio is kept beside the frames, to be streamed through the detector."""
    utterances: tuple[Said, ...]
    mixes: tuple[Mix, ...]

    def words(self) -> str:
        """How many windows it has, and of what: "1400 windows, 2 of each of 700 sayings"."""
        windows = count_of(len(self.mixes), "window")
        if not self.utterances:
            return f"{windows} of noise"
        files = {take.digest for take in self.utterances if isinstance(take, Take)}
        joined = {take.number for take in self.utterances if isinstance(take, JoinedTake)}
        what = "sentence" if self.role == "speech" else "recording" if files else "saying"
        count = len(files) or len(joined) or len(self.utterances)
        return f"{windows}, {len(self.mixes) // count} of each of {count_of(count, what)}"

    def of_sayings(self, count: int) -> "Group":
        """What of it is made of the first so many joined sayings."""
        kept = [
            index
            for index, take in enumerate(self.utterances)
            if isinstance(take, JoinedTake) and take.number < count
        ]
        now = {before: index for index, before in enumerate(kept)}
        mixes = [replace(m, clip=now[m.clip]) for m in self.mixes if m.clip in now]
        return self._with(tuple(self.utterances[index] for index in kept), tuple(mixes))

    def shards(self) -> tuple["Group", ...]:
        """The group in pieces of ``SHARD`` utterances (or windows, when nothing is spoken)."""
        if not self.utterances:
            cuts = range(0, len(self.mixes), SHARD)
            return tuple(self._with((), self.mixes[i : i + SHARD]) for i in cuts)
        shards = []
        for first in range(0, len(self.utterances), SHARD):
            spoken = self.utterances[first : first + SHARD]
            mixes = tuple(
                Mix(**{**vars(m), "clip": m.clip - first})
                for m in self.mixes
                if first <= m.clip < first + len(spoken)
            )
            shards.append(self._with(spoken, mixes))
        return tuple(shards)

    def _with(self, utterances: tuple[Said, ...], mixes: tuple[Mix, ...]) -> "Group":
        return Group(
            self.name, self.role, self.split, self.chunks, self.keeps_audio, utterances, mixes
        )


def synthetic_groups(recipe: Recipe, cast: Cast, texts: Texts, rows: Rows) -> tuple[Group, ...]:
    """All that is spoken and synthesised for a recipe."""
    synth = recipe.synth
    held_out = max(60, synth.validation // 2)
    noise_windows = round(recipe.negatives.noise_minutes * 60 / (SENTENCE_FRAMES * 0.08))
    draw = _Drawer(recipe, cast, texts, rows)
    groups = [
        draw.group("positive", "train", synth.positives, WINDOW_FRAMES + WARM_UP, False),
        draw.group("near_miss", "train", synth.near_misses, WINDOW_FRAMES + WARM_UP, False),
        draw.group("speech", "train", synth.speech, SENTENCE_FRAMES + WARM_UP, False),
        draw.group("noise", "train", noise_windows, SENTENCE_FRAMES + WARM_UP, False),
    ]
    own = texts.own_count(synth.test)
    held: tuple[tuple[Split, int], ...] = (("validation", synth.validation), ("test", synth.test))
    for split, count in held:
        groups += [
            draw.group("positive", split, count, STREAM_CHUNKS, True),
            # Near misses set no threshold: only the report asks for them.
            draw.group("near_miss", split, count if split == "test" else 0, STREAM_CHUNKS, True),
            draw.group("own", split, own if split == "test" else 0, STREAM_CHUNKS, True),
            draw.group("speech", split, held_out, STREAM_CHUNKS, True),
            draw.group("noise", split, held_out, STREAM_CHUNKS, True),
        ]
    return tuple(g for g in groups if g.mixes)


class _Drawer:
    """Draws a group at a time; each utterance and each mix has dice of its own."""

    def __init__(self, recipe: Recipe, cast: Cast, texts: Texts, rows: Rows) -> None:
        self.recipe, self.cast, self.texts, self.rows = recipe, cast, texts, rows

    def group(
        self, role: Role | str, split: Split, count: int, chunks: int, keeps_audio: bool
    ) -> Group:
        name = f"{role}-{split}"
        utterances: tuple[Said, ...] = ()
        if role != "noise":
            utterances = tuple(self._utterance(role, split, i, count) for i in range(count))
        copies = self.recipe.mix.copies if split == "train" and role != "noise" else 1
        mixes = tuple(
            self._mix(role, split, chunks, clip, copy)
            for clip in range(count)
            for copy in range(copies)
        )
        return Group(name, role, split, chunks, keeps_audio, utterances, mixes)

    def _dice(self, role: str, split: str, what: str, *index: int) -> np.random.Generator:
        # One array, not a number a letter: numpy takes its time over each part of a seed.
        name = np.frombuffer(f"{role} {split} {what}".encode(), np.uint8).astype(np.uint32)
        key: list[Any] = [self.recipe.seed, _STAGE, name, *index]
        return np.random.default_rng(key)

    def _utterance(self, role: Role | str, split: Split, index: int, count: int) -> Utterance:
        rng = self._dice(role, split, "utterance", index)
        text, phones = self._text(rng, role, split, index, count)
        context = () if role == "speech" else self.texts.sentences[split]
        return draw_utterance(rng, self.recipe.synth, self.cast[split], text, phones, context)

    def _text(
        self, rng: np.random.Generator, role: Role | str, split: Split, index: int, count: int
    ) -> Spoken:
        if role == "own":
            return self.texts.own[index % len(self.texts.own)]
        if role == "near_miss" and split == "train" and (own := self.texts.own_turn(index, count)):
            return own
        return self.texts.draw(rng, role, split)

    def _mix(self, role: Role | str, split: Split, chunks: int, clip: int, copy: int) -> Mix:
        rng = self._dice(role, split, "mix", clip, copy)
        after = _AFTER[role](rng) if split == "train" else STREAM_TAIL
        return draw_mix(
            rng,
            self.recipe.mix,
            clip=-1 if role == "noise" else clip,
            after=after,
            noise_rows=self.rows.noise[split],
            room_rows=self.rows.rooms[split],
        )


STREAM_TAIL = 1.4
"""Seconds of a stream after the phrase's end: the detector may take so long to say it."""
_AFTER: dict[str, Callable[[np.random.Generator], float]] = {
    # Up to one chunk of jitter: in a live stream the phrase ends anywhere within a chunk.
    "positive": lambda rng: float(LATEST + rng.uniform(-0.08, 0.0)),
    "near_miss": lambda rng: float(rng.uniform(-0.1, LATEST)),
    "speech": lambda rng: float(rng.uniform(-0.2, 0.3)),
    "noise": lambda rng: 0.0,
}
