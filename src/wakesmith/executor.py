"""Where work runs: a fresh process for every task.

Fresh, because espeak-ng keeps state from one clip to the next, and because a process that ends
gives back its memory. Processes are forked from a small server that has loaded numpy and the
task's module, so that a task costs milliseconds to start. Which worker does a task, and in which
order they finish, never changes a result: a task is a value, and throws no dice.

Nothing is left behind. Workers are killed when the run is stopped; when the run itself is killed,
each worker sees its pipe to the run close and ends by itself.
"""

import contextlib
import errno
import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from multiprocessing import connection, forkserver, get_context, parent_process
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any, TypeVar

from wakesmith.errors import WakesmithError

Task = TypeVar("Task")
Result = TypeVar("Result")

ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OMP_WAIT_POLICY": "PASSIVE",
}
"""A worker is one thread: as many workers as cores do more than threads that wait for another."""

_CPU_MAX = Path("/sys/fs/cgroup/cpu.max")
_PATIENCE = 5.0
"""Seconds to wait for a killed process to be gone."""


class WorkerError(Exception):
    """A task raised what no user caused; the message holds the worker's traceback."""


def cores() -> int:
    """Cores that this process may use: its affinity, and the quota of its container (cgroup v2)."""
    if hasattr(os, "sched_getaffinity"):
        count = len(os.sched_getaffinity(0))
    else:
        count = os.cpu_count() or 1
    with contextlib.suppress(OSError, ValueError):
        quota, period = _CPU_MAX.read_text().split()
        if quota != "max":
            count = min(count, max(1, round(int(quota) / int(period))))
    return count


def run(
    function: Callable[[Task], Result],
    tasks: Iterable[Task],
    workers: int,
    on_done: Callable[[int, Result], None],
) -> None:
    """Do every task, each in a process of its own, at most ``workers`` at a time (0: one a core).

    ``function`` is a module's own function; tasks and results are pickled. ``on_done(index,
    result)`` is called here, as each finishes, in whatever order they do. When it raises (for
    instance ``Cancelled``), when a task raises, or on Ctrl-C, the other workers are killed and the
    exception goes on. A WakesmithError or OSError of a task is raised as it was; anything else as
    WorkerError. A worker that was killed from outside raises a WakesmithError that says why.
    """
    limit = workers if workers > 0 else cores()
    waiting = enumerate(tasks)
    running: dict[object, _Worker] = {}
    with _environment():
        # Starts the server if none runs yet; it keeps the environment that it was started in.
        get_context("forkserver").set_forkserver_preload(["numpy", function.__module__])
        forkserver.ensure_running()
    try:
        while True:
            while len(running) < limit:
                following = next(waiting, None)
                if following is None:
                    break
                worker = _start(function, *following)
                running[worker.inbox] = worker
            if not running:
                return
            for ready in connection.wait([w.inbox for w in running.values()]):
                worker = running.pop(ready)
                try:
                    result = _result(worker)
                finally:
                    worker.end()
                on_done(worker.index, result)
    finally:
        for worker in running.values():
            worker.end()


class _Worker:
    """One process, and the pipe through which its result comes."""

    def __init__(self, index: int, process: ForkServerProcess, inbox: Connection) -> None:
        self.index = index
        self.process = process
        self.inbox = inbox

    def end(self) -> None:
        """Kill it if it still runs, and let go of it."""
        if self.process.is_alive():
            self.process.kill()
        self.process.join(_PATIENCE)
        self.inbox.close()
        if self.process.exitcode is not None:
            self.process.close()


def _start(function: Callable[[Any], Any], index: int, task: Any) -> _Worker:
    context = get_context("forkserver")
    inbox, outbox = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(outbox, function, task), daemon=True)
    try:
        process.start()
    except BaseException:
        inbox.close()
        raise
    finally:
        outbox.close()
    return _Worker(index, process, inbox)


@contextlib.contextmanager
def _environment() -> Iterator[None]:
    before = {name: os.environ.get(name) for name in ENVIRONMENT}
    os.environ.update(ENVIRONMENT)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _work(outbox: Connection, function: Callable[[Any], Any], task: Any) -> None:
    """What a worker does, from its first line to its last."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the run, which then kills us
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.environ.update(ENVIRONMENT)
    threading.Thread(target=_end_with_the_run, daemon=True).start()
    try:
        message = ("done", function(task))
        outbox.send(message)
    except BrokenPipeError:
        return
    except BaseException as error:
        outbox.send(_told(error))


def _end_with_the_run() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _told(error: BaseException) -> tuple[str, Any]:
    """An exception as plain values: not every exception survives pickling."""
    if isinstance(error, WakesmithError):
        return "user", (type(error), str(error))
    if isinstance(error, OSError):
        return "system", (error.errno, error.strerror or str(error), error.filename)
    if isinstance(error, MemoryError):
        return "memory", None
    return "bug", "".join(traceback.format_exception(error))


def _result(worker: _Worker) -> Any:
    try:
        kind, value = worker.inbox.recv()
    except EOFError:
        worker.process.join(_PATIENCE)
        raise WakesmithError(_death(worker.process.exitcode)) from None
    if kind == "done":
        return value
    if kind == "user":
        cls, message = value
        raised: WakesmithError = cls.__new__(cls)
        raised.args = (message,)
        raise raised
    if kind == "system":
        number, message, filename = value
        raise OSError(number, message, filename)
    if kind == "memory":
        raise WakesmithError(_MEMORY)
    raise WorkerError(f"task {worker.index} failed in its worker:\n{value}")


_MEMORY = (
    "A worker process ran out of memory. Use fewer of them (--workers 1), or close other programs; "
    "what is finished is kept, so run again to go on."
)


def _death(exitcode: int | None) -> str:
    if exitcode == -signal.SIGKILL:
        return (
            "A worker process was killed (SIGKILL), most likely because the machine ran out of "
            "memory. Use fewer workers (--workers 1), or close other programs; what is finished "
            "is kept, so run again to go on."
        )
    if exitcode == -signal.SIGBUS:
        return (
            "A worker process was ended by SIGBUS, most likely because a disk is full "
            f"({os.strerror(errno.ENOSPC)}). Free some space and run again to go on."
        )
    if exitcode is not None and exitcode < 0:
        name = signal.Signals(-exitcode).name
        return (
            f"A worker process was ended by {name}. Run again to go on; if it happens again, "
            "please report it with the recipe."
        )
    return (
        f"A worker process ended without a result (exit code {exitcode}). If this happened in a "
        "script of your own, its main part must stand under: if __name__ == '__main__'."
    )
