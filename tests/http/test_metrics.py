"""What `/metrics` has, and what it never has."""

import re

import pytest

from tests.http.support import Web, serve
from tests.sandbox.clock import Clock
from toggl_mcp.sandbox import TOKEN, Sandbox

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
