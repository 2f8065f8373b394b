"""Log how a newcomer gets from an empty home to the first answer, in seconds: `uv run python -m scripts.newcomer`.

It runs the commands of README.md in an empty home, with nothing in uv's cache, and then starts the server as the host's
configuration says. Its Toggl is the embedded one. `TOGGL_MCP_FIGURES=write` writes the seconds into tests/figures.json.
"""

import json
import os
import shlex
import subprocess
import tempfile
from pathlib import Path
from time import monotonic

import anyio
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from tests.figures import WRITES, write_figures

ROOT = Path(__file__).parent.parent
COMMANDS = (
    "python3 -m venv uv",
    "uv/bin/pip install --quiet uv",
    "git clone --quiet REPOSITORY toggl_mcp",
    "uv/bin/uv run --quiet --directory toggl_mcp toggl-mcp install cursor --sandbox",
)
FIRST_CALL = "start of the server, and get_timer"


def make_environment(home: Path) -> dict[str, str]:
    """Return this environment without what tells of another home, of an environment or of a cache."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "UV_", "VIRTUAL_ENV"))}
    return kept | {"HOME": str(home)}


async def call_first_tool(home: Path) -> str:
    """Return the first answer of the server that the host's configuration starts."""
    entry = json.loads((home / ".cursor" / "mcp.json").read_text("utf-8"))["mcpServers"]["toggl"]
    environment = make_environment(home) | entry.get("env", {})
    server = StdioServerParameters(command=entry["command"], args=entry["args"], env=environment, cwd=home)
    async with Client(stdio_client(server)) as client:
        result = await client.call_tool("get_timer", {})
    return json.dumps(result.structured_content)


def main() -> None:
    """Print each command with its seconds, and the answer."""
    seconds: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        for command in COMMANDS:
            start = monotonic()
            words = [word.replace("REPOSITORY", str(ROOT)) for word in shlex.split(command)]
            subprocess.run(words, cwd=home, env=make_environment(home), check=True)  # noqa: S603 - ours
            seconds[command] = round(monotonic() - start, 1)
        start = monotonic()
        answer = anyio.run(call_first_tool, home)
        seconds[FIRST_CALL] = round(monotonic() - start, 1)
    for command, duration in seconds.items():
        print(f"{duration:6.1f} s  {command}")  # noqa: T201 - for who runs it
        if WRITES:
            write_figures("newcomer", command, commands=int(command in COMMANDS), seconds=duration)
    print(f"{sum(seconds.values()):6.1f} s  in all: {answer}")  # noqa: T201 - likewise


if __name__ == "__main__":
    main()
