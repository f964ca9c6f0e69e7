"""Who speaks: the voices of each split. No voice speaks in two splits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from wakesmith.plan.draws import Split

GENERATED = "generated"
"""Stands for voices made up by the plan, one seed each; the engine must offer it."""

_HELD_OUT = {"validation": "kal16", "test": "awb"}
"""Voices that are the first to leave training when an engine has few: kal16, a diphone voice, is
the least like a person; awb is the next (and only leaves when no other engine can be the test)."""
_FEW = 8
_SEEDS_PER_SPLIT = 1_000_000


@dataclass(frozen=True)
class Part:
    """One engine's voices in one split, and the share of utterances that they speak."""

    engine: str
    voices: tuple[str, ...]
    share: float
    generated: range
    """Seeds of made-up voices; empty when the engine makes none."""


Cast = Mapping[Split, tuple[Part, ...]]


def cast(
    voices: Mapping[str, Sequence[str]],
    shares: Mapping[str, float],
    generates: Sequence[str],
    seed: int,
) -> dict[Split, tuple[Part, ...]]:
    """Split every engine's voices between train, validation and test.

    ``voices`` are the names by engine, ``shares`` what part of the utterances each engine speaks,
    ``generates`` the engines with made-up voices. An engine with few voices gives one to
    validation and, when no other engine can speak the test, one to the test.
    """
    engines = [name for name in sorted(voices) if shares.get(name, 0) > 0]
    others_test = any(len(voices[name]) >= _FEW or name in generates for name in engines)
    parts: dict[Split, list[Part]] = {"train": [], "validation": [], "test": []}
    for name in engines:
        split = (
            _few(voices[name], others_test)
            if len(voices[name]) < _FEW
            else _many(voices[name], np.random.default_rng([seed, 10, *name.encode()]))
        )
        for number, (part, names) in enumerate(split.items()):
            first = number * _SEEDS_PER_SPLIT
            seeds = range(first, first + _SEEDS_PER_SPLIT) if name in generates else range(0)
            if names or seeds:
                parts[part].append(Part(name, names, shares[name], seeds))
    return {split: _normalised(found) for split, found in parts.items()}


def _few(names: Sequence[str], others_test: bool) -> dict[Split, tuple[str, ...]]:
    rest = list(names)
    held: dict[Split, tuple[str, ...]] = {"validation": (), "test": ()}
    wanted: tuple[Split, ...] = ("validation",) if others_test else ("validation", "test")
    for split in wanted:
        if len(rest) > 1:
            name = _HELD_OUT[split] if _HELD_OUT[split] in rest else rest[-1]
            rest.remove(name)
            held[split] = (name,)
    return {"train": tuple(rest), **held}


def _many(names: Sequence[str], rng: np.random.Generator) -> dict[Split, tuple[str, ...]]:
    # Variants of one timbre (en-us+f3, en-gb+f3) are one voice to the ear: they stay together.
    timbres = sorted({name.partition("+")[2] or name for name in names})
    shuffled = [timbres[i] for i in rng.permutation(len(timbres))]
    cut = max(1, round(0.15 * len(shuffled)))
    chosen: dict[Split, set[str]] = {
        "train": set(shuffled[2 * cut :]),
        "validation": set(shuffled[:cut]),
        "test": set(shuffled[cut : 2 * cut]),
    }
    return {
        split: tuple(n for n in names if (n.partition("+")[2] or n) in chosen[split])
        for split in chosen
    }


def _normalised(parts: list[Part]) -> tuple[Part, ...]:
    total = sum(part.share for part in parts)
    return tuple(Part(p.engine, p.voices, p.share / total, p.generated) for p in parts)


def draw_voice(rng: np.random.Generator, parts: Sequence[Part]) -> tuple[str, str]:
    """An engine by its share and one of its voices; half of an engine's are made up if it can."""
    part = parts[int(rng.choice(len(parts), p=[p.share for p in parts]))]
    made_up = bool(part.generated) and (not part.voices or rng.random() < 0.5)
    if made_up:
        return part.engine, f"{GENERATED}:{part.generated[int(rng.integers(len(part.generated)))]}"
    return part.engine, part.voices[int(rng.integers(len(part.voices)))]
