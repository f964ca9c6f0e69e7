"""The three files of a report."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from wakesmith.measure.evaluation import Evaluation
from wakesmith.measure.text import headline
from wakesmith.report import plots
from wakesmith.report.page import html
from wakesmith.store import make_folder, write_atomic
from wakesmith.store.files import STORE


def write(
    evaluation: Evaluation,
    folder: Path,
    history: Sequence[Mapping[str, Any]] = (),
    recipe: Mapping[str, Any] | None = None,
    option: str = STORE,
) -> Path:
    """Write ``report.html``, ``report.json`` and ``report.png`` into a folder; returns the page.

    ``history`` is the training's ``events.Trained`` as dicts and ``recipe`` a tree of plain
    values; both may be left out, as for a model that somebody else trained. A file appears whole
    or not at all. ``StoreError`` when the folder cannot be written; it advises the ``option`` that
    names another place.
    """
    make_folder(folder, option)
    files = {
        "report.json": evaluation.json().encode(),
        "report.png": picture(evaluation),
        "report.html": html(evaluation, history, recipe).encode(),
    }
    for name, content in files.items():
        write_atomic(folder / name, content, option)
    return folder / "report.html"


def picture(evaluation: Evaluation) -> bytes:
    """The report at a glance, as PNG."""
    title = f"{evaluation.name}: {headline(evaluation)}"
    draws = [
        plots.det_plot(evaluation),
        plots.score_plot(evaluation),
        plots.latency_plot(evaluation),
    ]
    if evaluation.breakdowns:
        draws.append(plots.breakdown_plot(evaluation.breakdowns[0]))
        return plots.png(draws, (12, 8), (2, 2), title)
    return plots.png(draws, (15, 4.6), (1, 3), title)
