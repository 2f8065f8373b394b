"""Subscriptions: who is told of what, in both protocol eras, and that none of it costs a request to Toggl."""

import warnings
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest
from anyio.abc import TaskStatus
from mcp import Client
from mcp.shared.exceptions import MCPDeprecationWarning, MCPError
from mcp.shared.subscriptions import ResourceUpdated
from mcp.types import ResourceUpdatedNotification

from tests.sandbox.clock import Clock
from tests.sandbox.diary import at
from tests.tools.host import Era, Host, each_era, serve
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.models.journal import ChangeRecord
from toggl_mcp.sandbox import Sandbox
from toggl_mcp.subscriptions import MAX_URIS

pytestmark = pytest.mark.anyio

TODAY, WEEK, EARLIER = "toggl://day/today", "toggl://week/this_week", "toggl://day/2025-10-01"
SHOP, OTHER = "toggl://project/Web%20shop", "toggl://project/Messestand"
ENTRY = {"duration": "5m", "project": "Web shop"}
EMPTY_DAY = "toggl://day/2025-09-07"
CHANGES, ACCOUNT = "toggl://changes", "toggl://account"
URIS = [TODAY, WEEK, EARLIER, SHOP, OTHER, CHANGES, ACCOUNT]
SECONDS = 10
"""For which a notification is awaited that has been sent already."""


class Subscriber:
    """A client that has subscribed to resources, and reads what it is told."""

    def __init__(self, client: Client, receive: Callable[[], Awaitable[str]]) -> None:
        self.client = client
        self.host = Host(client)
        self._receive = receive

    async def receive(self, *uris: str) -> None:
        """Expect to be told of these, in any order, and of nothing else before."""
        with anyio.fail_after(SECONDS):
            assert {await self._receive() for _ in uris} == {*uris}


@asynccontextmanager
async def subscribe(server: Any, era: Era, *uris: str) -> AsyncGenerator[Subscriber]:  # noqa: ANN401 - the SDK's server
    """Yield a client that has read everything, and has subscribed to these."""
    send, receive = anyio.create_memory_object_stream[str](100)

    async def keep(message: object) -> None:
        if isinstance(message, ResourceUpdatedNotification):
            await send.send(message.params.uri)

    with send, receive, warnings.catch_warnings():
        warnings.simplefilter("ignore", MCPDeprecationWarning)
        async with Client(server, mode=era, message_handler=keep) as client:
            for uri in uris:
                await client.read_resource(uri)
            if era == "legacy":
                for uri in uris:
                    await client.session.subscribe_resource(uri)  # pyright: ignore[reportDeprecated] - of the older one
                yield Subscriber(client, receive.receive)
                return
            async with client.listen(resource_subscriptions=uris) as events:

                async def read_event() -> str:
                    event = await anext(events)
                    assert isinstance(event, ResourceUpdated)
                    return event.uri

                yield Subscriber(client, read_event)


@each_era
async def test_subscriber_is_told_of_what_a_change_brings(sandbox: Sandbox, clock: Clock, era: Era) -> None:
    async with subscribe(serve(sandbox, clock), era, *URIS) as subscriber:
        await subscriber.host.call("list_time_entries", period="today")
        await subscriber.host.call("start_timer", description="Basket", project="Web shop")
        await subscriber.receive(TODAY, WEEK, SHOP, CHANGES)
        await subscriber.host.call("create_client", name="Lighthouse")
        await subscriber.receive(CHANGES)
        await subscriber.host.call("edit_client", client="Lighthouse", name="Beacon")
        await subscriber.receive(TODAY, WEEK, EARLIER, CHANGES)  # A name that they may show.


async def test_subscriber_is_told_of_its_own_project_alone(sandbox: Sandbox, clock: Clock) -> None:
    async with subscribe(serve(sandbox, clock, toolsets="all"), "auto", SHOP, OTHER, EMPTY_DAY) as subscriber:
        call, receive = subscriber.host.call, subscriber.receive
        for uri, project in ((SHOP, "Web shop"), (OTHER, "Messestand")):
            await call("edit_project", project=project, estimated_hours=77)
            await receive(uri)
        await call("create_task", name="Doors", project="Messestand", estimated_seconds=3600)
        await receive(OTHER)
        await call("edit_tag", tag="design", name="drawing")
        await call("create_time_entries", entries=[ENTRY], on_overlap="allow")
        await receive(SHOP)


async def test_subscriber_is_not_told_of_what_it_has_just_read(sandbox: Sandbox, clock: Clock) -> None:
    async with subscribe(serve(sandbox, clock), "auto", SHOP, CHANGES) as subscriber:
        await subscriber.host.call("create_time_entries", entries=[ENTRY], on_overlap="allow")
        await subscriber.receive(SHOP, CHANGES)
        await subscriber.client.read_resource(SHOP)  # Toggl counts the time on the project.
        await subscriber.host.call("create_client", name="Lighthouse")
        await subscriber.receive(CHANGES)


@each_era
async def test_subscriber_is_told_of_what_a_sync_brings_and_costs_no_request(
    sandbox: Sandbox, clock: Clock, era: Era
) -> None:
    async with subscribe(serve(sandbox, clock), era, TODAY, EARLIER, CHANGES) as subscriber:
        count, state = len(sandbox.calls), sandbox.state
        running = (row for row in state.entries.values() if row["duration"] < 0 and row["user_id"] == state.me["id"])
        state.stop_entry(next(running)["id"])
        await subscriber.host.call("list_clients")  # It reads no entries, so that nothing is new here.
        clock.now += 121
        await subscriber.host.call("get_timer")
        await subscriber.receive(TODAY)

    assert [call.path for call in sandbox.calls[count:]] == ["/workspaces/4102001/clients", "/me/time_entries"]


async def test_subscriber_to_today_is_told_at_the_first_call_of_a_new_day(sandbox: Sandbox, clock: Clock) -> None:
    async with subscribe(serve(sandbox, clock), "auto", TODAY) as subscriber:
        clock.now = at("2025-10-10T00:05")
        await subscriber.host.call("get_timer")
        await subscriber.host.call("get_account")
        await subscriber.receive(TODAY)


async def test_subscriber_is_told_nothing_after_it_has_unsubscribed(sandbox: Sandbox, clock: Clock) -> None:
    async with subscribe(serve(sandbox, clock), "legacy", TODAY, CHANGES) as subscriber:
        await subscriber.client.session.unsubscribe_resource(TODAY)  # pyright: ignore[reportDeprecated] - of the older
        await subscriber.host.call("start_timer", description="Basket")
        await subscriber.receive(CHANGES)


@each_era
@pytest.mark.parametrize("uri", ["toggl://day/soon", "toggl://nothing"])
async def test_subscribe_to_nothing_is_refused(sandbox: Sandbox, clock: Clock, era: Era, uri: str) -> None:
    async with Client(serve(sandbox, clock), mode=era) as client:
        await client.read_resource(TODAY)
        with pytest.raises(MCPError, match=r"today|Resources: ") as failure:
            await subscribe_once(client, era, uri)

    assert failure.value.code == -32602


@each_era
async def test_subscribe_to_more_than_a_hundred_resources_is_refused(sandbox: Sandbox, clock: Clock, era: Era) -> None:
    async with Client(serve(sandbox, clock), mode=era) as client:
        with pytest.raises(MCPError, match="At most 100 resources"):
            await subscribe_once(client, era, *(f"toggl://project/{number}" for number in range(1, MAX_URIS + 2)))


async def subscribe_once(client: Client, era: Era, *uris: str) -> None:
    if era == "legacy":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", MCPDeprecationWarning)
            for uri in uris:
                await client.session.subscribe_resource(uri)  # pyright: ignore[reportDeprecated] - of the older one
    else:
        async with client.listen(resource_subscriptions=uris):
            pass


async def test_listen_to_changes_of_lists_is_not_promised(sandbox: Sandbox, clock: Clock) -> None:
    async with (
        Client(serve(sandbox, clock)) as client,
        client.listen(tools_list_changed=True, resource_subscriptions=[CHANGES]) as events,
    ):
        assert events.honored.tools_list_changed is None
        assert events.honored.resource_subscriptions == [CHANGES]


class PausedStore(MemoryStore):
    """A store that can be told to read the journal when it is resumed."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock=clock)
        self.is_paused, self.reached, self.resumed = False, anyio.Event(), anyio.Event()

    async def list_records(self, scope: str) -> Sequence[ChangeRecord]:
        if self.is_paused:
            self.reached.set()
            await self.resumed.wait()
        return await super().list_records(scope)


async def test_subscriber_that_comes_while_the_last_one_goes_is_told_of_the_first_change(
    sandbox: Sandbox, clock: Clock
) -> None:
    store, received = PausedStore(clock), set[str]()

    async def receive(*, task_status: TaskStatus[None]) -> None:
        async with client.listen(resource_subscriptions=[TODAY, CHANGES]) as events:
            task_status.started()
            async for event in events:
                assert isinstance(event, ResourceUpdated)
                received.add(event.uri)

    async def leave_and_resume() -> None:
        await store.reached.wait()
        leaving.set()
        await anyio.wait_all_tasks_blocked()
        store.resumed.set()

    async def stay(*, task_status: TaskStatus[None]) -> None:
        async with client.listen(resource_subscriptions=[TODAY]):
            task_status.started()
            await leaving.wait()

    leaving = anyio.Event()
    async with Client(serve(sandbox, clock, store=store)) as client, anyio.create_task_group() as tasks:
        await client.read_resource(TODAY)
        await tasks.start(stay)
        store.is_paused = True
        tasks.start_soon(leave_and_resume)
        await tasks.start(receive)
        await Host(client).call("start_timer", description="Basket")
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()

    assert received == {TODAY, CHANGES}
