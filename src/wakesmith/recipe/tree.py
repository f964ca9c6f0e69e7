"""The recipe: everything that a person decides, as one frozen tree.

Field docstrings are the help: they become the JSON Schema's descriptions and ``docs/recipe.md``.
Reading, presets and foreign formats live in the sibling modules.
"""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from wakesmith.recipe.presets import PRESETS, fill


def _no_truth(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError(f"must be a number, not {str(value).lower()}")
    return value


_number = BeforeValidator(_no_truth)  # for Python, True is 1; for a recipe it is a mistake
Share = Annotated[float, Field(ge=0, le=1), _number]
Count = Annotated[int, Field(ge=0), _number]
Positive = Annotated[int, Field(gt=0), _number]
PositiveFloat = Annotated[float, Field(gt=0), _number]
NonNegativeFloat = Annotated[float, Field(ge=0), _number]


def _upwards(ends: tuple[float, float]) -> tuple[float, float]:
    if ends[0] > ends[1]:
        raise ValueError(f"the range {list(ends)} must be written low to high")
    return ends


Span = Annotated[tuple[float, float], AfterValidator(_upwards)]
"""Lower and upper end of a range that is drawn from evenly."""
RatioSpan = Annotated[tuple[PositiveFloat, PositiveFloat], AfterValidator(_upwards)]
"""A range of ratios, all above 0."""

Place = Annotated[str, Field(min_length=1, json_schema_extra={"format": "path"})]
"""A file or folder; a relative one is meant from the recipe's own folder."""


def _one_line(text: str) -> str:
    text = " ".join(text.split())
    if not any(letter.isalnum() for letter in text):
        raise ValueError("there is no letter in it; write the phrase as it is said")
    return text


Phrase = Annotated[str, AfterValidator(_one_line)]
"""Words to be said: one line, runs of spaces made one."""


class Part(BaseModel):
    """A piece of the recipe: frozen, and strict about keys."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False
    )


SPLIT_FROM = 30
"""With fewer recordings than this all are trained on."""


class Recordings(Part):
    """Real recordings of the phrase: the strongest lever there is."""

    folders: tuple[Place, ...] = ()
    """Folders (or files) of people saying the phrase, one saying a file, any audio format."""
    copies: Positive = 40
    """How many differently mixed copies of each recording to train on."""
    weight: Share = 0.3
    """Share of each batch's positives that comes from recordings."""
    validation_share: Share = 0.2
    """Share of the recordings kept for validation (none when there are fewer than 30)."""
    test_share: Share = 0.1
    """Share of the recordings kept for the report (none when there are fewer than 30)."""

    @model_validator(mode="after")
    def _some_are_trained_on(self) -> "Recordings":
        if self.validation_share + self.test_share >= 1:
            raise ValueError("validation_share and test_share leave no recording to train on")
        return self


def _some_engine(shares: dict[str, float]) -> dict[str, float]:
    if not any(share > 0 for share in shares.values()):
        raise ValueError("at least one engine needs a share above 0")
    return shares


Engines = Annotated[
    dict[Literal["flite", "espeak"], NonNegativeFloat], AfterValidator(_some_engine)
]


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
    engines: Engines = {"flite": 0.85, "espeak": 0.15}
    """Share of each engine; an engine that is not installed is left out, and said."""
    voices: tuple[str, ...] = ()
    """Only these voices (names as ``wakesmith voices`` prints them), at least three of one engine;
    empty means all, and made-up ones of espeak."""
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


class Negatives(Part):
    """What must not fire."""

    phrases: tuple[Phrase, ...] = ()
    """Phrases of your own that must not fire: 15 to 30 % of the near misses in training say them,
    and the report tells whether they fire in voices that training never hears."""
    background: tuple[Place, ...] = ()
    """Folders or files of real audio without the phrase: speech, television, music, your room."""
    features: tuple[Place, ...] = ()
    """Feature files (.npy, rows of [16, 96] windows or of [96] frames) without the phrase."""
    copies: Count = 1
    """Mixed copies of the background (rooms, noise, level) beside the audio as it is."""
    validation_share: Share = 0.1
    """Share of the background kept to choose the threshold on."""
    test_share: Share = 0.1
    """Share of the background kept for the report."""
    noise_minutes: NonNegativeFloat = 6.0
    """Minutes of synthesised noise and music-like sound to train on."""


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
    members: Positive = 6
    """Networks trained side by side, whose logits are averaged; they share the work of a step."""
    dropout: Share = 0.3
    """Dropout between layers while training."""
    window: Positive = 16
    """Embeddings (80 ms each) that one score looks at."""


class Batch(Part):
    """Windows of each class in one training step."""

    positive: Positive = 128
    """Windows of the phrase, synthetic and recorded."""
    near_miss: Count = 64
    """Windows of near misses, parts and words."""
    speech: Count = 64
    """Windows of synthetic running speech."""
    background: Count = 256
    """Windows of real background audio, noise and feature files."""


class Train(Part):
    """The training loop."""

    steps: Positive = 1500
    """Training steps."""
    learning_rate: PositiveFloat = 1e-3
    """Peak learning rate of AdamW (one-cycle: warm-up, then cosine to zero)."""
    weight_decay: NonNegativeFloat = 1e-2
    """Weight decay of AdamW."""
    batch: Batch = Batch()
    """Windows of each class in a step."""
    label_smoothing: Share = 0.0
    """Labels are moved this far from 0 and 1."""
    focal: NonNegativeFloat = 0.0
    """Exponent of the focal loss; 0 counts all examples the same."""
    looks: Positive = 1
    """Windows of each positive, of which the highest score counts."""
    mixup: Share = 0.0
    """Share of positives blended with background features."""
    hard: Share = 0.1
    """Share of near misses and background drawn from those that score highest."""
    moving_average: Annotated[float, Field(ge=0, lt=1)] = 0.999
    """Memory of the moving average of weights, which is what is validated; 0 is no average."""
    variation: NonNegativeFloat = 1.0
    """Each window gets a random share, up to this, of how people differ in saying the same."""
    max_negative_weight: PositiveFloat = 2.0
    """How far the weight of negatives may rise to meet the asked false accepts."""
    validate_every: Positive = 500
    """Steps between validations (a checkpoint is written with each)."""
    patience: Count = 0
    """Stop after so many validations without a better one; 0 trains all steps."""
    averaged: Positive = 5
    """The best so many checkpoints are averaged."""


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
    """A wake word to be.

    Made directly (``Recipe(phrase="hey saga", preset="quick")``) or read by ``load``; either way
    the preset fills in the sizes that were not given.
    """

    phrase: Phrase
    """The wake phrase as it is written."""
    spellings: tuple[Phrase, ...] = ()
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
