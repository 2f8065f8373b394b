"""One account at Toggl: every endpoint of one token, over one connection and one cache."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, TypeVar

from toggl_mcp.api import AsyncClient, Auth, Transport
from toggl_mcp.cache.store import Store
from toggl_mcp.endpoints.account import AccountEndpoint
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.endpoints.core.endpoint import CachedEndpoint
from toggl_mcp.endpoints.core.keys import quota_of, scope_of
from toggl_mcp.endpoints.name_index import Directory
from toggl_mcp.endpoints.projects import AsyncProjectEndpoint
from toggl_mcp.endpoints.reports import Reports
from toggl_mcp.endpoints.tags import AsyncTagEndpoint
from toggl_mcp.endpoints.tasks import AsyncTaskEndpoint
from toggl_mcp.endpoints.time_entries import AsyncTrackerEndpoint
from toggl_mcp.endpoints.time_entry_cache import EntryLog
from toggl_mcp.endpoints.time_entry_query import Gathered, Timesheet, Wanted
from toggl_mcp.errors import InvalidArguments
from toggl_mcp.models.base import Kind
from toggl_mcp.models.period import Calendar, Days, calendar_of
from toggl_mcp.models.quota import Bucket

K = TypeVar("K", bound=CachedEndpoint[Any])

OPEN_WORKSPACES = 32
"""Workspaces whose parsed collections are kept in memory, for each kind."""


class Toggl:
    """Hands out the endpoints; what a tool is given.

    Args:
        auth: `BasicAuth(token, "api_token")`.
        cache: Where collections and quotas are kept.
        client: The connection; closed with this.
        workspace_id: The workspace that is meant when none is named; None means the account's default.
        retries: How often a request is repeated where that is safe.
    """

    def __init__(
        self, auth: Auth, cache: Store, *, client: AsyncClient, workspace_id: int | None = None, retries: int = 3
    ) -> None:
        self.configured_workspace = workspace_id
        self._auth = auth
        self._cache = cache
        self._client = client
        self._retries = retries
        self._scope = scope_of(auth, client)
        self._quota = quota_of(cache, self._scope)
        transport = Transport(client, auth, self._quota, retries=retries)
        self.account = AccountEndpoint(self._scope, cache, transport)
        self.directory = Directory(self.account, cache.clock)
        self.urgent_directory = Directory(self.account, cache.clock, urgent=True)
        self.log = EntryLog(cache, self._scope, transport, may_be_stale=True)
        self.timesheet = Timesheet(self.log, Reports(transport, cache.clock))
        self.clients = self._endpoints(AsyncClientEndpoint)
        self.projects = self._endpoints(AsyncProjectEndpoint)
        self.tags = self._endpoints(AsyncTagEndpoint)
        self.tasks = self._endpoints(AsyncTaskEndpoint)
        self.trackers = self._endpoints(AsyncTrackerEndpoint)

    def endpoint(self, kind: Kind, workspace_id: int) -> CachedEndpoint[Any]:
        """Return a workspace's endpoint of a kind."""
        match kind:
            case "client":
                return self.clients(workspace_id)
            case "project":
                return self.projects(workspace_id)
            case "task":
                return self.tasks(workspace_id)
            case "tag":
                return self.tags(workspace_id)

    async def workspace(self, given: int | None) -> int:
        """Return the workspace that is meant: the one given, else the configured one, else the account's default.

        Raises:
            InvalidArguments: There is none of them.
        """
        if meant := given or self.configured_workspace:
            return meant
        me, _ = await self.account.me()
        if me.default_workspace_id is None:
            message = "The account has no default workspace; name one as workspace_id (get_account lists them)."
            raise InvalidArguments(message)
        return me.default_workspace_id

    async def tracker(self) -> AsyncTrackerEndpoint:
        """Return the time entries for what concerns all workspaces alike, such as the timer.

        Raises:
            InvalidArguments: The token opens no workspace.
        """
        for workspace_id in (await self.account.workspaces()).collection.items:
            return self.trackers(workspace_id)
        message = "This token opens no workspace. Make one at https://track.toggl.com, then get_account(refresh: true)."
        raise InvalidArguments(message)

    async def quotas(self) -> list[Bucket]:
        """Return the quotas as last seen, by any process, whose hour is not over."""
        return await self._quota.current()

    async def has_tasks(self, workspace_id: int) -> bool:
        """Tell whether a workspace's plan has tasks; one that is not known may have them."""
        space = (await self.account.workspaces()).collection.items.get(workspace_id)
        return space is None or space.allows("paid")

    async def calendar(self) -> Calendar:
        """Return how the account's owner counts days.

        Raises:
            InvalidArguments: This computer does not know their time zone.
        """
        me, _ = await self.account.me()
        return calendar_of(me.timezone, me.beginning_of_week)

    async def quota(self, workspace_id: int | None) -> Bucket | None:
        """Return what is left of a workspace's quota, or of the user's own, as last seen.

        None when its hour is over or was never seen.
        """
        return await self._quota.left("me" if workspace_id is None else f"workspaces/{workspace_id}")

    async def own_entries(self, first: date, last: date) -> Gathered:
        """Return the user's own entries that overlap with some days (the last included), in all workspaces."""
        me, _ = await self.account.me()
        spaces = (await self.account.workspaces()).collection.items.keys()
        days = Days(await self.calendar(), first, last)
        wanted = Wanted(days, spaces, me.id, reported=False, refresh=False, everywhere=True)
        return await self.timesheet.gather(wanted)

    def now(self) -> float:
        """Return the UNIX time by which ages are told."""
        return self._cache.clock()

    def moment(self) -> datetime:
        """Return the time by which running timers are counted, in UTC, to the second."""
        return datetime.fromtimestamp(int(self.now()), UTC)

    async def aclose(self) -> None:
        """Close the connection and the cache."""
        await self._client.aclose()
        await self._cache.aclose()

    def _endpoints(self, kind: type[K]) -> Callable[[int], K]:
        """Return what gives a workspace's endpoint, the same one each time."""

        @lru_cache(OPEN_WORKSPACES)
        def endpoint(workspace_id: int) -> K:
            return kind(workspace_id, self._auth, self._cache, client=self._client, retries=self._retries)

        return endpoint
