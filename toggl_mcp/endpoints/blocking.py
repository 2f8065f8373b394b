"""The verbs of `AsyncClientEndpoint` for scripts without asyncio."""

from functools import partial
from types import TracebackType
from typing import Self

from toggl_mcp.api import AsyncClient, Auth, Timeout
from toggl_mcp.cache.store import Store
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.endpoints.identity import HasId
from toggl_mcp.endpoints.portal import Portal
from toggl_mcp.models.client import Client, ClientBody
from toggl_mcp.models.query import Query


class ClientEndpoint:
    """The clients of a workspace, blocking. Safe under threads, and inside a running event loop.

    Takes what `AsyncClientEndpoint` takes, and each verb returns and raises what it does there. A connection belongs
    to one event loop, so two of these cannot share a `client`; they may share a cache.
    `close()` it, or use it in a `with` block, to end its thread.

    Examples:
        >>> with ClientEndpoint(123213324, BasicAuth(token, "api_token"), SqliteStore(path)) as clients:
        ...     clients.get(214125562)
        Client(id=214125562, workspace_id=123213324, name='Simplicidentata', ...)
    """

    def __init__(
        self,
        workspace_id: int | HasId,
        auth: Auth,
        cache: Store | None = None,
        *,
        client: AsyncClient | None = None,
        timeout: Timeout | float = 10,
        re_raise: bool = False,
        retries: int = 3,
    ) -> None:
        self._clients = AsyncClientEndpoint(
            workspace_id, auth, cache, client=client, timeout=timeout, re_raise=re_raise, retries=retries
        )
        self._portal = Portal()
        self.workspace_id = self._clients.workspace_id
        self.cache = cache

    def add(self, body: ClientBody) -> Client:
        """Create a client, at most once."""
        return self._portal.run(partial(self._clients.add, body))

    def get(self, client: int | HasId, *, refresh: bool = False) -> Client | None:
        """Return a client by its id, or None if Toggl has no such client."""
        return self._portal.run(partial(self._clients.get, client, refresh=refresh))

    def edit(self, client: int | HasId, body: ClientBody) -> Client | None:
        """Change what the body names and nothing else; None if Toggl has no such client."""
        return self._portal.run(partial(self._clients.edit, client, body))

    def delete(self, client: int | HasId) -> None:
        """Delete a client; already gone is done."""
        self._portal.run(partial(self._clients.delete, client))

    def collect(self, body: ClientBody | None = None, *, refresh: bool = False) -> list[Client]:
        """Return the clients whose name contains the body's and that have its status (active unless given)."""
        return self._portal.run(partial(self._clients.collect, body, refresh=refresh))

    def archive(self, client: int | HasId) -> list[int] | None:
        """Archive a client and its projects; return the ids of those that went with it."""
        return self._portal.run(partial(self._clients.archive, client))

    def restore(self, client: int | HasId, *, restore_projects: bool = False) -> Client:
        """Restore an archived client, and its projects if asked to."""
        return self._portal.run(partial(self._clients.restore, client, restore_projects=restore_projects))

    def load_cache(self) -> list[Client]:
        """Return what is cached and fresh, without asking Toggl."""
        return self._portal.run(self._clients.load_cache)

    def query(self, *queries: Query) -> list[Client]:
        """Return the cached and fresh clients that fit every query, without asking Toggl."""
        return self._portal.run(partial(self._clients.query, *queries))

    def close(self) -> None:
        """Close the connection if it was made here, and end the thread; the cache stays open."""
        self._portal.close_after(self._clients.aclose)

    def __enter__(self) -> Self:
        """Return the endpoint."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()
