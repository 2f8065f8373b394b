"""Several `toggl-mcp http` processes, and nginx in front of them with the configuration that is shipped."""

import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, cast

from tests.process.server import environment

CONFIGURATION = Path(__file__).parents[2] / "deploy" / "nginx.conf"
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


class Replica:
    """A running server, and the port that it listens at."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process
        line = cast("IO[bytes]", process.stderr).readline().decode()
        found = re.search(r":(\d+)/mcp", line)
        assert found, line
        self.port = int(found[1])


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
def start_nginx(folder: Path, replicas: Sequence[Replica]) -> Generator[str]:
    """Yield the address of nginx in front of these replicas."""
    assert NGINX is not None
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    text = CONFIGURATION.read_text("utf-8").replace("listen 8080", f"listen 127.0.0.1:{port}")
    for number, replica in enumerate(replicas, start=1):
        text = text.replace(f"replica{number}:8000", f"127.0.0.1:{replica.port}")
    paths = "".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    text = text.replace("/dev/stdout", f"{folder}/access.log").replace("http {", f"http {{ {paths}", 1)
    file = folder / "nginx.conf"
    file.write_text(f"daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;\n{text}")
    with subprocess.Popen([NGINX, "-p", str(folder), "-c", str(file), "-e", f"{folder}/error.log"]) as process:  # noqa: S603 - Debian's nginx
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
