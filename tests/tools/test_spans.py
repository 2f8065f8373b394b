"""The spans of tool calls: the MCP SDK's, and those of the requests that they send."""

import re

import pytest

from tests.spans import SpanRecorder
from tests.tools.host import Era, Host, each_era
from toggl_mcp.sandbox import TOKEN, Fault, Sandbox

pytestmark = [pytest.mark.anyio, each_era]


async def test_tool_call_has_the_spans_of_its_requests_below_its_own(host: Host, spans: SpanRecorder, era: Era) -> None:
    await host.call("list_tags")

    (call,) = [span for span in spans.spans if span.name == "tools/call list_tags"]
    assert [span.name for span in spans.toggl] == ["GET /me", "GET /workspaces/{id}/tags"]
    assert call.context is not None
    assert {span.parent and span.parent.span_id for span in spans.toggl} == {call.context.span_id}, era


async def test_spans_of_tool_calls_have_no_name_no_id_and_no_token(
    host: Host, sandbox: Sandbox, spans: SpanRecorder, era: Era
) -> None:
    await host.call("create_client", name="Sealed Orders")
    await host.fail("create_client", name="Sealed Orders")
    await host.fail("get_client", client="Sealed Nobody")
    await host.call(
        "create_time_entries", entries=[{"description": "Sealed work", "duration": "1h"}], on_overlap="allow"
    )
    entry = (await host.call("list_time_entries"))["entries"][0]
    await host.call("edit_time_entries", ids=[entry["id"]], description="Sealed again", allow_overlap=True)
    await host.call("summarize_time", period="last year")
    for kind in ("lost after", "garbage after", "402"):
        sandbox.fault = lambda _, kind=kind: Fault(kind)
        await host.fail("create_tag", name="Sealed tag")
        await host.fail("list_projects", refresh=True)

    words = [
        f"{span.name} {dict(span.attributes or {})} {span.status.description} {span.events}" for span in spans.spans
    ]
    assert len(spans.toggl) > 10, era
    assert [text for text in words if "Sealed" in text or TOKEN in text or re.search(r"\d{5,}", text)] == []
