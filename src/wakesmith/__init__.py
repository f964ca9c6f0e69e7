"""Wakesmith: a phrase in, a proven wake-word detector out.

The names below are loaded when they are first used: a Raspberry Pi that only listens needs none of
the packages for training.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wakesmith.errors import WakesmithError as WakesmithError
    from wakesmith.pipeline import Result as Result
    from wakesmith.pipeline import run as train
    from wakesmith.recipe import Recipe as Recipe
    from wakesmith.recipe import load as load_recipe
    from wakesmith.runtime import Detection as Detection
    from wakesmith.runtime import Detector as Detector
    from wakesmith.runtime import MicroDetector as MicroDetector
    from wakesmith.runtime import load_detector as load_detector
    from wakesmith.store import Store as Store

_PLACES = {
    "Detection": ("wakesmith.runtime", "Detection"),
    "Detector": ("wakesmith.runtime", "Detector"),
    "MicroDetector": ("wakesmith.runtime", "MicroDetector"),
    "Recipe": ("wakesmith.recipe", "Recipe"),
    "Result": ("wakesmith.pipeline", "Result"),
    "Store": ("wakesmith.store", "Store"),
    "WakesmithError": ("wakesmith.errors", "WakesmithError"),
    "load_detector": ("wakesmith.runtime", "load_detector"),
    "load_recipe": ("wakesmith.recipe", "load"),
    "train": ("wakesmith.pipeline", "run"),
}

__all__ = [
    "Detection",
    "Detector",
    "MicroDetector",
    "Recipe",
    "Result",
    "Store",
    "WakesmithError",
    "load_detector",
    "load_recipe",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, inside = _PLACES[name]
    return getattr(import_module(module), inside)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
