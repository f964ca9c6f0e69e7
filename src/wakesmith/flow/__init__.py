"""What a run makes, entry by entry, each named by what makes it. Naming does no work.

``sound``: what is spoken, mixed and embedded. ``openwakeword``: from there to an evaluated
model. ``works`` puts them in the order of the flow and packs the bundle.
"""

from wakesmith.flow.whole import works
from wakesmith.flow.work import Context, Work

__all__ = ["Context", "Work", "works"]
