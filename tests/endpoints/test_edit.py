"""Changes to clients."""

import json
import logging
from contextlib import nullcontext
from functools import partial

import anyio
import pytest

from tests.endpoints.support import (
    AROHA,
    FOREIGN_CLIENT,
    GULL,
    MISSING,
    cached_fields,
    fault_in_turn,
    list_methods,
    toggl_fields,
    with_action,
)
from tests.sandbox.clock import Clock
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.errors import DuplicateName, NotFound
from toggl_mcp.models.clients import ClientBody
from toggl_mcp.sandbox import Fault, Sandbox

pytestmark = pytest.mark.anyio

WHOLE = {
    "name": "Aroha Bakery",
    "notes": "Invoices on the first Monday of the month.",
    "external_reference": "CRM-1001",
}
"""What a change of AROHA sends besides what it changes."""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (ClientBody(name="Aroha Bakehouse"), WHOLE | {"name": "Aroha Bakehouse"}),
        (ClientBody(notes="New"), WHOLE | {"notes": "New"}),
        (ClientBody(notes="", external_reference=""), WHOLE | {"notes": "", "external_reference": ""}),
    ],
)
async def test_edit_client_sends_whole_client_and_is_cached(
    clients: AsyncClientEndpoint, sandbox: Sandbox, clock: Clock, body: ClientBody, expected: dict[str, str]
) -> None:
    await clients.collect()
    clock.now += 60
    client = await clients.edit(AROHA, body)
    assert list_methods(sandbox) == ["GET", "GET", "PUT"]
    assert json.loads(sandbox.calls[-1].body) == expected
    assert client == await clients.get(AROHA)
    assert cached_fields(await clients.load_cache()) == toggl_fields(sandbox)


@pytest.mark.parametrize("body", [ClientBody(), ClientBody(status="archived")])
async def test_edit_client_without_changes_is_not_sent(
    clients: AsyncClientEndpoint, strict: AsyncClientEndpoint, sandbox: Sandbox, body: ClientBody
) -> None:
    assert await clients.edit(AROHA, body) == await clients.get(AROHA)
    assert await clients.edit(MISSING, body) is None
    with pytest.raises(NotFound):
        await strict.edit(MISSING, body)
    assert list_methods(sandbox) == ["GET"]


async def test_edit_client_empty_text_clears_and_omitted_field_stays(clients: AsyncClientEndpoint) -> None:
    client = await clients.edit(AROHA, ClientBody(notes=""))
    assert client is not None
    assert (client.notes, client.external_reference) == (None, "CRM-1001")


async def test_edit_client_accepts_client_in_place_of_id(clients: AsyncClientEndpoint) -> None:
    client = await clients.get(AROHA)
    assert client is not None
    edited_client = await clients.edit(client, ClientBody(name="Aroha Bakehouse"))
    assert edited_client is not None
    assert (client.name, edited_client.name) == ("Aroha Bakery", "Aroha Bakehouse")


async def test_edit_client_status_is_ignored_with_a_warning(
    clients: AsyncClientEndpoint, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    body = ClientBody(name="Aroha Bakehouse", status="archived")
    with caplog.at_level(logging.WARNING):
        client = await clients.edit(AROHA, body)
    assert client is not None
    assert client.archived is False
    assert "archive()" in caplog.text
    assert body.status == "archived"
    assert json.loads(sandbox.calls[-1].body) == WHOLE | {"name": "Aroha Bakehouse"}


@pytest.mark.parametrize("client_id", [MISSING, FOREIGN_CLIENT])
async def test_edit_client_missing_returns_none(clients: AsyncClientEndpoint, sandbox: Sandbox, client_id: int) -> None:
    assert await clients.edit(client_id, ClientBody(name="New")) is None
    assert list_methods(sandbox) == ["GET"]


async def test_edit_client_deleted_at_toggl_leaves_the_cache(
    clients: AsyncClientEndpoint, strict: AsyncClientEndpoint, sandbox: Sandbox
) -> None:
    await clients.collect()
    for client_id in (AROHA, GULL):
        sandbox.state.remove_client(client_id)
    assert await clients.edit(AROHA, ClientBody(name="New")) is None
    with pytest.raises(NotFound):
        await strict.edit(GULL, ClientBody(name="New"))
    assert list_methods(sandbox) == ["GET", "GET", "GET"]
    assert cached_fields(await clients.load_cache()) == toggl_fields(sandbox)


async def test_edit_client_duplicate_name_is_refused(clients: AsyncClientEndpoint, sandbox: Sandbox) -> None:
    before = toggl_fields(sandbox)
    with pytest.raises(DuplicateName):
        await clients.edit(AROHA, ClientBody(name="Café Miró"))
    assert toggl_fields(sandbox) == before


async def test_edit_client_keeps_what_somebody_else_changed_before(
    clients: AsyncClientEndpoint, sandbox: Sandbox
) -> None:
    await clients.collect()
    sandbox.state.edit_client(AROHA, name="Renamed by somebody", external_reference="")
    client = await clients.edit(AROHA, ClientBody(notes="New"))
    assert client is not None
    assert (client.name, client.notes, client.external_reference) == ("Renamed by somebody", "New", None)
    assert json.loads(sandbox.calls[-1].body) == {"name": "Renamed by somebody", "notes": "New"}


async def test_edit_client_twice_at_once_makes_both_changes(clients: AsyncClientEndpoint, sandbox: Sandbox) -> None:
    async with anyio.create_task_group() as tasks:
        for body in (ClientBody(name="Aroha Bakehouse"), ClientBody(notes="New"), ClientBody(external_reference="")):
            tasks.start_soon(clients.edit, AROHA, body)
    client = sandbox.state.clients[AROHA]
    assert (client["name"], client["notes"], client.get("external_reference")) == ("Aroha Bakehouse", "New", None)


async def test_edit_client_deleted_after_it_was_read_returns_none_or_raises(
    clients: AsyncClientEndpoint, strict: AsyncClientEndpoint, sandbox: Sandbox
) -> None:
    await clients.collect()
    for client_id, endpoint in ((AROHA, clients), (GULL, strict)):
        remove = partial(sandbox.state.remove_client, client_id)
        sandbox.fault = fault_in_turn("GET", with_action(Fault("slow"), remove))
        with pytest.raises(NotFound) if endpoint is strict else nullcontext():
            assert await endpoint.edit(client_id, ClientBody(notes="New")) is None
        assert list_methods(sandbox)[-2:] == ["GET", "PUT"]
    assert cached_fields(await clients.load_cache()) == toggl_fields(sandbox)
