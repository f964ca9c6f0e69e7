"""A small recipe and its plan, for the tests that look at plans."""

from wakesmith.plan.sources import Sources
from wakesmith.plan.whole import Plan, draw_plan
from wakesmith.recipe import Recipe, load

SIZES = ("positives=150", "near_misses=120", "speech=40", "validation=40", "test=40")
VOICES = {
    "flite": ("awb", "kal16", "rms", "slt"),
    "espeak": tuple(f"gmw/en-{a}+{v}" for a in ("US", "GB") for v in "abcdefghijkl"),
}
SHARES = {"flite": 0.85, "espeak": 0.15}
SPLITS = ("train", "validation", "test")


def recipe(*overrides: str) -> Recipe:
    sizes = [f"synth.{size}" for size in SIZES]
    return load(None, phrase="hey saga", preset="quick", overrides=[*sizes, *overrides])


def plan_of(chosen: Recipe, sources: Sources | None = None) -> Plan:
    return draw_plan(chosen, sources or Sources(), VOICES, SHARES, ("espeak",))
