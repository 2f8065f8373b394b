"""Log how a newcomer gets from an empty home to the first answer, in seconds: `uv run python -m scripts.newcomer`.

It runs the commands of README.md in an empty home, with nothing in uv's cache, and then starts the server as the host's
configuration says. Its Toggl is the embedded one.
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

ROOT = Path(__file__).parent.parent
COMMANDS = (
    "python3 -m venv uv",
    "uv/bin/pip install --quiet uv",
    f"git clone --quiet {shlex.quote(str(ROOT))} toggl_mcp",
    "uv/bin/uv run --quiet --directory toggl_mcp toggl-mcp install cursor --sandbox",
)


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
    began = monotonic()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        for command in COMMANDS:
            start = monotonic()
            subprocess.run(shlex.split(command), cwd=home, env=make_environment(home), check=True)  # noqa: S603 - ours
            print(f"{monotonic() - start:6.1f} s  {command}")  # noqa: T201 - for who runs it
        start = monotonic()
        answer = anyio.run(call_first_tool, home)
        print(f"{monotonic() - start:6.1f} s  start of the server, and get_timer: {answer}")  # noqa: T201 - likewise
    print(f"{monotonic() - began:6.1f} s  in all")  # noqa: T201 - likewise


if __name__ == "__main__":
    main()
