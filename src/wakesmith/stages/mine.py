"""Listen to hours of sound for what fires, and keep a snippet of each.

The list ``fired.json`` grows file by file, so that a stop costs a file at most, and a snippet that
a person removed (because the phrase is said in it) does not come back.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wakesmith import audio
from wakesmith.events import Emit
from wakesmith.plan.sources import File
from wakesmith.runtime.detection import AnyDetector, frames_of
from wakesmith.runtime.detector import detections
from wakesmith.runtime.frontend import SAMPLE_RATE
from wakesmith.stages import streams
from wakesmith.stages.evaluate.core import Minutes
from wakesmith.store import write_atomic

LIST = "fired.json"
TABLE = "fired.csv"
BEFORE, AFTER = 3.0, 1.0
"""Seconds of a snippet before and after the highest score: what the score looks at (22 frames of 80
ms, each of 0.8 s) and a little."""
_OUTPUT = "--output"


@dataclass(frozen=True)
class Fired:
    """Where a model took something for its phrase, or nearly so."""

    path: str
    seconds: float
    """Where in the file the score is highest."""
    score: float
    fires: bool
    """Whether it is a false accept; else the score only came near the threshold."""
    snippet: str
    """File of the sound around it, in the folder of snippets."""


def mine(
    detector: AnyDetector,
    spans: Iterable[File],
    out: Path,
    above: float,
    key: str,
    emit: Emit,
) -> list[Fired]:
    """Every place in the spans where a score rises above ``above``, each with a snippet in ``out``.

    ``key`` names model and ``above``: what was found with another is forgotten. Snippets and
    ``fired.csv`` are for people; a snippet already listed is not written again.
    """
    known = _known(out, key)
    spans = list(spans)
    on_audio = Minutes(emit, "mine", sum(span.seconds for span in spans) / 60)
    every: list[Fired] = []
    for span in spans:
        name = f"{span.digest} {span.start:.2f} {span.seconds:.2f}"
        if name not in known:
            found = list(_fired(detector, span, above, on_audio))
            for one in found:
                _cut(span, one, out)
            known[name] = [asdict(one) for one in found]
            listed = json.dumps({"key": key, "found": known}, indent=1)
            write_atomic(out / LIST, listed.encode() + b"\n", _OUTPUT)
        else:
            on_audio(span.seconds)
        every += [Fired(**{**one, "path": span.path}) for one in known[name]]
    on_audio.finish()
    every.sort(key=lambda one: -one.score)
    write_atomic(out / TABLE, _table(every).encode(), _OUTPUT)
    return every


def _known(out: Path, key: str) -> dict[str, Any]:
    """What was found by span with the same model; the snippets of another model's go."""
    try:
        listed = json.loads((out / LIST).read_text())
        found = dict(listed["found"])
        snippets = [one["snippet"] for part in found.values() for one in part]
        same = listed["key"] == key
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    if same:
        return found
    for name in snippets:
        (out / Path(name).name).unlink(missing_ok=True)
    return {}


def _fired(detector: AnyDetector, span: File, above: float, on_audio: Minutes) -> Iterator[Fired]:
    detector.reset()
    parts: list[NDArray[np.float32]] = []
    for block in streams.heard(span):
        parts.append(detector.scores(block))
        on_audio(len(block) / SAMPLE_RATE)
    scores = np.concatenate(parts) if parts else np.zeros(0, np.float32)
    rest = frames_of(detector.refractory, detector.seconds_per_score)
    # The rule of the detector, at a lower threshold.
    for first in detections(scores, above, rest * detector.seconds_per_score):
        at = int(first) + int(scores[first : first + rest].argmax())
        seconds = span.start + float(detector.seconds_of(np.array([at]))[0])
        score = float(scores[at])
        name = f"{Path(span.path).stem}_{span.digest[:6]}_{seconds:07.1f}s_{score:.2f}.wav"
        yield Fired(span.path, round(seconds, 2), round(score, 4), score > detector.threshold, name)


def _cut(span: File, one: Fired, out: Path) -> None:
    start = max(span.start, one.seconds - BEFORE)
    end = min(span.start + span.seconds, one.seconds + AFTER)
    audio.write(out / one.snippet, audio.read_piece(span.path, start, end - start))


def _table(found: list[Fired]) -> str:
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["file", "seconds", "score", "fires", "snippet"])
    rows.writerows([f.path, f.seconds, f.score, "yes" if f.fires else "", f.snippet] for f in found)
    return text.getvalue()
