"""Lists of clients."""

import pytest

from tests.endpoints.support import ACTIVE, ARCHIVED, AROHA, GULL, cached_fields, list_methods, names, toggl_fields
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.models.clients import ClientBody
from toggl_mcp.sandbox import HARBOUR_STUDIO, Behaviors, Sandbox

pytestmark = pytest.mark.anyio

ANY_STATUS = ClientBody(status="both")
FILTERS: list[tuple[ClientBody | None, list[str]]] = [
    (None, ACTIVE),
    (ClientBody(), ACTIVE),
    (ClientBody(status="active"), ACTIVE),
    (ClientBody(status="archived"), ARCHIVED),
    (ANY_STATUS, sorted([*ACTIVE, *ARCHIVED], key=str.casefold)),
    (ClientBody(name="BAKE"), ["Aroha Bakery"]),
    (ClientBody(name="light"), []),
    (ClientBody(name="light", status="both"), ["Dockside Light & Power"]),
    (ClientBody(name="ü", status="both"), ["Müller & Söhne"]),
    (ClientBody(name="& s"), ["Müller & Söhne"]),
    (ClientBody(name="status=both"), []),
    (ClientBody(name="%"), []),
]


@pytest.mark.parametrize(("body", "expected"), FILTERS)
async def test_collect_clients_filters_with_and_without_cache(
    in_memory: AsyncClientEndpoint, uncached: AsyncClientEndpoint, body: ClientBody | None, expected: list[str]
) -> None:
    assert names(await in_memory.collect(body)) == expected
    assert names(await uncached.collect(body)) == expected


@pytest.mark.parametrize("name", ["A&B", "a b#c", "?both", "status=archived", "50 %", "a+b", "Ω/../x"])
async def test_collect_clients_name_is_escaped_in_the_query(
    uncached: AsyncClientEndpoint, sandbox: Sandbox, name: str
) -> None:
    sandbox.state.add_client(HARBOUR_STUDIO, f"The {name} company")
    assert names(await uncached.collect(ClientBody(name=name, status="active"))) == [f"The {name} company"]
    assert sandbox.calls[0].query == {"name": name, "status": "active"}
    assert sandbox.calls[0].path == f"/workspaces/{HARBOUR_STUDIO}/clients"


async def test_collect_clients_cached_costs_no_request(clients: AsyncClientEndpoint, sandbox: Sandbox) -> None:
    assert names(await clients.collect()) == ACTIVE
    assert names(await clients.collect(ClientBody(status="archived"))) == ARCHIVED
    assert names(await clients.collect(ClientBody(name="gull"))) == ["Blue Gull Charters"]
    assert (list_methods(sandbox), sandbox.calls[0].query) == (["GET"], {"status": "both"})


async def test_collect_clients_refresh_replaces_the_cache(clients: AsyncClientEndpoint, sandbox: Sandbox) -> None:
    await clients.collect()
    sandbox.state.remove_client(AROHA)
    sandbox.state.archive_client(GULL)
    sandbox.state.add_client(HARBOUR_STUDIO, "Lighthouse")
    fresh = await clients.collect(ANY_STATUS, refresh=True)
    assert cached_fields(fresh) == toggl_fields(sandbox)
    assert await clients.collect(ANY_STATUS) == fresh
    assert await clients.get(AROHA) is None
    assert list_methods(sandbox) == ["GET", "GET"]


@pytest.mark.parametrize("empty", ["null", "[]"])
async def test_collect_clients_empty_workspace_is_cached(
    clients: AsyncClientEndpoint, uncached: AsyncClientEndpoint, sandbox: Sandbox, empty: str
) -> None:
    sandbox.behaviors = Behaviors(empty_list="null" if empty == "null" else "[]")
    sandbox.state.clients.clear()
    assert [await clients.collect(), await clients.collect(ANY_STATUS)] == [[], []]
    assert list_methods(sandbox) == ["GET"]
    assert await uncached.collect() == []


async def test_collect_clients_orders_by_folded_name_then_id(
    clients: AsyncClientEndpoint, uncached: AsyncClientEndpoint, sandbox: Sandbox
) -> None:
    sandbox.state.clients.clear()
    for name in ("b", "C", "B", "a", "ä"):
        sandbox.state.add_client(HARBOUR_STUDIO, name)
    expected = ["a", "b", "B", "C", "ä"]
    assert names(await clients.collect()) == expected
    assert names(await uncached.collect()) == expected


async def test_collect_clients_keeps_order_after_changes(clients: AsyncClientEndpoint) -> None:
    await clients.collect()
    await clients.add(ClientBody(name="blue Fin"))
    await clients.edit(AROHA, ClientBody(name="Zebra"))
    await clients.delete(GULL)
    assert names(await clients.collect()) == ["blue Fin", *ACTIVE[2:4], "Zebra", *ACTIVE[4:]]
