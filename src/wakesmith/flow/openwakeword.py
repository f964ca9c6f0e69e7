"""The entries of the openWakeWord family: train, export, calibrate, evaluate."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from wakesmith.flow.judged import compare_work, judge_work
from wakesmith.flow.sound import Sound
from wakesmith.flow.work import Context, Detector, Work
from wakesmith.plan.fingerprint import fingerprint
from wakesmith.stages import dataset, export, learn, operate, slices, start
from wakesmith.store import Entry
from wakesmith.words import count_of


def slice_works(context: Context) -> list[Work]:
    """Rows of feature files elsewhere."""
    works = []
    for drawn in context.plan.slices:
        entry = context.store.entry("gather", slices.VERSION, ["slice", fingerprint(drawn)])
        make = partial(slices.fetch, drawn=drawn, emit=context.emit)
        works.append(
            Work("gather", f"{count_of(drawn.rows, 'row')} of {drawn.path[0]}", entry, make)
        )
    return works


def learn_work(context: Context, sound: Sound, rows: Sequence[Entry] = ()) -> Work:
    """The training, which the other family can be taught by; ``rows`` are of ``slice_works``."""
    recipe, files = context.recipe, context.plan.features
    place = recipe.train.start_from
    begun = start.weights_of(Path(place), context.store.root) if place else None
    if begun is not None:
        begun.check_fits(recipe.network, place)
    shape = {"recipe": learn.parameters(recipe, begun), "features": [f.digest for f in files]}
    entry = context.store.entry("train", learn.VERSION, shape, *sound.learnt_from(), *rows)
    folders = sound.folders
    more = tuple(one.path / slices.ROWS for one in rows)
    folders = replace(folders, features=folders.features + more)
    make = partial(learn.learn, recipe=recipe, folders=folders, emit=context.emit, start=begun)
    detail = count_of(recipe.train.steps, "step") + (f" from {Path(place).name}" if place else "")
    return Work("train", detail, entry, make)


def detector_works(context: Context, sound: Sound, learnt: Entry) -> tuple[Detector, list[Work]]:
    """From the trained network to a measured model whose threshold is 0.5."""
    recipe, plan, store, emit = context.recipe, context.plan, context.store, context.emit
    name, targets, held = recipe.file_name, recipe.targets, plan.background_files

    network = learn.network(learnt.path)
    probes = partial(dataset.probes, sound.folders, recipe)
    exported = store.entry("export", export.VERSION, name, learnt)
    make = partial(export.export, network=network, name=name, probes=probes, emit=emit)
    works = [Work("export", "TFLite and ONNX", exported, make)]

    aims = {
        "targets": targets.model_dump(),
        "background": fingerprint((held["validation"], plan.altered)),
    }
    calibrated = store.entry("calibrate", operate.VERSION, aims, exported, *sound.of("validation"))
    make = partial(
        operate.operate,
        model=exported.path / f"{name}.tflite",
        network=network,
        groups=sound.folders.groups,
        background=held["validation"],
        altered=plan.altered,
        targets=targets,
        probes=probes,
        emit=emit,
    )
    detail = f"for {targets.false_accepts_per_hour:g} false accepts per hour"
    works.append(Work("calibrate", detail, calibrated, make))

    unheard = fingerprint(held["test"])
    model = calibrated.path / f"{name}.tflite"
    judged = judge_work(context, sound, calibrated, model, unheard, "the held-out streams")
    begun = recipe.train.start_from
    compared = compare_work(context, sound, calibrated, judged.entry, model, "openwakeword", begun)
    works += [judged, compared] if compared else [judged]
    entry = compared.entry if compared else None
    return Detector(learnt, calibrated, judged.entry, entry), works
