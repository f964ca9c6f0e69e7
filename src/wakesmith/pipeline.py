"""The whole run, top to bottom: a recipe in, a bundle and its report out. Read this first.

``_works`` lists every entry in the order of the flow, each named by what makes it; ``run`` makes
those that the store does not hold, ``status`` says which these are. Naming does no work.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from wakesmith import tts
from wakesmith.errors import RecipeError, StoreError
from wakesmith.events import (
    Emit,
    Noted,
    RunFinished,
    StageFinished,
    StageStarted,
    Warned,
    silent,
)
from wakesmith.plan.draws import Split
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
from wakesmith.store import Entry, State, Store, make_folder

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
    Raises StoreError at once when ``output`` is to be written and cannot be.
    """
    began = time.monotonic()
    last = _position(only or to or STAGES[-1])
    if STAGES[last] == "pack":
        make_folder(output, pack.OUTPUT)  # what cannot be written is said before the work
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


def status(recipe: Recipe, store: Store, emit: Emit = silent) -> list[StageStatus]:
    """What a run would find finished, begun, and still to do; ``emit`` hears of the sources."""
    sources, plan = _prepare(recipe, store, emit)
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
    shares, notes = tts.shares({str(name): share for name, share in recipe.synth.engines.items()})
    for note in notes:
        emit(Noted("gather", note))
    voices = tts.voices_of(recipe.language, shares, recipe.synth.voices)
    made_up = () if recipe.synth.voices else tts.GENERATING
    plan = draw_plan(recipe, sources, voices, shares, made_up)
    for split in gather.starved(recipe, sources, plan.background_files):
        emit(Warned("gather", f"there is too little background to keep any for the {split}"))
    return sources, plan


def _of(groups: dict[str, Entry], split: Split) -> list[Entry]:
    return [entry for name, entry in groups.items() if name.endswith(f"-{split}")]


def _works(
    recipe: Recipe, sources: Sources, plan: Plan, store: Store, emit: Emit
) -> Iterator[Work]:
    """Every entry of the run, in the order of the flow."""
    name, targets, workers = recipe.file_name, recipe.targets, recipe.machine.workers
    held = plan.background_files

    bank = store.entry("gather", banks.VERSION, fingerprint(plan.banks))
    make = partial(banks.banks, drawn=plan.banks, workers=workers, emit=emit)
    yield Work("gather", "rooms and noises", bank, make)

    embed = partial(synth.synth, banks=bank.path, workers=workers, emit=emit)
    groups: dict[str, Entry] = {}
    for group in plan.groups:
        groups[group.name] = store.entry("synth", synth.VERSION, fingerprint(group), bank)
        detail = f"{group.name}: {len(group.mixes)} windows"
        yield Work("synth", detail, groups[group.name], partial(embed, group=group))

    hear = partial(background.background, banks=bank.path, workers=workers, emit=emit)
    heard: dict[str, Entry] = {}
    for split, tasks in plan.background.items():
        drawn = ["background", fingerprint(tasks)]
        heard[split] = store.entry("synth", background.VERSION, drawn, bank)
        minutes = sum(p.seconds for t in tasks for p in t.pieces) / 60
        detail = f"background-{split}: {minutes:.0f} minutes"
        yield Work("synth", detail, heard[split], partial(hear, tasks=tasks))

    folders = dataset.Folders(
        {name: entry.path for name, entry in groups.items()},
        {split: entry.path for split, entry in heard.items()},
        tuple(Path(file.path) for file in plan.features),
    )
    learnt_from = [e for group, e in groups.items() if not group.endswith("-test")]
    shape = {"recipe": learn.parameters(recipe), "features": [f.digest for f in plan.features]}
    learnt = store.entry("train", learn.VERSION, shape, *learnt_from, *heard.values())
    make = partial(learn.learn, recipe=recipe, folders=folders, emit=emit)
    yield Work("train", f"{recipe.train.steps} steps", learnt, make)

    network, probes = learn.network(learnt.path), partial(dataset.probes, folders, recipe)
    exported = store.entry("export", export.VERSION, name, learnt)
    make = partial(export.export, network=network, name=name, probes=probes, emit=emit)
    yield Work("export", "TFLite and ONNX", exported, make)

    aims = {
        "targets": targets.model_dump(),
        "background": fingerprint((held["validation"], plan.altered)),
    }
    calibrated = store.entry(
        "calibrate", operate.VERSION, aims, exported, *_of(groups, "validation")
    )
    make = partial(
        operate.operate,
        model=exported.path / f"{name}.tflite",
        network=network,
        groups=folders.groups,
        background=held["validation"],
        altered=plan.altered,
        targets=targets,
        probes=probes,
        emit=emit,
    )
    detail = f"for {targets.false_accepts_per_hour:g} false accepts per hour"
    yield Work("calibrate", detail, calibrated, make)

    unheard = fingerprint(held["test"])
    judged = store.entry("evaluate", judge.VERSION, unheard, calibrated, *_of(groups, "test"))
    make = partial(
        judge.judge,
        model=calibrated.path / f"{name}.tflite",
        groups=folders.groups,
        background=held["test"],
        targets=targets,
        emit=emit,
    )
    yield Work("evaluate", "the held-out streams", judged, make)

    packed = store.entry("pack", pack.VERSION, pack.recipe_values(recipe), calibrated, judged)
    make = partial(
        pack.pack,
        recipe=recipe,
        models=calibrated.path,
        evaluation=judged.path,
        history=learn.history(learnt.path),
        sources=vars(sources),
        entries={"train": learnt.name, "calibrate": calibrated.name, "evaluate": judged.name},
    )
    yield Work("pack", "bundle and report", packed, make)
