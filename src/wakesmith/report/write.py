"""The files of a report."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from wakesmith.measure.evaluation import Evaluation
from wakesmith.measure.text import headline
from wakesmith.report import plots
from wakesmith.report.measured import Measured
from wakesmith.report.page import html
from wakesmith.store import make_folder, make_way, write_atomic
from wakesmith.store.files import STORE

_PAGE = "report.html"
_FIRST = "report.json"


def make_ready(folder: Path, option: str = STORE) -> None:
    """See that a report of one model can be written into a folder, before the work it is of.

    ``StoreError``, which advises the ``option`` that names another place.
    """
    for name in (_FIRST, "report.png", _PAGE):
        make_way(folder / name, option)


def write(
    models: Sequence[Measured],
    folder: Path,
    recipe: Mapping[str, Any] | None = None,
    option: str = STORE,
) -> Path:
    """Write ``report.html``, ``report.json`` and ``report.png`` into a folder; returns the page.

    Of several models, all of which are on the page, each further one has a JSON and a PNG of its
    own, ``report-<family>``. ``recipe`` is a tree of plain values; it may be left out. A file
    appears whole or not at all. ``StoreError`` when the folder cannot be written; it advises the
    ``option`` that names another place.
    """
    make_folder(folder, option)
    for number, model in enumerate(models):
        stem = f"report-{model.family}" if number else "report"
        write_atomic(folder / f"{stem}.json", model.evaluation.json().encode(), option)
        write_atomic(folder / f"{stem}.png", picture(model.evaluation), option)
    write_atomic(folder / _PAGE, html(models, recipe).encode(), option)
    return folder / _PAGE


def read(folder: Path) -> tuple[Evaluation, ...]:
    """The evaluations that ``write`` put into a folder, in its order (of further models, by their
    families' names)."""
    further = sorted(folder.glob("report-*.json"))
    return tuple(Evaluation.from_json(p.read_text("utf-8")) for p in (folder / _FIRST, *further))


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
