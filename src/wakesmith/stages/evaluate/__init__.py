"""The evaluate stage: recall and false accepts of a model file, measured on a stream.

``evaluate_bundle`` hears audio that the caller makes (the pipeline's mixed sayings and sounds);
``evaluate_model`` hears folders of sound files and works for any model of either family.
"""

from wakesmith.measure.evaluation import Evaluation
from wakesmith.stages.evaluate.core import evaluate_bundle
from wakesmith.stages.evaluate.folders import evaluate_model
from wakesmith.stages.evaluate.streams import NegativeAudio, TrialAudio

__all__ = ["Evaluation", "NegativeAudio", "TrialAudio", "evaluate_bundle", "evaluate_model"]
