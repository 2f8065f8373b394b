"""What every contender meets: one sandbox on a loopback socket, and a process of its own."""

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
from sample import WORKSPACE, id_of, name_of

from toggl_mcp.sandbox import TOKEN, Sandbox

HERE = Path(__file__).parent
WRAPPER = ("toggl-api-wrapper==2.2.0", "SQLAlchemy", "greenlet", "aiosqlite")


class Hours:
    """A clock that is an hour later whenever it is read: the sandbox never has a reason to throttle anybody."""

    def __init__(self) -> None:
        self._now = time.time()

    def __call__(self) -> float:
        """Return the UNIX time an hour after the one before."""
        self._now += 3600
        return self._now


class Contender:
    """A contender's process, with a cache folder of its own unless it is given one."""

    def __init__(self, command: list[str], url: str, size: int, folder: Path | None = None) -> None:
        self._own = TemporaryDirectory() if folder is None else None
        self.folder = folder or Path(cast("TemporaryDirectory[str]", self._own).name)
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            [*command, url, TOKEN, str(self.folder), str(size)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def ask(self, verb: str, **order: object) -> Any:  # noqa: ANN401 - the JSON edge
        """Give an order, and return what is answered.

        Raises:
            RuntimeError: The contender broke down.
        """
        stdin, stdout = cast("IO[bytes]", self._process.stdin), cast("IO[bytes]", self._process.stdout)
        stdin.write(json.dumps({"verb": verb} | order).encode() + b"\n")
        stdin.flush()
        line = stdout.readline()
        if not line:
            message = f"{self._process.args!r} broke down at {verb}"
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
        world = self.sandbox.state
        world.clients.clear()
        common = {"wid": WORKSPACE, "archived": False, "at": "2026-01-02T03:04:05+00:00", "creator_id": world.me["id"]}
        for number in range(size):
            world.clients[id_of(number)] = common | {"id": id_of(number), "name": name_of(number)}

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
        """Return how many requests the sandbox has had since this was last asked."""
        count = len(self.sandbox.calls)
        self.sandbox.calls.clear()
        return count


@contextmanager
def arena() -> Generator[Arena]:
    """Serve the sandbox on a port of this machine, and see to the wrapper's environment."""
    sandbox = Sandbox(clock=Hours())
    config = uvicorn.Config(sandbox, port=0, log_level="error", ws="none", lifespan="off", timeout_keep_alive=3600)
    server = uvicorn.Server(config)
    # The protocol is named, or asyncio would not switch Nagle's algorithm off, and each answer wait 40 ms for an ACK.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as bound:
        bound.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, args=([bound],))
        thread.start()
        try:
            yield Arena(sandbox, f"http://127.0.0.1:{bound.getsockname()[1]}/api/v9", installed())
        finally:
            server.should_exit = True
            thread.join()


def installed() -> Path:
    """Return the Python of an environment that has the wrapper, installing it where that was not done before."""
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


def versions(python: Path) -> str:
    """Return the versions of what is installed there of the wrapper and what it needs."""
    names = [package.partition("==")[0] for package in (*WRAPPER, "httpx")]
    script = (
        "import sys, importlib.metadata as m; print(', '.join(f'{name} {m.version(name)}' for name in sys.argv[1:]))"
    )
    return _run(str(python), "-c", script, *names).strip()


def _run(*command: str) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own
    return done.stdout
