"""The token in the process that has it: in no line that it writes, and in no file."""

import base64
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.process.server import Process, serve_sandbox
from toggl_mcp.sandbox import TOKEN, Call, Fault, Sandbox
from toggl_mcp.sandbox.faults import Kind

pytestmark = pytest.mark.usefixtures("pause_coverage")

CALLS: list[tuple[str, dict[str, object]]] = [
    ("get_account", {}),
    ("list_clients", {"refresh": True}),
    ("create_client", {"name": "Lighthouse"}),
    ("edit_client", {"client": 64890301, "notes": "x"}),
    ("delete_client", {"client": 64890302}),
]


KINDS: list[Kind | None] = [None, "500 after", "402", "garbage after"]


def session(kind: Kind | None, folder: Path) -> tuple[int, str, str]:
    """Return the exit status, the log, and all that the process has said and left in its folder."""
    folder.mkdir()

    def fault(call: Call) -> Fault | None:
        return None if kind is None or call.method == "GET" else Fault(kind)

    with serve_sandbox(Sandbox(fault=fault)) as url:
        settings = {"TOGGL_API_TOKEN": TOKEN, "TOGGL_API_URL": url, "TOGGL_MCP_CACHE": str(folder / "c.sqlite")}
        with Process("--log-level", "DEBUG", **settings) as server:
            messages = [server.initialize(), server.request("tools/list")]
            messages += [
                server.request("tools/call", {"name": name, "arguments": arguments}) for name, arguments in CALLS
            ]
            server.close_input()
            status, log = server.wait()
    return status, log, repr(messages) + "".join(path.read_bytes().decode("latin-1") for path in folder.iterdir())


def test_token_is_in_no_message_log_or_file_of_the_process(tmp_path: Path) -> None:
    folders = [tmp_path / str(number) for number in range(len(KINDS))]
    with ThreadPoolExecutor() as threads:  # Each server paces its requests, so they wait at the same time.
        sessions = list(threads.map(session, KINDS, folders))

    for status, log, output in sessions:
        assert status == 0
        assert "GET /workspaces/{id}/clients: 200" in log
        assert TOKEN not in log + output
        assert base64.b64encode(f"{TOKEN}:api_token".encode()).decode() not in log + output
