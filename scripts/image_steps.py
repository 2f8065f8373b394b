"""Run the Dockerfile's steps in a plain folder: build, start as the image does, and ask the health check."""

import json
import os
import re
import shutil
import subprocess
import sys
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
    """Start without a home, in a folder that cannot be written to, and ask the health check until it is right."""
    text = "\n".join(lines)
    entry = json.loads(re.findall(r"^ENTRYPOINT (.+)$", text, re.MULTILINE)[0])
    check = json.loads(re.findall(r"CMD (\[.+\])$", text, re.MULTILINE)[0])
    variables = dict(re.findall(r"(TOGGL_\w+)=(\S+)", text))
    variables |= {"TOGGL_MCP_HTTP_HOST": "127.0.0.1", "PATH": f"{environment / 'bin'}:{os.environ['PATH']}"}
    read_only = folder / "read-only"
    read_only.mkdir(mode=0o500)
    with subprocess.Popen([*entry, "--sandbox"], cwd=read_only, env=variables) as server:  # noqa: S603 - the Dockerfile's
        try:
            for _ in range(START_SECONDS):
                if subprocess.run(check, env=variables, stderr=subprocess.DEVNULL, check=False).returncode == 0:  # noqa: S603 - the Dockerfile's
                    sys.stdout.write("The image's steps build a server that is healthy.\n")
                    return
            sys.exit("The health check never passed.")
        finally:
            server.terminate()


if __name__ == "__main__":
    main()
