"""The entries that hold sound: rooms and noises, then every group spoken, mixed and heard by a
front end."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from wakesmith.flow.voices import heard_in
from wakesmith.flow.work import Context, Work
from wakesmith.plan.background import Background
from wakesmith.plan.draws import Split
from wakesmith.plan.feedback import MISSES
from wakesmith.plan.fingerprint import fingerprint
from wakesmith.plan.groups import Group
from wakesmith.stages import background, banks, dataset, synth, units
from wakesmith.stages.dataset import LESSONS, MISTAKEN
from wakesmith.stages.frontends import HEARD_AS, Frontend
from wakesmith.store import Entry
from wakesmith.words import count_of, minutes_of


@dataclass(frozen=True)
class Sound:
    """Where one front end's features of what is heard lie."""

    groups: dict[str, Entry]
    """By the group's name."""
    heard: dict[str, Entry]
    """The user's background, by split; under ``LESSONS`` what only a teacher judges, under
    ``MISTAKEN`` what an earlier model took for the phrase."""
    features: tuple[Path, ...]
    """The user's feature files."""

    @property
    def folders(self) -> dataset.Folders:
        """The same as folders."""
        return dataset.Folders(
            {name: entry.path for name, entry in self.groups.items()},
            {split: entry.path for split, entry in self.heard.items()},
            self.features,
        )

    def of(self, split: Split) -> list[Entry]:
        """The groups of a split."""
        return [entry for name, entry in self.groups.items() if name.endswith(f"-{split}")]

    def learnt_from(self) -> list[Entry]:
        """All but what only the report hears."""
        kept = [entry for name, entry in self.groups.items() if not name.endswith("-test")]
        return [*kept, *(entry for split, entry in self.heard.items() if split != LESSONS)]

    def without_feedback(self) -> "Sound":
        """The same without what an earlier model got wrong, of which a teacher has no say."""
        groups = {name: entry for name, entry in self.groups.items() if name != MISSES}
        heard = {split: entry for split, entry in self.heard.items() if split != MISTAKEN}
        return replace(self, groups=groups, heard=heard)

    def judged_by_a_teacher(self) -> list[Entry]:
        """What a teacher hears beside that."""
        return [entry for split, entry in self.heard.items() if split == LESSONS]


def everything(group: Group) -> bool:
    """All groups."""
    return True


def held_out(group: Group) -> bool:
    """Groups that are streamed through the finished detector, whose sound is kept."""
    return group.keeps_audio


def learnt(group: Group) -> bool:
    """Groups that a training looks at."""
    return group.split != "test"


def bank_work(context: Context) -> Work:
    """Rooms and noises."""
    drawn, workers = context.plan.banks, context.recipe.machine.workers
    entry = context.store.entry("gather", banks.VERSION, fingerprint(drawn))
    make = partial(banks.banks, drawn=drawn, workers=workers, emit=context.emit)
    return Work("gather", "rooms and noises", entry, make)


def unit_works(context: Context) -> tuple[dict[str, Entry], list[Work]]:
    """Sayings joined from the background's speech, by the names of the groups that take them, and
    all that makes them."""
    store, emit, workers = context.store, context.emit, context.recipe.machine.workers
    found, works = dict[str, Entry](), list[Work]()
    for drawn in context.plan.units:
        heard = store.entry("gather", units.VERSION, ["units", fingerprint(drawn.pieces)])
        listen = partial(units.listen, tasks=drawn.pieces, workers=workers, emit=emit)
        told = f"phones in {minutes_of(drawn.minutes)} of background ({drawn.split})"
        works.append(Work("gather", told, heard, listen))
        for one in drawn.sets:
            wanted = ["joined", fingerprint((one.voices, one.kept))]
            entry = store.entry("synth", units.JOINING_VERSION, wanted, heard)
            join = partial(
                units.join_sayings,
                inventory=heard.path,
                voices=one.voices,
                kept=one.kept,
                workers=workers,
                emit=emit,
            )
            told = f"{one.group.name}: {one.kept} sayings joined from people's speech"
            works.append(Work("synth", told, entry, join))
            found[one.group.name] = entry
    return found, works


def sound_works(
    context: Context,
    bank: Entry,
    sayings: Mapping[str, Entry],
    wanted: Callable[[Group], bool] = everything,
    frontend: Frontend = "embedding",
    beside: Sound | None = None,
    spectra_too: bool = False,
) -> tuple[Sound, list[Work]]:
    """The wanted groups, then, unless only held-out ones are, the user's background.

    ``sayings`` are those that groups of the plan's units take, by their names.

    Embeddings have the spectra that will be wanted kept with them when ``spectra_too``; spectra
    are taken over from the embeddings ``beside`` that have them.
    """
    plan, store, works = context.plan, context.store, []
    workers, emit = context.recipe.machine.workers, context.emit
    micro = frontend == "micro"
    named = HEARD_AS[frontend]

    groups: dict[str, Entry] = {}
    joined = [one.group for drawn in plan.units for one in drawn.sets]
    for group in filter(wanted, [*plan.groups, *joined]):
        of_units = sayings.get(group.name)
        drawn = ["micro", synth.MICRO_VERSION, fingerprint(group)] if micro else fingerprint(group)
        spoken = heard_in(group, context.voices)
        parameters = [drawn, spoken] if spoken else drawn
        needs = [bank, of_units] if of_units else [bank]
        groups[group.name] = store.entry("synth", synth.VERSION, parameters, *needs)
        make = partial(
            synth.synth,
            group=group,
            banks=bank.path,
            workers=workers,
            emit=emit,
            frontend=frontend,
            spectra_too=spectra_too and learnt(group),
            kept=_kept(beside.groups, group.name) if beside else None,
            sayings=of_units.path if of_units else None,
        )
        detail = f"{group.name}{named}: {group.words()}"
        works.append(Work("synth", detail, groups[group.name], make))

    heard: dict[str, Entry] = {}
    tasks_of: dict[str, tuple[Background, ...]] = {}
    if wanted is not held_out:
        tasks_of.update(plan.background.items())
        tasks_of |= {LESSONS: plan.lessons} if plan.lessons else {}
        tasks_of |= {MISTAKEN: plan.mistaken} if plan.mistaken else {}
    for split, tasks in tasks_of.items():
        mark = ["micro", background.MICRO_VERSION] if micro else []
        drawn = [*mark, "background", fingerprint(tasks)]
        heard[split] = store.entry("synth", background.VERSION, drawn, bank)
        minutes = sum(task.minutes for task in tasks)
        copies = context.recipe.negatives.copies if split in ("train", LESSONS) else 0
        copies = context.recipe.feedback.copies if split == MISTAKEN else copies
        mixed = f", and {count_of(copies, 'mixed copy', 'mixed copies')}" if copies else ""
        told = "in other voices" if split == LESSONS else "as they are"
        detail = f"background-{split}{named}: {minutes_of(minutes)} {told}{mixed}"
        make = partial(
            background.background,
            tasks=tasks,
            banks=bank.path,
            workers=workers,
            emit=emit,
            frontend=frontend,
            spectra_too=spectra_too,
            kept=_kept(beside.heard, split) if beside else None,
        )
        works.append(Work("synth", detail, heard[split], make))

    features = tuple(Path(file.path) for file in plan.features)
    return Sound(groups, heard, features), works


def _kept(entries: Mapping[str, Entry], name: str) -> Path | None:
    """Where the other front end's entry of the same sound lies."""
    return entries[name].path if name in entries else None
