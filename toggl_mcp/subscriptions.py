"""Subscriptions to resources: who is told when there is something new to read, of which resource.

Nothing is requested from Toggl for them. What is new comes with the calls of the host: by the sync of time entries, or
by a change. After each call the etags of the resources in question are derived from the cache, and compared.
"""

import logging
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

import anyio
from mcp.server.context import ServerRequestContext
from mcp.server.session import ServerSession
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler, ResourceUpdated
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


class Subscriptions:
    """The subscriptions of a process, in both protocol eras.

    Args:
        read_etag: Returns the etag of a resource.
    """

    def __init__(self, read_etag: EtagReader) -> None:
        self._read_etag = read_etag
        self._bus = InMemorySubscriptionBus()
        self._listen = ListenHandler(self._bus, max_subscriptions=MAX_STREAMS)
        self._sessions: dict[str, ServerSession] = {}
        self._subscribers: Counter[str] = Counter()
        self._etags: dict[str, str | None] = {}
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
        """Serve a stream of `subscriptions/listen`: about resources, as no list ever changes.

        Raises:
            MCPError: There is no such resource, or there are too many subscriptions, or no account is open.
        """
        uris = list(dict.fromkeys(params.notifications.resource_subscriptions or ()))
        async with self._keep(uris):
            notifications = SubscriptionFilter(resource_subscriptions=uris)
            return await self._listen(ctx, params.model_copy(update={"notifications": notifications}))

    def close(self) -> None:
        """End the streams of `subscriptions/listen`, each with its result."""
        self._listen.close()

    async def notify(self, read_uri: str | None = None) -> None:
        """Tell the subscribers of each resource that has something new since they were told last.

        `read_uri` is what the client has just read, and so knows.
        """
        if not self._subscribers:
            return
        async with self._lock:
            for uri in [*self._subscribers]:
                try:
                    etag = await self._read_etag(uri)
                except TogglError:
                    _log.warning("Whether %s is new could not be told.", uri, exc_info=True)
                    continue
                former, self._etags[uri] = self._etags.get(uri), etag or self._etags.get(uri)
                if None not in (former, etag) and former != etag and uri != read_uri:
                    await self._send(uri)

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
