"""The recipe's parts about sound: who says what, what must not fire, and where it is heard."""

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

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
from wakesmith.recipe.learning import LATEST

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
    """Sayings of what sounds like it, for training: its parts, single words, and words that run
    together like it."""
    speech: Count = 1500
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
    """Probability of a short pause between the words of a phrase, where the voice reads it from its
    spelling."""
    pitch: RatioSpan = (0.8, 1.25)
    """Range of pitch as a ratio; 1 is the voice's own."""
    warp: RatioSpan = (0.88, 1.18)
    """Range of the spectral-envelope warp: below 1 longer, above 1 shorter vocal tracts."""
    resample: RatioSpan = (0.92, 1.18)
    """Range of the resampling factor, which moves pitch, formants and tempo together."""
    perturbed: Share = 0.6
    """Share of utterances to which warp and resampling are applied."""
    children: Share = 0.3
    """Share of utterances moved to a child's range of pitch and formants."""
    accents: Share = 0.4
    """Share of sayings of the phrase as people of other accents have it: its phonemes changed by
    habits of native and learnt accents. English only, not where `pronunciations` are given, and
    none where no habit changes anything."""
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
