"""Evaluate the calibrated file on the held-out streams, through the shipped detector."""

from pathlib import Path

from wakesmith.events import Emit
from wakesmith.plan.sources import File
from wakesmith.recipe import Targets
from wakesmith.stages import streams
from wakesmith.stages.evaluate import evaluate_bundle
from wakesmith.store import write_atomic

VERSION = 3


def judge(
    out: Path,
    model: Path,
    groups: dict[str, Path],
    background: tuple[File, ...],
    targets: Targets,
    emit: Emit,
) -> None:
    """Write ``report.json``: recall, false accepts per kind, latency and breakdowns."""
    notes = []
    if not background:
        notes.append(
            "No background audio of your own was kept for this report (none was given, or too "
            "little), so false accepts were counted on synthetic sound alone; real rooms have "
            "more of them. Give recordings of your rooms, television and music with --background."
        )
    found = evaluate_bundle(
        model,
        streams.trials(groups, "test"),
        streams.negatives(groups, background, "test"),
        targets,
        emit,
        minutes=streams.minutes(groups, background, "test"),
        notes=notes,
    )
    write_atomic(out / "report.json", found.json().encode())
