"""The whole run, top to bottom: a recipe in, a bundle and its report out. Read this first.

``flow.works`` lists every entry in the order of the flow, each named by what makes it; ``run``
makes those that the store does not hold, ``status`` says which these are.
"""

import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from wakesmith import report, tts
from wakesmith.errors import PhraseError, RecipeError, StoreError, pip_install
from wakesmith.events import (
    Emit,
    Noted,
    RunFinished,
    StageFinished,
    StageStarted,
    Warned,
    silent,
)
from wakesmith.flow import STAGES, Context, mistakes, works
from wakesmith.flow.audit import audited
from wakesmith.flow.voices import contents
from wakesmith.measure import Evaluation
from wakesmith.mix import fft
from wakesmith.phrase import guessed, lacking, language_of
from wakesmith.plan.sources import Sources
from wakesmith.plan.units import LEAST_SECONDS
from wakesmith.plan.whole import draw_plan
from wakesmith.recipe import Recipe
from wakesmith.stages import gather, licences, pack
from wakesmith.stages.micro.learn import begins_pretrained
from wakesmith.store import Entry, State, Store, make_folder
from wakesmith.units import recogniser


@dataclass(frozen=True)
class Result:
    """Where a run's work lies."""

    folder: Path
    bundle: Path | None
    """None when the run was asked to stop before the bundle."""
    report: Path | None
    worked: bool
    """False when everything was done already."""
    evaluations: tuple[Evaluation, ...] = ()
    """What the report says, a model each; none without a bundle."""


@dataclass(frozen=True)
class StageStatus:
    """What a run would do for one entry."""

    stage: str
    entry: str
    state: State
    detail: str


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
    new = not output.exists()
    if STAGES[last] == "pack":
        make_folder(output, pack.OUTPUT)  # what cannot be written is said before the work
    try:
        context = _prepare(recipe, store, emit, audits=True)
    except BaseException:
        if new:
            with suppress(OSError):  # not made, or no longer empty
                output.rmdir()
        raise
    worked, made = False, None
    for work in works(context):
        if STAGES.index(work.stage) > last:
            break
        cached = store.has(work.entry)
        if only and work.stage != only and not cached:
            raise StoreError(
                f"--only {only} needs the stage {work.stage} ({work.detail}), which is not done: "
                f"run with --to {only}, or without --only."
            )
        emit(StageStarted(work.stage, cached, work.entry.name, work.detail))
        if not cached:
            start, worked = time.monotonic(), True
            store.make(work.entry, work.make)
            emit(StageFinished(work.stage, time.monotonic() - start, work.entry.name))
        made = work
    bundle = page = None
    evaluations: tuple[Evaluation, ...] = ()
    if made is not None and made.stage == "pack":
        worked |= pack.deploy(made.entry.path, output, [context.audit] if context.audit else [])
        bundle, page = output, output / "report.html"
        evaluations = report.read(made.entry.path)
    emit(RunFinished(str(output), time.monotonic() - began, worked))
    return Result(output, bundle, page, worked, evaluations)


def status(recipe: Recipe, store: Store, emit: Emit = silent) -> list[StageStatus]:
    """What a run would find finished, begun, and still to do; ``emit`` hears of the sources."""
    context = replace(_prepare(recipe, store, emit), emit=silent)
    return [
        StageStatus(work.stage, work.entry.name, store.state(work.entry), work.detail)
        for work in works(context)
    ]


def _position(stage: str) -> int:
    if stage not in STAGES:
        raise RecipeError(f"there is no stage {stage!r}; the stages are {', '.join(STAGES)}")
    return STAGES.index(stage)


def _prepare(recipe: Recipe, store: Store, emit: Emit, audits: bool = False) -> Context:
    """Look at the user's files and the installed voices, and throw all dice.

    Voices are audited first where the recipe says so, and ``audits``; else an audit that is not
    done leaves out none.
    """
    used = licences.of_places(recipe)
    licences.check(recipe.commercial, used, emit)
    recipe, best = _with_best_voices(recipe)
    mistakes.check(recipe, store.root, emit)
    sources = gather.gather(recipe, store.root / "files.json", emit)
    shares, notes = tts.shares({str(name): share for name, share in recipe.synth.engines.items()})
    for note in (*best, *notes):
        emit(Noted("gather", note))
    if fft.backend() != "mkl":
        emit(Noted("synth", fft.SLOWER))
    voices = tts.voices_of(recipe.language, shares, recipe.synth.voices)
    for note in (*tts.mute(recipe.language, shares), *lacking(recipe.language), *_guess(recipe)):
        emit(Noted("gather", note))
    audit: Entry | None = None
    if recipe.synth.audit:
        voices, audit = audited(recipe, voices, store, emit, audits)
    made_up, blends = ((), ()) if recipe.synth.voices else (tts.GENERATING, tts.BLENDING)
    spoken = licences.of_voices(voices)
    licences.check(recipe.commercial, spoken, emit)
    joins = _joins(recipe, sources, emit)
    plan = draw_plan(recipe, sources, voices, shares, made_up, blends, joins)
    if joins and not plan.units:
        least = (
            f"{LEAST_SECONDS / 60:.0f} minutes of what is trained on and listened to (units.hours)"
        )
        told = f"the phrase is not joined from people's speech: {least} are needed at least"
        emit(Noted("gather", told))
    for split in gather.starved(recipe, sources, plan.background_files):
        emit(Warned("gather", f"there is too little background to keep any for the {split}"))
    whole = (*licences.of_parts(pretrained=begins_pretrained(recipe)), *spoken, *used)
    return Context(recipe, sources, plan, store, emit, whole, audit, contents(voices, store))


def _joins(recipe: Recipe, sources: Sources, emit: Emit) -> bool:
    """Whether sayings can be joined from people's speech; a note where a package is missing."""
    if not recipe.units.asked or not sources.background:
        return False
    if not language_of(recipe.language).english:
        emit(Noted("gather", "the phrase is joined from people's speech (units) in English alone"))
        return False
    if not recogniser.installed():
        package = pip_install("pocketsphinx")
        told = "no sayings are joined from the background's speech: pocketsphinx, which finds the"
        emit(Noted("gather", f"{told} phones in it, is not installed ({package})"))
    return recogniser.installed()


def _guess(recipe: Recipe) -> tuple[str, ...]:
    """That the phrase's pronunciation is a guess, where it is, and where anything reads it."""
    if recipe.pronunciations:
        return ()
    try:
        return tuple(filter(None, [guessed(recipe.phrase, recipe.language)]))
    except PhraseError:  # only its spellings are spoken
        return ()


def _with_best_voices(recipe: Recipe) -> tuple[Recipe, tuple[str, ...]]:
    """The recipe with the shares of neural voices written in, and a note that says so, where they
    are there and it leaves the engines at their defaults; else as it is, and notes on neural voices
    that it does not ask."""
    if recipe.synth.engines != type(recipe.synth)().engines or recipe.synth.voices:
        return recipe, ()
    shares, note = tts.best_shares(recipe.language)
    if not shares:
        return recipe, tts.idle(recipe.language, recipe.synth.engines)
    synth = recipe.synth.model_copy(update={"engines": shares})
    return recipe.model_copy(update={"synth": synth}), (note,)
