"""Toggl, and our server in front of it, for agents: processes of the project's environment."""

import json
import os
import re
import subprocess
from base64 import b64encode
from collections.abc import Generator
from pathlib import Path
from typing import IO, Any, NamedTuple, cast
from urllib.request import Request, urlopen

import pytest

HERE = Path(__file__).parent
BIN = Path(os.environ["TOGGL_MCP_BIN"])
"""Where the project's commands are."""
TOKEN = "5a4db0c5a4db0c5a4db0c5a4db0c5a4d"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
QUESTION = "Log an hour for the ferry plan."
DESCRIPTION = "Ferry plan"
ENTRY = {"start": "yesterday 05:00", "duration": "1h", "description": DESCRIPTION}
CREATION = ("create_time_entries", {"entries": [ENTRY]})
CALLS: list[tuple[str, dict[str, Any]]] = [("get_timer", {}), CREATION]
"""What the scripted model calls, one after the other, before it answers."""
STRICT_ENTRY = {**ENTRY, "stop": None, "project": "", "task": None, "tags": None, "billable": None, "like": ""}
STRICT_CALLS = [
    ("create_time_entries", {"entries": [STRICT_ENTRY], "on_overlap": None, "dry_run": None, "workspace": ""})
]
"""What a model calls in a strict mode, where each argument has to have a value."""


class Toggl(NamedTuple):
    """Where the embedded Toggl is."""

    address: str

    def count_entries(self) -> int:
        """Return how many time entries of the description there are at Toggl."""
        basic = b64encode(f"{TOKEN}:api_token".encode()).decode()
        request = Request(f"{self.address}/me/time_entries", headers={"Authorization": f"Basic {basic}"})  # noqa: S310 - http
        with urlopen(request) as response:  # noqa: S310 - the same
            return sum(row["description"] == DESCRIPTION for row in json.load(response))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def slow_seconds() -> float:
    """How long Toggl takes for the response to the first creation."""
    return 0


@pytest.fixture
def toggl(slow_seconds: float, monkeypatch: pytest.MonkeyPatch) -> Generator[Toggl]:
    monkeypatch.setenv("TOGGL_SLOW_SECONDS", str(slow_seconds))
    process = subprocess.Popen(
        [BIN / "python", "-m", "tests.agents.toggl"], cwd=HERE.parents[1], stdout=subprocess.PIPE
    )
    address = cast("IO[bytes]", process.stdout).readline().decode().strip()
    monkeypatch.setenv("PATH", f"{BIN}:{os.environ['PATH']}")
    monkeypatch.setenv("TOGGL_API_TOKEN", TOKEN)
    monkeypatch.setenv("TOGGL_API_URL", address)
    monkeypatch.setenv("TOGGL_MCP_CACHE", "memory")
    yield Toggl(address)
    process.kill()
    process.communicate()


@pytest.fixture(params=["stdio", "http"])
def url(request: pytest.FixtureRequest, toggl: Toggl) -> Generator[str | None]:  # noqa: ARG001 - it sets the environment
    """The address of our server; None where the recipe starts it."""
    if request.param == "stdio":
        yield None
        return
    process = subprocess.Popen(
        [BIN / "toggl-mcp", "http", "--bring-your-own-token", "--port", "0"], stderr=subprocess.PIPE, text=True
    )
    line = next(line for line in cast("IO[str]", process.stderr) if "listening at" in line)
    match = re.search(r"listening at (\S+)", line)
    assert match
    yield match[1]
    process.kill()
    process.communicate()
