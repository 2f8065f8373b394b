"""New clients."""

import json

import pytest

from tests.endpoints.support import AUTH, STRANGER, as_known, asked, at_toggl, names
from toggl_mcp.api import AsyncClient
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.errors import BadToken, DuplicateName, Forbidden, InvalidArguments, NamingError
from toggl_mcp.models.clients import ClientBody
from toggl_mcp.sandbox import HARBOUR_STUDIO, Behaviors, Sandbox

pytestmark = pytest.mark.anyio

FULL = ClientBody(name="Lighthouse", notes="By the sea", external_reference="CRM-7")


async def test_a_new_client_is_found_at_once_and_for_nothing(clients: AsyncClientEndpoint, sandbox: Sandbox) -> None:
    new = await clients.add(FULL)
    sent = len(sandbox.calls)
    assert (new.name, new.notes, new.external_reference, new.archived) == ("Lighthouse", "By the sea", "CRM-7", False)
    assert await clients.get(new.id) == new
    assert names(await clients.collect(ClientBody(name="lighthouse"))) == ["Lighthouse"]
    assert len(sandbox.calls) == sent


async def test_a_creation_lists_what_is_there_unless_that_is_known(
    clients: AsyncClientEndpoint, sandbox: Sandbox
) -> None:
    await clients.add(ClientBody(name="One"))
    await clients.add(ClientBody(name="Two"))
    assert asked(sandbox) == ["GET", "POST", "POST"]


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        (FULL, {"name": "Lighthouse", "notes": "By the sea", "external_reference": "CRM-7"}),
        (ClientBody(name=" Lighthouse "), {"name": "Lighthouse"}),
        (ClientBody(name="Lighthouse", status="archived"), {"name": "Lighthouse"}),
    ],
)
async def test_a_creation_sends_what_toggl_takes_and_nothing_else(
    clients: AsyncClientEndpoint, sandbox: Sandbox, body: ClientBody, sent: dict[str, str]
) -> None:
    await clients.add(body)
    assert sandbox.calls[-1].path == f"/workspaces/{HARBOUR_STUDIO}/clients"
    assert json.loads(sandbox.calls[-1].body) == sent


async def test_a_client_without_a_name_is_refused_before_anything_is_sent(
    clients: AsyncClientEndpoint, sandbox: Sandbox
) -> None:
    with pytest.raises(NamingError, match="needs a name") as refused:
        await clients.add(ClientBody(notes="Nameless"))
    assert isinstance(refused.value, ValueError)
    assert sandbox.calls == []


@pytest.mark.parametrize("text", ["taken", "exists"])
async def test_a_name_that_is_taken_is_a_refusal_of_its_own(
    clients: AsyncClientEndpoint, sandbox: Sandbox, text: str
) -> None:
    sandbox.behaviors = Behaviors(duplicate_text="taken" if text == "taken" else "exists")
    with pytest.raises(DuplicateName):
        await clients.add(ClientBody(name="Northwind Theatre"))
    assert asked(sandbox) == ["GET", "POST"]


async def test_a_refused_creation_leaves_the_cache_as_it_was(clients: AsyncClientEndpoint, sandbox: Sandbox) -> None:
    sandbox.behaviors = Behaviors(max_client_name=20)
    with pytest.raises(InvalidArguments, match="too long"):
        await clients.add(ClientBody(name="x" * 21))
    assert as_known(await clients.load_cache()) == at_toggl(sandbox)


async def test_a_foreign_workspace_and_a_wrong_token_are_told_apart(
    memory: MemoryStore, connection: AsyncClient, sandbox: Sandbox
) -> None:
    before = dict(sandbox.state.clients)
    with pytest.raises(Forbidden):
        await AsyncClientEndpoint(5, AUTH, memory, client=connection).add(FULL)
    with pytest.raises(BadToken):
        await AsyncClientEndpoint(HARBOUR_STUDIO, STRANGER, memory, client=connection).add(FULL)
    assert sandbox.state.clients == before
