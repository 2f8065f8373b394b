"""Subscriptions to resources and to their list: who is told when there is something new to read.

Nothing is requested from Toggl for them. What is new comes with the calls of the host: by the sync of time entries, or
by a change. After each call the etags of the resources, and of their list, that clients subscribe to are derived from
the cache, and compared.
"""

import logging
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

import anyio
from mcp.server.context import ServerRequestContext
from mcp.server.session import ServerSession
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler, ResourcesListChanged, ResourceUpdated
from mcp.types import (
    SubscriptionFilter,
    SubscriptionsListenRequestParams,
    SubscriptionsListenResult,
)

from toggl_mcp.errors import InvalidArguments, TogglError
from toggl_mcp.tools.support.failures import as_protocol_errors

_log = logging.getLogger(__name__)

MAX_URIS = 100
"""Resources that are subscribed to at a time."""
MAX_STREAMS = 16
"""Streams of `subscriptions/listen` at a time; each takes one of the places of requests in progress."""

EtagReader = Callable[[str], Awaitable[str | None]]
"""Returns the etag of a resource, from the cache alone; None where that cannot tell.

Raises:
    NotFound, InvalidArguments: There is no such resource.
    TogglError: No account is open.
"""
ListEtagReader = Callable[[], Awaitable[str]]
"""Returns the etag of the list of resources, from the cache alone.

Raises:
    TogglError: The cache cannot tell, or no account is open.
"""


class Subscriptions:
    """The subscriptions of a process, in both protocol eras.

    Args:
        read_etag: Returns the etag of a resource.
        read_list_etag: Returns the etag of their list; None where that list never changes.
    """

    def __init__(self, read_etag: EtagReader, read_list_etag: ListEtagReader | None = None) -> None:
        self._read_etag = read_etag
        self._read_list_etag = read_list_etag
        self._bus = InMemorySubscriptionBus()
        self._listen = ListenHandler(self._bus, max_subscriptions=MAX_STREAMS)
        self._sessions: dict[str, ServerSession] = {}
        self._subscribers: Counter[str] = Counter()
        self._etags: dict[str, str | None] = {}
        self._list_etag: str | None = None
        """The etag of the list that clients have; None before one has requested it."""
        self._list_session: ServerSession | None = None
        self._list_streams = 0
        self._lock = anyio.Lock()

    async def subscribe(self, uri: str, session: ServerSession) -> None:
        """Tell the client of a session about a resource; a process has one such client.

        Raises:
            MCPError: There is no such resource, or there are too many subscriptions, or no account is open.
        """
        async with self._lock:
            if uri not in self._sessions:
                await self._add([uri])
                self._sessions[uri] = session

    def unsubscribe(self, uri: str) -> None:
        """Tell the client about a resource no longer."""
        if self._sessions.pop(uri, None) is not None:
            self._remove([uri])

    async def __call__(
        self, ctx: ServerRequestContext[Any, Any], params: SubscriptionsListenRequestParams
    ) -> SubscriptionsListenResult:
        """Serve a stream of `subscriptions/listen`: about resources and their list, as no other list ever changes.

        Raises:
            MCPError: There is no such resource, or there are too many subscriptions, or no account is open.
        """
        uris = list(dict.fromkeys(params.notifications.resource_subscriptions or ()))
        has_list = self._read_list_etag is not None and bool(params.notifications.resources_list_changed)
        async with self._keep(uris):
            notifications = SubscriptionFilter(resource_subscriptions=uris, resources_list_changed=has_list)
            self._list_streams += has_list
            try:
                if has_list and self._list_etag is None:  # Later lists are compared with what is listed now.
                    await self._notify_of_list()
                return await self._listen(ctx, params.model_copy(update={"notifications": notifications}))
            finally:
                self._list_streams -= has_list

    def keep_list(self, etag: str, session: ServerSession | None) -> None:
        """Compare later lists with the one of this etag, which a client has, and tell its session of another one.

        `session` is None where clients say by `subscriptions/listen` what they want to be told.
        """
        if self._read_list_etag is not None:
            self._list_etag = etag
            self._list_session = session

    def close(self) -> None:
        """End the streams of `subscriptions/listen`, each with its result."""
        self._listen.close()

    async def notify(self, read_uri: str | None = None) -> None:
        """Tell the subscribers of each resource that has something new since they were told last, and of their list.

        `read_uri` is what the client has just read, and so knows.
        """
        has_list = self._list_session is not None or self._list_streams > 0
        if not self._subscribers and not has_list:
            return
        async with self._lock:
            if has_list:
                await self._notify_of_list()
            for uri in [*self._subscribers]:
                try:
                    etag = await self._read_etag(uri)
                except TogglError:
                    _log.warning("Whether %s is new could not be told.", uri, exc_info=True)
                    continue
                former, self._etags[uri] = self._etags.get(uri), etag or self._etags.get(uri)
                if None not in (former, etag) and former != etag and uri != read_uri:
                    await self._send(uri)

    async def _notify_of_list(self) -> None:
        if self._read_list_etag is None:
            return
        try:
            etag = await self._read_list_etag()
        except TogglError:
            _log.warning("Whether the list of resources is new could not be told.", exc_info=True)
            return
        former, self._list_etag = self._list_etag, etag
        if former not in (None, etag):
            await self._bus.publish(ResourcesListChanged())
            if self._list_session is not None:
                await self._list_session.send_resource_list_changed()

    async def _send(self, uri: str) -> None:
        await self._bus.publish(ResourceUpdated(uri))
        if uri in self._sessions:
            await self._sessions[uri].send_resource_updated(uri)

    @asynccontextmanager
    async def _keep(self, uris: Iterable[str]) -> AsyncGenerator[None]:
        async with self._lock:
            await self._add(uris)
        try:
            yield
        finally:
            self._remove(uris)

    async def _add(self, uris: Iterable[str]) -> None:
        new_uris = [uri for uri in uris if uri not in self._subscribers]
        with as_protocol_errors("subscription"):
            if len(self._subscribers) + len(new_uris) > MAX_URIS:
                message = f"At most {MAX_URIS} resources are subscribed to at a time. Unsubscribe from others first."
                raise InvalidArguments(message)
            # Counted before anything is awaited: meanwhile the last other subscriber may go, and its etags with it.
            self._subscribers.update(uris)
            try:
                self._etags |= {uri: await self._read_etag(uri) for uri in new_uris}
            except BaseException:
                self._remove(uris)
                raise

    def _remove(self, uris: Iterable[str]) -> None:
        self._subscribers.subtract(uris)
        for uri in uris:
            if self._subscribers[uri] <= 0:
                del self._subscribers[uri]
                self._etags.pop(uri, None)
