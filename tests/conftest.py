"""What all tests share."""

import os

import pytest
from hypothesis import settings

# How long an example takes says more about the machine than about the code; speed is for bench/.
settings.register_profile("wakesmith", deadline=None)
settings.load_profile("wakesmith")

REQUIRE_VOICES = "WAKESMITH_REQUIRE_VOICES"
"""When this is 1, a speech engine that is not installed ends the tests instead of skipping some."""


def pytest_configure(config: pytest.Config) -> None:
    """Nothing is skipped in silence where all is meant to be there, as in .ci/run."""
    from wakesmith import tts

    absent = tts.missing() if os.environ.get(REQUIRE_VOICES) == "1" else {}
    if absent:
        hints = "; ".join(f"{name}: {hint}" for name, hint in absent.items())
        raise pytest.UsageError(f"{REQUIRE_VOICES}=1, and a speech engine is missing. {hints}")
