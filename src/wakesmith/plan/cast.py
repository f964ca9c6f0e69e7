"""Who speaks: the voices of each split. No voice speaks in two splits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from wakesmith.errors import VoiceError
from wakesmith.phrase import language_of
from wakesmith.plan.blends import blend
from wakesmith.plan.draws import Split

GENERATED = "generated"
"""Stands for voices made up by the plan, one seed each; the engine must offer it."""

_HELD_OUT = {"validation": "kal16", "test": "awb"}
"""Voices that are the first to leave training when an engine has few: kal16, a diphone voice, is
the least like a person; awb is the next (and only leaves when no other engine can be the test)."""
_FEW = 8
_FEWEST = 3  # voices of one engine that make a voice for each split
_SPLIT_NAMES: dict[Split, str] = {
    "train": "training",
    "validation": "validation",
    "test": "the test",
}
_SEEDS_PER_SPLIT = 1_000_000


@dataclass(frozen=True)
class Part:
    """One engine's voices in one split, and the share of utterances that they speak."""

    engine: str
    voices: tuple[str, ...]
    share: float
    generated: range
    """Seeds of made-up voices; empty when the engine makes none."""
    blends: bool = False
    """Whether two speakers of one model can be blended; only of this split's are."""
    made_up: str = GENERATED
    """What a made-up voice's name has before its seed."""


Cast = Mapping[Split, tuple[Part, ...]]


def cast(
    voices: Mapping[str, Sequence[str]],
    shares: Mapping[str, float],
    generates: Sequence[str],
    seed: int,
    blends: Sequence[str] = (),
    made_up: str = GENERATED,
) -> dict[Split, tuple[Part, ...]]:
    """Split every engine's voices between train, validation and test.

    ``voices`` are the names by engine, ``shares`` what part of the utterances each engine speaks,
    ``generates`` the engines with made-up voices, ``made_up`` what these are called before their
    seed, ``blends`` the engines that blend speakers. An engine with few voices gives one to
    validation and, when no other engine can speak the test, one to the test. ``VoiceError``
    names the splits that are left without a voice.
    """
    engines = [name for name in sorted(voices) if shares.get(name, 0) > 0]
    few = {n for n in engines if len(voices[n]) < _FEW or len(_timbres(voices[n])) < _FEWEST}
    others_test = any(name not in few or name in generates for name in engines)
    parts: dict[Split, list[Part]] = {"train": [], "validation": [], "test": []}
    for name in engines:
        split = (
            _few(voices[name], others_test)
            if name in few
            else _many(voices[name], np.random.default_rng([seed, 10, *name.encode()]))
        )
        for number, (part, names) in enumerate(split.items()):
            first = number * _SEEDS_PER_SPLIT
            seeds = range(first, first + _SEEDS_PER_SPLIT) if name in generates else range(0)
            if names or seeds:
                parts[part].append(Part(name, names, shares[name], seeds, name in blends, made_up))
    if mute := [_SPLIT_NAMES[split] for split, found in parts.items() if not found]:
        given = "; ".join(f"{name}: {', '.join(voices[name])}" for name in engines)
        raise VoiceError(
            f"No voice is left for {' and '.join(mute)}: training, validation and test share none. "
            f"The voices are {given}. Name at least {_FEWEST} voices of one engine under "
            "`synth.voices` (variants of one timbre, en-us+f3 and en-gb+f3, are one voice), or "
            "leave it empty to use all."
        )
    return {split: _normalised(found) for split, found in parts.items()}


def made_up(language: str) -> str:
    """What a language's made-up voices are called before their seed: of another language than
    English with its accents, which the engine chooses from by the seed."""
    found = language_of(language)
    return GENERATED if found.english else f"{GENERATED}:{'+'.join(found.accents)}"


def _timbre(name: str) -> str:
    """Variants of one timbre (en-us+f3, en-gb+f3) are one voice to the ear: they stay together."""
    return name.partition("+")[2] or name


def _timbres(names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(map(_timbre, names)))


def _dealt(names: Sequence[str], held: Mapping[Split, set[str]]) -> dict[Split, tuple[str, ...]]:
    """The names of each split by their timbres; training has those that none holds."""
    others = set().union(*held.values())
    return {
        "train": tuple(n for n in names if _timbre(n) not in others),
        **{split: tuple(n for n in names if _timbre(n) in kept) for split, kept in held.items()},
    }


def _few(names: Sequence[str], others_test: bool) -> dict[Split, tuple[str, ...]]:
    rest = _timbres(names)
    held: dict[Split, set[str]] = {"validation": set(), "test": set()}
    wanted: tuple[Split, ...] = ("validation",) if others_test else ("validation", "test")
    for split in wanted:
        if len(rest) > 1:
            name = _HELD_OUT[split] if _HELD_OUT[split] in rest else rest[-1]
            rest.remove(name)
            held[split] = {name}
    return _dealt(names, held)


def _many(names: Sequence[str], rng: np.random.Generator) -> dict[Split, tuple[str, ...]]:
    timbres = sorted(_timbres(names))
    shuffled = [timbres[i] for i in rng.permutation(len(timbres))]
    cut = max(1, round(0.15 * len(shuffled)))
    return _dealt(names, {"validation": set(shuffled[:cut]), "test": set(shuffled[cut : 2 * cut])})


def _normalised(parts: list[Part]) -> tuple[Part, ...]:
    total = sum(part.share for part in parts)
    return tuple(replace(p, share=p.share / total) for p in parts)


def draw_voice(rng: np.random.Generator, parts: Sequence[Part]) -> tuple[str, str]:
    """An engine by its share and one of its voices; half of an engine's are made up, or blended,
    if it can."""
    part = parts[int(rng.choice(len(parts), p=[p.share for p in parts]))]
    made_up = bool(part.generated) and (not part.voices or rng.random() < 0.5)
    if made_up:
        seed = part.generated[int(rng.integers(len(part.generated)))]
        return part.engine, f"{part.made_up}:{seed}"
    voice = part.voices[int(rng.integers(len(part.voices)))]
    if part.blends and rng.random() < 0.5:
        voice = blend(rng, voice, part.voices)
    return part.engine, voice
