"""A change whose response was lost is looked for at Toggl; a creation is never sent again."""

from contextlib import nullcontext
from typing import Literal

import pytest
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tests.endpoints.support import (
    AROHA,
    AUTH,
    cached_fields,
    fault_id,
    fault_in_turn,
    list_methods,
    toggl_fields,
    with_action,
)
from tests.sandbox.clock import Clock
from toggl_mcp.api import connect_in_process
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.errors import OutcomeUnknown
from toggl_mcp.models.clients import ClientBody
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Call, Fault, Sandbox
from toggl_mcp.sandbox.faults import Kind


class RefusingProxy:
    """A way to Toggl on which the second PUT is refused, as it would be after the first was applied."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._put_count = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._put_count += scope["method"] == "PUT"
        is_refused = scope["method"] == "PUT" and self._put_count > 1
        app = Response('"Name has already been taken"', 400) if is_refused else self._sandbox
        await app(scope, receive, send)


pytestmark = pytest.mark.anyio

NEW = ClientBody(name="Lighthouse", notes="By the sea")
APPLIED: list[Kind] = ["lost after", "500 after", "502 after", "404 after", "garbage after", "empty"]
NOT_APPLIED: list[Kind] = ["lost before", "500 before", "502 before", "404 before", "garbage before"]


def count_clients(sandbox: Sandbox, name: str) -> int:
    return [row[0] for row in toggl_fields(sandbox).values()].count(name)


@pytest.mark.parametrize("kind", APPLIED)
async def test_add_client_lost_response_returns_the_only_new_client(
    clients: AsyncClientEndpoint, sandbox: Sandbox, kind: Kind
) -> None:
    sandbox.fault = fault_in_turn("POST", Fault(kind))
    new = await clients.add(NEW)
    assert (new.name, new.notes) == ("Lighthouse", "By the sea")
    assert await clients.get(new.id) == new
    assert count_clients(sandbox, "Lighthouse") == 1
    assert list_methods(sandbox) == ["GET", "POST", "GET"]


@pytest.mark.parametrize("kind", NOT_APPLIED)
async def test_add_client_not_found_is_outcome_unknown_and_not_retried(
    clients: AsyncClientEndpoint, sandbox: Sandbox, kind: Kind
) -> None:
    sandbox.fault = fault_in_turn("POST", Fault(kind))
    with pytest.raises(OutcomeUnknown, match="Look whether it was made before you repeat it"):
        await clients.add(NEW)
    assert count_clients(sandbox, "Lighthouse") == 0
    assert await clients.load_cache() == []
    assert list_methods(sandbox) == ["GET", "POST", "GET"]


@pytest.mark.parametrize("body", ["null", "7", "[]", "{}", '"Created"', '{"id":"x","name":"Lighthouse"}'])
async def test_add_client_unreadable_response_is_reconciled(
    in_memory: AsyncClientEndpoint, sandbox: Sandbox, body: str
) -> None:
    sandbox.fault = fault_in_turn("POST", Fault("garbage after", body=body))
    assert (await in_memory.add(NEW)).name == "Lighthouse"
    sandbox.fault = fault_in_turn("POST", Fault("garbage before", body=body))
    with pytest.raises(OutcomeUnknown):
        await in_memory.add(ClientBody(name="Beacon"))


async def test_add_client_two_matches_are_outcome_unknown(in_memory: AsyncClientEndpoint, sandbox: Sandbox) -> None:
    def add_client() -> None:
        sandbox.state.add_client(HARBOUR_STUDIO, "Lighthouse", notes="By the sea")

    sandbox.fault = fault_in_turn("POST", with_action(Fault("lost after"), add_client))
    with pytest.raises(OutcomeUnknown):
        await in_memory.add(NEW)
    assert list_methods(sandbox) == ["GET", "POST", "GET"]


async def test_add_client_earlier_match_is_not_adopted(in_memory: AsyncClientEndpoint, sandbox: Sandbox) -> None:
    sandbox.state.add_client(HARBOUR_STUDIO, "Lighthouse", notes="By the sea")
    sandbox.fault = fault_in_turn("POST", Fault("lost before"))
    with pytest.raises(OutcomeUnknown):
        await in_memory.add(NEW)


@pytest.mark.parametrize("name", ["lighthouse", "Lighthouse 2", "Beacon"])
async def test_add_client_match_of_another_name_is_not_adopted(
    in_memory: AsyncClientEndpoint, sandbox: Sandbox, name: str
) -> None:
    def add_client() -> None:
        sandbox.state.add_client(HARBOUR_STUDIO, name, notes="By the sea")
        sandbox.state.add_client(NIGHT_SCHOOL, "Lighthouse", notes="By the sea")

    sandbox.fault = fault_in_turn("POST", with_action(Fault("lost before"), add_client))
    with pytest.raises(OutcomeUnknown):
        await in_memory.add(NEW)


@pytest.mark.parametrize("fields", [{}, {"notes": "In the hills"}, {"notes": "By the sea", "external_reference": "9"}])
async def test_add_client_match_with_other_fields_is_not_adopted(
    in_memory: AsyncClientEndpoint, sandbox: Sandbox, fields: dict[str, str]
) -> None:
    def add_client() -> None:
        sandbox.state.add_client(HARBOUR_STUDIO, "Lighthouse", **fields)  # pyright: ignore[reportArgumentType] - texts

    sandbox.fault = fault_in_turn("POST", with_action(Fault("lost before"), add_client))
    with pytest.raises(OutcomeUnknown):
        await in_memory.add(ClientBody(name="Lighthouse", notes="By the sea", external_reference="CRM-7"))


@pytest.mark.parametrize(
    "fault",
    [Fault("refused"), Fault("500 before"), Fault("402"), Fault("429"), Fault("429", retry_after=60), Fault("empty")],
    ids=fault_id,
)
async def test_add_client_failed_reconciliation_is_outcome_unknown(
    in_memory: AsyncClientEndpoint, sandbox: Sandbox, fault: Fault
) -> None:
    posted = False

    def meet(call: Call) -> Fault | None:
        nonlocal posted
        if call.method == "POST":
            posted = True
            return Fault("lost after")
        return fault if posted else None

    sandbox.fault = meet
    with pytest.raises(OutcomeUnknown):
        await in_memory.add(NEW)
    sandbox.fault = None
    assert count_clients(sandbox, "Lighthouse") == 1
    assert await in_memory.load_cache() == []


async def test_add_client_refused_reconciliation_is_outcome_unknown(
    in_memory: AsyncClientEndpoint, sandbox: Sandbox
) -> None:
    sandbox.fault = fault_in_turn("POST", with_action(Fault("lost after"), sandbox.state.workspaces.clear))
    with pytest.raises(OutcomeUnknown):
        await in_memory.add(NEW)
    assert count_clients(sandbox, "Lighthouse") == 1


async def test_add_client_repeated_after_lost_response_creates_one_client(
    in_memory: AsyncClientEndpoint, sandbox: Sandbox
) -> None:
    def meet(call: Call) -> Fault | None:
        if call.method == "POST":
            return Fault("lost after")
        return Fault("429", retry_after=60) if list_methods(sandbox)[-1:] == ["POST"] else None

    sandbox.fault = meet
    for _ in range(3):
        with pytest.raises(OutcomeUnknown):
            await in_memory.add(NEW)
    assert count_clients(sandbox, "Lighthouse") == 1
    assert list_methods(sandbox) == ["GET", "POST", "GET"] * 3


@pytest.mark.parametrize("kind", ["lost after", "lost before"])
async def test_edit_client_refused_after_a_lost_response_shows_what_toggl_has(
    sandbox: Sandbox, clock: Clock, kind: Literal["lost after", "lost before"]
) -> None:
    sandbox.fault = fault_in_turn("PUT", Fault(kind))
    async with connect_in_process(RefusingProxy(sandbox)) as connection:
        clients = AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, MemoryStore(clock=clock), client=connection)
        await clients.collect()
        with nullcontext() if kind == "lost after" else pytest.raises(OutcomeUnknown):
            edited = await clients.edit(AROHA, ClientBody(name="Aroha Bakehouse"))
            assert edited is not None
            assert edited.name == "Aroha Bakehouse"
        assert cached_fields(await clients.collect(ClientBody(status="both"))) == toggl_fields(sandbox)
