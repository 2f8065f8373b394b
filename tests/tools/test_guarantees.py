"""What the README promises in figures."""

import base64
import logging
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from mcp import Client
from pydantic import SecretStr

from tests.figures import check_figures
from tests.sandbox.clock import Clock
from tests.tools.host import Host, serve
from toggl_mcp.api import BasicAuth, connect_in_process
from toggl_mcp.cache.sqlite.store import SqliteStore
from toggl_mcp.endpoints.toggl import Toggl
from toggl_mcp.sandbox import HARBOUR_STUDIO, TOKEN, Fault, Sandbox
from toggl_mcp.sandbox.faults import Kind
from toggl_mcp.settings import Settings

pytestmark = pytest.mark.anyio

AROHA = 64890301
MINUTE = 60
FAULT_KINDS: list[Kind] = [
    "refused",
    "lost before",
    "lost after",
    "500 before",
    "502 after",
    "404 after",
    "429",
    "402",
    "garbage after",
    "empty",
]


@pytest.fixture
async def store(tmp_path: Path, clock: Clock) -> AsyncGenerator[SqliteStore]:
    cache = SqliteStore(tmp_path / "cache" / "cache.sqlite", clock=clock)
    yield cache
    await cache.aclose()


@pytest.mark.promise("hour")
@pytest.mark.parametrize(
    ("workspace_id", "figure"), [(None, "requests"), (HARBOUR_STUDIO, "requests_configured")], ids=["default", "set"]
)
async def test_request_budget_of_an_hour_with_60_calls_fits_the_free_plan(
    sandbox: Sandbox, clock: Clock, store: SqliteStore, workspace_id: int | None, figure: str
) -> None:
    async with Client(serve(sandbox, clock, store=store, workspace_id=workspace_id)) as client:
        host = Host(client)
        for minute in range(60):
            match minute:
                case 10 | 25 | 40:
                    await host.call("create_client", name=f"Client of minute {minute}")
                case 15 | 45:
                    await host.call("edit_client", client=AROHA, name=f"Renamed in minute {minute}")
                case 50:
                    await host.call("delete_client", client=64890302)
                case _ if minute % 3 == 0:
                    await host.call("list_clients", status="both")
                case _ if minute % 3 == 1:
                    await host.call("get_client", client=64890303)
                case _:
                    await host.call("list_clients", name="a", limit=5)
            clock.now += MINUTE

    check_figures("hour", figure, **{figure: len(sandbox.calls)})


CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("get_account", {"refresh": True}),
    ("create_client", {"name": "Lighthouse"}),
    ("edit_client", {"client": AROHA, "notes": "By the sea"}),
    ("edit_client", {"client": AROHA, "archived": True}),
    ("list_clients", {"refresh": True}),
    ("delete_client", {"client": 7}),
)


@pytest.mark.promise("token")
async def test_token_is_absent_from_results_logs_cache_and_repr(
    sandbox: Sandbox, clock: Clock, store: SqliteStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    results: list[str] = []
    async with Client(serve(sandbox, clock, store=store)) as client:
        for fault in (None, *map(Fault, FAULT_KINDS)):
            sandbox.fault = lambda call, fault=fault: fault if call.method != "GET" else None
            for tool, arguments in CALLS:
                results.append((await client.call_tool(tool, arguments)).model_dump_json())
                clock.now += MINUTE

    files = [path.read_bytes().decode("latin-1") for path in (tmp_path / "cache").iterdir()]
    output = "\n".join([*results, caplog.text, *await _collect_reprs(sandbox, store), *files])
    assert len(results) == 66
    assert "outcome_unknown" in output
    for secret in (
        TOKEN,
        base64.b64encode(TOKEN.encode()).decode()[:40],
        _encode_basic_auth(TOKEN),
        quote(f"{TOKEN}:api_token"),
    ):
        assert secret not in output

    check_figures("token", calls=len(results), faults=len(FAULT_KINDS), leaks=0)


async def _collect_reprs(sandbox: Sandbox, store: SqliteStore) -> list[str]:
    """Return how everything that knows the token shows itself."""
    toggl = Toggl(BasicAuth(TOKEN, "api_token"), store, client=connect_in_process(sandbox))
    settings = Settings(token=SecretStr(TOKEN))
    reprs = [repr(item) for item in (toggl, toggl.account, toggl.clients(1), settings, settings.model_dump())]
    reprs += [repr(vars(item)) for item in (toggl, toggl.account, toggl.clients(1))]
    await toggl.aclose()
    return reprs


def _encode_basic_auth(token: str) -> str:
    return base64.b64encode(f"{token}:api_token".encode()).decode()
