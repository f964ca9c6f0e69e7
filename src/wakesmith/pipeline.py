"""The whole run, top to bottom: a recipe in, a bundle and its report out. Read this first.

``_works`` lists every entry in the order of the flow, each named by what makes it; ``run`` makes
those that the store does not hold, ``status`` says which these are. Naming does no work.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from wakesmith import tts
from wakesmith.errors import RecipeError, StoreError
from wakesmith.events import Emit, Noted, RunFinished, StageFinished, StageStarted, silent
from wakesmith.plan.fingerprint import fingerprint
from wakesmith.plan.sources import Sources
from wakesmith.plan.whole import Plan, draw_plan
from wakesmith.recipe import Recipe
from wakesmith.stages import (
    background,
    banks,
    dataset,
    export,
    gather,
    judge,
    learn,
    operate,
    pack,
    synth,
)
from wakesmith.store import Entry, State, Store

STAGES = ("gather", "synth", "train", "export", "calibrate", "evaluate", "pack")
"""What ``to`` and ``only`` may name; ``synth`` speaks, mixes and embeds, fused."""


@dataclass(frozen=True)
class Result:
    """Where a run's work lies."""

    folder: Path
    bundle: Path | None
    """None when the run was asked to stop before the bundle."""
    report: Path | None
    worked: bool
    """False when everything was done already."""


@dataclass(frozen=True)
class StageStatus:
    """What a run would do for one entry."""

    stage: str
    entry: str
    state: State
    detail: str


@dataclass(frozen=True)
class Work:
    """One entry and how to make it."""

    stage: str
    detail: str
    entry: Entry
    make: Callable[[Path], None]


def run(
    recipe: Recipe,
    store: Store,
    output: Path,
    emit: Emit,
    to: str | None = None,
    only: str | None = None,
) -> Result:
    """Do every stage that is not done, in order, and put bundle and report into ``output``.

    ``to`` stops after a stage; ``only`` does one stage and needs those before it finished.
    """
    began = time.monotonic()
    last = _position(only or to or STAGES[-1])
    sources, plan = _prepare(recipe, store, emit)
    worked, made = False, None
    for work in _works(recipe, sources, plan, store, emit):
        if STAGES.index(work.stage) > last:
            break
        cached = store.has(work.entry)
        if only and work.stage != only and not cached:
            raise StoreError(
                f"--only {only} needs the stage {work.stage} ({work.detail}), which is not done: "
                f"run with --to {only}, or without --only."
            )
        emit(StageStarted(work.stage, cached, work.entry.name))
        if not cached:
            start, worked = time.monotonic(), True
            store.make(work.entry, work.make)
            emit(StageFinished(work.stage, time.monotonic() - start, work.entry.name))
        made = work
    bundle = report = None
    if made is not None and made.stage == "pack":
        worked |= pack.deploy(made.entry.path, output)
        bundle, report = output, output / "report.html"
    emit(RunFinished(str(output), time.monotonic() - began, worked))
    return Result(output, bundle, report, worked)


def status(recipe: Recipe, store: Store) -> list[StageStatus]:
    """What a run would find finished, begun, and still to do."""
    sources, plan = _prepare(recipe, store, silent)
    return [
        StageStatus(work.stage, work.entry.name, store.state(work.entry), work.detail)
        for work in _works(recipe, sources, plan, store, silent)
    ]


def _position(stage: str) -> int:
    if stage not in STAGES:
        raise RecipeError(f"there is no stage {stage!r}; the stages are {', '.join(STAGES)}")
    return STAGES.index(stage)


def _prepare(recipe: Recipe, store: Store, emit: Emit) -> tuple[Sources, Plan]:
    """Look at the user's files and the installed voices, and throw all dice."""
    sources = gather.gather(recipe, store.root / "files.json", emit)
    shares, notes = tts.shares(recipe.synth.engines)
    for note in notes:
        emit(Noted("gather", note))
    voices = tts.voices_of(recipe.language, shares, recipe.synth.voices)
    return sources, draw_plan(recipe, sources, voices, shares, tts.GENERATING)


def _works(
    recipe: Recipe, sources: Sources, plan: Plan, store: Store, emit: Emit
) -> Iterator[Work]:
    """Every entry of the run, in the order of the flow."""
    workers = recipe.machine.workers

    bank = store.entry("gather", banks.VERSION, fingerprint(plan.banks))
    yield Work(
        "gather", "rooms and noises", bank, lambda out: banks.banks(out, plan.banks, emit)
    )

    groups: dict[str, Entry] = {}
    for group in plan.groups:
        entry = store.entry("synth", synth.VERSION, fingerprint(group), bank)
        groups[group.name] = entry
        detail = f"{group.name}: {len(group.mixes)} windows"
        yield Work(
            "synth",
            detail,
            entry,
            lambda out, group=group: synth.synth(out, group, bank.path, workers, emit),
        )

    heard: dict[str, Entry] = {}
    for split, tasks in plan.background.items():
        entry = store.entry("synth", background.VERSION, ["background", fingerprint(tasks)], bank)
        heard[split] = entry
        minutes = sum(p.seconds for t in tasks for p in t.pieces) / 60
        yield Work(
            "synth",
            f"background-{split}: {minutes:.0f} minutes",
            entry,
            lambda out, tasks=tasks: background.background(out, tasks, bank.path, workers, emit),
        )

    folders = dataset.Folders(
        {name: entry.path for name, entry in groups.items()},
        {split: entry.path for split, entry in heard.items()},
        tuple(Path(file.path) for file in plan.features),
    )
    inputs = [*groups.values(), *heard.values()]
    learnt = store.entry(
        "train",
        learn.VERSION,
        [learn.parameters(recipe), [f.digest for f in plan.features]],
        *(e for name, e in groups.items() if not name.endswith("-test")),
        *heard.values(),
    )
    yield Work(
        "train",
        f"{recipe.train.steps} steps",
        learnt,
        lambda out: learn.learn(out, recipe, folders, emit),
    )

    name = recipe.file_name
    exported = store.entry("export", export.VERSION, name, learnt)
    yield Work(
        "export",
        "ONNX and TFLite",
        exported,
        lambda out: export.export(
            out, learn.network(learnt.path), name, dataset.probes(folders, recipe), emit
        ),
    )

    held = plan.background_files
    targets = recipe.targets
    calibrated = store.entry(
        "calibrate",
        operate.VERSION,
        [targets.model_dump(mode="json"), fingerprint(held["validation"])],
        exported,
        *inputs,
    )
    yield Work(
        "calibrate",
        f"{targets.false_accepts_per_hour} false accepts per hour",
        calibrated,
        lambda out: operate.operate(
            out,
            exported.path / f"{name}.tflite",
            learn.network(learnt.path),
            folders.groups,
            held["validation"],
            targets,
            dataset.probes(folders, recipe),
            emit,
        ),
    )

    judged = store.entry(
        "evaluate", judge.VERSION, fingerprint(held["test"]), calibrated, *inputs
    )
    yield Work(
        "evaluate",
        "the held-out streams",
        judged,
        lambda out: judge.judge(
            out, calibrated.path / f"{name}.tflite", folders.groups, held["test"], targets, emit
        ),
    )

    packed = store.entry("pack", pack.VERSION, pack.recipe_values(recipe), calibrated, judged)
    yield Work(
        "pack",
        "bundle and report",
        packed,
        lambda out: pack.pack(
            out,
            recipe,
            calibrated.path,
            judged.path,
            learn.history(learnt.path),
            vars(sources),
            {"train": learnt.name, "calibrate": calibrated.name, "evaluate": judged.name},
        ),
    )
