"""Three replicas behind nginx, as deploy/nginx.conf has them."""

from pathlib import Path

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from tests.http.replicas import NGINX, start_nginx, start_replicas
from tests.http.support import HEADERS, META
from tests.process.server import serve_sandbox
from tests.tools.host import Era, Host, each_era
from toggl_mcp.sandbox import TOKEN, Fault, Sandbox

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.process,
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed: apt-get install nginx-light"),
]

CREATE_TAG = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {"name": "create_tag", "arguments": {"name": "first"}, "_meta": META},
}


@each_era
async def test_list_clients_through_nginx_is_answered_by_each_replica(tmp_path: Path, era: Era) -> None:
    with start_replicas(3, "--sandbox") as replicas, start_nginx(tmp_path, replicas) as url:
        for _ in range(3):
            async with Client(streamable_http_client(f"{url}/mcp"), mode=era) as client:
                assert (await Host(client).call("list_clients"))["total"] == 6
        async with httpx2.AsyncClient() as web:
            statuses = [(await web.get(f"{url}{path}")).status_code for path in ("/health", "/metrics", "/ready")]

    assert statuses == [200, 404, 404]


async def test_change_of_a_replica_that_is_killed_is_not_sent_by_another(tmp_path: Path) -> None:
    sandbox = Sandbox()
    settings = {"TOGGL_MCP_CACHE": "memory", "TOGGL_API_TOKEN": TOKEN}
    with serve_sandbox(sandbox) as toggl, start_replicas(3, **settings, TOGGL_API_URL=toggl) as replicas:

        async def kill_the_first() -> None:  # To which nginx gives the first request.
            replicas[0].process.kill()
            replicas[0].process.wait()

        sandbox.fault = lambda call: Fault("slow", until=kill_the_first) if call.method == "POST" else None
        with start_nginx(tmp_path, replicas) as url:
            async with httpx2.AsyncClient() as web:
                headers = {**HEADERS, "Mcp-Method": "tools/call", "Mcp-Name": "create_tag"}
                response = await web.post(f"{url}/mcp", json=CREATE_TAG, headers=headers)

    assert response.status_code == 502
    assert [call.method for call in sandbox.calls].count("POST") == 1
