"""The parts of a recipe that say how the network learns and where."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from wakesmith.recipe.fields import (
    AnyPlace,
    Count,
    NonNegativeFloat,
    Part,
    Positive,
    PositiveFloat,
    Share,
)

LONGEST_REACH = 22
"""Frames that the plan keeps of each saying (``plan.groups.WINDOW_FRAMES``)."""
LATEST = 0.48
"""Seconds after the phrase at which the last window ends that is kept of a saying."""


class Alignment(Part):
    """Synthetic embeddings mapped to the statistics of real speech (CORAL)."""

    enabled: bool = False
    """Off trains on synthetic embeddings as they are: beside ``train.variation`` aligning gained
    nothing on real speech (docs/log.md)."""
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
    """Embeddings (80 ms each) that the network looks at."""
    smoothing: Positive = 7
    """Windows, one embedding apart, whose logits are averaged into one score: about as many as
    ``mix.offset`` calls positive. Fewer answer sooner, more are surer."""

    @model_validator(mode="after")
    def _kept_frames(self) -> Self:
        if self.reach > LONGEST_REACH:
            raise ValueError(
                f"window {self.window} and smoothing {self.smoothing} make a score of {self.reach} "
                f"embeddings; {LONGEST_REACH} are kept of each saying, so lower one of the two"
            )
        return self

    @property
    def reach(self) -> int:
        """Embeddings that one score of the exported model looks at."""
        return self.window + self.smoothing - 1


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
    label_smoothing: Annotated[float, Field(ge=0, lt=0.5)] = 0.0
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
    """Stop after so many validations without a better one; 0 trains all steps, which is what the
    presets do: the learning rate falls to zero over them, and the last are the best."""
    averaged: Positive = 5
    """The best so many checkpoints are averaged."""
    start_from: AnyPlace = ""
    """Folder of an earlier run whose weights training starts from, of a network of the same shape
    (``network``); its phrase may be another. Empty starts from fresh weights."""

    @property
    def windows(self) -> int:
        """Windows of all classes in one step."""
        batch = self.batch
        positive = batch.positive * self.looks
        return positive + batch.near_miss + batch.speech + batch.background


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
    """Threads of the training, and of a teacher; 0 means one a core."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where to train; auto takes CUDA when there is one."""
