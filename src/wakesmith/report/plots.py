"""The report's pictures, drawn by matplotlib as inline SVG (for the page) or PNG.

In SVG the colours are names that the page's style sheet gives a light and a dark value, so one
picture serves both.
"""

import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from wakesmith.errors import MissingExtra
from wakesmith.measure.evaluation import HISTOGRAM_EDGES, Breakdown, Evaluation
from wakesmith.measure.intervals import provable
from wakesmith.measure.labels import label_name, value_name

Axes = Any
"""A matplotlib ``Axes``; the package ships no types that strict checking could use."""


@dataclass(frozen=True)
class Palette:
    """Colours by what they mean."""

    ink: str = "#1c1e21"
    muted: str = "#6b7280"
    grid: str = "#d9dce1"
    good: str = "#0f766e"
    bad: str = "#c2410c"
    soft: str = "#99cdc7"


LIGHT = Palette()
_MARKERS = Palette(*(f"#0102{n:02x}" for n in range(1, 7)))
"""Stand-ins, one for each colour, that no picture would hold by chance."""

_STYLE = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 10,
    "axes.axisbelow": True,
    "lines.linewidth": 2,
    "legend.frameon": False,
    "svg.fonttype": "none",
}

Draw = Callable[[Axes, Palette], None]


def svg(draw: Draw, name: str, size: tuple[float, float], label: str) -> str:
    """One picture as an ``<svg>`` element with CSS variables for colours.

    ``name`` keeps the identifiers inside apart from other pictures' on the page; ``label`` is
    what a screen reader says.
    """
    figure = _figure(size, [draw], _MARKERS, (1, 1))
    with _matplotlib().rc_context({**_STYLE, "svg.hashsalt": name}):
        out = io.StringIO()
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None})
    text = out.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'\bid="', f'id="{name}-', text)
    text = re.sub(r'(href="#|url\(#)', rf"\1{name}-", text)
    for part in fields(Palette):
        text = text.replace(getattr(_MARKERS, part.name), f"var(--{part.name})")
    return text.replace("<svg", f'<svg role="img" aria-label="{label}"', 1)


def png(
    draws: Sequence[Draw], size: tuple[float, float], grid: tuple[int, int], title: str
) -> bytes:
    """Several pictures in one light PNG, in ``grid`` rows and columns, under a title."""
    figure = _figure(size, draws, LIGHT, grid)
    figure.suptitle(title, color=LIGHT.ink, fontsize=12)
    out = io.BytesIO()
    with _matplotlib().rc_context(_STYLE):
        figure.savefig(out, format="png", dpi=110, facecolor="white")
    return out.getvalue()


def _matplotlib() -> Any:
    try:
        import matplotlib
    except ImportError as fault:
        raise MissingExtra("matplotlib", "train", "The report's pictures") from fault
    return matplotlib


def _figure(
    size: tuple[float, float], draws: Sequence[Draw], palette: Palette, grid: tuple[int, int]
) -> Any:
    with _matplotlib().rc_context(_STYLE):
        from matplotlib.figure import Figure
        from matplotlib.layout_engine import ConstrainedLayoutEngine

        figure = Figure(figsize=size, layout=ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.1))
        rows, columns = grid
        for axes, draw in zip(
            figure.subplots(rows, columns, squeeze=False).flat, draws, strict=False
        ):
            axes.tick_params(colors=palette.muted, labelcolor=palette.muted, length=0)
            axes.grid(color=palette.grid, linewidth=0.8)
            for spine in axes.spines.values():
                spine.set_color(palette.grid)
            draw(axes, palette)
            for text in (axes.title, axes._left_title):
                text.set_color(palette.ink)
            for axis in (axes.xaxis, axes.yaxis):
                axis.label.set_color(palette.muted)
        return figure


def det_plot(evaluation: Evaluation) -> Draw:
    """Sayings missed against false accepts per hour, with the point as it ships."""

    def draw(axes: Axes, palette: Palette) -> None:
        hours = evaluation.false_accepts.hours
        floor = 0.5 / hours  # where no false accept at all is drawn on the logarithmic scale
        rates = np.maximum(evaluation.det.false_accepts_per_hour, floor)
        last = int(np.argmax(rates == floor)) + 1  # still higher thresholds only miss more
        rates, miss = rates[:last], 100 * np.array(evaluation.det.miss)[:last]
        unproven = provable(hours)
        axes.axvspan(floor / 1.25, unproven, color=palette.grid, alpha=0.45, linewidth=0)
        axes.plot(rates, miss, color=palette.good)
        recall, here = evaluation.recall, max(evaluation.false_accepts.value, floor)
        axes.errorbar(
            [here],
            [100 * (1 - recall.value)],
            yerr=[[100 * (recall.high - recall.value)], [100 * (recall.value - recall.low)]],
            fmt="o",
            color=palette.bad,
            capsize=3,
            linewidth=1.5,
            label="as it ships (line: 95 % interval)",
            zorder=5,
        )
        axes.set_xscale("log")
        axes.set_xlim(floor / 1.25, max(10, rates.max(), here * 2))
        top = max(20.0, 100 * (1 - recall.low) * 1.2, float(miss.max()) * 1.08)
        axes.set_ylim(0, min(100.0, top))
        ticks = [t for t in (0.01, 0.05, 0.1, 0.5, 1, 5, 10, 50, 100) if t > floor * 1.4]
        axes.set_xticks([floor, *ticks], labels=["0", *(f"{t:g}" for t in ticks)])
        axes.minorticks_off()
        axes.set_xlabel("false accepts per hour (grey: fewer than these hours can prove)")
        axes.set_ylabel("sayings missed, %")
        axes.set_title("Misses against false accepts")
        _legend(axes, palette)

    return draw


def score_plot(evaluation: Evaluation) -> Draw:
    """How far apart the scores of sayings and of other sound lie, on logarithmic counts."""

    def draw(axes: Axes, palette: Palette) -> None:
        edges = np.array(HISTOGRAM_EDGES)
        series = (
            (evaluation.negative_histogram, palette.bad, "other sound, each 2 s"),
            (evaluation.positive_histogram, palette.good, "sayings of the phrase"),
        )
        for counts, colour, label in series:
            shown = 100 * np.array(counts) / max(1, sum(counts))
            axes.stairs(shown, edges, color=colour, fill=True, alpha=0.25)
            axes.stairs(shown, edges, color=colour, linewidth=1.5, label=label)
        axes.axvline(evaluation.threshold, color=palette.ink, linestyle="--", linewidth=1.2)
        axes.set_yscale("log")
        axes.set_ylim(0.01, 150)
        axes.set_yticks([0.01, 0.1, 1, 10, 100], labels=["0.01", "0.1", "1", "10", "100"])
        axes.minorticks_off()
        axes.set_xlim(0, 1)
        axes.set_xlabel(f"highest score (dashed: threshold {evaluation.threshold:.2f})")
        axes.set_ylabel("share, % (logarithmic)")
        axes.set_title("Scores")
        _legend(axes, palette)

    return draw


def latency_plot(evaluation: Evaluation) -> Draw:
    """When the phrase was detected, from its end."""

    def draw(axes: Axes, palette: Palette) -> None:
        late = [t.latency for t in evaluation.trials if t.latency is not None]
        if late:
            low, high = min(-0.32, *late), max(0.8, *late)
            edges = np.arange(np.floor(low / 0.08), np.ceil(high / 0.08) + 1) * 0.08
            counts, _ = np.histogram(late, edges)
            axes.stairs(counts, edges, color=palette.good, fill=True, alpha=0.3)
            axes.stairs(counts, edges, color=palette.good, linewidth=1.5)
            axes.axvline(float(np.median(late)), color=palette.ink, linestyle="--", linewidth=1.2)
        axes.axvline(0, color=palette.muted, linewidth=1)
        axes.set_xlabel("seconds after the phrase's end (dashed: median)")
        axes.set_ylabel("sayings")
        axes.yaxis.get_major_locator().set_params(integer=True)
        axes.set_title("Time to detection")

    return draw


def breakdown_plot(breakdown: Breakdown) -> Draw:
    """Recall of each group with its interval."""

    def draw(axes: Axes, palette: Palette) -> None:
        groups = breakdown.groups[::-1]
        rows = np.arange(len(groups))
        values = np.array([100 * g.recall.value for g in groups])
        low = values - [100 * g.recall.low for g in groups]
        high = [100 * g.recall.high for g in groups] - values
        axes.barh(rows, values, color=palette.soft, height=0.62)
        axes.errorbar(
            values,
            rows,
            xerr=[low, high],
            fmt="none",
            ecolor=palette.ink,
            capsize=2,
            elinewidth=1.2,
        )
        names = [_short(value_name(breakdown.label, g.value)) for g in groups]
        counts = [g.recall.n for g in groups]
        labels = [f"{name} ({n})" for name, n in zip(names, counts, strict=True)]
        axes.set_yticks(rows, labels=labels)
        axes.tick_params(axis="y", labelcolor=palette.ink)
        axes.grid(axis="y", visible=False)
        axes.set_xlim(0, 102)
        axes.set_ylim(-0.6, len(groups) - 0.4)
        axes.set_xlabel("heard, % (line: 95 % interval; in brackets: sayings)")
        axes.set_title(f"Recall by {label_name(breakdown.label)}")

    return draw


def history_plot(history: Sequence[Mapping[str, Any]]) -> Draw:
    """Recall and false accepts over the training steps (``events.Trained`` as dicts)."""

    def draw(axes: Axes, palette: Palette) -> None:
        steps = [h["step"] for h in history]
        axes.plot(steps, [100 * h["recall"] for h in history], color=palette.good)
        axes.set_ylim(0, 102)
        axes.set_xlabel("training step")
        axes.set_ylabel("recall at 0.5, % (green)")
        axes.set_title("Training, on validation")
        other = axes.twinx()
        other.plot(
            steps,
            [h["false_accepts_per_hour"] for h in history],
            color=palette.bad,
            linewidth=1.5,
            linestyle=(0, (4, 2)),
        )
        other.set_yscale("symlog", linthresh=0.1)
        other.set_ylim(bottom=0)
        other.set_ylabel("false accepts per hour (orange)", color=palette.muted)
        other.tick_params(colors=palette.muted, labelcolor=palette.muted, length=0)
        other.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
        other.minorticks_off()
        for spine in other.spines.values():
            spine.set_visible(False)

    return draw


def _short(text: str, most: int = 26) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _legend(axes: Axes, palette: Palette) -> None:
    """Beside the title, where it hides nothing."""
    axes.legend(
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        ncols=2,
        labelcolor=palette.ink,
        fontsize=9,
        borderaxespad=0.2,
        handlelength=1.4,
        columnspacing=1.2,
    )
