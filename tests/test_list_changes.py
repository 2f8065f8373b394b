"""Changes of the list of resources: who is told, of what, in both protocol eras, and that none costs a request."""

import warnings
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.abc import TaskStatus
from mcp import Client
from mcp.shared.exceptions import MCPDeprecationWarning
from mcp.shared.subscriptions import ResourcesListChanged, ResourceUpdated
from mcp.types import ResourceListChangedNotification, ResourceTemplateReference, ResourceUpdatedNotification

from tests.cache.support import lock_file
from tests.sandbox.clock import Clock
from tests.tools.host import Era, Host, each_era, serve
from toggl_mcp.cache.sqlite.store import SqliteStore
from toggl_mcp.sandbox import Sandbox

pytestmark = pytest.mark.anyio

SHOP = 201_500_302
LIST, CHANGES = "list", "toggl://changes"
SECONDS = 10
"""For which a notification is awaited that has been sent already."""


class Listener:
    """A client that is told of changes of the list, and of the last changes, which are changed by whatever is.

    Args:
        client: The client.
        receive: Returns what it is told next: `LIST`, or the address of a resource.
    """

    def __init__(self, client: Client, receive: Callable[[], Awaitable[str]]) -> None:
        self.client = client
        self.call = Host(client).call
        self._receive = receive

    async def receive(self, *expected: str) -> None:
        """Expect to be told this, in any order, and nothing else before."""
        with anyio.fail_after(SECONDS):
            assert sorted([await self._receive() for _ in expected]) == sorted(expected)

    async def list_titles(self) -> set[str | None]:
        return {item.title for item in (await self.client.list_resources()).resources}


@asynccontextmanager
async def listen(server: Any, era: Era, *, has_list: bool = True) -> AsyncGenerator[Listener]:  # noqa: ANN401 - the SDK's server
    """Yield a client that has read the account, and has the list if it `has_list`."""
    send, receive = anyio.create_memory_object_stream[str](100)

    async def keep(message: object) -> None:
        if isinstance(message, ResourceListChangedNotification):
            await send.send(LIST)
        elif isinstance(message, ResourceUpdatedNotification):
            await send.send(message.params.uri)

    async def forward(client: Client, *, task_status: TaskStatus[None]) -> None:
        async with client.listen(resources_list_changed=has_list, resource_subscriptions=[CHANGES]) as events:
            assert events.honored.resources_list_changed is (True if has_list else None)
            task_status.started()
            async for event in events:
                assert isinstance(event, ResourcesListChanged | ResourceUpdated)
                await send.send(event.uri if isinstance(event, ResourceUpdated) else LIST)

    with send, receive, warnings.catch_warnings():
        warnings.simplefilter("ignore", MCPDeprecationWarning)
        async with Client(server, mode=era, message_handler=keep if era == "legacy" else None) as client:
            await client.read_resource("toggl://account")
            if has_list:
                await client.list_resources()
            async with anyio.create_task_group() as tasks:
                if era == "legacy":
                    await client.session.subscribe_resource(CHANGES)  # pyright: ignore[reportDeprecated] - of the older one
                else:
                    await tasks.start(forward, client)
                yield Listener(client, receive.receive)
                tasks.cancel_scope.cancel()


@each_era
async def test_client_with_the_list_is_told_of_each_change_of_it(sandbox: Sandbox, clock: Clock, era: Era) -> None:
    async with listen(serve(sandbox, clock), era) as listener:
        await listener.call("create_project", name="Paddles")
        await listener.receive(LIST, CHANGES)
        assert "Paddles" in await listener.list_titles()
        await listener.call("edit_project", project="Paddles", name="Oars")
        await listener.receive(LIST, CHANGES)
        await listener.call("edit_project", project="Oars", active=False)
        await listener.receive(LIST, CHANGES)
        await listener.call("undo")
        await listener.receive(LIST, CHANGES)
        assert "Oars" in await listener.list_titles()
        await listener.call("delete_project", project="Oars")
        await listener.receive(LIST, CHANGES)


@each_era
async def test_client_with_the_list_is_told_of_no_other_change(sandbox: Sandbox, clock: Clock, era: Era) -> None:
    async with listen(serve(sandbox, clock, toolsets="all"), era) as listener:
        for tool, arguments in (
            ("create_tag", {"name": "by sail"}),
            ("create_client", {"name": "Lighthouse"}),
            ("create_task", {"name": "Doors", "project": "Messestand"}),
            ("edit_project", {"project": "Web shop", "estimated_hours": 77}),
            ("edit_project", {"project": "Shop sign", "name": "Old sign"}),  # It is archived.
            ("start_timer", {"description": "Bread", "project": "Bread labels"}),
        ):
            await listener.call(tool, **arguments)
            await listener.receive(CHANGES)
        await listener.call("get_account", refresh=True)
        await listener.call("list_projects", refresh=True)
        clock.now += 4000  # Names are no longer fresh.
        await listener.call("list_clients")
        await listener.call("create_tag", name="by boat")
        await listener.receive(CHANGES)


async def test_client_with_a_list_of_a_hundred_is_told_of_another_project_in_it_and_of_no_other_order(
    sandbox: Sandbox, clock: Clock
) -> None:
    for key in range(201_600_000, 201_600_150):
        sandbox.state.projects[key] = {**sandbox.state.projects[SHOP], "id": key, "name": f"Project {key}"}
    async with listen(serve(sandbox, clock), "auto") as listener:
        await listener.call("list_time_entries", period="today")
        await listener.receive(LIST)
        await listener.call("start_timer", description="Bread", project="Project 201600000")
        await listener.receive(CHANGES)
        await listener.call("start_timer", description="Bread", project="Project 201600149")
        await listener.receive(LIST, CHANGES)
        assert "Project 201600149" in await listener.list_titles()


@each_era
async def test_client_with_the_list_is_told_of_what_a_read_brings_and_costs_no_request(
    sandbox: Sandbox, clock: Clock, era: Era
) -> None:
    async with listen(serve(sandbox, clock), era) as listener:
        sandbox.state.projects[SHOP]["name"] = "Web stall"
        await listener.call("list_time_entries", period="today")
        requests = len(sandbox.calls)
        clock.now += 10
        await listener.call("get_account", refresh=True)
        await listener.receive(LIST)
        assert "Web stall" in await listener.list_titles()
        assert len(sandbox.calls) == requests + 1


async def test_client_with_the_empty_list_is_told_of_the_first_names(sandbox: Sandbox, clock: Clock) -> None:
    async with Client(serve(sandbox, clock)) as client:
        await client.list_resources()
        async with client.listen(resources_list_changed=True) as events:
            await client.complete(ResourceTemplateReference(uri="toggl://project/{id}"), {"name": "id", "value": ""})
            with anyio.fail_after(SECONDS):
                assert isinstance(await anext(events), ResourcesListChanged)


async def test_client_that_listens_before_it_lists_is_told(sandbox: Sandbox, clock: Clock) -> None:
    async with Client(serve(sandbox, clock)) as client, client.listen(resources_list_changed=True) as events:
        await Host(client).call("get_account")
        with anyio.fail_after(SECONDS):
            assert isinstance(await anext(events), ResourcesListChanged)


@each_era
async def test_client_without_the_list_is_not_told_of_changes_of_it(sandbox: Sandbox, clock: Clock, era: Era) -> None:
    async with listen(serve(sandbox, clock), era, has_list=False) as listener:
        await listener.call("create_project", name="Paddles")
        await listener.receive(CHANGES)
        await listener.call("create_project", name="Oars")
        await listener.receive(CHANGES)


async def test_listen_to_the_list_without_projects_is_not_promised(sandbox: Sandbox, clock: Clock) -> None:
    async with (
        Client(serve(sandbox, clock, exclude_tools="project_status")) as client,
        client.listen(resources_list_changed=True, resource_subscriptions=[CHANGES]) as events,
    ):
        assert events.honored.resources_list_changed is None
        await Host(client).call("create_project", name="Paddles")
        with anyio.fail_after(SECONDS):
            assert isinstance(await anext(events), ResourceUpdated)


async def test_client_with_the_list_of_a_busy_cache_is_told_when_the_cache_is_free(
    sandbox: Sandbox, clock: Clock, tmp_path: Path
) -> None:
    path = tmp_path / "cache" / "cache.sqlite"
    store = SqliteStore(path, clock=clock, busy_timeout=0.02)
    async with Client(serve(sandbox, clock, store=store)) as client:
        await client.read_resource("toggl://account")
        with lock_file(path, "EXCLUSIVE"):
            await client.list_resources()
        async with client.listen(resources_list_changed=True) as events:
            await Host(client).call("get_account")
            with anyio.fail_after(SECONDS):
                assert isinstance(await anext(events), ResourcesListChanged)
    await store.aclose()
