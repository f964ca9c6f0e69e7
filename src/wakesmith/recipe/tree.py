"""The recipe: everything that a person decides, as one frozen tree.

Field docstrings are the help: they become the JSON Schema's descriptions and ``docs/recipe.md``.
Reading, presets and foreign formats live in the sibling modules.
"""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Positive = Annotated[int, Field(gt=0)]
PositiveFloat = Annotated[float, Field(gt=0)]
NonNegativeFloat = Annotated[float, Field(ge=0)]
Span = tuple[float, float]
"""Lower and upper end of a range that is drawn from evenly."""


class Part(BaseModel):
    """A piece of the recipe: frozen, and strict about keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    @model_validator(mode="after")
    def _ranges_run_upwards(self) -> Self:
        for name, value in self:
            if (
                isinstance(value, tuple)
                and len(value) == 2
                and all(isinstance(end, int | float) for end in value)
                and value[0] > value[1]
            ):
                raise ValueError(f"{name}: the range {list(value)} must be written low to high")
        return self


class Recordings(Part):
    """Real recordings of the phrase: the strongest lever there is."""

    folders: tuple[str, ...] = ()
    """Folders (or files) of people saying the phrase, one saying a file, any audio format."""
    copies: Positive = 40
    """How many differently mixed copies of each recording to train on."""
    weight: Share = 0.3
    """Share of each batch's positives that comes from recordings."""
    validation_share: Share = 0.2
    """Share of the recordings kept for validation (none when there are fewer than 10)."""


class Synth(Part):
    """What is spoken by synthetic voices."""

    positives: Positive = 6000
    """Sayings of the phrase for training."""
    near_misses: Count = 5000
    """Sayings of phrases that sound like it, of its parts and of single words, for training."""
    speech: Count = 2500
    """Sentences of running text, for training."""
    validation: Positive = 600
    """Sayings of the phrase for validation, by voices and settings that training never hears."""
    test: Positive = 600
    """Sayings of the phrase for the report, by yet other voices and settings."""
    engines: dict[Literal["flite", "espeak"], NonNegativeFloat] = {"flite": 0.85, "espeak": 0.15}
    """Share of each engine; an engine that is not installed is left out, and said."""
    voices: tuple[str, ...] = ()
    """Only these voices (names as ``wakesmith voices`` prints them); empty means all."""
    speed: Span = (0.8, 1.3)
    """Range of speaking speed; 1 is the engine's own."""
    pitch: Span = (0.8, 1.25)
    """Range of pitch as a ratio; 1 is the voice's own."""
    warp: Span = (0.88, 1.18)
    """Range of the spectral-envelope warp: below 1 longer, above 1 shorter vocal tracts."""
    resample: Span = (0.92, 1.18)
    """Range of the resampling factor, which moves pitch, formants and tempo together."""
    perturbed: Share = 0.6
    """Share of utterances to which warp and resampling are applied."""
    children: Share = 0.1
    """Share of utterances moved to a child's range of pitch and formants."""
    run_on: Share = 0.3
    """Share of positives with other speech close before or after the phrase."""


class Negatives(Part):
    """What must not fire."""

    phrases: tuple[str, ...] = ()
    """Phrases of your own that must not fire; spoken by all voices as near misses."""
    background: tuple[str, ...] = ()
    """Folders or files of real audio without the phrase: speech, television, music, your room."""
    features: tuple[str, ...] = ()
    """Feature files (.npy, rows of [16, 96] windows or of [96] frames) without the phrase."""
    copies: Count = 1
    """Mixed copies of the background (rooms, noise, level) beside the audio as it is."""
    noise_minutes: NonNegativeFloat = 20.0
    """Minutes of synthesised noise and music-like sound to train on."""


class MixPart(Part):
    """Rooms, noise and devices."""

    copies: Positive = 1
    """How many differently mixed windows are made of each saying (openWakeWord: rounds)."""
    room: Share = 0.6
    """Probability that a window is in a room."""
    rooms: tuple[str, ...] = ()
    """Folders or files of room impulse responses; empty means simulated rooms."""
    noise: Share = 0.85
    """Probability that a window has noise."""
    noises: tuple[str, ...] = ()
    """Folders or files of noise and music to mix in, beside the synthesised kinds."""
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
    offset: Span = (0.0, 0.3)
    """Range of seconds between the phrase's end and the end of a positive window."""


class Alignment(Part):
    """Synthetic embeddings mapped to the statistics of real speech (CORAL)."""

    enabled: bool = True
    """Off trains on synthetic embeddings as they are."""
    ridge: PositiveFloat = 0.02
    """Added to the covariances' diagonals, as a share of their mean variance."""
    own_minutes: PositiveFloat = 20.0
    """With at least so many minutes of background audio, its statistics replace the shipped."""


class Network(Part):
    """The detector's network on a window of embeddings."""

    kind: Literal["dnn", "conv", "recurrent"] = "dnn"
    """dnn: openWakeWord's fully connected network; conv: temporal convolutions; recurrent: GRU."""
    layer_size: Positive = 64
    """Width of the hidden layers."""
    blocks: Count = 1
    """Number of hidden blocks after the first layer."""
    dropout: Share = 0.1
    """Dropout between layers while training."""
    window: Positive = 16
    """Embeddings (80 ms each) that one score looks at."""


class Train(Part):
    """The training loop."""

    steps: Positive = 6000
    """Training steps."""
    learning_rate: PositiveFloat = 1e-3
    """Peak learning rate of AdamW (one-cycle: warm-up, then cosine to zero)."""
    weight_decay: NonNegativeFloat = 1e-2
    """Weight decay of AdamW."""
    batch: "Batch" = Field(default_factory=lambda: Batch())
    """Windows of each class in a step."""
    label_smoothing: Share = 0.02
    """Labels are moved this far from 0 and 1."""
    mixup: Share = 0.0
    """Share of positives blended with background features."""
    max_negative_weight: PositiveFloat = 100.0
    """How far the weight of negatives may rise to meet the asked false accepts."""
    validate_every: Positive = 250
    """Steps between validations (a checkpoint is written with each)."""
    patience: Count = 0
    """Stop after so many validations without a better one; 0 trains all steps."""
    averaged: Positive = 5
    """The best so many checkpoints are averaged."""


class Batch(Part):
    """Windows of each class in one training step."""

    positive: Positive = 256
    """Windows of the phrase, synthetic and recorded."""
    near_miss: Count = 256
    """Windows of near misses, parts and words."""
    speech: Count = 128
    """Windows of synthetic running speech."""
    background: Count = 384
    """Windows of real background audio, noise and feature files."""


class Targets(Part):
    """What the detector should reach; training and calibration aim at these."""

    false_accepts_per_hour: PositiveFloat = 0.5
    """False accepts per hour that are accepted."""
    recall: Share = 0.9
    """Share of sayings that should be heard; the report says whether it was reached."""
    accuracy: Share = 0.9
    """Balanced share of validation clips judged rightly; the report says whether it was reached."""


class Machine(Part):
    """Where it runs. Nothing here changes the result or is part of an entry's name."""

    workers: Count = 0
    """Processes for synthesis, mixing and features; 0 means one a core."""
    threads: Count = 0
    """Threads of the training; 0 means one a core."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where to train; auto takes CUDA when there is one."""


class Recipe(Part):
    """A wake word to be."""

    phrase: str = Field(min_length=1)
    """The wake phrase as it is written."""
    spellings: tuple[str, ...] = ()
    """Other spellings that are spoken too, for instance a respelling ("hey sahga")."""
    pronunciations: tuple[str, ...] = ()
    """Pronunciations in IPA between slashes (/heɪ sɑːɡə/) or ARPABET (HH EY1 S AA1 G AH0)."""
    language: str = "en"
    """Language of the phrase; this version speaks English."""
    name: str = ""
    """File name of the model; empty makes it from the phrase ("hey saga" becomes hey_saga)."""
    preset: Literal["quick", "standard", "thorough"] = "standard"
    """The one dial: fills in the sizes that are not given."""
    seed: Count = 0
    """Start of all dice."""
    recordings: Recordings = Recordings()
    synth: Synth = Synth()
    negatives: Negatives = Negatives()
    mix: MixPart = MixPart()
    alignment: Alignment = Alignment()
    network: Network = Network()
    train: Train = Field(default_factory=lambda: Train())
    targets: Targets = Targets()
    machine: Machine = Machine()

    @property
    def file_name(self) -> str:
        """Stem of the model files."""
        kept = "".join(c if c.isalnum() else " " for c in (self.name or self.phrase).lower())
        return "_".join(kept.split()) or "wake_word"
