"""The part of a recipe that is the microWakeWord family's alone."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from wakesmith.recipe.fields import (
    Address,
    AnyPlace,
    Count,
    NonNegativeFloat,
    Part,
    Place,
    Positive,
    PositiveFloat,
    Share,
    Text,
    tell,
)
from wakesmith.recipe.learning import LATEST
from wakesmith.recipe.mixednet import LARGEST_STRIDE, unbuildable, unusable

Kernels = Annotated[tuple[Positive, ...], Field(min_length=1)]


Speed = Annotated[float, Field(ge=0.5, le=2)]
Speeds = tuple[Speed, Speed]

LEAST_CHOICE = 0.01
"""Below it a saying is one window, and its softmax no number."""


class MicroNetwork(Part):
    """MixedNet's shape, by microWakeWord's options; the defaults are the official models' sizes."""

    first_filters: Positive = 32
    """Channels of the first convolution."""
    first_kernel: Positive = 5
    """Frames of 10 ms that the first convolution looks at."""
    stride: Annotated[Positive, Field(le=LARGEST_STRIDE)] = 3
    """Frames between two scores; devices want 3."""
    pointwise: tuple[Positive, ...] = (64, 64, 64, 64)
    """Channels of each block."""
    kernels: tuple[Kernels, ...] = ((5,), (7, 11), (9, 15), (23,))
    """Depthwise kernels of each block, in strides; several share its channels among them."""
    repeats: tuple[Positive, ...] = (1, 1, 1, 1)
    """How often each block's layers are repeated."""
    residual: tuple[bool, ...] = (False, False, False, False)
    """Whether each block's input is added to its layers."""
    frames: Positive = 194
    """Frames of 10 ms that one score looks at."""
    pooling: Literal["none", "average", "max"] = "none"
    """What the last frames become before the linear layer; none lets it see each."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        tell("network", unbuildable(self) or unusable(self))
        return self


class MicroBatch(Part):
    """What one step looks at. A stretch is about 5 s, in which some hundred windows are scored."""

    positive: Positive = 64
    """Sayings of the phrase, synthetic and recorded."""
    near_miss: Count = 32
    """Sayings of near misses, parts and words."""
    speech: Count = 16
    """Stretches of synthetic running speech."""
    background: Count = 32
    """Stretches of real background audio, noise and spectrogram sets."""


class Phase(Part):
    """Steps in a row with a learning rate and weights of their own."""

    steps: Positive
    """How many."""
    learning_rate: PositiveFloat = 1e-3
    """Learning rate of AdamW, the same in all of them."""
    positive_weight: PositiveFloat = 1.0
    """Weight of windows that are the phrase."""
    negative_weight: PositiveFloat = 1.0
    """Weight of all other windows, times what validations steer it to."""


class SpecAugment(Part):
    """Stretches and bands of silence in each 5 s that are trained on."""

    time_masks: Count = 4
    """Number of stretches."""
    time_frames: Count = 20
    """Longest stretch, in frames of 10 ms."""
    band_masks: Count = 2
    """Number of bands."""
    band_channels: Count = 5
    """Widest band, in channels (of 40)."""


class MicroTrain(Part):
    """The training of a network on spectra."""

    steps: Positive = 1200
    """Training steps, where there are no phases."""
    learning_rate: PositiveFloat = 2e-3
    """Peak learning rate of AdamW (one-cycle: warm-up, then cosine to zero), without phases."""
    phases: tuple[Phase, ...] = ()
    """Steps with weights and rates of their own instead, one phase after the other."""
    weight_decay: NonNegativeFloat = 1e-2
    """Weight decay of AdamW."""
    batch: MicroBatch = MicroBatch()
    """What a step looks at."""
    offset: tuple[NonNegativeFloat, NonNegativeFloat] = (0.0, 0.4)
    """Seconds after the phrase's end between which a window must end to be the phrase."""
    spec_augment: SpecAugment = SpecAugment()
    """Stretches and bands of silence."""
    tempo: Speeds = (0.5, 1.5)
    """Slowest and fastest speed that rows are played at; [1, 1] plays all as they are."""
    tempo_share: Share = 0.75
    """Share of rows that are played at such a speed."""
    frequency_mix: Share = 0.5
    """Share of rows of which a band is mixed with that of another sound."""
    distillation: Share = 1.0
    """Share of the openWakeWord-family model's opinion in the labels, where one is trained."""
    temperature: Annotated[float, Field(ge=1, le=100)] = 1.0
    """What both logits are divided by where the teacher's opinion is learnt: above 1 it counts how
    much the teacher thinks of what is not the phrase, too. Worth trying for a word that is heard
    badly: 4 helped one of three words and cost the others (docs/log.md)."""
    untold: NonNegativeFloat = 0.0
    """Weight of the teacher's opinion of windows in which the phrase is not over yet, and of which
    no label says anything; 0.5 goes with a temperature of 4."""
    choice: Annotated[float, Field(ge=0, le=1000)] = 0.4
    """How much each saying's best scored windows count before its others, as it has to be heard but
    once: the temperature of the softmax of their logits (multiple instance learning), higher for
    less, at least 0.01, and 0 to count all alike."""
    altered: Share = 0.6
    """Share of the background's stretches that are played in other voices, higher or lower and
    mostly slower, as they are and mixed, and on which the teacher's opinion is learnt; nothing
    where there is no background or no teacher."""
    smoothing: Positive = 5
    """Probabilities in a row whose mean is judged in validations; the manifest's window is chosen
    afterwards."""
    moving_average: Annotated[float, Field(ge=0, lt=1)] = 0.995
    """Memory of the moving average of weights, which is what is validated; 0 is no average."""
    max_negative_weight: PositiveFloat = 4.0
    """How far the weight of negatives may rise to meet the asked false accepts."""
    validate_every: Positive = 300
    """Steps between validations (a checkpoint is written with each)."""
    patience: Count = 0
    """Stop after so many validations without a better one; 0 trains all steps."""
    averaged: Positive = 2
    """The best so many checkpoints are averaged."""
    quantised_steps: Count = 0
    """Steps at the end in which the network already computes with 8 bits; 0 where rounding costs
    nothing, which is so for the usual shape (docs/log.md)."""
    pretrained: bool = True
    """Start from layers that have heard people speak (docs/log.md has what that is worth), where
    ``micro.network`` has their sizes: all but ``frames`` and ``pooling`` as they are by default.
    The run says so where it has not."""
    start_from: AnyPlace = ""
    """Folder of an earlier run whose streaming network training starts from, of the same shape
    (``micro.network``); its phrase may be another. Empty starts as ``pretrained`` says."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        low, high = self.offset
        if low > high or high > LATEST:
            raise ValueError(
                f"offset {list(self.offset)} must be written low to high and end by {LATEST} s, "
                "as no more is kept of a saying"
            )
        slow, fast = self.tempo
        if slow > fast:
            raise ValueError(f"tempo {list(self.tempo)} must be written slow to fast")
        if 0 < self.choice < LEAST_CHOICE:
            raise ValueError(f"choice {self.choice:g} must be 0 or at least {LEAST_CHOICE}")
        return self

    @property
    def total(self) -> int:
        """All steps but those with 8 bits."""
        return sum(phase.steps for phase in self.phases) or self.steps

    @property
    def all_steps(self) -> int:
        """All steps, those with 8 bits too."""
        return self.total + self.quantised_steps

    def phase_at(self, step: int) -> Phase | None:
        """The phase of a step, the first being 1; None without phases."""
        for phase in self.phases:
            if step <= phase.steps:
                return phase
            step -= phase.steps
        return None


class SpectrogramSet(Part):
    """Spectrograms made before, in microWakeWord's format."""

    folder: Place
    """Folder with training, validation and other parts, each of ``…_mmap`` folders."""
    truth: bool = False
    """Whether it holds the phrase."""
    sampling_weight: NonNegativeFloat = 1.0
    """How often it is drawn, against all that is made here, which counts 1; 0 only validates."""
    penalty_weight: NonNegativeFloat = 1.0
    """How much a mistake in it weighs."""


class MicroManifest(Part):
    """What the ESPHome manifest says beside the figures."""

    author: Text = "Wakesmith"
    """Who made the model."""
    website: Address = ""
    """Where it is from; empty leaves it out."""
    languages: tuple[Text, ...] = ()
    """Languages that it was trained for; empty takes the recipe's."""


class Micro(Part):
    """The microWakeWord family: streaming int8 models for ESPHome."""

    network: MicroNetwork = MicroNetwork()
    """MixedNet's shape."""
    train: MicroTrain = MicroTrain()
    """Its training."""
    sets: tuple[SpectrogramSet, ...] = ()
    """Spectrograms made before that are trained on, too."""
    manifest: MicroManifest = MicroManifest()
    """What the ESPHome manifest says."""
