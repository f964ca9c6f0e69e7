"""The whole plan of a run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from wakesmith.plan.background import (
    Altered,
    Background,
    altered_background,
    background_tasks,
    in_lessons,
    lessons,
)
from wakesmith.plan.banks import Banks, draw_banks
from wakesmith.plan.cast import cast, made_up
from wakesmith.plan.draws import Split
from wakesmith.plan.feedback import MISSES, HeldOut, corrections, without_feedback
from wakesmith.plan.groups import Group, synthetic_groups
from wakesmith.plan.own import other_groups, recording_groups
from wakesmith.plan.slices import Slice, draw_slices
from wakesmith.plan.sources import File, Sources, split_background, split_files
from wakesmith.plan.texts import texts_of
from wakesmith.plan.units import Units, draw_units
from wakesmith.recipe import Recipe


@dataclass(frozen=True)
class Plan:
    """Every draw of a run, as plain data."""

    banks: Banks
    groups: tuple[Group, ...]
    """Synthetic groups and those of recordings."""
    background: dict[Split, tuple[Background, ...]]
    """The user's background to embed for training and validation."""
    background_files: dict[Split, tuple[File, ...]]
    """The same files, and those of the test, to stream through the finished detector."""
    altered: tuple[Altered, ...]
    """What the network was trained and validated on, as other people would have said it, mostly
    slower."""
    lessons: tuple[Background, ...]
    """What is trained on, as yet other people would have said it, for a teacher's opinion."""
    features: tuple[File, ...]
    slices: tuple[Slice, ...] = ()
    """Rows of feature files elsewhere."""
    mistaken: tuple[Background, ...] = ()
    """What an earlier model took for the phrase, to embed for training."""
    held_out: HeldOut = field(default_factory=HeldOut)
    """What an earlier model and the new one are compared on."""
    units: tuple[Units, ...] = ()
    """What is joined from the background's speech, of which ``groups`` has nothing."""

    @property
    def untaught(self) -> tuple[Altered, ...]:
        """Of ``altered`` what no teacher was asked about: it sets a micro network's threshold."""
        if not self.lessons:
            return self.altered
        return tuple(one for one in self.altered if not in_lessons(one.piece))

    def without_feedback(self) -> "Plan":
        """The same for a network that does not learn from feedback."""
        kept = tuple(group for group in self.groups if group.name != MISSES)
        return replace(self, groups=kept, mistaken=())


def draw_plan(
    recipe: Recipe,
    sources: Sources,
    voices: Mapping[str, Sequence[str]],
    shares: Mapping[str, float],
    generates: Sequence[str],
    blends: Sequence[str] = (),
    joins: bool = False,
) -> Plan:
    """Draw everything. ``voices`` are the installed ones by engine, ``shares`` what each speaks,
    ``generates`` the engines that make up voices from a seed, ``blends`` those that blend two;
    ``joins`` says whether phones can be found in speech."""
    negatives, sources = recipe.negatives, without_feedback(sources)
    by_split: dict[Split, float] = {
        "train": 1 - negatives.validation_share - negatives.test_share,
        "validation": negatives.validation_share,
        "test": negatives.test_share,
    }
    files = split_background(sources.background, by_split)
    # Background is noise as well, each part in its own split; so what is named as both is shared
    # out as background alone.
    both = {f.digest for f in sources.background}
    own_noise = split_files(tuple(f for f in sources.noises if f.digest not in both), by_split)
    noise_files = {split: (*own_noise[split], *files[split]) for split in files}
    banks = draw_banks(recipe, noise_files, sources.rooms)
    speakers = cast(voices, shares, generates, recipe.seed, blends, made_up(recipe.language))
    texts = texts_of(recipe)
    corrected = corrections(recipe, sources, banks.rows)
    groups = (
        *synthetic_groups(recipe, speakers, texts, banks.rows),
        *recording_groups(recipe, sources, banks.rows),
        *other_groups(recipe, sources, banks.rows),
        *corrected.groups,
    )
    embedded: tuple[Split, ...] = ("train", "validation")
    background = {
        split: background_tasks(recipe, files[split], split, banks.rows)
        for split in embedded
        if files[split]
    }
    altered = altered_background(recipe, files["train"] + files["validation"])
    learns = recipe.taught and recipe.micro.train.altered > 0
    taught = lessons(recipe, files["train"], banks.rows) if learns else ()
    return Plan(
        banks,
        groups,
        background,
        files,
        altered,
        taught,
        sources.features,
        draw_slices(recipe, sources.slices),
        corrected.mistaken,
        corrected.held,
        draw_units(recipe, texts, files, banks.rows) if joins else (),
    )
