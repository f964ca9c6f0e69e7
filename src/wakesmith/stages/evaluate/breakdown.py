"""Which sayings are missed, and which other words are taken for the phrase."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from wakesmith.measure.evaluation import (
    Breakdown,
    Group,
    NearMissResult,
    NegativeStream,
    Share,
    Trial,
)
from wakesmith.measure.intervals import wilson
from wakesmith.words import count_of

SNR_EDGES = (0.0, 5.0, 10.0, 15.0, 20.0, 30.0)
"""Edges of the bands of speech-to-noise ratio in dB."""
GROUPS_SHOWN = 12
"""A label with more values shows its worst, and the others as one."""
GROUP_SIZE = 5
"""Smaller groups say nothing of their own; they join the others."""
NEAR_MISSES_KEPT = 50


def share(k: int, n: int) -> Share:
    """k of n with its Wilson interval."""
    interval = wilson(k, n)
    return Share(k, n, interval.value, interval.low, interval.high)


def breakdowns(trials: Sequence[Trial]) -> tuple[Breakdown, ...]:
    """Recall by kind and by every label that splits the sayings; SNR first."""
    labels = sorted({name for trial in trials for name in trial.labels})
    labels.sort(key=lambda name: name != "snr")
    split = [_by_label(trials, name) for name in labels]
    split.insert(0, _grouped("kind", [(t.kind, t) for t in trials]))
    return tuple(b for b in split if len(b.groups) > 1)


def _by_label(trials: Sequence[Trial], name: str) -> Breakdown:
    values = [(trial.labels[name], trial) for trial in trials if name in trial.labels]
    numbers = [_number(value) for value, _ in values]
    if None not in numbers and (name == "snr" or len(set(numbers)) > GROUPS_SHOWN):
        figures = [n for n in numbers if n is not None]
        edges = SNR_EDGES if name == "snr" else _quintiles(figures)
        unit = " dB" if name == "snr" else ""
        places = [sum(n >= e for e in edges) + (n == math.inf) for n in figures]
        groups = {}
        for place in sorted(set(places)):
            members = [t for p, (_, t) in zip(places, values, strict=True) if p == place]
            groups[_band(place, edges, unit)] = members
        return Breakdown(name, tuple(_group(v, members) for v, members in groups.items()))
    # generated:4711 is one of the generated voices, of which each is heard once
    return _grouped(name, [(value.split(":")[0], trial) for value, trial in values])


def _number(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return None if math.isnan(number) else number


def _quintiles(values: Sequence[float]) -> tuple[float, ...]:
    """Four edges that split the finite values into fifths, to three figures."""
    ordered = sorted(v for v in values if math.isfinite(v))
    return tuple(
        sorted(
            {float(f"{ordered[len(ordered) * i // 5]:.3g}") for i in range(1, 5)} if ordered else ()
        )
    )


def _band(place: int, edges: Sequence[float], unit: str) -> str:
    if place > len(edges):
        return "no noise" if unit else "infinite"
    if place == 0:
        return f"below {edges[0]:g}{unit}"
    if place == len(edges):
        return f"{edges[-1]:g}{unit} and more"
    return f"{edges[place - 1]:g} to {edges[place]:g}{unit}"


def _grouped(label: str, values: Iterable[tuple[str, Trial]]) -> Breakdown:
    """Recall by value; the small groups and the better of many join as others."""
    members: dict[str, list[Trial]] = {}
    for value, trial in values:
        members.setdefault(value, []).append(trial)
    groups = [_group(value, found) for value, found in sorted(members.items())]
    if len(groups) > GROUPS_SHOWN:
        large = [g for g in groups if g.recall.n >= GROUP_SIZE]
        worst = sorted(large, key=lambda g: (g.recall.value, -g.recall.n))[: GROUPS_SHOWN - 1]
        shown = {g.value for g in worst}
        others = [t for value, found in members.items() if value not in shown for t in found]
        groups = [g for g in groups if g.value in shown]
        groups.append(_group(count_of(len(members) - len(shown), "other"), others))
    return Breakdown(label, tuple(groups))


def _group(value: str, trials: Sequence[Trial]) -> Group:
    return Group(value, share(sum(t.detected is not None for t in trials), len(trials)))


def near_misses(streams: Iterable[NegativeStream]) -> tuple[NearMissResult, ...]:
    """The known sayings by text, those that fire most first; the highest score breaks ties."""
    sayings: Counter[str] = Counter()
    fired: Counter[str] = Counter()
    peaks: dict[str, float] = {}
    for stream in streams:
        if stream.text:
            sayings[stream.text] += 1
            fired[stream.text] += bool(stream.detections)
            peaks[stream.text] = max(peaks.get(stream.text, 0.0), stream.peak)
    results = [NearMissResult(t, share(fired[t], n), peaks[t]) for t, n in sayings.items()]
    results.sort(key=lambda r: (-r.fired.value, -r.fired.k, -r.peak, r.text))
    return tuple(results[:NEAR_MISSES_KEPT])
