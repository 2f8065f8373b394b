"""Lists in pages."""

import pytest

from tests.endpoints.support import ACTIVE, AROHA, GULL, names
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.endpoints.core.collection import Page
from toggl_mcp.models.base import Position
from toggl_mcp.models.clients import Client, ClientBody
from toggl_mcp.sandbox import HARBOUR_STUDIO, Sandbox

pytestmark = pytest.mark.anyio

ANY_STATUS = ClientBody(status="both")


async def pages(clients: AsyncClientEndpoint, body: ClientBody, limit: int) -> list[Page[Client]]:
    all_pages = [await clients.page(body, limit=limit)]
    while all_pages[-1].end is not None:
        all_pages.append(await clients.page(body, limit=limit, after=all_pages[-1].end))
    return all_pages


@pytest.mark.parametrize("limit", [1, 3, 7, 8, 9])
async def test_page_all_pages_equal_the_list(in_memory: AsyncClientEndpoint, sandbox: Sandbox, limit: int) -> None:
    all_pages = await pages(in_memory, ANY_STATUS, limit)
    page_names = [client for page in all_pages for client in page.items]
    assert page_names == await in_memory.collect(ANY_STATUS)
    assert {page.total for page in all_pages} == {8}
    assert [page.remaining for page in all_pages] == [
        max(0, 8 - limit * number) for number in range(1, len(all_pages) + 1)
    ]
    assert len(sandbox.calls) == 1


async def test_page_counts_matching_clients_only(clients: AsyncClientEndpoint) -> None:
    page = await clients.page(ClientBody(name="a"), limit=1)
    assert (names(page.items), page.total, page.remaining) == (["Aroha Bakery"], 4, 3)
    assert page.end == Position("aroha bakery", AROHA)


async def test_page_cursor_survives_changes_between_pages(clients: AsyncClientEndpoint, sandbox: Sandbox) -> None:
    first = await clients.page(ClientBody(), limit=2)
    await clients.delete(GULL)
    await clients.add(ClientBody(name="Ant Farm"))
    added = sandbox.state.add_client(HARBOUR_STUDIO, "Dune")
    second = await clients.page(ClientBody(), limit=3, after=first.end, refresh=True)
    assert names(second.items) == ["Café Miró", added["name"], "Müller & Söhne"]
    assert (second.total, second.remaining, second.read.source) == (7, 2, "toggl")


async def test_page_same_name_is_ordered_by_id(in_memory: AsyncClientEndpoint, sandbox: Sandbox) -> None:
    twins = [sandbox.state.add_client(HARBOUR_STUDIO, name)["id"] for name in ("Twin", "twin", "TWIN")]
    all_pages = await pages(in_memory, ClientBody(name="twin"), 1)
    assert [client.id for page in all_pages for client in page.items] == twins


async def test_page_beyond_the_end_is_empty(clients: AsyncClientEndpoint) -> None:
    page = await clients.page(ClientBody(), limit=5, after=Position("\U0010ffff", 0))
    assert (page.items, page.total, page.remaining, page.end) == ([], len(ACTIVE), 0, None)
