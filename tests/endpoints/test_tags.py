"""Tags on the same core: Toggl lists them, and tells of none alone."""

import pytest

from tests.endpoints.support import AUTH, MISSING, fault_in_turn, list_methods
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


async def test_tag_verbs_write_through_the_cache(tags: AsyncTagEndpoint, sandbox: Sandbox) -> None:
    new = await tags.add(TagBody(name="Errands"))
    assert await tags.get(new) == new
    edited_tag = await tags.edit(new, TagBody(name="Chores"))
    assert edited_tag is not None
    assert edited_tag.name == "Chores"
    assert [tag.name for tag in (await tags.page("chor", limit=5)).items] == ["Chores"]
    await tags.delete(new)
    assert await tags.get(new) is None
    assert await tags.edit(MISSING, TagBody(name="None")) is None
    assert list_methods(sandbox) == ["GET", "POST", "PUT", "DELETE", "PUT"]
    entries = {row["id"] for row in sandbox.state.tags.values() if row["workspace_id"] == HARBOUR_STUDIO}
    assert {tag.id for tag in await tags.load_cache()} == entries


async def test_add_tag_missing_or_duplicate_name_is_refused(tags: AsyncTagEndpoint, sandbox: Sandbox) -> None:
    duplicate = next(row["name"] for row in sandbox.state.tags.values() if row["workspace_id"] == HARBOUR_STUDIO)
    with pytest.raises(NamingError):
        await tags.add(TagBody())
    with pytest.raises(DuplicateName):
        await tags.add(TagBody(name=duplicate))


async def test_add_tag_lost_response_is_reconciled(tags: AsyncTagEndpoint, sandbox: Sandbox) -> None:
    sandbox.fault = fault_in_turn("POST", Fault("lost after"))
    assert (await tags.add(TagBody(name="Errands"))).name == "Errands"
    assert [row["name"] for row in sandbox.state.tags.values()].count("Errands") == 1


async def test_find_tag_without_cache(connection: AsyncClient, sandbox: Sandbox) -> None:
    row = sandbox.state.add_tag(HARBOUR_STUDIO, "Errands")
    tags = AsyncTagEndpoint(HARBOUR_STUDIO, AUTH, client=connection)
    tag = await tags.get(row["id"])
    assert tag is not None
    assert tag.name == "Errands"
    assert await tags.get(MISSING) is None
