"""Sound out of Parquet files and folders: to WAV, or straight to openWakeWord's features.

Row group by row group, each in a process of its own, in bounded memory. A kill costs the row groups
at work; the same call goes on. Rows that cannot be used are counted and named, and stop nothing.
"""

from wakesmith.stages.extract.whole import Extracted, extract

__all__ = ["Extracted", "extract"]
