"""New clients."""

import json

import pytest

from tests.endpoints.support import AUTH, STRANGER, cached_fields, list_methods, names, toggl_fields
from toggl_mcp.api import AsyncClient
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.errors import BadToken, DuplicateName, Forbidden, InvalidArguments, NamingError
from toggl_mcp.models.clients import ClientBody
from toggl_mcp.sandbox import HARBOUR_STUDIO, Behaviors, Sandbox

pytestmark = pytest.mark.anyio

FULL = ClientBody(name="Lighthouse", notes="By the sea", external_reference="CRM-7")


async def test_add_client_is_cached_without_further_requests(clients: AsyncClientEndpoint, sandbox: Sandbox) -> None:
    new = await clients.add(FULL)
    request_count = len(sandbox.calls)
    assert (new.name, new.notes, new.external_reference, new.archived) == ("Lighthouse", "By the sea", "CRM-7", False)
    assert await clients.get(new.id) == new
    assert names(await clients.collect(ClientBody(name="lighthouse"))) == ["Lighthouse"]
    assert len(sandbox.calls) == request_count


async def test_add_client_lists_clients_first_if_not_cached(clients: AsyncClientEndpoint, sandbox: Sandbox) -> None:
    await clients.add(ClientBody(name="One"))
    await clients.add(ClientBody(name="Two"))
    assert list_methods(sandbox) == ["GET", "POST", "POST"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (FULL, {"name": "Lighthouse", "notes": "By the sea", "external_reference": "CRM-7"}),
        (ClientBody(name=" Lighthouse "), {"name": "Lighthouse"}),
        (ClientBody(name="Lighthouse", status="archived"), {"name": "Lighthouse"}),
    ],
)
async def test_add_client_sends_only_the_fields_of_a_create(
    clients: AsyncClientEndpoint, sandbox: Sandbox, body: ClientBody, expected: dict[str, str]
) -> None:
    await clients.add(body)
    assert sandbox.calls[-1].path == f"/workspaces/{HARBOUR_STUDIO}/clients"
    assert json.loads(sandbox.calls[-1].body) == expected


async def test_add_client_without_name_is_refused_without_requests(
    clients: AsyncClientEndpoint, sandbox: Sandbox
) -> None:
    with pytest.raises(NamingError, match="needs a name") as error:
        await clients.add(ClientBody(notes="Nameless"))
    assert isinstance(error.value, ValueError)
    assert sandbox.calls == []


@pytest.mark.parametrize("text", ["taken", "exists"])
async def test_add_client_duplicate_name_is_refused(clients: AsyncClientEndpoint, sandbox: Sandbox, text: str) -> None:
    sandbox.behaviors = Behaviors(duplicate_text="taken" if text == "taken" else "exists")
    with pytest.raises(DuplicateName):
        await clients.add(ClientBody(name="Northwind Theatre"))
    assert list_methods(sandbox) == ["GET", "POST"]


async def test_add_client_refused_leaves_the_cache_unchanged(clients: AsyncClientEndpoint, sandbox: Sandbox) -> None:
    sandbox.behaviors = Behaviors(max_client_name=20)
    with pytest.raises(InvalidArguments, match="too long"):
        await clients.add(ClientBody(name="x" * 21))
    assert cached_fields(await clients.load_cache()) == toggl_fields(sandbox)


async def test_add_client_foreign_workspace_and_bad_token_raise_different_errors(
    memory: MemoryStore, connection: AsyncClient, sandbox: Sandbox
) -> None:
    before = dict(sandbox.state.clients)
    with pytest.raises(Forbidden):
        await AsyncClientEndpoint(5, AUTH, memory, client=connection).add(FULL)
    with pytest.raises(BadToken):
        await AsyncClientEndpoint(HARBOUR_STUDIO, STRANGER, memory, client=connection).add(FULL)
    assert sandbox.state.clients == before
