"""The command line as a whole: how commands are found and how they end."""

import os
import re
import signal
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from wakesmith.cli import main
from wakesmith.cli.group import EXTRAS, Commands
from wakesmith.errors import Cancelled, StoreError, pip_install

Call = Callable[..., Result]


def test_help_names_every_command(call: Call) -> None:
    said = call("--help").stdout
    for name in main.commands:
        assert f"  {name} " in said
        assert call(name, "--help").exit_code == 0


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (StoreError("the disk is full"), 6, "error: the disk is full"),
        (Cancelled("by a friend"), 130, "stopped: by a friend"),
        (KeyboardInterrupt(), 130, "stopped; run again to continue"),
        (ModuleNotFoundError("No module named 'torch'", name="torch"), 8, "wakesmith[train]"),
        (ModuleNotFoundError("No module named 'x'", name="soxr.deep"), 8, "wakesmith[audio]"),
        (BrokenPipeError(), 141, ""),
    ],
)
def test_how_a_command_ends(error: BaseException, code: int, said: str) -> None:
    @click.group(cls=Commands)
    def group() -> None:
        pass

    @group.command()
    def fails() -> None:
        raise error

    result = CliRunner().invoke(group, ["fails"])
    assert result.exit_code == code
    assert said in result.stderr
    assert "Traceback" not in result.output


def test_a_fault_of_ours_keeps_its_traceback() -> None:
    @click.group(cls=Commands)
    def group() -> None:
        pass

    @group.command()
    def fails() -> None:
        raise ModuleNotFoundError("No module named 'wakesmith.typo'", name="wakesmith.typo")

    with pytest.raises(ModuleNotFoundError):
        CliRunner().invoke(group, ["fails"], catch_exceptions=False)


def test_the_extras_are_those_of_the_package() -> None:
    from importlib.metadata import metadata

    known = set(metadata("wakesmith").get_all("Provides-Extra") or [])
    assert set(EXTRAS.values()) <= known


NAP = """
import click, sys, time
from wakesmith.cli import main

@main.command()
def nap():
    click.echo("ready")
    sys.stdout.flush()
    time.sleep(60)

main(["nap"])
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_with_a_word(number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", NAP], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err.strip() == "stopped; run again to continue"


def test_nobody_who_reads_is_no_error() -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "wakesmith", "show", "--schema"],
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=60,
    )
    os.close(write)
    assert done.stderr == ""
    assert done.returncode in {1, 141}


def test_each_optional_module_comes_with_its_extra() -> None:
    page = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())
    extras = page["project"]["optional-dependencies"]
    packages = {
        "fsspec": r"fsspec\[http\]",
        "pydantic_core": "pydantic",
        "pymicro_features": "pymicro-features",
        "yaml": "pyyaml",
    }
    for module, extra in EXTRAS.items():
        package = packages.get(module, module)
        assert any(re.fullmatch(rf"{package}>=.*", line) for line in extras[extra]), module


def test_pip_is_that_of_the_python_that_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ("wakesmith[train]", "onnx")
    plain = "install 'wakesmith[train]' onnx"
    monkeypatch.setenv("VIRTUAL_ENV", sys.prefix)
    assert pip_install(*asked) == f"pip {plain}"
    monkeypatch.setattr(sys, "executable", "/a folder/python")
    for elsewhere in ("/another", ""):
        monkeypatch.setenv("VIRTUAL_ENV", elsewhere)
        assert pip_install(*asked) == f"'/a folder/python' -m pip {plain}"
    monkeypatch.delenv("VIRTUAL_ENV")
    monkeypatch.setattr(sys, "executable", "")
    assert pip_install(*asked) == f"pip {plain}"
