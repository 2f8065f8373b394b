"""One account at Toggl: every endpoint of one token, over one connection and one cache."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import Any

from toggl_mcp.api import AsyncClient, Auth
from toggl_mcp.cache.store import Key, Store
from toggl_mcp.endpoints.account import AccountEndpoint
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.endpoints.core.endpoint import CachedEndpoint
from toggl_mcp.endpoints.core.lease import SharedLock
from toggl_mcp.endpoints.core.read_endpoint import ReadEndpoint
from toggl_mcp.endpoints.core.session import Session
from toggl_mcp.endpoints.journal import Journal
from toggl_mcp.endpoints.last_projects import LastProjects
from toggl_mcp.endpoints.name_index import NameIndex
from toggl_mcp.endpoints.projects import AsyncProjectEndpoint
from toggl_mcp.endpoints.reports import Reports
from toggl_mcp.endpoints.tags import AsyncTagEndpoint
from toggl_mcp.endpoints.tasks import AsyncTaskEndpoint
from toggl_mcp.endpoints.team_reports import TeamReports
from toggl_mcp.endpoints.time_entries import AsyncTimeEntryEndpoint
from toggl_mcp.endpoints.time_entry_cache import TimeEntryCache
from toggl_mcp.endpoints.time_entry_query import TimeEntrySource
from toggl_mcp.endpoints.undo import Undo
from toggl_mcp.endpoints.users import AsyncUserEndpoint
from toggl_mcp.errors import InvalidArguments
from toggl_mcp.models.quota import Bucket

MAX_OPEN_WORKSPACES = 32
"""Workspaces whose parsed collections are kept in memory, for each kind."""


class Toggl:
    """Opens the endpoints of one token; each tool gets it.

    Args:
        auth: `BasicAuth(token, "api_token")`.
        cache: The store of collections and quotas; closed with this.
        client: The HTTP client; closed with this.
        workspace_id: The workspace of calls that name none; None means the account's default.
        retries: How often a request is repeated where that is safe.
    """

    def __init__(
        self, auth: Auth, cache: Store, *, client: AsyncClient, workspace_id: int | None = None, retries: int = 3
    ) -> None:
        self.configured_workspace_id = workspace_id
        self._client = client
        self._cache = cache
        self._session = session = Session(auth, cache, client=client, retries=retries)
        self.account = AccountEndpoint(self._session)
        self.entry_cache = TimeEntryCache(self._session)
        self.entry_source = TimeEntrySource(self.entry_cache, Reports(self._session.transport, cache.clock))
        self.team_reports = TeamReports(self._session.transport, cache.clock, self.entry_cache)
        per_workspace = lru_cache(MAX_OPEN_WORKSPACES)
        self.clients = per_workspace(partial(AsyncClientEndpoint.from_session, session))
        self.projects = per_workspace(partial(AsyncProjectEndpoint.from_session, session, entry_cache=self.entry_cache))
        self.tags = per_workspace(partial(AsyncTagEndpoint.from_session, session, entry_cache=self.entry_cache))
        self.tasks = per_workspace(partial(AsyncTaskEndpoint.from_session, session, entry_cache=self.entry_cache))
        self.users = per_workspace(partial(AsyncUserEndpoint.from_session, session))
        self.time_entries = per_workspace(
            partial(AsyncTimeEntryEndpoint.from_session, session, entry_cache=self.entry_cache)
        )
        changeable: Mapping[str, Callable[[int], CachedEndpoint[Any]]] = {
            AsyncClientEndpoint.KIND: self.clients,
            AsyncProjectEndpoint.KIND: self.projects,
            AsyncTaskEndpoint.KIND: self.tasks,
            AsyncTagEndpoint.KIND: self.tags,
            AsyncTimeEntryEndpoint.KIND: self.time_entries,
        }
        self.creation_lock = SharedLock(cache, Key(session.scope, "creation", 0), "creates or restores time entries")
        """Held from the comparison of time entries to their creation: without it, a repeat creates them twice."""
        self.journal = Journal(session)
        self.undo = Undo(self.journal, changeable, self.creation_lock)
        self._endpoints: Mapping[str, Callable[[int], ReadEndpoint[Any]]] = {
            **changeable,
            AsyncUserEndpoint.KIND: self.users,
        }
        self.last_projects = LastProjects(self.account, self.journal, cache.clock, self.endpoint)

    def endpoint(self, kind: str, workspace_id: int) -> ReadEndpoint[Any]:
        """Return a workspace's endpoint of a kind."""
        return self._endpoints[kind](workspace_id)

    def make_name_index(self) -> NameIndex:
        """Return the finder of names and ids for one call, in which it reads the account's names once."""
        return NameIndex(self.account, self._cache.clock, self.endpoint)

    async def open_time_entries(self) -> AsyncTimeEntryEndpoint:
        """Return the time entries' endpoint for what is not of one workspace, such as the running timer.

        Raises:
            InvalidArguments: The token opens no workspace.
        """
        for workspace_id in (await self.account.workspaces()).collection.items:
            return self.time_entries(workspace_id)
        message = "This token opens no workspace. Make one at https://track.toggl.com, then get_account(refresh: true)."
        raise InvalidArguments(message)

    async def list_quotas(self) -> list[Bucket]:
        """Return the quotas whose hour is not over, as any process has last seen them."""
        return await self._session.rate_limiter.list_buckets()

    async def get_quota(self, workspace_id: int | None) -> Bucket | None:
        """Return what remains of a workspace's quota, or of the user's own, as last seen.

        None if its hour is over, or if it was never seen.
        """
        return await self._session.rate_limiter.remaining(
            "me" if workspace_id is None else f"workspaces/{workspace_id}"
        )

    @property
    def requests(self) -> int:
        """The requests that were sent to Toggl since this was opened."""
        return self._session.transport.requests

    def timestamp(self) -> float:
        """Return the UNIX time that ages are measured by."""
        return self._cache.clock()

    def now_utc(self) -> datetime:
        """Return the time that running timers are measured by, in UTC, to the second."""
        return datetime.fromtimestamp(int(self._cache.clock()), UTC)

    async def aclose(self) -> None:
        """Close the HTTP client and the cache."""
        await self._client.aclose()
        await self._cache.aclose()
