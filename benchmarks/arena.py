"""The common ground of the contenders: one sandbox on a loopback socket, and a process for each contender."""

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import IO, Any, Self, cast

import uvicorn
from platformdirs import user_cache_path
from sample import WORKSPACE, make_id, make_name

from toggl_mcp.sandbox import TOKEN, Sandbox

HERE = Path(__file__).parent
WRAPPER = ("toggl-api-wrapper==2.2.0", "SQLAlchemy", "greenlet", "aiosqlite")


class Hours:
    """A clock that advances by an hour at each reading, so that the sandbox never refuses a request for haste."""

    def __init__(self) -> None:
        self._now = time.time()

    def __call__(self) -> float:
        """Return the UNIX time an hour after the one before."""
        self._now += 3600
        return self._now


class Contender:
    """A contender's process, with `folder` as its cache folder, or a temporary one."""

    def __init__(self, command: list[str], url: str, size: int, folder: Path | None = None) -> None:
        self._own = TemporaryDirectory() if folder is None else None
        self.folder = folder or Path(cast("TemporaryDirectory[str]", self._own).name)
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            [*command, url, TOKEN, str(self.folder), str(size)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def run(self, verb: str, **order: object) -> Any:  # noqa: ANN401 - the JSON edge
        """Send an order to the process and return its result.

        Raises:
            RuntimeError: The process has ended.
        """
        stdin, stdout = cast("IO[bytes]", self._process.stdin), cast("IO[bytes]", self._process.stdout)
        stdin.write(json.dumps({"verb": verb} | order).encode() + b"\n")
        stdin.flush()
        line = stdout.readline()
        if not line:
            message = f"{self._process.args!r} ended while it ran {verb}"
            raise RuntimeError(message)
        return json.loads(line)

    def __enter__(self) -> Self:
        """Return the contender."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()
        if self._own is not None:
            self._own.cleanup()


class Arena:
    """Starts contenders against one sandbox."""

    def __init__(self, sandbox: Sandbox, url: str, wrapper: Path) -> None:
        self.sandbox = sandbox
        self.url = url
        self.wrapper = wrapper

    def hold(self, size: int) -> None:
        """Make the sandbox's workspace hold so many clients, and nothing else."""
        state = self.sandbox.state
        state.clients.clear()
        common = {"wid": WORKSPACE, "archived": False, "at": "2026-01-02T03:04:05+00:00", "creator_id": state.me["id"]}
        for number in range(size):
            state.clients[make_id(number)] = common | {"id": make_id(number), "name": make_name(number)}

    def change(self, note: str) -> None:
        """Change every client of the sandbox."""
        for row in self.sandbox.state.clients.values():
            row["notes"] = note

    def ours(self, kind: str, size: int, folder: Path | None = None) -> Contender:
        """Start our endpoints: async or blocking."""
        return Contender([sys.executable, str(HERE / "ours.py"), kind], self.url, size, folder)

    def theirs(self, kind: str, size: int, folder: Path | None = None) -> Contender:
        """Start the wrapper's endpoint with a kind of cache: SQLite, JSON, async or none."""
        return Contender([str(self.wrapper), str(HERE / "wrapper.py"), kind], self.url, size, folder)

    def requests(self) -> int:
        """Return the number of requests that the sandbox has received since the last call of this."""
        count = len(self.sandbox.calls)
        self.sandbox.calls.clear()
        return count


@contextmanager
def open_arena() -> Generator[Arena]:
    """Serve the sandbox on a loopback port, and install the wrapper into its own environment."""
    with open_sandbox(install_wrapper()) as arena:
        yield arena


@contextmanager
def open_sandbox(wrapper: Path = Path()) -> Generator[Arena]:
    """Serve the sandbox on a loopback port; `wrapper` is the Python of the wrapper's environment, if that is needed."""
    sandbox = Sandbox(clock=Hours())
    config = uvicorn.Config(sandbox, port=0, log_level="error", ws="none", lifespan="off", timeout_keep_alive=3600)
    server = uvicorn.Server(config)
    # Without a named protocol, asyncio leaves Nagle's algorithm on, and each response waits 40 ms for an ACK.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield Arena(sandbox, f"http://127.0.0.1:{listener.getsockname()[1]}/api/v9", wrapper)
        finally:
            server.should_exit = True
            thread.join()


def install_wrapper() -> Path:
    """Return the path of the Python in the wrapper's environment, which is created if missing."""
    folder = user_cache_path("toggl-mcp") / "benchmarks"
    python = folder / "bin" / "python"
    uv = shutil.which("uv")
    if not python.exists():
        _run(
            *([uv, "venv", "--quiet", "--python", sys.executable] if uv else [sys.executable, "-m", "venv"]),
            str(folder),
        )
    install = [uv, "pip", "install", "--python", str(python)] if uv else [str(python), "-m", "pip", "install"]
    _run(*install, "--quiet", *WRAPPER)
    return python


def read_versions(python: Path) -> str:
    """Return the versions of the wrapper and of its requirements."""
    names = [package.partition("==")[0] for package in (*WRAPPER, "httpx")]
    script = (
        "import sys, importlib.metadata as m; print(', '.join(f'{name} {m.version(name)}' for name in sys.argv[1:]))"
    )
    return _run(str(python), "-c", script, *names).strip()


def _run(*command: str) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    completed = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own
    return completed.stdout
