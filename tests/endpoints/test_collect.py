"""Lists of clients."""

import pytest

from tests.endpoints.support import ACTIVE, ARCHIVED, AROHA, GULL, as_known, asked, at_toggl, names
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.models.clients import ClientBody
from toggl_mcp.sandbox import HARBOUR_STUDIO, Behaviors, Sandbox

pytestmark = pytest.mark.anyio

BOTH = ClientBody(status="both")
FILTERS: list[tuple[ClientBody | None, list[str]]] = [
    (None, ACTIVE),
    (ClientBody(), ACTIVE),
    (ClientBody(status="active"), ACTIVE),
    (ClientBody(status="archived"), ARCHIVED),
    (BOTH, sorted([*ACTIVE, *ARCHIVED], key=str.casefold)),
    (ClientBody(name="BAKE"), ["Aroha Bakery"]),
    (ClientBody(name="light"), []),
    (ClientBody(name="light", status="both"), ["Dockside Light & Power"]),
    (ClientBody(name="ü", status="both"), ["Müller & Söhne"]),
    (ClientBody(name="& s"), ["Müller & Söhne"]),
    (ClientBody(name="status=both"), []),
    (ClientBody(name="%"), []),
]


@pytest.mark.parametrize(("body", "expected"), FILTERS)
async def test_filters_work_with_a_cache_and_without(
    in_memory: AsyncClientEndpoint, uncached: AsyncClientEndpoint, body: ClientBody | None, expected: list[str]
) -> None:
    assert names(await in_memory.collect(body)) == expected
    assert names(await uncached.collect(body)) == expected


@pytest.mark.parametrize("name", ["A&B", "a b#c", "?both", "status=archived", "50 %", "a+b", "Ω/../x"])
async def test_what_a_name_holds_never_becomes_a_part_of_the_question(
    uncached: AsyncClientEndpoint, sandbox: Sandbox, name: str
) -> None:
    sandbox.state.add_client(HARBOUR_STUDIO, f"The {name} company")
    assert names(await uncached.collect(ClientBody(name=name, status="active"))) == [f"The {name} company"]
    assert sandbox.calls[0].query == {"name": name, "status": "active"}
    assert sandbox.calls[0].path == f"/workspaces/{HARBOUR_STUDIO}/clients"


async def test_a_cold_list_is_asked_for_and_every_other_list_costs_nothing(
    clients: AsyncClientEndpoint, sandbox: Sandbox
) -> None:
    assert names(await clients.collect()) == ACTIVE
    assert names(await clients.collect(ClientBody(status="archived"))) == ARCHIVED
    assert names(await clients.collect(ClientBody(name="gull"))) == ["Blue Gull Charters"]
    assert (asked(sandbox), sandbox.calls[0].query) == (["GET"], {"status": "both"})


async def test_a_refresh_takes_the_place_of_what_was_known(clients: AsyncClientEndpoint, sandbox: Sandbox) -> None:
    await clients.collect()
    sandbox.state.remove_client(AROHA)
    sandbox.state.archive_client(GULL)
    sandbox.state.add_client(HARBOUR_STUDIO, "Lighthouse")
    fresh = await clients.collect(BOTH, refresh=True)
    assert as_known(fresh) == at_toggl(sandbox)
    assert await clients.collect(BOTH) == fresh
    assert await clients.get(AROHA) is None
    assert asked(sandbox) == ["GET", "GET"]


@pytest.mark.parametrize("empty", ["null", "[]"])
async def test_a_workspace_without_clients_is_an_empty_list_and_known_as_one(
    clients: AsyncClientEndpoint, uncached: AsyncClientEndpoint, sandbox: Sandbox, empty: str
) -> None:
    sandbox.behaviors = Behaviors(empty_list="null" if empty == "null" else "[]")
    sandbox.state.clients.clear()
    assert [await clients.collect(), await clients.collect(BOTH)] == [[], []]
    assert asked(sandbox) == ["GET"]
    assert await uncached.collect() == []


async def test_lists_are_ordered_by_name_without_case_and_then_by_id(
    clients: AsyncClientEndpoint, uncached: AsyncClientEndpoint, sandbox: Sandbox
) -> None:
    sandbox.state.clients.clear()
    for name in ("b", "C", "B", "a", "ä"):
        sandbox.state.add_client(HARBOUR_STUDIO, name)
    expected = ["a", "b", "B", "C", "ä"]
    assert names(await clients.collect()) == expected
    assert names(await uncached.collect()) == expected


async def test_changes_keep_the_order(clients: AsyncClientEndpoint) -> None:
    await clients.collect()
    await clients.add(ClientBody(name="blue Fin"))
    await clients.edit(AROHA, ClientBody(name="Zebra"))
    await clients.delete(GULL)
    assert names(await clients.collect()) == ["blue Fin", *ACTIVE[2:4], "Zebra", *ACTIVE[4:]]
