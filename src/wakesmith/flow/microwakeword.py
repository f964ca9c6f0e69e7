"""The entries of the microWakeWord family: teach, train, export, calibrate, evaluate."""

from functools import partial
from pathlib import Path

from wakesmith.families.microwakeword import arena
from wakesmith.families.microwakeword.shape import shape_of
from wakesmith.flow.judged import compare_work, judge_work
from wakesmith.flow.sound import Sound
from wakesmith.flow.work import Context, Detector, Work
from wakesmith.plan.fingerprint import fingerprint
from wakesmith.sources.download import located
from wakesmith.stages import dataset as embeddings
from wakesmith.stages import learn as networks
from wakesmith.stages import start
from wakesmith.stages.micro import dataset, export, learn, operate, sets, teach
from wakesmith.store import Entry
from wakesmith.words import count_of


def detector_works(
    context: Context, sound: Sound, spectra: Sound, teacher: Entry | None
) -> tuple[Detector, list[Work]]:
    """From spectra to a measured model with its manifest.

    ``sound`` holds what is streamed through the finished detector, and the embeddings that the
    ``teacher``, a trained network of the other family, hears.
    """
    recipe, plan, store, emit = context.recipe, context.plan, context.store, context.emit
    name, targets, held = recipe.file_name, recipe.targets, plan.background_files
    shape_of(recipe.micro.network)  # says at once what cannot be built
    place = recipe.micro.train.start_from
    begun = start.weights_of(Path(place), store.root, "microwakeword") if place else None
    if begun is not None:
        begun.check_fits(recipe.micro.network, place)
    works, chosen = [], []
    for one in recipe.micro.sets:
        folder = located(one.folder)
        drawn = [sets.digest(folder, store.root / "files.json"), one.truth]
        entry = store.entry("gather", sets.VERSION, drawn)
        make = partial(sets.spectrogram_set, folder=folder, truth=one.truth, emit=emit)
        works.append(Work("gather", f"spectrograms of {one.folder}", entry, make))
        chosen.append(entry)

    taught = None
    if teacher is not None:
        lessons = (sound.without_feedback(), spectra.without_feedback())
        heard = [e for one in lessons for e in one.learnt_from()]
        heard += [e for one in lessons for e in one.judged_by_a_teacher()]
        taught = store.entry("train", teach.VERSION, "opinions", teacher, *heard)
        make = partial(_teach, context, teacher, *lessons)
        works.append(Work("train", "the teacher's opinions", taught, make))

    needs = [*spectra.learnt_from(), *chosen, *([taught] if taught else [])]
    needs += spectra.judged_by_a_teacher()
    learnt = store.entry("train", learn.VERSION, learn.parameters(recipe, begun), *needs)
    folders = dataset.MicroFolders(
        spectra.folders.groups,
        spectra.folders.background,
        tuple(entry.path for entry in chosen),
        taught.path if taught else None,
    )
    make = partial(learn.learn_micro, recipe=recipe, folders=folders, emit=emit, start=begun)
    steps = f"{count_of(recipe.micro.train.all_steps, 'step')} of the streaming network"
    steps += f" from {Path(place).name}" if place else ""
    works.append(Work("train", steps, learnt, make))

    exported = store.entry("export", export.VERSION, ["micro", name], learnt)
    probes = partial(dataset.probes, folders)
    network = networks.network(learnt.path)
    sayings = partial(dataset.validation_sayings, folders, recipe)
    make = partial(
        export.export, network=network, name=name, probes=probes, sayings=sayings, emit=emit
    )
    works.append(Work("export", "streaming int8 TFLite", exported, make))

    aims = {
        "target": targets.false_accepts_per_hour,
        "background": fingerprint((held["validation"], plan.untaught)),
        "manifest": recipe.micro.manifest.model_dump(),
        "phrase": [recipe.phrase, recipe.language],
        "arena": arena.measurable(),
    }
    heard = sound.of("validation")
    calibrated = store.entry("calibrate", operate.VERSION, aims, exported, *heard)
    make = partial(
        operate.operate,
        model=exported.path / f"{name}.tflite",
        recipe=recipe,
        groups=sound.folders.groups,
        background=held["validation"],
        altered=plan.untaught,
        emit=emit,
    )
    works.append(Work("calibrate", "cutoff and sliding window", calibrated, make))

    unheard = [fingerprint(held["test"]), targets.model_dump()]
    model = calibrated.path / f"{name}.json"
    judged = judge_work(
        context, sound, calibrated, model, unheard, "the held-out streams, as a device hears them"
    )
    compared = compare_work(context, sound, calibrated, judged.entry, model, "microwakeword", place)
    works += [judged, compared] if compared else [judged]
    beside = compared.entry if compared else None
    return Detector(learnt, calibrated, judged.entry, beside), works


def _teach(context: Context, teacher: Entry, sound: Sound, spectra: Sound, out: Path) -> None:
    """Have the teacher hear all that is trained on."""
    theirs, ours = sound.folders, spectra.folders
    affine = embeddings.alignment_of(context.recipe, theirs, context.emit)
    lessons = {
        name: teach.Lesson(
            theirs.groups[name], folder, None if name in embeddings.UNALIGNED else affine
        )
        for name, folder in ours.groups.items()
        if name.endswith("-train")
    }
    for split in ("train", embeddings.LESSONS):
        if split in ours.background:
            lessons[f"background-{split}"] = teach.Lesson(
                theirs.background[split], ours.background[split]
            )
    threads = context.recipe.machine.threads
    teach.teach(out, networks.network(teacher.path), lessons, context.emit, threads)
