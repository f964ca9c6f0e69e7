"""The entry of an evaluation, the same for every family."""

from functools import partial
from pathlib import Path
from typing import Any

from wakesmith.flow.sound import Sound
from wakesmith.flow.work import Context, Work
from wakesmith.stages import judge
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
