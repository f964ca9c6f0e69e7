"""What all tests share."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import settings

# How long an example takes says more about the machine than about the code; speed is for bench/.
settings.register_profile("wakesmith", deadline=None)
settings.load_profile("wakesmith")


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Calls ``wakesmith`` with arguments, in an empty folder; its faults are raised."""
    from wakesmith.cli import main

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WAKESMITH_STORE", raising=False)

    def called(*args: str) -> Result:
        result = CliRunner().invoke(main, args)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return called
