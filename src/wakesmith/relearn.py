"""Learning from mistakes: an earlier run and what it got wrong in, a new run beside it out.

What is asked for becomes a recipe (``start_from`` of what is trained, and ``feedback``), which the
new bundle holds and ``wakesmith train`` runs again.
"""

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

from wakesmith.audio import list_audio
from wakesmith.errors import DataError, RecipeError
from wakesmith.events import Emit, Noted
from wakesmith.pipeline import Result, run
from wakesmith.plan.feedback import split_ambient
from wakesmith.recipe import Recipe, dumps, read
from wakesmith.runtime.load import load_detector
from wakesmith.stages import gather, start
from wakesmith.stages.compare import COMPARISON_TEXT
from wakesmith.stages.mine import Fired, mine
from wakesmith.store import Store, make_folder, write_atomic
from wakesmith.words import count_of

STEPS = 600
"""Steps of a training that starts from a trained network, at most as many as it was trained."""
GENTLER = 0.5
"""Its peak learning rate, as a share of the recipe's."""
NEAR = 0.5
"""Ambient sound is kept from this share of the threshold on: what nearly fires teaches, too."""
FIRED = "fired"
"""Folder of snippets in the new run's; of what fired a further family's model, ``start.named``."""
_ASKED = "learn.json"
_OUTPUT = "--output"


@dataclass(frozen=True)
class Feedback:
    """What a model got wrong, and how to learn from it."""

    false_accepts: tuple[Path, ...] = ()
    misses: tuple[Path, ...] = ()
    ambient: tuple[Path, ...] = ()
    held_out: float = 0.3
    near: float = NEAR
    family: str = ""
    """Whose model learns, ``openwakeword`` or ``microwakeword``; empty is all that the bundle
    has."""

    def asked(self, model: Path) -> dict[str, Any]:
        """The same as plain values with absolute paths, for a model."""
        values: dict[str, Any] = {"model": _absolute(model)}
        for name in ("false_accepts", "misses", "ambient"):
            values[name] = [_absolute(path) for path in getattr(self, name)]
        values |= {"held_out": self.held_out, "near": self.near}
        return values | ({"family": self.family} if self.family else {})


@dataclass(frozen=True)
class Learnt:
    """What came of it."""

    folder: Path
    """The new run's; its ``recipe.yaml`` says how it was made."""
    fired: tuple[Fired, ...]
    """What fired, or nearly so, in ambient sound that is not held out."""
    result: Result | None
    """None when only ambient sound was listened to."""
    families: tuple[str, ...] = ("openwakeword",)
    """Whose models learnt."""

    @property
    def comparison(self) -> str:
        """Before and after of each, as text; empty where nothing was compared."""
        texts = []
        for number, family in enumerate(self.families):
            path = self.folder / start.named(COMPARISON_TEXT, family, number)
            if self.result and path.exists():
                title = f"{start.NAMES[family]}\n\n" if len(self.families) > 1 else ""
                texts.append(title + path.read_text())
        return "\n".join(texts)


def relearn(
    model: Path,
    store: Store,
    feedback: Feedback,
    emit: Emit,
    *,
    output: Path | None = None,
    overrides: Sequence[str] = (),
    workers: int | None = None,
    only_mine: bool = False,
) -> Learnt:
    """Learn from what the bundle ``model`` got wrong, in a folder of its own.

    Of a bundle of both families both models learn, from all of it, unless ``feedback`` names one.
    Without ``output`` it is the first free ``NAME-2``, ``NAME-3`` … beside the model, or that of
    the same call before. The model's own folder is never written. Raises ``ModelError`` when the
    model cannot be started from, ``RecipeError`` when ``output`` is another bundle's folder,
    ``DataError`` when there is nothing to learn from, ``AudioError`` where there is no sound.
    """
    there = start.families_of(model)
    families = (feedback.family,) if feedback.family else there
    for family in families:
        start.weights_of(model, store.root, family)  # says what is not there before any work
    earlier = start.recipe_of(model, store.root)
    if len(there) > 1:
        emit(Noted("learn", _whose(families)))
    for places in (feedback.false_accepts, feedback.misses, feedback.ambient):
        list_audio(places)  # what is not there leaves no folder behind
    asked = feedback.asked(model)
    folder = _place(model, output, asked)
    make_folder(folder, _OUTPUT)
    write_atomic(folder / _ASKED, json.dumps(asked, indent=1).encode() + b"\n", _OUTPUT)

    mined = {family: folder / start.named(FIRED, family, i) for i, family in enumerate(families)}
    fired = _mined(model, store, feedback, mined, emit) if feedback.ambient else ()
    if only_mine:
        return Learnt(folder, fired, None, families)
    # Of what was written before, only what a person left there to listen to is learnt.
    snippets = [_absolute(place) for place in mined.values() if any(place.glob("*.wav"))]
    wrong = [*asked["false_accepts"], *snippets]
    if not (wrong or asked["misses"]):
        raise DataError(
            "there is nothing to learn from: nothing fires in the ambient sound that is not held "
            "out, and no false accepts or misses are given (--false-accepts, --misses)."
        )
    recipe = _told(going_on(earlier, families, model), asked, wrong)
    path = folder / start.RECIPE
    write_atomic(path, dumps(recipe).encode(), _OUTPUT)
    chosen = read(path, overrides=overrides).recipe
    write_atomic(path, dumps(chosen).encode(), _OUTPUT)
    if workers is not None:
        machine = chosen.machine.model_copy(update={"workers": workers})
        chosen = chosen.model_copy(update={"machine": machine})
    return Learnt(folder, fired, run(chosen, store, folder, emit), families)


def _whose(families: Sequence[str]) -> str:
    """What becomes of a bundle of both families, in words."""
    if len(families) > 1:
        return "the models of both families learn; --family names one of them"
    return (
        f"the {start.NAMES[families[0]]} model learns, and is alone in the new run; without "
        "--family both do"
    )


def going_on(earlier: Recipe, families: Sequence[str], model: Path) -> Recipe:
    """The recipe of a run in which the networks of ``families`` train on from those of the bundle
    ``model``, in fewer, gentler steps; of phases, as in the last one.

    The training of a teacher that is not among them stays as it was, and the store has it.
    """
    values = earlier.model_dump(mode="json")
    values["family"] = "both" if len(families) > 1 else families[0]
    parts = {"openwakeword": values["train"], "microwakeword": values["micro"]["train"]}
    for train in (parts[family] for family in families):
        gentler = 1.0 if train["start_from"] else GENTLER  # once is enough
        phases = train.get("phases") or [train]
        steps = min(sum(phase["steps"] for phase in phases), STEPS)
        last = phases[-1] | {"steps": steps, "learning_rate": phases[-1]["learning_rate"] * gentler}
        train |= {"phases": [last]} if train.get("phases") else last
        train |= {"start_from": _absolute(model), "validate_every": max(1, steps // 4)}
    return Recipe.model_validate(values)


def _told(recipe: Recipe, asked: dict[str, Any], wrong: list[str]) -> Recipe:
    """The recipe with what is asked for as feedback; what was learnt before is not forgotten."""
    values, told = recipe.model_dump(mode="json"), recipe.feedback
    values["feedback"] |= {
        "false_accepts": _joined(told.false_accepts, wrong),
        "misses": _joined(told.misses, asked["misses"]),
        "ambient": _joined(told.ambient, asked["ambient"]),
        "held_out": asked["held_out"],
    }
    return Recipe.model_validate(values)


def _joined(earlier: Sequence[str], more: Sequence[str]) -> list[str]:
    return list(dict.fromkeys([*earlier, *more]))


def _mined(
    model: Path, store: Store, feedback: Feedback, folders: Mapping[str, Path], emit: Emit
) -> tuple[Fired, ...]:
    """What fires in the part of the ambient sound that is not held out, of each family's model."""
    places = [_absolute(path) for path in feedback.ambient]
    files = gather.files_of(places, "ambient sound", store.root / "files.json", emit)
    spans = split_ambient(files, feedback.held_out)["train"]
    hours = sum(span.seconds for span in spans) / 3600
    every: list[Fired] = []
    for family, folder in folders.items():
        listens = start.model_of(model, family)
        assert listens is not None  # its weights were there
        detector = load_detector(listens)
        above = detector.threshold * feedback.near
        make_folder(folder, _OUTPUT)
        key = f"{start.content_of(listens)} {above:.4f}"
        found = mine(detector, spans, folder, above, key, emit)
        there = [one for one in found if (folder / one.snippet).exists()]
        fires = sum(one.fires for one in found)
        near = count_of(len(found) - fires, "place that comes near", "places that come near")
        whose = f" of the {start.NAMES[family]} model" if len(folders) > 1 else ""
        told = f"{count_of(fires, 'false accept')}{whose} in {hours:.2f} h, and {near}"
        if there:
            told += (
                f"; {count_of(len(there), 'snippet')} in {folder} to learn from. Listen to them: "
                "remove those in which the phrase is said, and run the same command again"
            )
        emit(Noted("mine", told))
        every += [replace(one, snippet=str(folder / one.snippet)) for one in there]
    return tuple(every)


def _place(model: Path, output: Path | None, asked: dict[str, Any]) -> Path:
    """Where the new run goes: never where another's bundle is."""
    if output is not None:
        if output.resolve() == model.resolve():
            raise RecipeError(f"{output} is the earlier model's own: name another with --output")
        if output.exists() and any(output.iterdir()) and not _same(output, asked):
            raise RecipeError(
                f"{output} holds something else already, which is not overwritten: name another "
                "folder (--output)"
            )
        return output
    whole = model.resolve()
    name = re.sub(r"-\d+$", "", whole.name)
    parent = model.parent if model.name else whole.parent
    places = (parent / f"{name}-{number}" for number in count(2))
    return next(p for p in places if p.resolve() != whole and (not p.exists() or _same(p, asked)))


def _same(folder: Path, asked: dict[str, Any]) -> bool:
    """Whether a folder is that of the same call."""
    try:
        found: object = json.loads((folder / _ASKED).read_text())
    except (OSError, ValueError):
        return False
    return found == asked


def _absolute(path: Path) -> str:
    return os.path.normpath(Path.cwd() / path.expanduser())
