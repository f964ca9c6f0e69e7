"""The report of an evaluation: one HTML page that needs nothing else, its JSON, and a PNG."""

from wakesmith.report.page import html
from wakesmith.report.write import write

__all__ = ["html", "write"]
