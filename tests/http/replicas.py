"""Several `toggl-mcp http` processes, and nginx in front of them with the configuration that is shipped."""

import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import IO, cast

from tests.process.server import environment

CONFIGURATION = Path(__file__).parents[2] / "deploy" / "nginx.conf"
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


class Replica:
    """A running server, and the port that it listens at."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process
        line = cast("IO[bytes]", process.stderr).readline().decode()
        match = re.search(r":(\d+)/mcp", line)
        assert match, line
        self.port = int(match[1])


@contextmanager
def start_replicas(count: int, *arguments: str, **settings: str) -> Generator[list[Replica]]:
    """Yield running servers of the same settings."""
    command = [sys.executable, "-m", "toggl_mcp", "http", "--port", "0", *arguments]
    with ExitStack() as stack:
        processes = [
            stack.enter_context(subprocess.Popen(command, stderr=subprocess.PIPE, env=environment(**settings)))  # noqa: S603 - our own command
            for _ in range(count)
        ]
        try:
            yield [Replica(process) for process in processes]
        finally:
            for process in processes:
                process.kill()
                cast("IO[bytes]", process.stderr).read()


@contextmanager
def start_nginx(
    folder: Path, replicas: Sequence[Replica], changes: Mapping[str, str] = MappingProxyType({})
) -> Generator[str]:
    """Yield the address of nginx in front of these replicas, with the addresses and paths of this machine.

    Args:
        folder: Where it writes.
        replicas: What it passes requests to.
        changes: What else of its configuration is replaced, and by what.
    """
    assert NGINX is not None
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    addresses = {f"replica{number}:8000 resolve": f"127.0.0.1:{item.port}" for number, item in enumerate(replicas, 1)}
    paths = {"/tmp/": f"{folder}/", "/dev/stdout": f"{folder}/access.log"}  # noqa: S108 - of the container
    local = {**paths, **addresses, "listen 8080": f"listen 127.0.0.1:{port}"}
    text = CONFIGURATION.read_text("utf-8")
    for name, value in {**local, **changes}.items():
        assert name in text
        text = text.replace(name, value)
    file = folder / "nginx.conf"
    file.write_text(text)
    with subprocess.Popen([NGINX, "-p", str(folder), "-c", str(file)]) as process:  # noqa: S603 - Debian's nginx
        try:
            _wait_for(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    """Return when something listens at a port."""
    while process.poll() is None:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
    message = f"nginx ended with status {process.returncode}"
    raise AssertionError(message)
