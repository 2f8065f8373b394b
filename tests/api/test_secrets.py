"""Neither the token nor a client's name is in a log, a trace, an error or a repr."""

import base64
import logging
import traceback

import anyio
import pytest
from opentelemetry.trace import SpanKind, StatusCode

from tests.endpoints.support import AROHA, MISSING, Gate
from tests.spans import SpanRecorder
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.errors import QuotaSpent, TogglError
from toggl_mcp.models.clients import ClientBody
from toggl_mcp.sandbox import TOKEN, Fault, Sandbox
from toggl_mcp.sandbox.faults import Kind

pytestmark = pytest.mark.anyio

SECRETS = [TOKEN, base64.b64encode(f"{TOKEN}:api_token".encode()).decode()]
KINDS: list[Kind | None] = [
    None,
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


async def collect_failures(clients: AsyncClientEndpoint) -> list[str]:
    """Call every verb, and return every failure as it would be logged."""
    body, change = ClientBody(name="Secret Client"), ClientBody(notes="Secret Client")
    failures: list[str] = []
    for verb in (
        clients.collect(body, refresh=True),
        clients.get(MISSING),
        clients.add(body),
        clients.edit(AROHA, change),
        clients.archive(AROHA),
        clients.restore(AROHA),
        clients.delete(AROHA),
    ):
        try:
            await verb
        except TogglError as error:
            failures += traceback.format_exception(error)
            failures += [repr(cause) for cause in (error, error.__cause__, error.__context__)]
    return failures


@pytest.mark.parametrize("kind", KINDS)
async def test_token_is_in_no_log_trace_or_error(
    in_memory: AsyncClientEndpoint,
    sandbox: Sandbox,
    spans: SpanRecorder,
    caplog: pytest.LogCaptureFixture,
    kind: Kind | None,
) -> None:
    caplog.set_level(logging.DEBUG)
    sandbox.fault = lambda _: None if kind is None else Fault(kind)
    failures = await collect_failures(in_memory)
    assert bool(failures) is (kind is not None)
    output = f"{failures} {spans.to_text()} {caplog.text} {in_memory!r} {vars(in_memory)!r}"
    assert [secret for secret in SECRETS if secret in output] == []
    assert "Secret Client" not in f"{spans.to_text()} {caplog.text}"


async def test_trace_has_method_route_and_status_without_ids(
    in_memory: AsyncClientEndpoint, spans: SpanRecorder
) -> None:
    await in_memory.get(AROHA)
    await in_memory.edit(AROHA, ClientBody(notes="New"))
    await in_memory.archive(AROHA)
    assert [span.name for span in spans.toggl] == [
        "GET /workspaces/{id}/clients",
        "GET /workspaces/{id}/clients/{id}",
        "PUT /workspaces/{id}/clients/{id}",
        "POST /workspaces/{id}/clients/{id}/archive",
    ]
    assert {span.kind for span in spans.toggl} == {SpanKind.CLIENT}
    assert spans.toggl[0].attributes == {
        "http.request.method": "GET",
        "url.template": "/workspaces/{id}/clients",
        "http.response.status_code": 200,
    }


@pytest.mark.parametrize(
    ("kind", "outcome", "count"), [("500 before", "500", 4), ("lost after", "lost", 4), ("refused", "not_sent", 4)]
)
async def test_trace_has_a_span_per_try_with_its_outcome(
    in_memory: AsyncClientEndpoint, sandbox: Sandbox, spans: SpanRecorder, kind: Kind, outcome: str, count: int
) -> None:
    sandbox.fault = lambda _: Fault(kind)
    with pytest.raises(TogglError):
        await in_memory.collect()

    assert [(span.attributes or {})["error.type"] for span in spans.toggl] == [outcome] * count
    assert {(span.status.status_code, span.status.description) for span in spans.toggl} == {(StatusCode.ERROR, None)}
    statuses = [(span.attributes or {}).get("http.response.status_code") for span in spans.toggl]
    assert statuses == [500 if kind == "500 before" else None] * count


async def test_request_that_is_held_back_has_no_span(
    in_memory: AsyncClientEndpoint, sandbox: Sandbox, spans: SpanRecorder
) -> None:
    sandbox.fault = lambda _: Fault("402")
    for _ in range(2):
        with pytest.raises(QuotaSpent):
            await in_memory.collect(refresh=True)

    assert [(span.attributes or {})["error.type"] for span in spans.toggl] == ["402"]


async def test_request_that_is_cut_off_counts_as_lost(
    in_memory: AsyncClientEndpoint, sandbox: Sandbox, spans: SpanRecorder
) -> None:
    gate = Gate()
    sandbox.fault = lambda _: gate.fault
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(in_memory.collect)
        await gate.reached.wait()
        tasks.cancel_scope.cancel()

    assert [(span.attributes or {})["error.type"] for span in spans.toggl] == ["lost"]
