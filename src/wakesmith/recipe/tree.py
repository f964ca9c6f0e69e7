"""The recipe: everything that a person decides, as one frozen tree.

Field docstrings are the help: they become the JSON Schema's descriptions and ``docs/recipe.md``.
Reading, presets and foreign formats live in the sibling modules.
"""

from typing import Any, Literal, Self

from pydantic import model_validator

from wakesmith.recipe.feedback import Feedback
from wakesmith.recipe.fields import Count, Part, Phrase
from wakesmith.recipe.learning import (
    LATEST,
    LONGEST_REACH,
    Alignment,
    Machine,
    Network,
    Targets,
    Train,
)
from wakesmith.recipe.micro import Micro
from wakesmith.recipe.presets import PRESETS, fill
from wakesmith.recipe.sound import MixPart, Negatives, Recordings, Synth
from wakesmith.recipe.units import Units

_FRAME = 0.08  # seconds; importing the front end would load LiteRT to show a recipe


class Recipe(Part):
    """A wake word to be.

    Made directly (``Recipe(phrase="hey saga", preset="quick")``) or read by ``load``; either way
    the preset fills in the sizes that were not given.
    """

    phrase: Phrase
    """The wake phrase as it is written."""
    spellings: tuple[Phrase, ...] = ()
    """Other spellings that are spoken too, for instance a respelling ("hey sahga")."""
    pronunciations: tuple[str, ...] = ()
    """Pronunciations in IPA between slashes (/heɪ sɑːɡə/) or, of English, in ARPABET (HH EY1 S AA1
    G AH0). Without them the phrase is looked up, and what no dictionary holds is read off its
    letters, which a run says."""
    language: str = "en"
    """Language of the phrase by its code (en, sv, de-AT, pt-BR, zh), any that espeak-ng speaks; see
    docs/languages.md."""
    name: str = ""
    """File name of the model; empty makes it from the phrase ("hey saga" becomes hey_saga)."""
    preset: Literal["quick", "standard", "thorough"] = "standard"
    """The one dial: fills in the sizes that are not given."""
    family: Literal["openwakeword", "microwakeword", "both"] = "openwakeword"
    """What is made: a model for openWakeWord and Home Assistant, a streaming one for ESPHome, or
    both."""
    commercial: bool = False
    """Whether it is for commercial use: sources whose licence forbids that are refused."""
    seed: Count = 0
    """Start of all dice."""
    recordings: Recordings = Recordings()
    """Real recordings of the phrase."""
    synth: Synth = Synth()
    """What is spoken by synthetic voices."""
    units: Units = Units()
    """What is joined from people's speech."""
    negatives: Negatives = Negatives()
    """What must not fire."""
    mix: MixPart = MixPart()
    """Rooms, noise and devices."""
    alignment: Alignment = Alignment()
    """Synthetic embeddings mapped to the statistics of real speech."""
    network: Network = Network()
    """The detector's network."""
    train: Train = Train()
    """The training loop."""
    feedback: Feedback = Feedback()
    """What an earlier model got wrong."""
    micro: Micro = Micro()
    """The microWakeWord family."""
    targets: Targets = Targets()
    """What the detector should reach."""
    machine: Machine = Machine()
    """Where it runs; changes nothing of the result."""

    @model_validator(mode="before")
    @classmethod
    def _preset_fills_the_rest(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        preset = given.get("preset", "standard")
        if not isinstance(preset, str) or preset not in PRESETS:
            return given  # the field itself will say what is wrong
        return fill(_plain(given), PRESETS[preset]())

    @model_validator(mode="after")
    def _some_window_is_positive(self) -> Self:
        earliest = LATEST - (LONGEST_REACH - self.network.window) * _FRAME
        if self.mix.offset[1] < earliest - 1e-9:
            raise ValueError(
                f"mix.offset ends at {self.mix.offset[1]:g} s, but of windows of "
                f"{self.network.window} frames (network.window) only those are kept that end "
                f"{earliest:.2f} s or later after the phrase"
            )
        return self

    @property
    def families(self) -> tuple[str, ...]:
        """The families that are made, as ``family`` says."""
        return ("openwakeword", "microwakeword") if self.family == "both" else (self.family,)

    @property
    def taught(self) -> bool:
        """Whether a micro network is made, with a teacher."""
        return "microwakeword" in self.families and self.micro.train.distillation > 0

    @property
    def file_name(self) -> str:
        """Stem of the model files."""
        kept = "".join(c if c.isalnum() else " " for c in (self.name or self.phrase).lower())
        return "_".join(kept.split()) or "wake_word"


def _plain(value: Any) -> Any:
    """Parts that were given as objects, as the fields that were set on them."""
    if isinstance(value, Part):
        value = {name: getattr(value, name) for name in sorted(value.model_fields_set)}
    return {key: _plain(v) for key, v in value.items()} if isinstance(value, dict) else value
