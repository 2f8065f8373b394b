"""What Toggl has confirmed is true, even while another process holds the cache."""

from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.cache.support import held
from tests.endpoints.support import AROHA, AUTH, NORTHWIND, as_known, at_toggl, in_turn, then
from tests.sandbox.clock import Clock
from toggl_mcp.api import AsyncClient
from toggl_mcp.cache.sqlite.store import SqliteStore
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.endpoints.projects import AsyncProjectEndpoint
from toggl_mcp.errors import CacheBusy, QuotaSpent
from toggl_mcp.models.clients import ClientBody
from toggl_mcp.sandbox import HARBOUR_STUDIO, Fault, Sandbox

pytestmark = pytest.mark.anyio

Change = Callable[[AsyncClientEndpoint], Coroutine[object, object, object]]

CHANGES: dict[str, tuple[str, Change]] = {
    "add": ("POST", lambda clients: clients.add(ClientBody(name="Lighthouse"))),
    "edit": ("PUT", lambda clients: clients.edit(AROHA, ClientBody(name="Aroha Bakehouse"))),
    "delete": ("DELETE", lambda clients: clients.delete(AROHA)),
    "archive": ("POST", lambda clients: clients.archive(AROHA)),
    "restore": ("POST", lambda clients: clients.restore(NORTHWIND)),
}


class Holder:
    """Another process that holds the file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held = ExitStack()

    def hold(self) -> None:
        self._held.enter_context(held(self._path))

    def let_go(self) -> None:
        self._held.close()


@pytest.fixture
async def hurried(path: Path, clock: Clock, connection: AsyncClient) -> AsyncGenerator[AsyncClientEndpoint]:
    """Clients in a file that is waited for only briefly."""
    store = SqliteStore(path, clock=clock, busy_timeout=0.02)
    yield AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, store, client=connection)
    await store.aclose()


@pytest.mark.parametrize("verb", CHANGES)
async def test_a_change_that_was_confirmed_is_no_failure(
    hurried: AsyncClientEndpoint, path: Path, sandbox: Sandbox, verb: str
) -> None:
    method, change = CHANGES[verb]
    await hurried.collect()
    before, other = at_toggl(sandbox), Holder(path)
    sandbox.fault = in_turn(method, then(Fault("slow"), other.hold))
    try:
        await change(hurried)
    finally:
        other.let_go()
    assert at_toggl(sandbox) != before


@pytest.mark.parametrize("verb", CHANGES)
async def test_what_could_not_be_written_down_is_not_believed_afterwards(
    hurried: AsyncClientEndpoint, path: Path, sandbox: Sandbox, verb: str
) -> None:
    method, change = CHANGES[verb]
    await hurried.collect()
    other = Holder(path)
    sandbox.fault = in_turn(method, then(Fault("slow"), other.hold))
    try:
        await change(hurried)
    except CacheBusy:
        pass
    finally:
        other.let_go()
    assert as_known((await hurried.read()).collection.items.values()) == at_toggl(sandbox)


async def test_get_a_client_whose_change_could_not_be_written_down_returns_it_as_changed(
    hurried: AsyncClientEndpoint, path: Path, sandbox: Sandbox
) -> None:
    await hurried.collect()
    other = Holder(path)
    sandbox.fault = in_turn("PUT", then(Fault("slow"), other.hold))
    try:
        changed = await hurried.edit(AROHA, ClientBody(name="Aroha Bakehouse"))
    finally:
        other.let_go()
    assert hurried.try_get(AROHA) is None
    assert await hurried.get(AROHA) == changed


@pytest.mark.parametrize("verb", ["delete", "archive"])
async def test_what_could_not_be_told_to_the_projects_is_not_believed_of_them_afterwards(
    hurried: AsyncClientEndpoint, path: Path, connection: AsyncClient, sandbox: Sandbox, verb: str
) -> None:
    assert hurried.cache is not None
    method, change = CHANGES[verb]
    projects = AsyncProjectEndpoint(HARBOUR_STUDIO, AUTH, hurried.cache, client=connection)
    await projects.read()
    other = Holder(path)
    sandbox.fault = in_turn(method, then(Fault("slow"), other.hold))
    try:
        await change(hurried)
    finally:
        other.let_go()
    known = {project.id: (project.client_id, project.active) for project in await projects.load_cache()}
    assert known.items() <= {(row["id"], (row["client_id"], row["active"])) for row in sandbox.state.projects.values()}


async def test_a_change_that_cannot_take_its_turn_is_not_sent(
    hurried: AsyncClientEndpoint, path: Path, sandbox: Sandbox
) -> None:
    await hurried.collect()
    other = Holder(path)
    other.hold()
    try:
        with pytest.raises(CacheBusy, match="Another process"):
            await hurried.edit(AROHA, ClientBody(name="Aroha Bakehouse"))
    finally:
        other.let_go()
    assert [call.method for call in sandbox.calls] == ["GET"]
    assert as_known(await hurried.load_cache()) == at_toggl(sandbox)


async def test_what_is_cached_can_be_read_while_another_process_writes(
    hurried: AsyncClientEndpoint, path: Path, sandbox: Sandbox
) -> None:
    await hurried.collect()
    other = Holder(path)
    other.hold()
    try:
        assert await hurried.get(AROHA) is not None
        assert len(await hurried.collect()) == 6
    finally:
        other.let_go()
    assert len(sandbox.calls) == 1


async def test_a_spent_quota_is_told_even_when_it_cannot_be_put_down(
    hurried: AsyncClientEndpoint, path: Path, sandbox: Sandbox
) -> None:
    await hurried.collect()
    other = Holder(path)
    sandbox.fault = in_turn("PUT", then(Fault("402"), other.hold))
    try:
        with pytest.raises(QuotaSpent):
            await hurried.edit(AROHA, ClientBody(name="Aroha Bakehouse"))
    finally:
        other.let_go()


async def test_a_list_that_was_answered_is_told_even_when_it_cannot_be_kept(
    hurried: AsyncClientEndpoint, path: Path, sandbox: Sandbox
) -> None:
    await hurried.collect()
    other = Holder(path)
    sandbox.fault = in_turn("GET", then(Fault("slow"), other.hold))
    sandbox.state.rename_client(AROHA, "Aroha Bakehouse")
    try:
        reading = await hurried.read(refresh=True)
    finally:
        other.let_go()
    assert as_known(reading.collection.items.values()) == at_toggl(sandbox)
