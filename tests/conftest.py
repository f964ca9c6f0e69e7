"""What all tests share."""

import os
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from click.testing import CliRunner, Result
from helpers import pretrained
from hypothesis import settings

from wakesmith.store import Store

if TYPE_CHECKING:
    from wakesmith.pipeline import Result as Run

# How long an example takes says more about the machine than about the code; speed is for bench/.
settings.register_profile("wakesmith", deadline=None)
settings.load_profile("wakesmith")

# A shell starts background jobs deaf to interrupts, and their children with them: tests send some.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

REQUIRE_VOICES = "WAKESMITH_REQUIRE_VOICES"
"""When this is 1, a speech engine that is not installed ends the tests instead of skipping some."""


def pytest_configure(config: pytest.Config) -> None:
    """Nothing is skipped in silence where all is meant to be there, as in .ci/run."""
    from wakesmith import tts

    # The voices of whoever runs the tests must not change what they see.
    os.environ["WAKESMITH_DATA"] = str(
        Path(tempfile.gettempdir()) / "wakesmith-tests-download-none"
    )
    required = tts.EMBEDDED if os.environ.get(REQUIRE_VOICES) == "1" else ()
    absent = {name: hint for name, hint in tts.missing().items() if name in required}
    if absent:
        hints = "; ".join(f"{name}: {hint}" for name, hint in absent.items())
        raise pytest.UsageError(f"{REQUIRE_VOICES}=1, and a speech engine is missing. {hints}")


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


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty store."""
    return Store(tmp_path / "store")


@pytest.fixture
def model() -> Path:
    """A model of openWakeWord's own shape, from the package that carries the feature models."""
    return pretrained("okay_nabu")


@pytest.fixture
def noise() -> np.ndarray:
    """Three seconds of white noise, int16."""
    return np.random.default_rng([5]).integers(-3000, 3000, 48_000).astype(np.int16)


@pytest.fixture(scope="session")
def micro_store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The store of ``micro_run``."""
    return Store(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="session")
def micro_run(micro_store: Store, tmp_path_factory: pytest.TempPathFactory) -> "Run":
    """A small run of both families, whose folder nobody writes to."""
    from micro import small

    from wakesmith.events import silent
    from wakesmith.pipeline import run

    return run(small("both"), micro_store, tmp_path_factory.mktemp("runs") / "word", silent)


@pytest.fixture(scope="session")
def neural_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of downloads with both kinds of neural voice."""
    import tiny_voices

    place = tmp_path_factory.mktemp("data")
    tiny_voices.piper(place / "voices" / "piper")
    tiny_voices.kokoro(place / "voices" / "kokoro")
    return place


@pytest.fixture
def neural_voices(neural_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """``neural_folder``, where a test's downloads lie."""
    monkeypatch.setenv("WAKESMITH_DATA", str(neural_folder))
    return neural_folder
