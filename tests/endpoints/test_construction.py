"""How an endpoint is made, and what it does with what it is given."""

import gc
import weakref
from typing import Any

import httpx
import pytest

from tests.endpoints.support import AROHA, AUTH, STRANGER, fault_every, list_methods
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

INVALID_IDS: list[Any] = ["5", "1/../2", "1?x=1#f", True, 0, -1, 7.0, None, [AROHA]]


async def test_endpoint_accepts_workspace_in_place_of_id(memory: MemoryStore, connection: AsyncClient) -> None:
    workspace = Workspace(id=HARBOUR_STUDIO, name="Harbour Studio")
    clients = AsyncClientEndpoint(workspace, AUTH, memory, client=connection)
    assert clients.workspace_id == HARBOUR_STUDIO
    assert len(await clients.collect()) == 6


@pytest.mark.parametrize("invalid_id", INVALID_IDS, ids=repr)
async def test_endpoint_invalid_id_is_refused_without_requests(
    memory: MemoryStore, connection: AsyncClient, sandbox: Sandbox, invalid_id: int
) -> None:
    clients = AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, memory, client=connection)
    with pytest.raises(InvalidArguments, match="positive whole number"):
        AsyncClientEndpoint(invalid_id, AUTH, memory, client=connection)
    for verb in (clients.get, clients.delete, clients.archive, clients.restore):
        with pytest.raises(InvalidArguments, match="positive whole number"):
            await verb(invalid_id)
    with pytest.raises(InvalidArguments, match="positive whole number"):
        await clients.edit(invalid_id, ClientBody(name="New"))
    assert sandbox.calls == []


async def test_get_client_id_above_2_to_the_53_is_refused(clients: AsyncClientEndpoint, sandbox: Sandbox) -> None:
    for too_large in (2**53, 2**63, 10**40):
        with pytest.raises(InvalidArguments, match="positive whole number"):
            await clients.get(too_large)
    assert sandbox.calls == []


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        ({}, (10, 10, 10, 10)),
        ({"timeout": 3}, (3, 3, 3, 3)),
        ({"timeout": 2.5}, (2.5, 2.5, 2.5, 2.5)),
        ({"timeout": Timeout(5, connect=1)}, (1, 5, 5, 5)),
    ],
)
async def test_timeout_applies_to_each_part_of_a_request(
    memory: MemoryStore, connection: AsyncClient, options: dict[str, Any], parts: tuple[float, ...]
) -> None:
    timeouts: list[dict[str, float]] = []

    async def record_timeout(request: httpx.Request) -> None:
        timeouts.append(request.extensions["timeout"])

    connection.event_hooks = {"request": [record_timeout]}
    await AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, memory, client=connection, **options).collect()
    assert timeouts == [dict(zip(("connect", "read", "write", "pool"), parts, strict=True))]


@pytest.mark.parametrize(
    ("options", "requests"), [({}, 4), ({"retries": 1}, 2), ({"retries": 0}, 1), ({"retries": -3}, 1)]
)
async def test_retries_sets_the_number_of_requests(
    memory: MemoryStore, connection: AsyncClient, sandbox: Sandbox, options: dict[str, Any], requests: int
) -> None:
    sandbox.fault = fault_every("GET", Fault("500 before"))
    with pytest.raises(Unreachable):
        await AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, memory, client=connection, **options).collect()
    assert len(sandbox.calls) == requests


async def test_re_raise_disables_retries(memory: MemoryStore, connection: AsyncClient, sandbox: Sandbox) -> None:
    sandbox.fault = fault_every("GET", Fault("500 before"))
    with pytest.raises(Unreachable):
        await AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, memory, client=connection, re_raise=True, retries=5).collect()
    assert len(sandbox.calls) == 1


def connection_state(connection: AsyncClient) -> tuple[object, ...]:
    headers, cookies = dict(connection.headers), dict(connection.cookies)
    return connection.auth, connection.base_url, connection.timeout, headers, cookies, connection.is_closed


async def test_connection_injected_is_neither_changed_nor_closed(memory: MemoryStore, connection: AsyncClient) -> None:
    before = connection_state(connection)
    async with AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, memory, client=connection, timeout=1) as clients:
        await clients.add(ClientBody(name="Lighthouse"))
    assert connection_state(connection) == before


async def test_connection_without_base_url_uses_toggl(sandbox: Sandbox, memory: MemoryStore) -> None:
    async with AsyncClient(transport=httpx.ASGITransport(app=sandbox)) as bare:
        assert await AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, memory, client=bare).get(AROHA)
    assert sandbox.calls[0].headers["host"] == "api.track.toggl.com"


async def test_connection_shared_keeps_tokens_apart(
    memory: MemoryStore, connection: AsyncClient, sandbox: Sandbox
) -> None:
    mine = AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, memory, client=connection)
    theirs = AsyncClientEndpoint(HARBOUR_STUDIO, STRANGER, memory, client=connection)
    for _ in range(2):
        assert len(await mine.collect(refresh=True)) == 6
        with pytest.raises(BadToken):
            await theirs.collect(refresh=True)
    assert sandbox.answers == [200, 403, 200, 403]


async def test_aclose_closes_own_connection(memory: MemoryStore) -> None:
    async with AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, memory) as clients:
        pass
    await clients.aclose()
    with pytest.raises(RuntimeError, match="closed"):
        await clients.collect()


async def test_endpoint_unreferenced_is_freed(memory: MemoryStore) -> None:
    clients = AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, memory)
    reference = weakref.ref(clients)
    await clients.aclose()
    del clients
    gc.collect()
    assert reference() is None


async def test_store_serves_endpoints_of_every_kind(sandbox: Sandbox, store: Store, connection: AsyncClient) -> None:
    toggl = Toggl(AUTH, store, client=connection)
    await toggl.account.workspaces()
    await toggl.account.me()
    await toggl.clients(HARBOUR_STUDIO).collect()
    assert (await toggl.clients(HARBOUR_STUDIO).get(AROHA)) is not None
    assert len((await toggl.account.workspaces()).collection.items) == 2
    assert (await toggl.account.me())[0].name == "Marama Quayle"
    assert len(sandbox.calls) == 2


async def test_requests_have_user_agent_and_body_only_if_needed(sandbox: Sandbox, clock: Clock) -> None:
    async with connect_in_process(sandbox) as connection:
        clients = AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, MemoryStore(clock=clock), client=connection)
        client = await clients.add(ClientBody(name="Lighthouse"))
        await clients.edit(client, ClientBody(notes="By the sea"))
        await clients.delete(client)
    assert list_methods(sandbox) == ["GET", "POST", "GET", "PUT", "DELETE"]
    assert {call.headers["user-agent"] for call in sandbox.calls} == {"toggl-mcp-server"}
    assert {call.path.split("/")[1] for call in sandbox.calls} == {"workspaces"}
    typed = [call.headers.get("content-type") for call in sandbox.calls]
    assert typed == [None, "application/json", None, "application/json", None]
    assert [bool(call.body) for call in sandbox.calls] == [False, True, False, True, False]
