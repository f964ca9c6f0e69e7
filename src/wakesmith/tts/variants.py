"""espeak-ng's voices: which of its accents and variants are used, and made-up ones by seed."""

from collections.abc import Sequence

import numpy as np

ACCENTS = {
    "en-us": "gmw/en-US",
    "en-gb": "gmw/en",
    "en-gb-x-rp": "gmw/en-GB-x-rp",
    "en-us-nyc": "gmw/en-US-nyc",
    "en-gb-scotland": "gmw/en-GB-scotland",
    "en-gb-x-gbclan": "gmw/en-GB-x-gbclan",
    "en-029": "gmw/en-029",
}
"""Accent to voice file. West Midlands is left out: it drops every H, pinned ones too."""

_DROPPED = (
    "kaukovalta Marco Lee Alicia shelby Tweaky AnxiousAndy marcelo fast UniRobot anikaRobot "
    "robosoft2 robosoft3 robosoft4 robosoft6 robosoft7 robosoft8"
)
DROPPED = frozenset(_DROPPED.split())
"""Variants left out: those whose wake words released detectors accept in less than half of the
cases, one that only changes the speed, and all but two of the robots, which are novelties."""

# Most variants speak American; an accent is bound to a variant for good, so that no timbre is heard
# in two accents of two splits.
_TURNS = (
    *("en-us", "en-gb", "en-us", "en-us", "en-gb-x-rp", "en-us", "en-us-nyc", "en-us"),
    *("en-gb", "en-us", "en-gb-scotland", "en-us", "en-gb-x-rp", "en-us", "en-gb-x-gbclan"),
    *("en-us", "en-029", "en-us", "en-us-nyc"),
)
GENERATED = "generated:"
"""Begins the name of a made-up voice; its seed, a whole number, follows."""
_OWN_TURNS = 4
_KLATT = 0.7
"""Share of made-up voices with the klatt synthesiser, which detectors accept more of."""


def named(variants: list[str]) -> tuple[str, ...]:
    """Names (accent, or accent+variant) of the voices made of these variant files."""
    return _bound(variants, tuple(ACCENTS), _TURNS)


def named_in(accents: Sequence[str], variants: Sequence[str]) -> tuple[str, ...]:
    """The same for another language's accents, whose first three in four variants speak."""
    others = accents[1:]
    turns = [accents[0]] * len(others) * _OWN_TURNS if others else [accents[0]]
    turns[_OWN_TURNS - 1 :: _OWN_TURNS] = others or turns[_OWN_TURNS - 1 :: _OWN_TURNS]
    return _bound(variants, accents, turns)


def _bound(
    variants: Sequence[str], accents: Sequence[str], turns: Sequence[str]
) -> tuple[str, ...]:
    kept = sorted(v for v in variants if v not in DROPPED)
    bound = (f"{turns[i % len(turns)]}+{variant}" for i, variant in enumerate(kept))
    return tuple(sorted((*accents, *bound)))


def accent_of(accents: Sequence[str], seed: int) -> str:
    """The accent, of another language than English, of the made-up voice of a seed."""
    own = seed % _OWN_TURNS != _OWN_TURNS - 1
    return accents[0] if own else accents[seed // _OWN_TURNS % len(accents)]


def generated(seed: int) -> tuple[str, str]:
    """The accent and the voice file of the made-up voice of this seed; a pure function.

    The accent is an English one; for another language see ``accent_of``.

    A man's, a woman's or a child's vocal tract and pitch are drawn, then each formant, the glottal
    source (klatt 1 to 6), breath, roughness, stress and tone. The file's format is espeak-ng's
    ``docs/voices.md``: formants in percent of the default's frequency, height and width.
    """
    rng = np.random.default_rng(seed)

    def whole(low: int, high: int) -> int:
        return int(rng.integers(low, high + 1))

    def draw(low: float, high: float) -> float:
        return float(rng.uniform(low, high))

    accents = ("en-us", "en-gb", "en-gb-x-rp", "en-us-nyc")
    accent = accents[int(rng.choice(4, p=[0.64, 0.14, 0.12, 0.1]))]
    speaker = ("man", "woman", "child")[int(rng.choice(3, p=[0.45, 0.43, 0.12]))]
    tract, base = {
        "man": (draw(0.9, 1.07), draw(72, 140)),
        "woman": (draw(1.07, 1.25), draw(140, 235)),
        "child": (draw(1.22, 1.38), draw(210, 290)),
    }[speaker]
    lines = [
        "language variant",
        "name wakesmith",
        f"gender {'male' if speaker == 'man' else 'female'}",
        f"pitch {base:.0f} {base * draw(1.15, 1.6):.0f}",
        f"flutter {whole(0, 6)}",
        f"roughness {(0, 0, 1, 2, 3)[whole(0, 4)]}",
        f"intonation {(1, 1, 2, 3, 4)[whole(0, 4)]}",
    ]
    lines.append(f"formant 0 {100 * draw(0.95, 1.1):.0f} {draw(80, 115):.0f} {draw(90, 140):.0f}")
    for number in range(1, 9):
        height = draw(75, 115) if number < 6 else draw(60, 110)
        lines.append(
            f"formant {number} {100 * tract * draw(0.95, 1.05):.0f} {height:.0f} "
            f"{draw(85, 145):.0f}"
        )
    if rng.random() < _KLATT:
        lines.append(f"klatt {whole(1, 6)}")
    if rng.random() < 0.4:
        lines.append("breath 0 " + " ".join(str(whole(0, 3)) for _ in range(7)))
    lines.append(f"consonants {whole(85, 120)} {whole(85, 120)}")
    if rng.random() < 0.5:
        steps = [whole(-15, 15) for _ in range(4)]
        lines.append(
            "stressAdd " + " ".join(map(str, (*steps, 0, 0, whole(-10, 40), whole(0, 50))))
        )
    lines.append("stressAmp " + " ".join(str(whole(15, 23)) for _ in range(8)))
    if rng.random() < 0.3:
        levels = (whole(200, 255), whole(90, 220), whole(80, 200), whole(80, 220), whole(60, 200))
        pairs = zip((100, 600, 1200, 2000, 3000), levels, strict=True)
        lines.append("tone " + " ".join(f"{hertz} {level}" for hertz, level in pairs))
    return accent, "\n".join(lines) + "\n"
