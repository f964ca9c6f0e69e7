"""All entries of a run in the order of the flow."""

from functools import partial

from wakesmith.flow import microwakeword, openwakeword
from wakesmith.flow.sound import (
    bank_work,
    everything,
    held_out,
    learnt,
    sound_works,
    unit_works,
)
from wakesmith.flow.work import STAGES, Context, Detector, Work
from wakesmith.plan.fingerprint import fingerprint
from wakesmith.plan.units import SAID_IN
from wakesmith.stages import learn, pack
from wakesmith.store import Entry


def works(context: Context) -> list[Work]:
    """Every entry, from the rooms to the bundle.

    A micro network has a teacher of the other family (unless ``micro.train.distillation`` is 0),
    which is trained even when only the micro network is asked for. Then it learns nothing from
    feedback: it is the one that taught the earlier network, and most often there already.
    """
    recipe, detectors = context.recipe, dict[str, Detector]()
    embeds = "openwakeword" in recipe.families
    micro = "microwakeword" in recipe.families
    teaches = recipe.taught

    bank = bank_work(context)
    wanted = everything if embeds or teaches else held_out
    embedded = context if embeds else context.without_feedback()
    sayings, all_works = unit_works(context)
    sound, more = sound_works(embedded, bank.entry, sayings, wanted, spectra_too=micro)
    all_works += more
    teacher = None
    if embeds or teaches:
        rows = openwakeword.slice_works(context)
        all_works += rows
        trained = openwakeword.learn_work(embedded, sound, [work.entry for work in rows])
        teacher = trained.entry if teaches else None
        all_works.append(trained)
        if embeds:
            made, more = openwakeword.detector_works(context, sound, trained.entry)
            detectors["openwakeword"] = made
            all_works += more
    if micro:
        spectra, more = sound_works(context, bank.entry, sayings, learnt, "micro", sound)
        all_works += more
        made, more = microwakeword.detector_works(context, sound, spectra, teacher)
        detectors["microwakeword"] = made
        all_works += more
    ordered = sorted(all_works, key=lambda work: STAGES.index(work.stage))
    return [bank, *ordered, _pack_work(context, detectors, sayings)]


def _pack_work(context: Context, detectors: dict[str, Detector], sayings: dict[str, Entry]) -> Work:
    """Bundle and report of all that was made."""
    needs = [entry for made in detectors.values() for entry in (made.calibrated, made.judged)]
    compared = [made.compared for made in detectors.values() if made.compared]
    values = [pack.recipe_values(context.recipe), fingerprint(context.licences)]
    values += [f"micro {pack.MICRO_VERSION}"] if "microwakeword" in detectors else []
    packed = context.store.entry("pack", pack.VERSION, values, *needs, *compared)
    parts = {
        family: pack.Part(
            models=made.calibrated.path,
            evaluation=made.judged.path,
            history=learn.history(made.learnt.path),
            network=learn.network(made.learnt.path),
            comparison=made.compared.path if made.compared else None,
            entries={
                "train": made.learnt.name,
                "calibrate": made.calibrated.name,
                "evaluate": made.judged.name,
            },
        )
        for family, made in detectors.items()
    }
    make = partial(
        pack.pack,
        recipe=context.recipe,
        parts=parts,
        sources=context.sources.files,
        licences=context.licences,
        joined={SAID_IN[name]: entry.path for name, entry in sayings.items() if name in SAID_IN},
    )
    return Work("pack", "bundle and report", packed, make)
