"""Run the Dockerfile's steps in a plain folder: build, start as the image does, and ask the health check."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
START_SECONDS = 60


def main() -> None:
    """Build and start in a folder that is removed afterwards; raise if a step fails."""
    lines = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text("utf-8")).splitlines()
    with TemporaryDirectory() as name:
        folder = Path(name)
        app, environment = folder / "app", folder / "opt" / "toggl-mcp"
        app.mkdir()
        for line in lines:
            instruction, _, rest = line.strip().partition(" ")
            if instruction == "COPY" and not rest.startswith("--from"):
                _copy(rest.split(), app)
            if instruction == "RUN":
                # The image installs uv; here the caller has it.
                command = re.sub(r"^pip install .*", "true", rest).replace("/opt/toggl-mcp", str(environment))
                subprocess.run(["bash", "-ec", command], cwd=app, check=True)  # noqa: S603, S607 - the Dockerfile's
        _start(lines, environment, folder)


def _copy(words: list[str], app: Path) -> None:
    *sources, target = words
    for source in sources:
        path = ROOT / source
        if path.is_dir():
            shutil.copytree(path, app / target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(path, app)


def _start(lines: list[str], environment: Path, folder: Path) -> None:
    """Start without a home, where no file can be written, and ask the health check until it passes."""
    text = "\n".join(lines)
    check, entry, command = (
        json.loads(re.findall(pattern, text, re.MULTILINE)[0])
        for pattern in (r"^HEALTHCHECK .*CMD (\[.+\])$", r"^ENTRYPOINT (.+)$", r"^CMD (.+)$")
    )
    variables = dict(re.findall(r"(TOGGL_\w+|PYTHON\w+)=(\S+)", text))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        variables["TOGGL_MCP_HTTP_PORT"] = str(listener.getsockname()[1])
    variables |= {
        "TOGGL_MCP_HTTP_HOST": "127.0.0.1",
        "PATH": f"{environment / 'bin'}:{os.environ['PATH']}",
        "http_proxy": "http://127.0.0.1:9",  # Of a company: the health check has to go without it.
    }
    before, deadline = _list_files(folder), time.monotonic() + START_SECONDS
    # A file can have no byte from now on, whoever writes it.
    run = ["prlimit", "--fsize=0", *entry, *command, "--sandbox"]
    with subprocess.Popen(run, cwd=folder, env=variables) as server:  # noqa: S603 - the Dockerfile's
        try:
            while subprocess.run(check, env=variables, stderr=subprocess.DEVNULL, check=False).returncode:  # noqa: S603 - the Dockerfile's
                if server.poll() is not None or time.monotonic() > deadline:
                    sys.exit("The server has ended, or is not healthy in time.")
        finally:
            server.terminate()
    if server.returncode:
        sys.exit(f"The server ended with status {server.returncode} after SIGTERM.")
    if _list_files(folder) != before:
        sys.exit("The server has written files.")
    sys.stdout.write("The image's steps build a server that is healthy, writes no file, and ends when it is told to.\n")


def _list_files(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


if __name__ == "__main__":
    main()
