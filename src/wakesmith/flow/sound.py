"""The entries that hold sound: rooms and noises, then every group spoken, mixed and embedded."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from wakesmith.flow.work import Context, Work
from wakesmith.plan.draws import Split
from wakesmith.plan.fingerprint import fingerprint
from wakesmith.stages import background, banks, dataset, synth
from wakesmith.store import Entry


@dataclass(frozen=True)
class Sound:
    """Where everything that is heard in training and measuring lies."""

    groups: dict[str, Entry]
    """By the group's name."""
    heard: dict[str, Entry]
    """The user's background, by split."""
    folders: dataset.Folders
    """The same as folders, and the user's feature files."""

    def of(self, split: Split) -> list[Entry]:
        """The groups of a split."""
        return [entry for name, entry in self.groups.items() if name.endswith(f"-{split}")]

    def learnt_from(self) -> list[Entry]:
        """All but what only the report hears."""
        kept = [entry for name, entry in self.groups.items() if not name.endswith("-test")]
        return [*kept, *self.heard.values()]


def bank_work(context: Context) -> Work:
    """Rooms and noises."""
    drawn, workers = context.plan.banks, context.recipe.machine.workers
    entry = context.store.entry("gather", banks.VERSION, fingerprint(drawn))
    make = partial(banks.banks, drawn=drawn, workers=workers, emit=context.emit)
    return Work("gather", "rooms and noises", entry, make)


def sound_works(context: Context, bank: Entry) -> tuple[Sound, list[Work]]:
    """Every group, then the user's background."""
    plan, store, works = context.plan, context.store, []
    rows, workers, emit = bank.path, context.recipe.machine.workers, context.emit

    groups: dict[str, Entry] = {}
    for group in plan.groups:
        groups[group.name] = store.entry("synth", synth.VERSION, fingerprint(group), bank)
        detail = f"{group.name}: {group.words()}"
        make = partial(synth.synth, group=group, banks=rows, workers=workers, emit=emit)
        works.append(Work("synth", detail, groups[group.name], make))

    heard: dict[str, Entry] = {}
    for split, tasks in plan.background.items():
        drawn = ["background", fingerprint(tasks)]
        heard[split] = store.entry("synth", background.VERSION, drawn, bank)
        minutes = sum(p.seconds for t in tasks for p in t.pieces) / 60
        copies = context.recipe.negatives.copies if split == "train" else 0
        mixed = f", and {copies} mixed {'copies' if copies > 1 else 'copy'}" if copies else ""
        detail = f"background-{split}: {minutes:.0f} minutes as they are{mixed}"
        make = partial(background.background, tasks=tasks, banks=rows, workers=workers, emit=emit)
        works.append(Work("synth", detail, heard[split], make))

    folders = dataset.Folders(
        {name: entry.path for name, entry in groups.items()},
        {split: entry.path for split, entry in heard.items()},
        tuple(Path(file.path) for file in plan.features),
    )
    return Sound(groups, heard, folders), works
