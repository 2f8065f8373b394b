"""Processes of Python that need not import the server: the imports are nine tenths of what a start costs."""

import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from functools import cache
from multiprocessing import forkserver, reduction
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Self

import pytest
from coverage import process_startup

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerContext  # Windows has none.

STREAMS = ("stdin", "stdout", "stderr")
PRELOADED = (
    "toggl_mcp.cache.redis.store",
    "toggl_mcp.cli.http",
    "toggl_mcp.cli.serve",
    "toggl_mcp.http.serve",
    "toggl_mcp.sandbox",
)
"""What the processes would import. A test of the imports themselves starts a process of its own."""


class ForkedProcess:
    """What `subprocess.Popen` is to a process, for one that is forked from another which has imported the server.

    Args:
        module: What `python -m` would run.
        arguments: Of its command line.
        environment: Its variables.
        piped: Its streams that this process reads and writes; of the others, errors are shown, and the rest is empty.
    """

    def __init__(
        self, module: str, arguments: Sequence[str], environment: Mapping[str, str], piped: Collection[str]
    ) -> None:
        streams = [_open_stream(name, is_piped=name in piped) for name in STREAMS]
        descriptors = [_Descriptor(descriptor) for descriptor, _ in streams]
        self.stdin, self.stdout, self.stderr = (stream for _, stream in streams)
        self._process = _open_context().Process(
            target=_run_module, args=(module, arguments, dict(environment), Path.cwd(), descriptors), daemon=True
        )
        self._process.start()
        for descriptor, _ in streams:
            os.close(descriptor)
        assert self._process.pid is not None
        self.pid: int = self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for stream in (self.stdin, self.stdout, self.stderr):
            with suppress(BrokenPipeError):
                if stream is not None:
                    stream.close()
        self.wait()

    def poll(self) -> int | None:
        """Return the exit status, or None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end, and return the exit status; raise TimeoutExpired if it runs for longer."""
        self._process.join(timeout)
        status = self.poll()
        if status is None:
            raise subprocess.TimeoutExpired(self._process.name, timeout or 0)
        return status

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it has not ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


class _Descriptor:
    """An open file that a process takes over."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __reduce__(self) -> tuple[Any, ...]:
        return _detach, (reduction.DupFd(self._number),)


def _detach(duplicate: Any) -> int:  # noqa: ANN401 - of a class that multiprocessing keeps to itself
    return duplicate.detach()


def end_fork_server() -> None:
    """End the process to fork from and wait for it: else the system does not count its time as that of the tests."""
    server: Any = forkserver
    server._forkserver._stop()  # noqa: SLF001 - there is nothing public


@cache
def _open_context() -> "ForkServerContext":
    """Return the context of the process to fork from."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(PRELOADED))
    with pytest.MonkeyPatch.context() as patch:
        for name in ("COVERAGE_PROCESS_CONFIG", "COVERAGE_PROCESS_START"):  # Each fork begins to measure by itself.
            patch.delenv(name, raising=False)
        forkserver.ensure_running()
    return context


def _open_stream(name: str, *, is_piped: bool) -> tuple[int, IO[bytes] | None]:
    """Return the descriptor of a stream for the process, and the end of the pipe for this one."""
    if not is_piped:
        return (os.dup(2) if name == "stderr" else os.open(os.devnull, os.O_RDWR)), None
    reading, writing = os.pipe()
    if name == "stdin":
        return reading, os.fdopen(writing, "wb")
    return writing, os.fdopen(reading, "rb")


def _run_module(
    module: str, arguments: Sequence[str], environment: Mapping[str, str], folder: Path, descriptors: Sequence[int]
) -> None:
    """Run a module as `python -m` does, in the process that was forked."""
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    process_startup()
    sys.stdin, sys.stdout = os.fdopen(0, encoding="utf-8"), os.fdopen(1, "w", encoding="utf-8")
    sys.stderr = os.fdopen(2, "w", 1, encoding="utf-8", errors="backslashreplace")
    sys.argv[1:] = arguments
    runpy.run_module(module, run_name="__main__", alter_sys=True)
