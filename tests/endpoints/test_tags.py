"""Tags on the same core: Toggl lists them, and tells of none alone."""

import pytest

from tests.endpoints.support import AUTH, MISSING, asked, in_turn
from toggl_mcp.api import AsyncClient
from toggl_mcp.cache.store import Store
from toggl_mcp.endpoints.tags import AsyncTagEndpoint
from toggl_mcp.errors import DuplicateName, NamingError
from toggl_mcp.models.tags import TagBody
from toggl_mcp.sandbox import HARBOUR_STUDIO, Fault, Sandbox

pytestmark = pytest.mark.anyio


@pytest.fixture
def tags(store: Store, connection: AsyncClient) -> AsyncTagEndpoint:
    return AsyncTagEndpoint(HARBOUR_STUDIO, AUTH, store, client=connection)


async def test_tags_are_read_and_changed_through_the_cache(tags: AsyncTagEndpoint, sandbox: Sandbox) -> None:
    new = await tags.add(TagBody(name="Errands"))
    assert await tags.get(new) == new
    edited = await tags.edit(new, TagBody(name="Chores"))
    assert edited is not None
    assert edited.name == "Chores"
    assert [tag.name for tag in (await tags.page("chor", limit=5)).items] == ["Chores"]
    await tags.delete(new)
    assert await tags.get(new) is None
    assert await tags.edit(MISSING, TagBody(name="None")) is None
    assert asked(sandbox) == ["GET", "POST", "PUT", "DELETE", "PUT"]
    there = {row["id"] for row in sandbox.state.tags.values() if row["workspace_id"] == HARBOUR_STUDIO}
    assert {tag.id for tag in await tags.load_cache()} == there


async def test_a_tag_needs_a_name_that_is_not_taken(tags: AsyncTagEndpoint, sandbox: Sandbox) -> None:
    taken = next(row["name"] for row in sandbox.state.tags.values() if row["workspace_id"] == HARBOUR_STUDIO)
    with pytest.raises(NamingError):
        await tags.add(TagBody())
    with pytest.raises(DuplicateName):
        await tags.add(TagBody(name=taken))


async def test_a_lost_creation_is_found_again(tags: AsyncTagEndpoint, sandbox: Sandbox) -> None:
    sandbox.fault = in_turn("POST", Fault("lost after"))
    assert (await tags.add(TagBody(name="Errands"))).name == "Errands"
    assert [row["name"] for row in sandbox.state.tags.values()].count("Errands") == 1


async def test_without_a_cache_a_tag_is_found_too(connection: AsyncClient, sandbox: Sandbox) -> None:
    row = sandbox.state.add_tag(HARBOUR_STUDIO, "Errands")
    tags = AsyncTagEndpoint(HARBOUR_STUDIO, AUTH, client=connection)
    found = await tags.get(row["id"])
    assert found is not None
    assert found.name == "Errands"
    assert await tags.get(MISSING) is None
