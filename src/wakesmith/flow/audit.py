"""The audit of voices, which comes before all dice: the plan draws from the voices that passed."""

import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from wakesmith.events import Emit, Noted, StageFinished, StageStarted, Warned
from wakesmith.flow.voices import contents
from wakesmith.flow.work import Work
from wakesmith.plan.audition import audition
from wakesmith.plan.fingerprint import fingerprint
from wakesmith.plan.texts import likeliest
from wakesmith.recipe import Recipe
from wakesmith.stages import audit
from wakesmith.store import Entry, Store
from wakesmith.words import count_of

Voices = dict[str, tuple[str, ...]]
_NAMED = 8


def audit_work(
    recipe: Recipe,
    voices: Mapping[str, Sequence[str]],
    store: Store,
    emit: Emit,
    *,
    as_text: bool = False,
) -> Work:
    """The entry of an audit of these voices; ``as_text`` lets the engines read the phrase."""
    (text, phones), known = likeliest(recipe)
    if as_text:
        text, phones = recipe.phrase, ()
    everyone = {engine: tuple(some) for engine, some in voices.items()}
    drawn = audition(everyone, text, phones, known)
    parameters: list[Any] = [fingerprint(drawn), " ".join(known)]
    if files := contents(everyone, store):
        parameters.append(files)
    entry = store.entry("audit", audit.VERSION, parameters)
    make = partial(audit.audit, drawn=drawn, known=known, workers=recipe.machine.workers, emit=emit)
    return Work("audit", count_of(len(drawn.voices), "voice"), entry, make)


def do(work: Work, store: Store, emit: Emit) -> tuple[audit.Heard, ...]:
    """The verdict, which is made if it is not there."""
    cached, start = store.has(work.entry), time.monotonic()
    emit(StageStarted(work.stage, cached, work.entry.name, work.detail))
    if not cached:
        store.make(work.entry, work.make)
        emit(StageFinished(work.stage, time.monotonic() - start, work.entry.name))
    return audit.load(work.entry.path)


def audited(
    recipe: Recipe,
    voices: Mapping[str, Sequence[str]],
    store: Store,
    emit: Emit,
    makes: bool,
) -> tuple[Voices, Entry]:
    """The voices that pass, and the entry that says so. Without ``makes``, all of them if the
    audit is not done yet."""
    everyone = {engine: tuple(some) for engine, some in voices.items()}
    work = audit_work(recipe, everyone, store, emit)
    if not makes and not store.has(work.entry):
        emit(Noted("audit", "the voices are not heard yet: the plan may leave some out"))
        return everyone, work.entry
    heard = do(work, store, emit)
    out = [f"{one.engine}/{one.voice}" for one in heard if not one.passed]
    if out:
        more = f" and {len(out) - _NAMED} more" if len(out) > _NAMED else ""
        emit(
            Warned(
                "audit",
                f"{len(out)} of {count_of(len(heard), 'voice')} left out, because they say "
                f"the phrase unlike the others: {', '.join(out[:_NAMED])}{more}. "
                "`wakesmith voices audit` lets you hear them",
            )
        )
    return audit.passed(everyone, heard), work.entry
