"""The recipe: everything that a person decides, as one frozen tree.

Field docstrings are the help: they become the JSON Schema's descriptions and ``docs/recipe.md``.
Reading, presets and foreign formats live in the sibling modules.
"""

from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from wakesmith.recipe.feedback import Feedback
from wakesmith.recipe.fields import (
    Count,
    Engines,
    NonNegativeFloat,
    Part,
    Phrase,
    Place,
    Positive,
    PositiveFloat,
    RatioSpan,
    Remote,
    Share,
    Span,
)
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

_FRAME = 0.08  # seconds; importing the front end would load LiteRT to show a recipe
SPLIT_FROM = 30
"""With fewer recordings than this all are trained on."""


def _leaves_some(validation: float, test: float, what: str) -> None:
    """ValueError when the two shares leave nothing for training."""
    if validation + test >= 1:
        raise ValueError(
            f"validation_share {validation:g} and test_share {test:g} leave no {what} to train on: "
            "their sum must be below 1"
        )


class Recordings(Part):
    """Real recordings of the phrase: the strongest lever there is."""

    folders: tuple[Place, ...] = ()
    """Folders (or files) of people saying the phrase, one saying a file, any audio format. A folder
    in one of these is a speaker: nobody is heard both in training and in what is held back."""
    copies: Count = 0
    """How many differently mixed copies of each recording to train on; 0 means as many as make
    2,000 of all recordings, from 5 to 100 of each."""
    weight: Share = 0.5
    """Share of each batch's positives that comes from recordings."""
    suspects: Literal["keep", "less", "leave_out"] = "less"
    """What becomes of recordings that are clipped, very quiet, noisy or cut off, perhaps of another
    word, or there twice: they train like the others, or a quarter as much and what may be another
    word or twice is not held back, or not at all. Unless all are suspected."""
    validation_share: Share = 0.2
    """Share of the recordings kept for validation (none when there are fewer than 30)."""
    test_share: Share = 0.1
    """Share of the recordings kept for the report (none when there are fewer than 30)."""

    @model_validator(mode="after")
    def _some_are_trained_on(self) -> "Recordings":
        _leaves_some(self.validation_share, self.test_share, "recording")
        return self


class Synth(Part):
    """What is spoken by synthetic voices."""

    positives: Positive = 1800
    """Sayings of the phrase for training."""
    near_misses: Count = 1200
    """Sayings of phrases that sound like it, of its parts and of single words, for training."""
    speech: Count = 500
    """Sentences of running text, for training."""
    validation: Positive = 150
    """Sayings of the phrase for validation, by voices and settings that training never hears."""
    test: Positive = 150
    """Sayings of the phrase for the report, by yet other voices and settings."""
    engines: Engines = Field(default={"flite": 0.85, "espeak": 0.15})
    """Share of each engine; an engine that is not installed is left out, and said. Left at these
    shares, English is spoken by piper to 88 % where its voice en_US-libritts_r-medium is there, and
    that is said, too."""
    voices: tuple[str, ...] = ()
    """Only these voices (names as ``wakesmith voices`` prints them), at least three of one engine;
    empty means all, made-up ones of espeak and blends of piper's and kokoro's speakers."""
    audit: bool = False
    """Whether voices are heard before, and those left out that say the phrase unlike the others
    (``wakesmith voices audit`` shows them)."""
    speed: RatioSpan = (0.5, 1.2)
    """Range of speaking speed of the phrase and its near misses; 1 is the engine's own, in running
    text. People say a wake word by itself and slowly."""
    speech_speed: RatioSpan = (0.8, 1.3)
    """Range of speaking speed of running text."""
    pause: Share = 0.25
    """Probability of a short pause between the words of a phrase."""
    pitch: RatioSpan = (0.8, 1.25)
    """Range of pitch as a ratio; 1 is the voice's own."""
    warp: RatioSpan = (0.88, 1.18)
    """Range of the spectral-envelope warp: below 1 longer, above 1 shorter vocal tracts."""
    resample: RatioSpan = (0.92, 1.18)
    """Range of the resampling factor, which moves pitch, formants and tempo together."""
    perturbed: Share = 0.6
    """Share of utterances to which warp and resampling are applied."""
    children: Share = 0.1
    """Share of utterances moved to a child's range of pitch and formants."""
    run_on: Share = 0.3
    """Share of positives with other speech close before or after the phrase."""


class FeatureSlice(Part):
    """Some rows of a feature file that is too large to download: only they are transferred."""

    of: Remote
    """The file: `data:NAME` (or `data:NAME/file.npy`) of the catalog, or its address, https://… or
    hf://datasets/OWNER/NAME/file.npy."""
    rows: Positive = 100_000
    """How many rows; 100,000 windows of [16, 96] in 16 bits are 307 MB. All of them where the file
    has no more."""
    run: Positive = 1_000
    """How many rows lie together, which is what one request transfers. The runs are spread evenly
    over the file, each drawn within its stretch."""


class Negatives(Part):
    """What must not fire."""

    phrases: tuple[Phrase, ...] = ()
    """Phrases of your own that must not fire: 15 to 30 % of the near misses in training say them,
    and the report tells whether they fire in voices that training never hears."""
    recordings: tuple[Place, ...] = ()
    """Folders (or files) of people saying something else that must not fire, for instance what
    sounds like the phrase; one saying a file, any audio format."""
    background: tuple[Place, ...] = ()
    """Folders or files of real audio without the phrase: speech, television, music, your room."""
    features: tuple[Place, ...] = ()
    """Feature files (.npy, rows of [16, 96] windows or of [96] frames) without the phrase; of
    running frames the last part is kept for validation, windows are all trained on."""
    slices: tuple[FeatureSlice, ...] = ()
    """Rows of feature files that are too large to download, used as `features` are."""
    copies: Count = 1
    """Mixed copies of the background (rooms, noise, level) beside the audio as it is."""
    validation_share: Share = 0.1
    """Share of the background kept to choose the threshold on."""
    test_share: Share = 0.1
    """Share of the background kept for the report."""
    noise_minutes: NonNegativeFloat = 6.0
    """Minutes of synthesised noise and music-like sound to train on."""

    @model_validator(mode="after")
    def _something_to_train_on(self) -> Self:
        _leaves_some(self.validation_share, self.test_share, "background")
        return self


class MixPart(Part):
    """Rooms, noise and devices."""

    copies: Positive = 2
    """How many differently mixed windows are made of each saying (openWakeWord: rounds)."""
    room: Share = 0.6
    """Probability that a window is in a room."""
    rooms: tuple[Place, ...] = ()
    """Folders or files of room impulse responses; empty means simulated rooms."""
    noise: Share = 0.85
    """Probability that a window has noise."""
    noises: tuple[Place, ...] = ()
    """Folders or files of noise and music to mix in, beside the synthesised kinds."""
    noise_minutes: PositiveFloat = 20.0
    """Minutes of synthesised noise and music that windows are mixed with."""
    simulated_rooms: Positive = 200
    """How many rooms are simulated when none are given."""
    snr: Span = (0.0, 30.0)
    """Range of the speech-to-noise ratio in dB."""
    level: Span = (-45.0, -8.0)
    """Range of the speech level in dB below full scale (RMS)."""
    tilt: Span = (-4.0, 4.0)
    """Range of spectral tilt in dB per octave around 1 kHz."""
    band_limit: Share = 0.3
    """Probability of a device's band limits (high pass and low pass)."""
    codec: Share = 0.1
    """Probability of a codec's loss (mu-law, few bits, 8 kHz)."""
    offset: Span = (0.0, LATEST)
    """Range of seconds between the phrase's end and the end of a positive window, within 0 and
    0.48: no other windows are kept of a saying."""

    @field_validator("offset")
    @classmethod
    def _kept_windows(cls, ends: tuple[float, float]) -> tuple[float, float]:
        if ends[0] < 0 or ends[1] > LATEST:
            raise ValueError(
                f"{list(ends)} reaches beyond the windows that are kept, 0 to {LATEST} s"
            )
        return ends


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
    G AH0)."""
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

    @model_validator(mode="after")
    def _feedback_is_learnt_by_embeddings(self) -> Self:
        if self.feedback.given and "microwakeword" in self.families:
            raise ValueError(
                "feedback is learnt by the openWakeWord family alone: set family to openwakeword. "
                "For an ESPHome model add the misses to recordings.folders and the false accepts "
                "to negatives.background, leave feedback out, and train it anew"
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
