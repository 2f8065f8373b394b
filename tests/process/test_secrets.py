"""The token in the process that has it: in no line that it writes, and in no file."""

import base64
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.process.server import Process
from tests.process.test_cli import listening
from toggl_mcp.sandbox import TOKEN, Call, Fault, Sandbox
from toggl_mcp.sandbox.faults import Kind

CALLS: list[tuple[str, dict[str, object]]] = [
    ("get_account", {}),
    ("list_clients", {"refresh": True}),
    ("create_client", {"name": "Lighthouse"}),
    ("edit_client", {"client_id": 64890301, "notes": "x"}),
    ("delete_client", {"client_id": 64890302}),
]


KINDS: list[Kind | None] = [None, "500 after", "402", "garbage after"]


def session(kind: Kind | None, folder: Path) -> tuple[int, str, str]:
    """Return the exit status, the log, and all that the process has said and left in its folder."""
    folder.mkdir()

    def fault(call: Call) -> Fault | None:
        return None if kind is None or call.method == "GET" else Fault(kind)

    with listening(Sandbox(fault=fault)) as url:
        settings = {"TOGGL_API_TOKEN": TOKEN, "TOGGL_API_URL": url, "TOGGL_MCP_CACHE": str(folder / "c.sqlite")}
        with Process("--log-level", "DEBUG", **settings) as server:
            said = [server.initialize(), server.ask("tools/list")]
            said += [server.ask("tools/call", {"name": name, "arguments": given}) for name, given in CALLS]
            server.close_input()
            status, log = server.end()
    return status, log, repr(said) + "".join(path.read_bytes().decode("latin-1") for path in folder.iterdir())


def test_nothing_that_the_process_writes_holds_the_token(tmp_path: Path) -> None:
    folders = [tmp_path / str(number) for number in range(len(KINDS))]
    with ThreadPoolExecutor() as threads:  # Each server paces its requests, so they wait at the same time.
        sessions = list(threads.map(session, KINDS, folders))

    for status, log, written in sessions:
        assert status == 0
        assert "GET /workspaces/{id}/clients: 200" in log
        assert TOKEN not in log + written
        assert base64.b64encode(f"{TOKEN}:api_token".encode()).decode() not in log + written
