"""Neither the token nor a client's name is in a log, a trace, an error or a repr."""

import base64
import logging
import traceback
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from opentelemetry import trace

from tests.endpoints.support import AROHA, MISSING
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.errors import TogglError
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
    "429",
    "402",
    "garbage after",
    "empty",
]


class Spans:
    """Records the spans that a tracing back end would get."""

    def __init__(self) -> None:
        self.records: list[tuple[str, Mapping[str, Any]]] = []

    @contextmanager
    def start_as_current_span(
        self, name: str, *, kind: trace.SpanKind, attributes: dict[str, Any], record_exception: bool
    ) -> Generator["Spans"]:
        assert kind is trace.SpanKind.CLIENT
        assert record_exception is False
        self.records.append((name, attributes))
        yield self

    def set_attribute(self, key: str, value: object) -> None:
        name, attributes = self.records.pop()
        self.records.append((name, {**attributes, key: value}))


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Spans:
    recorder = Spans()

    def get_tracer(name: str) -> Spans:
        assert name == "toggl_mcp"
        return recorder

    monkeypatch.setattr(trace, "get_tracer", get_tracer)
    return recorder


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
    in_memory: AsyncClientEndpoint, sandbox: Sandbox, spans: Spans, caplog: pytest.LogCaptureFixture, kind: Kind | None
) -> None:
    caplog.set_level(logging.DEBUG)
    sandbox.fault = lambda _: None if kind is None else Fault(kind)
    failures = await collect_failures(in_memory)
    assert bool(failures) is (kind is not None)
    output = f"{failures} {spans.records} {caplog.text} {in_memory!r} {vars(in_memory)!r}"
    assert [secret for secret in SECRETS if secret in output] == []
    assert "Secret Client" not in f"{spans.records} {caplog.text}"


async def test_trace_has_method_route_and_status_without_ids(in_memory: AsyncClientEndpoint, spans: Spans) -> None:
    await in_memory.get(AROHA)
    await in_memory.edit(AROHA, ClientBody(notes="New"))
    await in_memory.archive(AROHA)
    assert [name for name, _ in spans.records] == [
        "GET /workspaces/{id}/clients",
        "GET /workspaces/{id}/clients/{id}",
        "PUT /workspaces/{id}/clients/{id}",
        "POST /workspaces/{id}/clients/{id}/archive",
    ]
    assert spans.records[0][1] == {
        "http.request.method": "GET",
        "url.template": "/workspaces/{id}/clients",
        "http.response.status_code": 200,
    }


async def test_trace_has_a_span_per_try(in_memory: AsyncClientEndpoint, sandbox: Sandbox, spans: Spans) -> None:
    sandbox.fault = lambda _: Fault("500 before")
    with pytest.raises(TogglError):
        await in_memory.collect()
    assert [attributes.get("http.response.status_code") for _, attributes in spans.records] == [500] * 4


async def test_log_reports_the_outcome_of_each_change(
    in_memory: AsyncClientEndpoint, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "toggl_mcp")
    await in_memory.edit(AROHA, ClientBody(notes="New"))
    sandbox.fault = lambda _: Fault("lost before")
    with pytest.raises(TogglError):
        await in_memory.delete(AROHA)
    assert caplog.messages == [
        f"edit client {AROHA} in workspace {in_memory.workspace_id}: confirmed",
        f"delete client {AROHA} in workspace {in_memory.workspace_id}: outcome_unknown",
    ]
