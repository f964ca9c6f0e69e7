"""All entries of a run in the order of the flow."""

from functools import partial

from wakesmith.flow.openwakeword import detector_works
from wakesmith.flow.sound import bank_work, sound_works
from wakesmith.flow.work import Context, Work
from wakesmith.stages import learn, pack


def works(context: Context) -> list[Work]:
    """Every entry, from the rooms to the bundle."""
    recipe = context.recipe
    bank = bank_work(context)
    sound, heard = sound_works(context, bank.entry)
    made, detector = detector_works(context, sound)

    values = pack.recipe_values(recipe)
    packed = context.store.entry("pack", pack.VERSION, values, made.calibrated, made.judged)
    make = partial(
        pack.pack,
        recipe=recipe,
        models=made.calibrated.path,
        evaluation=made.judged.path,
        history=learn.history(made.learnt.path),
        sources=vars(context.sources),
        entries={
            "train": made.learnt.name,
            "calibrate": made.calibrated.name,
            "evaluate": made.judged.name,
        },
    )
    return [bank, *heard, *detector, Work("pack", "bundle and report", packed, make)]
