"""The account: https://engineering.toggl.com/docs/api/me."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypeVar, cast

from pydantic import BaseModel

from toggl_mcp.api import Transport
from toggl_mcp.cache.store import MAX_CLOCK_LEAD_SECONDS, Key, Version
from toggl_mcp.endpoints.core.cached_collection import CachedCollection, Fetch
from toggl_mcp.endpoints.core.collection import CacheRead, Collection
from toggl_mcp.endpoints.core.keys import ACCOUNT_ID, account_key, names_key
from toggl_mcp.endpoints.core.parsing import parse_items, parse_model, parse_rows
from toggl_mcp.endpoints.core.session import Session
from toggl_mcp.models.account import AccountSnapshot, Me, Workspace, WorkspaceNames
from toggl_mcp.models.base import WorkspaceResource
from toggl_mcp.models.clients import Client
from toggl_mcp.models.projects import Project
from toggl_mcp.models.tags import Tag
from toggl_mcp.models.tasks import Task

ACCOUNT_TTL_SECONDS = 3600.0
"""A new time zone moves every day and total, and no other response names it; the user's own quota may be as low as 30
requests an hour, of which this is one."""
ACCOUNT_PARAMS = {"with_related_data": "true"}

ItemT = TypeVar("ItemT", bound=Workspace | WorkspaceResource)
M = TypeVar("M", bound=BaseModel)
R = TypeVar("R", bound=WorkspaceResource)


class _Response(NamedTuple):
    """What a response of `/me` says: the account, and the names in use by workspace."""

    account: AccountSnapshot
    names: dict[int, WorkspaceNames]


class NamesRead:
    """The names in use in a workspace, as of a response, and when that was requested."""

    def __init__(self, names: WorkspaceNames, requested_at: float) -> None:
        self.requested_at = requested_at
        self.names = names
        self._collections: dict[str, Collection[Any]] = {}

    def get_collection(self, kind: str) -> Collection[Any]:
        """Return the items of a kind, each time as the same collection."""
        if kind not in self._collections:
            items: list[WorkspaceResource] = getattr(self.names, kind)
            version = Version(0, self.requested_at)
            self._collections[kind] = Collection({item.id: item for item in items}, version)
        return self._collections[kind]


class LastNames(NamedTuple):
    """The names of each workspace as they were last read, and a version that is another after each change from here."""

    version: Version
    by_workspace: Mapping[int, NamesRead]


class AccountEndpoint:
    """The token's owner, the workspaces, and the names in use there, which Toggl sends in one response.

    The names are a collection of their own: a change in a workspace drops that workspace's names, not the account.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._account = self._open_collection(account_key(session.scope), AccountSnapshot, self._fetch_account)
        self._names = self._open_collection(names_key(session.scope), WorkspaceNames, self._fetch_names)
        self._last_names: dict[int, NamesRead] = {}

    async def me(self, *, refresh: bool = False) -> tuple[Me, CacheRead[AccountSnapshot]]:
        """Return the token's owner, with where that comes from and when it was requested; it is fresh for an hour."""
        read = await self._account.read(refresh=refresh)
        return read.collection.items[ACCOUNT_ID].me, read

    async def workspaces(self) -> CacheRead[Workspace]:
        """Return the workspaces that the token opens; they are fresh for an hour."""
        read = await self._account.read()
        workspaces = read.collection.items[ACCOUNT_ID].workspaces
        by_id = {workspace.id: workspace for workspace in workspaces}
        return CacheRead(Collection(by_id, read.collection.version), read.source)

    async def fresh_snapshot(self) -> AccountSnapshot | None:
        """Return the owner and the workspaces if they are fresh in the cache; nothing is requested."""
        collection = await self._account.fresh_or_none()
        return None if collection is None else collection.items[ACCOUNT_ID]

    async def last_snapshot(self) -> AccountSnapshot | None:
        """Return the owner and the workspaces as last read, however long ago; nothing is requested."""
        collection = await self._account.any_age_or_none()
        return None if collection is None else collection.items[ACCOUNT_ID]

    async def names(self, *, may_request: bool = True) -> Collection[WorkspaceNames] | None:
        """Return the names in use, without workspaces in which one was changed from here since.

        They are fresh for an hour; without `may_request` None if they are not.
        """
        names = (await self._names.read()).collection if may_request else await self._names.fresh_or_none()
        self._keep_names(names)
        return names

    async def last_names(self) -> LastNames:
        """Return the names of each workspace as last read, however long ago; nothing is requested.

        The changes from here since are not in them.
        """
        version = await self._names.get_version()
        self._keep_names(await self._names.any_age_or_none())
        return LastNames(version, self._last_names)

    def _keep_names(self, names: Collection[WorkspaceNames] | None) -> None:
        if names is None:
            return
        requested_at = names.version.fetched_at or 0.0
        latest = self._session.store.clock() + MAX_CLOCK_LEAD_SECONDS  # What is later is from before it was set back.
        for key, item in names.items.items():
            former = self._last_names.get(key)
            if former is None or (former.names is not item and not latest >= former.requested_at > requested_at):
                self._last_names[key] = NamesRead(item, requested_at)

    def _open_collection(self, key: Key, model: type[M], fetch: Fetch[M]) -> CachedCollection[M]:
        session = self._session
        return CachedCollection(
            session.store, key, model, session.transport, fetch, ttl_seconds=ACCOUNT_TTL_SECONDS, may_be_stale=True
        )

    async def _fetch_account(self, transport: Transport) -> Mapping[int, AccountSnapshot]:
        """Return the account as Toggl has it, and store the names that come with it."""
        expected, requested_at = await self._names.get_version(), self._session.store.clock()
        response = await _fetch(transport)
        read = await self._names.store_if_unchanged(response.names, expected=expected, requested_at=requested_at)
        self._keep_names(read.collection)
        return {ACCOUNT_ID: response.account}

    async def _fetch_names(self, transport: Transport) -> Mapping[int, WorkspaceNames]:
        """Return the names in use at Toggl, and store the account that comes with them."""
        expected, requested_at = await self._account.get_version(), self._session.store.clock()
        response = await _fetch(transport)
        account = {ACCOUNT_ID: response.account}
        await self._account.store_if_unchanged(account, expected=expected, requested_at=requested_at)
        return response.names


async def _fetch(transport: Transport) -> _Response:
    response = await transport.send("GET", "me", query=ACCOUNT_PARAMS)
    me = parse_model(Me, response)
    fields = cast("Mapping[str, object]", response)
    unreadable: dict[str, int] = {}

    def parse_list(kind: str, model: type[ItemT], **defaults: object) -> list[ItemT]:
        rows = parse_items(parse_rows(fields.get(kind)), lambda row: parse_model(model, row, **defaults))
        items = [item for item in rows.values() if item is not None]
        if len(items) < len(rows):
            unreadable[kind] = len(rows) - len(items)
        return items

    # A workspace has time, whatever it is called.
    workspaces = parse_list("workspaces", Workspace, name="(workspace without a name)")
    clients = _group_by_workspace(parse_list("clients", Client))
    projects = _group_by_workspace(parse_list("projects", Project))
    tags = _group_by_workspace(parse_list("tags", Tag))
    tasks = _group_by_workspace(parse_list("tasks", Task))
    names = {
        key: WorkspaceNames(id=key, client=clients[key], project=projects[key], tag=tags[key], task=tasks[key])
        for key in (workspace.id for workspace in workspaces)
    }
    account = AccountSnapshot(
        me=me,
        workspaces=workspaces,
        has_recent_entries=bool(parse_rows(fields.get("time_entries"))),
        unreadable=unreadable,
    )
    return _Response(account, names)


def _group_by_workspace(items: Iterable[R]) -> defaultdict[int, list[R]]:
    """Return models by the id of their workspace; Toggl sends those of all workspaces in one list."""
    by_workspace: defaultdict[int, list[R]] = defaultdict(list)
    for item in items:
        by_workspace[item.workspace_id].append(item)
    return by_workspace
