"""One account at Toggl: every endpoint of one token, over one connection and one cache."""

from datetime import UTC, date, datetime
from functools import lru_cache, partial
from typing import Any

from toggl_mcp.api import AsyncClient, Auth
from toggl_mcp.cache.store import Store
from toggl_mcp.endpoints.account import AccountEndpoint
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.endpoints.core.endpoint import CachedEndpoint
from toggl_mcp.endpoints.core.session import Session
from toggl_mcp.endpoints.name_index import NameIndex
from toggl_mcp.endpoints.projects import AsyncProjectEndpoint
from toggl_mcp.endpoints.reports import Reports
from toggl_mcp.endpoints.tags import AsyncTagEndpoint
from toggl_mcp.endpoints.tasks import AsyncTaskEndpoint
from toggl_mcp.endpoints.time_entries import AsyncTimeEntryEndpoint
from toggl_mcp.endpoints.time_entry_cache import TimeEntryCache
from toggl_mcp.endpoints.time_entry_query import EntryQuery, EntryResult, TimeEntrySource
from toggl_mcp.errors import InvalidArguments
from toggl_mcp.models.base import ResourceKind
from toggl_mcp.models.period import Calendar, DateRange, make_calendar
from toggl_mcp.models.quota import Bucket

MAX_OPEN_WORKSPACES = 32
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
        self.configured_workspace_id = workspace_id
        self._client = client
        self._cache = cache
        self._session = session = Session(auth, cache, client=client, retries=retries)
        self.account = AccountEndpoint(self._session)
        self.name_index = NameIndex(self.account, cache.clock)
        self.entry_cache = TimeEntryCache(self._session)
        self.entry_source = TimeEntrySource(self.entry_cache, Reports(self._session.transport, cache.clock))
        per_workspace = lru_cache(MAX_OPEN_WORKSPACES)
        self.clients = per_workspace(partial(AsyncClientEndpoint.from_session, session))
        self.projects = per_workspace(partial(AsyncProjectEndpoint.from_session, session, entry_cache=self.entry_cache))
        self.tags = per_workspace(partial(AsyncTagEndpoint.from_session, session, entry_cache=self.entry_cache))
        self.tasks = per_workspace(partial(AsyncTaskEndpoint.from_session, session, entry_cache=self.entry_cache))
        self.time_entries = per_workspace(
            partial(AsyncTimeEntryEndpoint.from_session, session, entry_cache=self.entry_cache)
        )

    def endpoint(self, kind: ResourceKind, workspace_id: int) -> CachedEndpoint[Any]:
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

    async def resolve_workspace(self, requested: int | None) -> int:
        """Return the workspace that is meant: the one given, else the configured one, else the account's default.

        Raises:
            InvalidArguments: There is none of them.
        """
        if workspace_id := requested or self.configured_workspace_id:
            return workspace_id
        me, _ = await self.account.me()
        if me.default_workspace_id is None:
            message = "The account has no default workspace; name one as workspace_id (get_account lists them)."
            raise InvalidArguments(message)
        return me.default_workspace_id

    async def account_time_entries(self) -> AsyncTimeEntryEndpoint:
        """Return the time entries for what concerns all workspaces alike, such as the timer.

        Raises:
            InvalidArguments: The token opens no workspace.
        """
        for workspace_id in (await self.account.workspaces()).collection.items:
            return self.time_entries(workspace_id)
        message = "This token opens no workspace. Make one at https://track.toggl.com, then get_account(refresh: true)."
        raise InvalidArguments(message)

    async def list_quotas(self) -> list[Bucket]:
        """Return the quotas as last seen, by any process, whose hour is not over."""
        return await self._session.quota.list_buckets()

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
        return make_calendar(me.timezone, me.beginning_of_week)

    async def get_quota(self, workspace_id: int | None) -> Bucket | None:
        """Return what is left of a workspace's quota, or of the user's own, as last seen.

        None when its hour is over or was never seen.
        """
        return await self._session.quota.remaining("me" if workspace_id is None else f"workspaces/{workspace_id}")

    async def fetch_own_entries(self, first: date, last: date) -> EntryResult:
        """Return the user's own entries that overlap with some days (the last included), in all workspaces."""
        me, _ = await self.account.me()
        spaces = (await self.account.workspaces()).collection.items.keys()
        days = DateRange(await self.calendar(), first, last)
        query = EntryQuery(days, spaces, me.id, from_reports=False, refresh=False, all_workspaces=True)
        return await self.entry_source.fetch(query)

    def timestamp(self) -> float:
        """Return the UNIX time by which ages are told."""
        return self._cache.clock()

    def now_utc(self) -> datetime:
        """Return the time by which running timers are counted, in UTC, to the second."""
        return datetime.fromtimestamp(int(self.timestamp()), UTC)

    async def aclose(self) -> None:
        """Close the connection and the cache."""
        await self._client.aclose()
        await self._cache.aclose()
