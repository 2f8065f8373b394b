"""How an endpoint is made, and what it does with what it is given."""

import gc
import weakref
from typing import Any

import httpx
import pytest

from tests.endpoints.support import AROHA, AUTH, STRANGER, asked, each
from tests.sandbox.clock import Clock
from toggl_mcp.api import AsyncClient, Timeout, connect_in_process
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.cache.store import Store
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.endpoints.toggl import Toggl
from toggl_mcp.errors import BadToken, InvalidArguments, Unreachable
from toggl_mcp.models.account import Workspace
from toggl_mcp.models.clients import ClientBody
from toggl_mcp.sandbox import HARBOUR_STUDIO, Fault, Sandbox

pytestmark = pytest.mark.anyio

NO_IDS: list[Any] = ["5", "1/../2", "1?x=1#f", True, 0, -1, 7.0, None, [AROHA]]


async def test_a_workspace_is_accepted_where_its_id_is(memory: MemoryStore, connection: AsyncClient) -> None:
    workspace = Workspace(id=HARBOUR_STUDIO, name="Harbour Studio")
    clients = AsyncClientEndpoint(workspace, AUTH, memory, client=connection)
    assert clients.workspace_id == HARBOUR_STUDIO
    assert len(await clients.collect()) == 6


@pytest.mark.parametrize("given", NO_IDS, ids=repr)
async def test_what_is_no_id_is_refused_before_anything_is_sent(
    memory: MemoryStore, connection: AsyncClient, sandbox: Sandbox, given: int
) -> None:
    clients = AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, memory, client=connection)
    with pytest.raises(InvalidArguments, match="positive whole number"):
        AsyncClientEndpoint(given, AUTH, memory, client=connection)
    for verb in (clients.get, clients.delete, clients.archive, clients.restore):
        with pytest.raises(InvalidArguments, match="positive whole number"):
            await verb(given)
    with pytest.raises(InvalidArguments, match="positive whole number"):
        await clients.edit(given, ClientBody(name="New"))
    assert sandbox.calls == []


async def test_an_id_that_no_json_reader_keeps_exact_is_refused(clients: AsyncClientEndpoint, sandbox: Sandbox) -> None:
    for too_large in (2**53, 2**63, 10**40):
        with pytest.raises(InvalidArguments, match="positive whole number"):
            await clients.get(too_large)
    assert sandbox.calls == []


@pytest.mark.parametrize(
    ("given", "parts"),
    [
        ({}, (10, 10, 10, 10)),
        ({"timeout": 3}, (3, 3, 3, 3)),
        ({"timeout": 2.5}, (2.5, 2.5, 2.5, 2.5)),
        ({"timeout": Timeout(5, connect=1)}, (1, 5, 5, 5)),
    ],
)
async def test_a_timeout_holds_for_each_part_of_a_request(
    memory: MemoryStore, connection: AsyncClient, given: dict[str, Any], parts: tuple[float, ...]
) -> None:
    seen: list[dict[str, float]] = []

    async def see(request: httpx.Request) -> None:
        seen.append(request.extensions["timeout"])

    connection.event_hooks = {"request": [see]}
    await AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, memory, client=connection, **given).collect()
    assert seen == [dict(zip(("connect", "read", "write", "pool"), parts, strict=True))]


@pytest.mark.parametrize(
    ("given", "requests"), [({}, 4), ({"retries": 1}, 2), ({"retries": 0}, 1), ({"retries": -3}, 1)]
)
async def test_a_request_is_repeated_as_often_as_was_asked_for(
    memory: MemoryStore, connection: AsyncClient, sandbox: Sandbox, given: dict[str, Any], requests: int
) -> None:
    sandbox.fault = each("GET", Fault("500 before"))
    with pytest.raises(Unreachable):
        await AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, memory, client=connection, **given).collect()
    assert len(sandbox.calls) == requests


async def test_nothing_is_repeated_where_errors_are_to_be_raised(
    memory: MemoryStore, connection: AsyncClient, sandbox: Sandbox
) -> None:
    sandbox.fault = each("GET", Fault("500 before"))
    with pytest.raises(Unreachable):
        await AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, memory, client=connection, re_raise=True, retries=5).collect()
    assert len(sandbox.calls) == 1


def state(connection: AsyncClient) -> tuple[object, ...]:
    headers, cookies = dict(connection.headers), dict(connection.cookies)
    return connection.auth, connection.base_url, connection.timeout, headers, cookies, connection.is_closed


async def test_a_connection_that_was_given_is_neither_changed_nor_closed(
    memory: MemoryStore, connection: AsyncClient
) -> None:
    before = state(connection)
    async with AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, memory, client=connection, timeout=1) as clients:
        await clients.add(ClientBody(name="Lighthouse"))
    assert state(connection) == before


async def test_a_connection_without_an_address_leads_to_toggl(sandbox: Sandbox, memory: MemoryStore) -> None:
    async with AsyncClient(transport=httpx.ASGITransport(app=sandbox)) as bare:
        assert await AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, memory, client=bare).get(AROHA)
    assert sandbox.calls[0].headers["host"] == "api.track.toggl.com"


async def test_endpoints_that_share_a_connection_keep_their_own_tokens(
    memory: MemoryStore, connection: AsyncClient, sandbox: Sandbox
) -> None:
    mine = AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, memory, client=connection)
    theirs = AsyncClientEndpoint(HARBOUR_STUDIO, STRANGER, memory, client=connection)
    for _ in range(2):
        assert len(await mine.collect(refresh=True)) == 6
        with pytest.raises(BadToken):
            await theirs.collect(refresh=True)
    assert sandbox.answers == [200, 403, 200, 403]


async def test_an_endpoint_closes_the_connection_that_it_made(memory: MemoryStore) -> None:
    async with AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, memory) as clients:
        pass
    await clients.aclose()
    with pytest.raises(RuntimeError, match="closed"):
        await clients.collect()


async def test_an_endpoint_that_nobody_holds_is_freed(memory: MemoryStore) -> None:
    clients = AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, memory)
    gone = weakref.ref(clients)
    await clients.aclose()
    del clients
    gc.collect()
    assert gone() is None


async def test_one_cache_serves_endpoints_of_every_kind(
    sandbox: Sandbox, store: Store, connection: AsyncClient
) -> None:
    toggl = Toggl(AUTH, store, client=connection)
    await toggl.account.workspaces()
    await toggl.account.me()
    await toggl.clients(HARBOUR_STUDIO).collect()
    assert (await toggl.clients(HARBOUR_STUDIO).get(AROHA)) is not None
    assert len((await toggl.account.workspaces()).collection.items) == 2
    assert (await toggl.account.me())[0].name == "Marama Quayle"
    assert len(sandbox.calls) == 2


async def test_requests_say_who_asks_and_carry_a_body_only_where_there_is_one(sandbox: Sandbox, clock: Clock) -> None:
    async with connect_in_process(sandbox) as connection:
        clients = AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, MemoryStore(clock=clock), client=connection)
        client = await clients.add(ClientBody(name="Lighthouse"))
        await clients.edit(client, ClientBody(notes="By the sea"))
        await clients.delete(client)
    assert asked(sandbox) == ["GET", "POST", "PUT", "DELETE"]
    assert {call.headers["user-agent"] for call in sandbox.calls} == {"toggl-mcp-server"}
    assert {call.path.split("/")[1] for call in sandbox.calls} == {"workspaces"}
    typed = [call.headers.get("content-type") for call in sandbox.calls]
    assert typed == [None, "application/json", "application/json", None]
    assert [bool(call.body) for call in sandbox.calls] == [False, True, True, False]
