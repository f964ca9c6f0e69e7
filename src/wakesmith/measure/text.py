"""An evaluation as plain text: what ``wakesmith evaluate`` prints."""

from collections.abc import Sequence

from wakesmith.measure.evaluation import Evaluation, Rate, Share
from wakesmith.measure.intervals import (
    bound,
    duration,
    false_accept_sentence,
    figure,
    hours_needed,
    provable,
    proves,
)
from wakesmith.measure.labels import label_name, value_name
from wakesmith.words import count_of

TARGET_NAMES = {
    "recall": "recall",
    "false_accepts_per_hour": "false accepts per hour",
    "accuracy": "accuracy",
}
ACCURACY = (
    "Accuracy is the mean of two shares: of the sayings that were heard, and of the near misses "
    "and negative phrases (where there are none, of all other sounds) that did not set it off."
)


def percent(share: float) -> str:
    """A share as people say it, without rounding to a 0 or 100 % that it is not."""
    value = 100 * share
    if 0 < value < 0.95 or 99.05 < value < 100:
        return f"{min(value, 99.9) if value > 50 else max(value, 0.1):.1f} %"
    return f"{value:.0f} %"


def share_range(share: Share) -> str:
    """``91-95 %``."""
    low, high = (percent(v).removesuffix(" %") for v in (share.low, share.high))
    return f"{low}-{high} %"


def rate_range(rate: Rate) -> str:
    """``0.10-1.5``; without any event, which leaves doubt on one side only, ``below 29``."""
    if rate.k == 0:
        return f"below {bound(provable(rate.hours))}"
    return f"{figure(rate.low)}-{figure(rate.high)}"


def headline(evaluation: Evaluation) -> str:
    """The result in one sentence."""
    recall = evaluation.recall
    sound = spoken_list([k.kind.replace("_", " ") for k in evaluation.kinds if k.pooled])
    accepts = evaluation.false_accepts
    return (
        f"Heard {percent(recall.value)} ({share_range(recall)}) of {count_of(recall.n, 'saying')}; "
        f"{false_accept_sentence(accepts.k, accepts.hours, sound)}."
    )


def outcomes(evaluation: Evaluation) -> str:
    """What became of each target, in a line; empty without targets."""
    return ", ".join(f"{TARGET_NAMES[t.name]} {t.outcome}" for t in evaluation.targets)


def spoken_list(items: Sequence[str]) -> str:
    """``a, b and c``; a long list is cut to its number."""
    if len(items) > 5:
        return f"{len(items)} kinds of sound"
    return " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else list(items))


def proof_note(rate: float, hours: float, k: int = 0) -> str | None:
    """What must be said when ``k`` false accepts in the hours cannot prove a rate; None when they
    can."""
    if proves(k, hours, rate):
        return None
    if k:
        return (
            f"{count_of(k, 'false accept')} in {duration(hours)} of sound cannot prove "
            f"{figure(rate)} per hour, only fewer than {bound(provable(hours, k))}. "
            f"In {duration(hours_needed(rate, k))} or more, no more of them would be a proof."
        )
    return (
        f"{duration(hours)} of sound cannot prove {figure(rate)} false accepts per hour: without "
        f"any, it proves fewer than {bound(provable(hours))}. "
        f"For a proof give {duration(hours_needed(rate))} or more."
    )


def table(header: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> str:
    """Columns of text; the first ``left`` ones to the left, figures to the right."""
    widths = [max(len(r[i]) for r in [header, *rows]) for i in range(len(header))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i < left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in [header, *rows]
    )


def tables(evaluation: Evaluation) -> str:
    """All findings, one table after the other."""
    parts = [headline(evaluation), _kinds(evaluation), _points(evaluation)]
    if evaluation.latency:
        late = evaluation.latency
        parts.append(
            f"Detected {late.p50:.2f} s after the phrase's end (median; "
            f"80 % between {late.p10:.2f} and {late.p90:.2f} s)."
        )
    parts += [
        table(
            [f"by {label_name(by.label)}", "recall", "95 %", "sayings"],
            [
                [
                    value_name(by.label, g.value),
                    percent(g.recall.value),
                    share_range(g.recall),
                    str(g.recall.n),
                ]
                for g in by.groups
            ],
        )
        for by in evaluation.breakdowns
    ]
    worst = [n for n in evaluation.near_misses if n.fired.k][:10]
    if worst:
        rows = [[n.text, f"{n.fired.k} of {n.fired.n}", f"{n.peak:.2f}"] for n in worst]
        parts.append(table(["worst near misses", "fired", "highest"], rows))
    if evaluation.targets:
        parts.append(_targets(evaluation))
    parts += [f"Note: {note}" for note in evaluation.notes]
    return "\n\n".join(parts) + "\n"


def _kinds(evaluation: Evaluation) -> str:
    rows = [
        [
            k.kind.replace("_", " ") + ("" if k.pooled else " *"),
            str(k.rate.k),
            duration(k.rate.hours),
            figure(k.rate.value),
            rate_range(k.rate),
            f"{k.fired.k} of {k.fired.n}",
        ]
        for k in evaluation.kinds
    ]
    r = evaluation.false_accepts
    rows.append(
        ["all", str(r.k), duration(r.hours), figure(r.value), rate_range(r), ""],
    )
    text = table(["false accepts", "number", "length", "per hour", "95 %", "fired"], rows)
    if any(not k.pooled for k in evaluation.kinds):
        text += (
            "\n* made to provoke it, or spoken by synthetic voices: not among all, its hours are "
            "no hours of listening"
        )
    return text


def _points(evaluation: Evaluation) -> str:
    rows = [
        [
            f"{figure(p.false_accepts_per_hour)} false accepts per hour",
            *(
                [percent(p.recall.value), share_range(p.recall), f"{p.threshold:.3f}", ""]
                if p.countable
                else ["-", "-", "-", "too few hours to tell"]
            ),
        ]
        for p in evaluation.points
    ]
    recall = evaluation.recall
    shipped = f"{evaluation.threshold:.3f}"
    here = ["as it ships", percent(recall.value), share_range(recall), shipped, ""]
    return table(["operating point", "recall", "95 %", "threshold", ""], [here, *rows])


def _targets(evaluation: Evaluation) -> str:
    rows = []
    for target in evaluation.targets:
        write = figure if target.name == "false_accepts_per_hour" else percent
        outcome = target.outcome.replace("not", "NOT")
        rows.append([TARGET_NAMES[target.name], write(target.asked), write(target.found), outcome])
    return table(["target", "asked", "found", ""], rows) + f"\n{ACCURACY}"
