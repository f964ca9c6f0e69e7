"""What a run makes, entry by entry, each named by what makes it. Naming does no work.

``sound``: what is spoken, mixed and heard by a front end. ``openwakeword``, ``microwakeword``: from
there to an evaluated model. ``works`` puts them in the order of the flow and packs the bundle.
"""

from wakesmith.flow.whole import works
from wakesmith.flow.work import STAGES, Context, Work

__all__ = ["STAGES", "Context", "Work", "works"]
