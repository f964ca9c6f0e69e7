"""The entries of an evaluation, the same for every family, and of a comparison."""

from functools import partial
from pathlib import Path
from typing import Any

from wakesmith.flow.sound import Sound
from wakesmith.flow.work import Context, Work
from wakesmith.plan.fingerprint import fingerprint
from wakesmith.runtime.bundle import Manifest
from wakesmith.stages import compare, judge, start
from wakesmith.store import Entry


def judge_work(
    context: Context, sound: Sound, calibrated: Entry, model: Path, unheard: Any, detail: str
) -> Work:
    """Hear the calibrated ``model`` on the held-out streams; ``unheard`` names what else shapes
    the report."""
    entry = context.store.entry("evaluate", judge.VERSION, unheard, calibrated, *sound.of("test"))
    make = partial(
        judge.judge,
        model=model,
        groups=sound.folders.groups,
        background=context.plan.background_files["test"],
        targets=context.recipe.targets,
        emit=context.emit,
    )
    return Work("evaluate", detail, entry, make)


def compare_work(
    context: Context,
    sound: Sound,
    calibrated: Entry,
    judged: Entry,
    model: Path,
    family: str,
    begun: str,
) -> Work | None:
    """Hear what was held out, and the standard streams, with the family's model in the bundle
    ``begun`` that the training started from, too; None where it started from none of this phrase,
    or there is no feedback."""
    recipe, plan, bundle = context.recipe, context.plan, Path(begun)
    before = start.model_of(bundle, family) if recipe.feedback.given and begun else None
    if before is None:
        return None
    manifest = Manifest.load(bundle)
    if manifest.phrase != recipe.phrase:
        return None
    background = plan.background_files["test"]
    made_of = {
        "before": start.content_of(before),
        "rule": [manifest.threshold, manifest.refractory],
        "held": fingerprint(plan.held_out),
        "background": fingerprint(background),
    }
    needs = [calibrated, judged, *sound.of("test")]
    entry = context.store.entry("evaluate", compare.VERSION, made_of, *needs)
    make = partial(
        compare.compare,
        before=before,
        after=model,
        judged=judged.path,
        held=plan.held_out,
        groups=sound.folders.groups,
        background=background,
        emit=context.emit,
    )
    return Work("evaluate", f"{bundle.name} before and after", entry, make)
