"""Three replicas behind nginx, as deploy/nginx.conf has them."""

from collections.abc import Mapping
from pathlib import Path

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from tests.http.replicas import NGINX, start_nginx, start_replicas
from tests.http.support import HEADERS, LIST_TOOLS, META
from tests.process.server import serve_sandbox
from tests.tools.host import Era, Host, each_era
from toggl_mcp.sandbox import TOKEN, Fault, Sandbox

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.process,
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed: apt-get install nginx"),
]

CREATE_TAG = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {"name": "create_tag", "arguments": {"name": "first"}, "_meta": META},
}
SETTINGS = {"TOGGL_MCP_CACHE": "memory", "TOGGL_API_TOKEN": TOKEN}


async def list_tools(url: str, **headers: str) -> httpx2.Response:
    """Send a request that lists the tools."""
    async with httpx2.AsyncClient(headers={**HEADERS, **headers}) as web:
        return await web.post(f"{url}/mcp", json=LIST_TOOLS)


@each_era
async def test_list_clients_through_nginx_is_answered_by_each_replica(tmp_path: Path, era: Era) -> None:
    with start_replicas(3, "--sandbox") as replicas, start_nginx(tmp_path, replicas) as url:
        for _ in range(3):
            async with Client(streamable_http_client(f"{url}/mcp"), mode=era) as client:
                assert (await Host(client).call("list_clients"))["total"] == 6
        async with httpx2.AsyncClient() as web:
            statuses = [(await web.get(f"{url}{path}")).status_code for path in ("/health", "/metrics", "/ready")]
    log = (tmp_path / "access.log").read_text()

    assert statuses == [200, 404, 404]
    assert all(f"127.0.0.1:{replica.port}\n" in log for replica in replicas)


async def test_change_of_a_replica_that_is_killed_is_not_sent_by_another(tmp_path: Path) -> None:
    sandbox = Sandbox()
    with serve_sandbox(sandbox) as toggl, start_replicas(3, **SETTINGS, TOGGL_API_URL=toggl) as replicas:

        async def kill_the_first() -> None:  # To which nginx gives the first request.
            replicas[0].process.kill()
            replicas[0].process.wait()

        sandbox.fault = lambda call: Fault("slow", until=kill_the_first) if call.method == "POST" else None
        with start_nginx(tmp_path, replicas) as url:
            async with httpx2.AsyncClient() as web:
                headers = {**HEADERS, "Mcp-Method": "tools/call", "Mcp-Name": "create_tag"}
                response = await web.post(f"{url}/mcp", json=CREATE_TAG, headers=headers)

    assert response.status_code == 502
    assert "look before you repeat it" in response.json()["error"]
    assert [call.method for call in sandbox.calls].count("POST") == 1
    assert (tmp_path / "access.log").read_text().endswith(f" 127.0.0.1:{replicas[0].port}\n")


async def test_call_while_a_replica_is_stopped_is_answered_by_another(tmp_path: Path) -> None:
    with start_replicas(3, "--sandbox") as replicas, start_nginx(tmp_path, replicas) as url:
        replicas[0].process.kill()
        replicas[0].process.wait()
        statuses = [(await list_tools(url)).status_code for _ in range(4)]
    log = (tmp_path / "access.log").read_text()

    assert statuses == [200] * 4
    assert f"127.0.0.1:{replicas[0].port}, 127.0.0.1:" in log  # It was tried, in vain.


async def test_nginx_leaves_a_foreign_host_to_the_server_and_bounds_size_and_number_itself(tmp_path: Path) -> None:
    # Of a minute, as a second may pass before the next request.
    limits: Mapping[str, str] = {"rate=50r/s": "rate=1r/m", "burst=200": "burst=1"}
    with start_replicas(1, "--sandbox") as (replica,), start_nginx(tmp_path, [replica] * 3, limits) as url:
        foreign = await list_tools(url, Host="another.example")
        async with httpx2.AsyncClient(headers=HEADERS) as web:
            large = await web.post(f"{url}/mcp", content=b" " * (2 << 20))
        responses = [await list_tools(url) for _ in range(3)]

    assert (foreign.status_code, large.status_code) == (421, 413)
    assert [response.status_code for response in responses] == [200, 429, 429]
    assert responses[-1].headers["Retry-After"] == "1"
    assert "Try again in a second" in responses[-1].json()["error"]
