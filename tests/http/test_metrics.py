"""What `/metrics` has, and what it never has."""

import re
from typing import Any

import anyio
import pytest
from mcp import Client
from mcp.types import ElicitRequestParams, ElicitResult

from tests.endpoints.support import AROHA, Gate
from tests.http.support import Web, serve
from tests.sandbox.clock import Clock
from tests.tools.host import Host
from tests.tools.host import serve as serve_tools
from toggl_mcp.api import BasicAuth, connect_in_process
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.http import app
from toggl_mcp.http.metrics import open_metrics
from toggl_mcp.sandbox import HARBOUR_STUDIO, TOKEN, Sandbox

pytestmark = pytest.mark.anyio


async def read_samples(web: Web) -> dict[str, float]:
    """Return the value of each sample, by its name and labels."""
    text = (await web.client.get("/metrics")).text
    lines = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}


def count(samples: dict[str, float], name: str, *labels: str) -> float:
    return sum(
        value for key, value in samples.items() if key.startswith(f"{name}{{") and all(label in key for label in labels)
    )


async def test_metrics_count_calls_requests_and_reads(sandbox: Sandbox, clock: Clock) -> None:
    async with serve(sandbox, clock) as web, web.connect() as host:
        before = await read_samples(web)
        await host.call("list_clients")
        await host.call("list_clients")
        await host.fail("get_client", client="Nobody at all")
        after = await read_samples(web)

    def count_new(name: str, *labels: str) -> float:
        return count(after, name, *labels) - count(before, name, *labels)

    assert count_new("toggl_mcp_tool_duration_seconds_count", 'gen_ai_tool_name="list_clients"') == 2
    assert count_new("toggl_mcp_tool_duration_seconds_count", "get_client", 'error_type="not_found"') == 1
    assert count_new("toggl_mcp_request_duration_seconds_count", 'url_template="/me"') == 1
    assert count_new("toggl_mcp_request_duration_seconds_count", 'http_response_status_code="200"') == len(
        sandbox.calls
    )
    assert count_new("toggl_mcp_reads_total", 'toggl_mcp_source="cache"') >= 1
    assert count_new("toggl_mcp_reads_total", 'toggl_mcp_source="toggl"') >= 2
    assert count(after, "toggl_mcp_quota_remaining", 'toggl_mcp_bucket="user"') >= 0


@pytest.mark.parametrize(
    ("arguments", "response", "code"),
    [
        ({"client": AROHA}, ElicitResult(action="accept", content={"delete": True}), ""),
        ({"client": AROHA}, ElicitResult(action="decline"), "declined"),
        ({"client": AROHA}, ElicitResult(action="accept", content={"delete": "yes"}), "declined"),
        ({"client": "Nobody at all"}, ElicitResult(action="decline"), "not_found"),
    ],
)
async def test_call_that_a_person_confirms_is_counted_once(
    sandbox: Sandbox, clock: Clock, arguments: dict[str, object], response: ElicitResult, code: str
) -> None:
    async def respond(context: Any, params: ElicitRequestParams) -> ElicitResult:  # noqa: ANN401, ARG001 - the SDK's signature
        return response

    async with serve(sandbox, clock) as web:
        before = await read_samples(web)
        async with Client(serve_tools(sandbox, clock), elicitation_callback=respond) as client:
            await Host(client).raw("delete_client", **arguments)
        after = await read_samples(web)

    name, tool = "toggl_mcp_tool_duration_seconds_count", 'gen_ai_tool_name="delete_client"'
    assert count(after, name, tool) - count(before, name, tool) == 1
    label = f'error_type="{code}"' if code else tool
    assert count(after, name, tool, label) - count(before, name, tool, label) == 1


async def test_call_that_is_cut_off_is_counted_as_cancelled(sandbox: Sandbox, clock: Clock) -> None:
    gate = Gate()
    async with serve(sandbox, clock) as web, Client(serve_tools(sandbox, clock)) as client:
        before = await read_samples(web)
        sandbox.fault = lambda _: gate.fault
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(Host(client).raw, "list_clients")
            await gate.reached.wait()
            tasks.cancel_scope.cancel()
        sandbox.fault = None
        await Host(client).call("list_clients")
        after = await read_samples(web)

    for name, label in (("tool", 'error_type="cancelled"'), ("request", 'error_type="lost"')):
        metric = f"toggl_mcp_{name}_duration_seconds_count"
        assert count(after, metric, label) - count(before, metric, label) == 1


async def test_get_of_a_cached_client_is_counted_as_a_read(sandbox: Sandbox, clock: Clock) -> None:
    store, client = MemoryStore(clock=clock), connect_in_process(sandbox)
    clients = AsyncClientEndpoint(HARBOUR_STUDIO, BasicAuth(TOKEN, "api_token"), store, client=client)
    async with serve(sandbox, clock) as web:
        await clients.collect()
        before = await read_samples(web)
        await clients.get(AROHA)
        after = await read_samples(web)

    source = 'toggl_mcp_source="cache"'
    assert count(after, "toggl_mcp_reads_total", source) - count(before, "toggl_mcp_reads_total", source) == 1


async def test_metrics_have_no_name_and_no_id(sandbox: Sandbox, clock: Clock) -> None:
    async with serve(sandbox, clock) as web, web.connect() as host:
        await host.call("list_clients")
        await host.call("create_client", name="Sealed Orders")
        await host.call("delete_client", client="Sealed Orders")
        text = (await web.client.get("/metrics")).text

    own = "".join(line for line in text.splitlines() if line.startswith("toggl_mcp_"))
    labels = " ".join(re.findall(r'="([^"]*)"', own))
    assert "Sealed" not in text
    assert TOKEN not in text
    assert re.findall(r"\d{5,}", labels) == []


async def test_metrics_on_this_machine_are_refused_to_another_host(sandbox: Sandbox, clock: Clock) -> None:
    async with serve(sandbox, clock) as web:
        local_response = await web.client.get("/metrics")
        rebound_response = await web.client.get("/metrics", headers={"Host": "evil.example"})

    assert (local_response.status_code, rebound_response.status_code) == (200, 421)


async def test_metrics_beyond_this_machine_are_answered_at_each_address(sandbox: Sandbox, clock: Clock) -> None:
    settings: dict[str, Any] = {"host": "0.0.0.0", "public_url": "https://toggl.example/mcp"}  # noqa: S104 - as it is set
    async with serve(sandbox, clock, token=None, bring_your_own_token=True, **settings) as web:
        response = await web.client.get("/metrics", headers={"Host": "10.0.0.7:8000"})

    assert response.status_code == 200


async def test_metrics_of_a_process_with_another_provider_are_not_served_and_it_says_so(
    sandbox: Sandbox, clock: Clock, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_metrics()
    # Without what it remembers, the provider that there is now is another one.
    monkeypatch.setattr(app, "open_metrics", open_metrics.__wrapped__)
    async with serve(sandbox, clock) as web:
        response = await web.client.get("/metrics")

    assert response.status_code == 404
    assert "/metrics is not served" in caplog.text
