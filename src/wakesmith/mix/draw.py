"""Moved to wakesmith.plan.mixing (the lead removes this shim; import from there)."""

from wakesmith.plan.mixing import *  # noqa: F403
from wakesmith.plan.mixing import NoiseCut, NoiseDraw, RoomDraw  # noqa: F401
