"""The spans of tool calls: the MCP SDK's, and those of the requests that they send."""

import re

import pytest
from mcp.shared.exceptions import MCPError
from mcp.types import PromptReference
from opentelemetry.trace import SpanKind

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


async def test_spans_have_no_name_that_a_client_made_up_and_no_message(
    host: Host, spans: SpanRecorder, era: Era
) -> None:
    await host.raw("sealed_tool")
    with pytest.raises(MCPError, match="sealed_prompt"):
        await host.client.get_prompt("sealed_prompt")
    for uri in ("sealed://resource", "toggl://sealed", "toggl://project/sealed"):
        with pytest.raises(MCPError, match="sealed"):
            await host.client.read_resource(uri)
    with pytest.raises(MCPError, match="sealed"):
        await host.client.complete(PromptReference(name="sealed"), {"name": "sealed", "value": "sealed"})

    own = [span for span in spans.spans if span.kind is SpanKind.SERVER]  # The client's are its own affair.
    assert {"tools/call _OTHER", "prompts/get _OTHER", "resources/read"} <= {span.name for span in own}, era
    assert "sealed" not in "".join(span.to_json() for span in own)
