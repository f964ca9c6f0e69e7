"""What the report page says, filled into ``page.html``."""

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from wakesmith.errors import MissingExtra
from wakesmith.measure.evaluation import Evaluation, Target, Trial
from wakesmith.measure.intervals import duration, figure
from wakesmith.measure.labels import known, label_name
from wakesmith.measure.text import (
    ACCURACY,
    TARGET_NAMES,
    headline,
    percent,
    rate_range,
    share_range,
)
from wakesmith.report import plots
from wakesmith.report.measured import Measured

MISSES_SHOWN = 12
NEAR_MISSES_SHOWN = 15
NEAR = 0.25
"""Score from which on a near miss that did not fire is worth a line."""
BREAKDOWNS_DRAWN = 6
"""At most so many breakdowns are drawn; the JSON holds all."""


def html(models: Sequence[Measured], recipe: Mapping[str, Any] | None = None) -> str:
    """The page as one string: no file, script or address outside of it is needed.

    Several models of one phrase are compared first, and then shown one after the other.
    """
    try:
        import jinja2
    except ImportError as fault:
        raise MissingExtra("jinja2", "train", "The report") from fault

    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(
        percent=percent,
        figure=figure,
        duration=duration,
        share_range=share_range,
        rate_range=rate_range,
        known=known,
        spaced=lambda text: text.replace("_", " "),
    )
    template = environment.from_string((files("wakesmith.report") / "page.html").read_text("utf-8"))
    first = models[0].evaluation
    return template.render(
        phrase=first.name.replace("_", " "),
        headline=headline(first) if len(models) == 1 else "",
        verdict=_verdict([target for model in models for target in model.evaluation.targets]),
        models=[_model(model) for model in models],
        accuracy=ACCURACY,
        recipe=json.dumps(recipe, indent=2, ensure_ascii=False, default=str) if recipe else "",
    )


def _model(model: Measured) -> dict[str, Any]:
    evaluation = model.evaluation
    return {
        "e": evaluation,
        "family": model.family,
        "title": model.title,
        "manifest": model.manifest,
        "packed": model.packed,
        "device": "microwakeword/" if model.packed else "",
        "headline": headline(evaluation),
        "targets": [_target_line(t) for t in evaluation.targets],
        "worst": [n for n in evaluation.near_misses if n.fired.k or n.peak > NEAR][
            :NEAR_MISSES_SHOWN
        ],
        "missed": _missed(evaluation),
        "missed_count": sum(t.detected is None for t in evaluation.trials),
        "pictures": _pictures(model),
    }


def _verdict(targets: Sequence[Target]) -> str:
    """The outcome of all targets: the worst that one of them has; none without targets."""
    outcomes = [target.outcome for target in targets]
    order = ("not reached", "not proven", "reached")
    return next((worst for worst in order if worst in outcomes), "")


def _target_line(target: Target) -> dict[str, Any]:
    write = figure if target.name == "false_accepts_per_hour" else percent
    sign = "≤" if target.name == "false_accepts_per_hour" else "≥"
    return {
        "name": TARGET_NAMES[target.name],
        "asked": f"{sign} {write(target.asked)}",
        "found": write(target.found),
        "outcome": target.outcome,
    }


def _missed(evaluation: Evaluation) -> list[Trial]:
    """The sayings missed by most."""
    missed = [t for t in evaluation.trials if t.detected is None]
    return sorted(missed, key=lambda t: (t.peak, t.id))[:MISSES_SHOWN]


def _pictures(model: Measured) -> dict[str, list[str]]:
    """The drawn SVGs, by where they stand on the page."""
    evaluation, history, family = model.evaluation, model.history, model.family
    main = [
        plots.svg(
            plots.det_plot(evaluation), f"{family}-det", (6.4, 4.2), "Misses against false accepts"
        ),
        plots.svg(
            plots.score_plot(evaluation), f"{family}-scores", (6.4, 4.2), "Histogram of scores"
        ),
    ]
    late = plots.svg(
        plots.latency_plot(evaluation), f"{family}-late", (6.4, 3.4), "Time to detection"
    )
    breakdowns = [
        plots.svg(
            plots.breakdown_plot(breakdown),
            f"{family}-by{index}",
            (6.4, 1.3 + 0.32 * len(breakdown.groups)),
            f"Recall by {label_name(breakdown.label)}",
        )
        for index, breakdown in enumerate(evaluation.breakdowns[:BREAKDOWNS_DRAWN])
    ]
    training = []
    if len(history) > 1:
        training = [
            plots.svg(plots.history_plot(history), f"{family}-train", (6.4, 3.4), "Training")
        ]
    return {"main": main, "breakdowns": breakdowns, "late": [late], "training": training}
