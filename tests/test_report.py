"""The report: one page that stands alone, whatever was and was not found."""

import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from helpers import heard_silence

from wakesmith.errors import StoreError
from wakesmith.measure import Evaluation, events
from wakesmith.measure.evaluation import NegativeStream, Outcome, Target, Trial
from wakesmith.recipe import Recipe, Targets
from wakesmith.report import Measured, html, read, write
from wakesmith.runtime import MicroManifest
from wakesmith.stages.evaluate.streams import HeardNegatives, Segment
from wakesmith.stages.evaluate.summary import summarise


@cache
def evaluation(
    sayings: int = 200, hours: float = 0.5, targets: Targets | None = None, bias: float = 0.0
) -> Evaluation:
    """Drawn scores in the shape of real ones."""
    rng = np.random.default_rng(5)
    trials = []
    for i in range(sayings):
        snr = float("inf") if i % 7 == 0 else float(rng.uniform(0, 30))
        peak = 1 / (1 + np.exp(-rng.normal(2 + 0.1 * min(snr, 30) + bias, 2)))
        late = round(0.08 * float(rng.integers(0, 6)) - 0.1, 4) if peak > 0.5 else None
        labels = {"snr": f"{snr:.3g}", "voice": f"v{i % 20}", "engine": "flite <b>&"}
        trials.append(
            Trial(f"{i}", "synthetic", 0.2, 1.0, float(peak), late and 1 + late, late, labels)
        )
    streams, segments = [], []
    for kind, text, pooled in (("speech", "", True), ("near_miss", "hey <sarah>", False)):
        scores = (1 / (1 + np.exp(-rng.normal(-5, 1.8, round(hours * 45_000))))).astype("f4")
        found = tuple((0.08 * int(i), float(scores[i])) for i in events(scores, 0.5))
        peak = float(scores.max())
        streams.append(NegativeStream("x", kind, hours, found, peak, text, pooled))
        segments.append(Segment(kind, pooled, scores))
    heard = HeardNegatives(tuple(streams), tuple(segments))
    return summarise("hey_saga", 0.5, 2.0, trials, heard, targets, ["a <script> note"])


BADGES = ("all targets reached", "not all targets proven", "not all targets reached")


HISTORY: list[dict[str, Any]] = [
    {"step": 250 * i, "loss": 0.3, "recall": i / 10, "false_accepts_per_hour": 9.0 - i}
    for i in range(9)
]


@cache
def full_page() -> str:
    """Everything there is to show."""
    recipe = Recipe(phrase="hey saga").model_dump()
    return html([Measured(evaluation(targets=Targets()), HISTORY)], recipe)


class Page(HTMLParser):
    """Collects what a page would load, and its identifiers."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.ids: list[str] = []
        self.used: list[str] = re.findall(r"url\(#([^)]+)\)", text)
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in ("src", "href", "xlink:href"):
                target = value or ""
                (self.used if target.startswith("#") else self.loaded).append(target.lstrip("#"))


def test_the_page_stands_alone() -> None:
    text = full_page()
    page = Page(text)
    assert page.loaded == []
    assert not {"script", "link", "img", "iframe"} & page.tags
    assert "@import" not in text
    assert len(page.ids) == len(set(page.ids))
    assert set(page.used) <= set(page.ids)
    assert "#0102" not in text  # every stand-in colour was named


def test_the_page_says_what_was_found() -> None:
    found = evaluation(targets=Targets())
    text = full_page()
    for words in (
        f"{found.recall.k} of {found.recall.n}",
        "/share/openwakeword/",
        "hey_saga.tflite",
        "hey_saga.onnx",
        "not all targets reached",
        "Recall by noise (speech-to-noise ratio)",
        "dB above the noise, v",
        "Accuracy is the mean of two shares",
        "rude ones among them",
        "Training, on validation",
        "prefers-color-scheme: dark",
    ):
        assert words in text


@pytest.mark.parametrize(
    ("recall", "accepts", "badge", "row"),
    [
        (0.5, "reached", "all targets reached", "✓ reached"),
        (0.5, "not proven", "not all targets proven", "? the hours do not prove it"),
        (1.1, "not proven", "not all targets reached", "? the hours do not prove it"),
        (0.5, "not reached", "not all targets reached", "✗ not reached"),
    ],
)
def test_a_target_that_few_hours_cannot_prove_is_not_reached(
    recall: float, accepts: str, badge: str, row: str
) -> None:
    found = evaluation()
    targets = (
        Target("recall", recall, 0.9, "reached" if recall < 0.9 else "not reached"),
        Target("false_accepts_per_hour", 0.5, 0.0, cast(Outcome, accepts)),
    )
    judged = replace(found, targets=targets)
    text = html([Measured(judged)])
    badges = [b for b in BADGES if f">{b}<" in text]
    assert badges == [badge]
    assert row in text
    assert ("✓ reached" in text) == (recall < 0.9 or accepts == "reached")
    rows = judged.text().splitlines()
    rate = next(line for line in rows if re.match(r"false accepts per hour +0.50", line))
    assert rate.endswith(accepts.replace("not", "NOT"))


def test_minutes_without_a_false_accept_prove_no_rate() -> None:
    """0 in half an hour at a threshold that nothing passes: found, and not proven."""
    found = {t.name: t.outcome for t in heard_silence(0.5).targets}
    assert found["false_accepts_per_hour"] == "not proven"
    found = {t.name: t.outcome for t in heard_silence(6.0).targets}
    assert found["false_accepts_per_hour"] == "reached"


def test_the_page_calls_nothing_by_the_name_of_a_field() -> None:
    labels = {"snr": "inf", "room": "dry", "engine": "espeak", "voice": "generated"}
    found = evaluation(20)
    missed = replace(found.trials[0], detected=None, peak=0.0, labels=labels)
    text = html([Measured(replace(found, trials=(missed, *found.trials[1:])))])
    assert "no noise, no echo, espeak-ng, made-up voice" in text
    for name in ("snr ", "inf<", "inf,", "room dry", "engine espeak", "generated"):
        assert name not in text


def test_near_misses_that_did_not_fire_are_not_called_the_worst() -> None:
    found = evaluation()
    fired = found.near_misses[0]
    assert fired.fired.k > 0
    close = replace(fired, fired=replace(fired.fired, k=0, n=2, value=0.0), peak=0.4)
    assert "Worst near misses" in html([Measured(found)])
    text = html([Measured(replace(found, near_misses=(close,)))])
    assert "Worst near misses" not in text
    assert "Near misses that came closest" in text


def test_text_of_others_stays_text() -> None:
    text = full_page()
    assert "a &lt;script&gt; note" in text
    assert "hey &lt;sarah&gt;" in text
    assert "<b>&" not in text


def test_the_same_evaluation_gives_the_same_page() -> None:
    assert full_page() == full_page.__wrapped__()


@pytest.mark.parametrize(
    ("sayings", "hours", "bias"), [(1, 0.001, 9.0), (1, 0.001, -99.0), (300, 0.5, 99.0)]
)
def test_the_bare_and_the_perfect_are_drawn(sayings: int, hours: float, bias: float) -> None:
    text = html([Measured(evaluation(sayings, hours, bias=bias), HISTORY[:1])])
    assert "Training, on validation" not in text
    assert "targets reached" not in text
    assert ("<b>never</b>" in text) == (bias < 0)


def test_the_files_are_written(tmp_path: Path) -> None:
    found = evaluation()
    page = write([Measured(found, HISTORY)], tmp_path / "deep" / "out")
    assert page == tmp_path / "deep" / "out" / "report.html"
    assert sorted(p.name for p in page.parent.iterdir()) == [
        "report.html", "report.json", "report.png",
    ]  # fmt: skip
    assert read(page.parent) == (found,)
    assert page.read_text("utf-8").startswith("<!doctype html>")


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"file is a file.*--output"):
        write([Measured(evaluation(20, 0.01))], tmp_path / "file" / "out", option="--output")


def test_a_report_that_cannot_be_finished_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "report.png").mkdir()  # writing stops in the middle
    (tmp_path / "report.html").write_text("the one before")
    with pytest.raises(StoreError, match="directory"):
        write([Measured(evaluation(20, 0.01))], tmp_path)
    assert (tmp_path / "report.html").read_text() == "the one before"
    assert len(list(tmp_path.iterdir())) == 3


def test_models_of_both_families_stand_side_by_side(tmp_path: Path) -> None:
    large = evaluation(targets=Targets())
    small = replace(evaluation(40, 0.2), family="microwakeword")
    manifest = MicroManifest("Hey Saga", "us", "hey_saga.tflite", ("en",), 0.5, 7, 23_456)
    write([Measured(large, HISTORY), Measured(small, HISTORY, manifest)], tmp_path)
    assert read(tmp_path) == (large, small)
    text = (tmp_path / "report.html").read_text()
    assert text.count("Side by side") == 1
    beside = text[text.index("Side by side") : text.index("</table>")]
    unproven = [point for model in (large, small) for point in model.points if not point.countable]
    assert beside.count("too few hours to tell") == len(unproven) > 0
    assert text.count("on the mean of 7 probabilities") == 1
    assert text.count("23,456 bytes") == 1
    assert "micro_wake_word" in text
    assert "/share/openwakeword" in text
    found = Ids()
    found.feed(text)
    assert len(found.ids) == len(set(found.ids)), "pictures share identifiers"
    names = {path.name for path in tmp_path.iterdir()}
    assert {"report.json", "report-microwakeword.json", "report-microwakeword.png"} <= names
    assert Evaluation.from_json((tmp_path / "report-microwakeword.json").read_text()) == small


@pytest.mark.parametrize("packed", [True, False])
def test_a_page_names_only_files_that_there_are(packed: bool) -> None:
    small = replace(evaluation(), family="microwakeword", name="saga_2")
    manifest = MicroManifest("Hey Saga", "us", "hey_saga.tflite", ("en",), 0.5, 7, 23_456)
    text = html([Measured(small, manifest=manifest, packed=packed)])
    folder = "microwakeword/" if packed else ""
    copied = f"<code>{folder}saga_2.json</code> and <code>{folder}hey_saga.tflite</code>"
    assert copied in text
    assert f'from_config("{folder}saga_2.json")' in text
    assert ("microwakeword/" in text) == ("esphome.yaml" in text) == packed


class Ids(HTMLParser):
    """Every id on a page."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.ids += [value for name, value in attrs if name == "id" and value]
