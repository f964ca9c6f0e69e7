"""How often a finished model of any word fires at the real-speech bench's negatives.

``python -m bench.real_speech --audio ../shared/audio --model alexa.json`` prints it.
"""

from collections.abc import Sequence
from pathlib import Path

from bench.real_audio import Row, heard_stream, split
from wakesmith.measure import poisson
from wakesmith.runtime import load_detector


def of_strangers(model: Path, rows: Sequence[Row]) -> str:
    """What a finished model of any word makes of the measuring negatives, by its own rule.

    Sound in which its word is said is left out; there are no sayings of it to be heard.
    """
    detector = load_detector(model)
    word = detector.name.replace("_", " ").lower()
    lines = ["| kind | hours | false accepts | per hour (95 %) | highest score |"]
    lines.append("|---|---|---|---|---|")
    total, hours = 0, 0.0
    for kind, found in split(rows)[1].items():
        heard = heard_stream(detector, [r for r in found if word not in r.transcript.lower()])
        here = len(heard.scores) * detector.seconds_per_score / 3600
        total, hours = total + heard.fired, hours + here
        lines.append(_accepted(kind, heard.fired, here, f"{heard.scores.max():.3f}"))
    lines.append(_accepted("all", total, hours, ""))
    return "\n".join(lines)


def _accepted(kind: str, count: int, hours: float, highest: str) -> str:
    rate = poisson(count, hours)
    likely = f"{count / hours:.2f} ({rate.low:.2f}-{rate.high:.2f})"
    return f"| {kind} | {hours:.2f} | {count} | {likely} | {highest} |"
