"""The token in the process that has it: in no line that it writes, and in no file."""

import base64
from pathlib import Path

import pytest

from tests.process.lines import Process
from tests.process.test_command import listening
from toggl_mcp.sandbox import TOKEN, Call, Fault, Sandbox

CALLS: list[tuple[str, dict[str, object]]] = [
    ("get_account", {}),
    ("list_clients", {"refresh": True}),
    ("create_client", {"name": "Lighthouse"}),
    ("edit_client", {"client_id": 64890301, "notes": "x"}),
    ("delete_client", {"client_id": 64890302}),
]


@pytest.mark.parametrize("kind", [None, "500 after", "402", "garbage after"])
def test_nothing_that_the_process_writes_holds_the_token(tmp_path: Path, kind: str | None) -> None:
    def fault(call: Call) -> Fault | None:
        return None if kind is None or call.method == "GET" else Fault(kind)  # pyright: ignore[reportArgumentType] - its literals

    with listening(Sandbox(fault=fault)) as url:
        settings = {"TOGGL_API_TOKEN": TOKEN, "TOGGL_API_URL": url, "TOGGL_MCP_CACHE": str(tmp_path / "c.sqlite")}
        with Process("--log-level", "DEBUG", **settings) as server:
            said = [server.initialize(), server.ask("tools/list")]
            said += [server.ask("tools/call", {"name": name, "arguments": given}) for name, given in CALLS]
            server.close_input()
            status, log = server.end()

    written = repr(said) + log + "".join(path.read_bytes().decode("latin-1") for path in tmp_path.iterdir())
    assert status == 0
    assert "GET /workspaces/{id}/clients: 200" in log
    assert TOKEN not in written
    assert base64.b64encode(f"{TOKEN}:api_token".encode()).decode() not in written
