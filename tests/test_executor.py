"""Work in fresh processes: results, errors, kills, and no orphans."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from wakesmith.errors import Cancelled, MissingExtra, VoiceError, WakesmithError
from wakesmith.executor import WorkerError, cores, run


def double(task: int) -> tuple[int, int]:
    return 2 * task, os.getpid()


def environment(name: str) -> str | None:
    return os.environ.get(name)


def big(size: int) -> np.ndarray:
    return np.ones(size, np.uint8)


def mark_and_wait(path: str) -> None:
    Path(path).write_text(str(os.getpid()))
    time.sleep(60)


def fail(kind: str) -> None:
    if kind == "voice":
        raise VoiceError("no voice is installed; install flite")
    if kind == "extra":
        raise MissingExtra("torch", "train", "This")
    if kind == "os":
        raise FileNotFoundError(2, "No such file or directory", "gone.wav")
    if kind == "memory":
        raise MemoryError
    if kind == "exit":
        os._exit(3)
    if kind in {"KILL", "SEGV", "BUS"}:
        os.kill(os.getpid(), getattr(signal, f"SIG{kind}"))
    raise ZeroDivisionError("a bug")


def nothing(index: int, result: object) -> None:
    pass


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_every_task_is_done_once_in_a_process_of_its_own(workers: int) -> None:
    results: dict[int, tuple[int, int]] = {}

    def on_done(index: int, result: tuple[int, int]) -> None:
        assert index not in results
        results[index] = result

    run(double, range(4), workers, on_done)
    assert [results[i][0] for i in range(4)] == [0, 2, 4, 6]
    assert len({pid for _, pid in results.values()} | {os.getpid()}) == 5


def test_no_tasks_is_no_work() -> None:
    run(double, [], 2, nothing)


def test_a_worker_is_one_thread_and_the_run_is_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    seen: dict[int, str | None] = {}
    run(environment, ["OMP_NUM_THREADS", "OMP_WAIT_POLICY"], 2, seen.__setitem__)
    assert seen == {0: "1", 1: "PASSIVE"}
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert "OMP_WAIT_POLICY" not in os.environ


def test_large_results_come_through() -> None:
    seen: dict[int, np.ndarray] = {}
    run(big, [3_000_000, 0], 2, seen.__setitem__)
    assert seen[0].sum() == 3_000_000


def test_tasks_are_taken_as_they_are_needed() -> None:
    taken, most = 0, 0
    done = 0

    def tasks() -> Iterator[int]:
        nonlocal taken
        for task in range(6):
            taken += 1
            yield task

    def on_done(index: int, result: object) -> None:
        nonlocal done, most
        most = max(most, taken - done)
        done += 1

    run(double, tasks(), 2, on_done)
    assert most <= 2


@pytest.mark.parametrize(
    ("kind", "error", "said"),
    [
        ("voice", VoiceError, "install flite"),
        ("extra", MissingExtra, r"pip install 'wakesmith\[train\]'"),
        ("os", FileNotFoundError, "gone.wav"),
        ("memory", WakesmithError, "--workers 1"),
        ("KILL", WakesmithError, "out of memory.*--workers 1"),
        ("BUS", WakesmithError, "disk is full"),
        ("SEGV", WakesmithError, "SIGSEGV"),
        ("exit", WakesmithError, "exit code 3"),
        ("bug", WorkerError, "(?s)in fail.*ZeroDivisionError: a bug"),
    ],
)
def test_what_goes_wrong_in_a_worker_is_said(kind: str, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        run(fail, [kind], 1, nothing)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A killed child that nobody has waited for yet is dead all the same.
    state = Path(f"/proc/{pid}/stat")
    return not (state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z")


def wait_until(reached: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait for something that must come; the limit is only for when it does not."""
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end
        time.sleep(0.01)


def first_or_wait(task: tuple[str, str]) -> None:
    mine, other = task
    if mine:
        mark_and_wait(mine)
    wait_until(lambda: Path(other).exists() and Path(other).read_text())


def test_a_cancelled_run_leaves_no_worker(tmp_path: Path) -> None:
    mark = tmp_path / "pid"

    def stop(index: int, result: object) -> None:
        raise Cancelled("enough")

    with pytest.raises(Cancelled, match="enough"):
        run(first_or_wait, [(str(mark), ""), ("", str(mark))], 2, stop)
    wait_until(lambda: not alive(int(mark.read_text())))


PROGRAM = """
import os, sys, time
from pathlib import Path
from wakesmith.executor import run

def work(path):
    Path(path).write_text(str(os.getpid()))
    time.sleep(60)

if __name__ == "__main__":
    try:
        run(work, sys.argv[1:], 2, lambda index, result: None)
    except KeyboardInterrupt:
        print("interrupted")
        sys.exit(130)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_stopped_run_leaves_no_orphans(tmp_path: Path, number: signal.Signals) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    marks = [tmp_path / "a", tmp_path / "b"]
    with subprocess.Popen(
        [sys.executable, str(program), *map(str, marks)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        wait_until(lambda: all(mark.exists() and mark.read_text() for mark in marks))
        pids = [int(mark.read_text()) for mark in marks]
        assert all(map(alive, pids))
        if number == signal.SIGINT:
            os.killpg(process.pid, number)  # as a terminal does it: to the workers, too
        else:
            process.send_signal(number)
        out, err = process.communicate(timeout=30)
    wait_until(lambda: not any(map(alive, pids)))
    if number == signal.SIGINT:
        assert process.returncode == 130
        assert out == "interrupted\n"
        assert err == ""


def test_a_script_without_a_guard_is_told_so(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        textwrap.dedent(
            """
            from wakesmith.executor import run
            def work(task): return task
            run(work, [1], 1, print)
            """
        )
    )
    done = subprocess.run(
        [sys.executable, str(program)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode != 0
    assert "__name__ == '__main__'" in done.stderr


def test_there_is_a_core() -> None:
    assert 1 <= cores() <= (os.cpu_count() or 1)
