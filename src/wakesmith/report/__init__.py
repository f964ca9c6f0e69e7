"""The report of a phrase's models: one HTML page that needs nothing else; a JSON and a PNG each."""

from wakesmith.report.measured import Measured
from wakesmith.report.page import html
from wakesmith.report.write import make_ready, read, write

__all__ = ["Measured", "html", "make_ready", "read", "write"]
