"""A Toggl resource of a workspace: read through the cache, written through to Toggl."""

import logging
from collections.abc import AsyncGenerator, Callable, Container, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import count
from types import TracebackType
from typing import Any, ClassVar, Generic, Self, TypeVar

from toggl_mcp.api import AsyncClient, Auth, Timeout, Transport, connect
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.cache.store import Key, Store
from toggl_mcp.endpoints.core.cached_collection import Snapshots
from toggl_mcp.endpoints.core.collection import CacheRead, Collection, Lookup, find_by_name
from toggl_mcp.endpoints.core.keys import HasId, derive_scope, make_quota, to_id
from toggl_mcp.endpoints.core.mutation import Mutation
from toggl_mcp.endpoints.core.parsing import parse_model, parse_rows
from toggl_mcp.endpoints.time_entry_cache import TimeEntryCache
from toggl_mcp.errors import NoCache, NotFound, OutcomeUnknown, TogglError, Unreachable
from toggl_mcp.models.base import WorkspaceResource
from toggl_mcp.models.query import Query
from toggl_mcp.models.time_entries import TimeEntry

E = TypeVar("E", bound=WorkspaceResource)
MAX_PAGE_SIZE = 200
"""The longest page that Toggl gives."""

NEGATIVE_TTL_SECONDS = 60.0
"""Seconds for which a snapshot is young enough to deny that something exists."""


class CachedReader(Generic[E]):
    """What can be asked of a resource of a workspace.

    Args:
        workspace_id: The workspace, or its id.
        auth: `BasicAuth(token, "api_token")`.
        cache: Where collections are kept; None asks Toggl every time.
        client: An HTTP client to share. It is neither changed nor closed; its `base_url` is used if it has one.
        timeout: Seconds for each of connecting, sending, receiving; or httpx's `Timeout`.
        re_raise: Raise `NotFound` instead of returning None, never stand in with a stale snapshot, never retry.
        retries: How often a request is repeated where that is safe.
    """

    MODEL: type[E]
    KIND: ClassVar[str]
    PATH: ClassVar[str]
    LIST_PARAMS: ClassVar[dict[str, str]] = {}
    """The query that makes Toggl list all of them."""
    PAGED: ClassVar[bool] = False
    """Whether Toggl lists them in pages; the last one is the first that is not full."""

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
        self.workspace_id = to_id(workspace_id)
        self.cache = cache
        self.re_raise = re_raise
        self._client = client or connect()
        self._owns_client = client is None
        store = MemoryStore(expire_after=0) if cache is None else cache
        self._clock = store.clock
        scope = derive_scope(auth, self._client)
        self._transport = Transport(
            self._client, auth, make_quota(store, scope), timeout=timeout, retries=0 if re_raise else retries
        )
        self._entry_cache = TimeEntryCache(
            store, scope, self._transport, may_be_stale=cache is not None and not re_raise
        )
        self._collection = self._open_collection(store, scope, may_be_stale=cache is not None and not re_raise)

    async def aclose(self) -> None:
        """Close the HTTP client if it was made here; the cache stays open."""
        if self._owns_client:
            await self._client.aclose()

    async def __aenter__(self) -> Self:
        """Return the endpoint."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        await self.aclose()

    async def get(self, entity: int | HasId, *, refresh: bool = False) -> E | None:
        """Return one by its id, or None if Toggl has no such thing.

        Raises:
            NotFound: There is none, and `re_raise` is set.
        """
        item = (await self.find(to_id(entity), refresh=refresh)).item
        if item is None and self.re_raise:
            raise NotFound(self._not_found_message(to_id(entity)))
        return item

    async def read(self, *, refresh: bool = False, use_reserve: bool = False) -> CacheRead[E]:
        """Return all of them, and how they came to be known; with `use_reserve` it may use the hour's last requests."""
        return await self._collection.read(refresh=refresh, use_reserve=use_reserve)

    async def find(self, entity_id: int, *, refresh: bool = False, use_reserve: bool = False) -> Lookup[E]:
        """Return one by its id, or that there is none, and how that came to be known.

        Toggl is asked before anything is denied, unless it was asked less than a minute ago.
        """
        if self.cache is None:
            return Lookup(await self._fetch_one(entity_id, use_reserve=use_reserve), "toggl", self._now())
        if not refresh:
            lookup = await self._collection.get_fresh(entity_id)
            if lookup is not None and (lookup.item is not None or self._recent_enough_to_deny(lookup.as_of)):
                return lookup
            refresh = lookup is not None
        reading = await self.read_authoritative(
            lambda known: entity_id in known.items, refresh=refresh, use_reserve=use_reserve
        )
        return Lookup(reading.collection.items.get(entity_id), reading.source, reading.as_of)

    async def read_authoritative(
        self, is_found: Callable[[Collection[E]], bool], *, refresh: bool = False, use_reserve: bool = False
    ) -> CacheRead[E]:
        """Return all of them, read again from Toggl where an older reading would be ground to deny something.

        Args:
            is_found: Tells whether a collection holds what is looked for.
            refresh: Read them from Toggl in any case.
            use_reserve: Allow the last requests of the hour, which are kept for changes.
        """
        reading = await self.read(refresh=refresh, use_reserve=use_reserve)
        if reading.source == "toggl" or is_found(reading.collection):
            return reading
        if reading.source == "cache" and self._recent_enough_to_deny(reading.as_of):
            return reading
        return await self.read(refresh=True, use_reserve=use_reserve)

    async def find_by_name(
        self, name: str, *, refresh: bool = False, use_reserve: bool = False
    ) -> tuple[list[E], CacheRead[E]]:
        """Return every one of exactly that name, in any case, archived ones too, and how that came to be known."""
        reading = await self.read_authoritative(
            lambda known: bool(find_by_name(known, name)), refresh=refresh, use_reserve=use_reserve
        )
        return find_by_name(reading.collection, name), reading

    async def fresh_or_none(self) -> Collection[E] | None:
        """Return all of them if they are cached and fresh, without asking Toggl; None if not."""
        return await self._collection.fresh_or_none()

    async def load_cache(self) -> list[E]:
        """Return what is cached and fresh, without asking Toggl.

        Raises:
            NoCache: The endpoint was made without one.
        """
        if self.cache is None:
            message = f"This {type(self).__name__} has no cache; make it with cache=SqliteStore(path) or MemoryStore()."
            raise NoCache(message)
        cached = await self.fresh_or_none()
        return [] if cached is None else list(cached.items.values())

    async def query(self, *queries: Query) -> list[E]:
        """Return the cached and fresh models that fit every query, without asking Toggl.

        Raises:
            NoCache: The endpoint was made without one.
            InvalidArguments: A query names no field, or compares what cannot be compared.
        """
        return [item for item in await self.load_cache() if all(query.matches(item) for query in queries)]

    def _open_collection(self, store: Store, scope: str, *, may_be_stale: bool) -> Snapshots[E]:
        """Return the collection that this reads from."""
        key = Key(scope, self.KIND, self.workspace_id)
        return Snapshots(
            store, key, self.MODEL, self._fetch_all, ttl_seconds=store.expire_after, may_be_stale=may_be_stale
        )

    async def _fetch_one(self, entity_id: int, *, use_reserve: bool = False) -> E | None:
        """Ask Toggl for one."""
        try:
            return self._parse_row(await self._transport.send("GET", self._path(entity_id), use_reserve=use_reserve))
        except NotFound:
            return None

    async def _fetch_all(self, *, use_reserve: bool) -> Mapping[int, E]:
        """Ask Toggl for all of them."""
        items: dict[int, E] = {}
        for number in count(1):
            paging = {"page": str(number), "per_page": str(MAX_PAGE_SIZE)} if self.PAGED else {}
            query = self.LIST_PARAMS | paging
            rows = self._extract_rows(
                await self._transport.send("GET", self._path(), query=query, use_reserve=use_reserve)
            )
            count_before = len(items)
            items |= {item.id: item for item in map(self._parse_row, rows)}
            if not self.PAGED or len(rows) < MAX_PAGE_SIZE or len(items) == count_before:
                break
        return items

    def _extract_rows(self, answer: object) -> list[object]:
        """Return the rows of a list."""
        return parse_rows(answer)

    def _parse_row(self, row: object) -> E:
        """Return what one row of an answer means; a row without its workspace belongs to this one."""
        return parse_model(self.MODEL, row, wid=self.workspace_id)

    def _path(self, entity_id: int | None = None, verb: str = "") -> str:
        parts = ("workspaces", self.workspace_id, self.PATH, entity_id, verb)
        return "/".join(str(part) for part in parts if part)

    def _not_found_message(self, entity_id: int) -> str:
        kind = self.KIND.replace("_", " ")
        return f"There is no {kind} {entity_id} in workspace {self.workspace_id}; list_{self.PATH} has their ids."

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)

    def _recent_enough_to_deny(self, as_of: datetime) -> bool:
        return self._clock() - as_of.timestamp() < NEGATIVE_TTL_SECONDS


_log = logging.getLogger(__name__)


class CachedEndpoint(CachedReader[E]):
    """The verbs that every resource has; `CachedReader` tells the constructor's parameters."""

    DELETE_PARAMS: ClassVar[dict[str, str]] = {}
    """The query that a deletion is sent with."""
    IN_ACCOUNT_RESPONSE: ClassVar[bool] = True
    """Whether the names of these are told along with the account."""
    INVALIDATES: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """For each verb, the kinds of things that Toggl changes along with it."""
    CASCADES_TO_ENTRIES: ClassVar[tuple[str, ...]] = ()
    """Verbs that change time entries along with it, which is written through when they are confirmed."""

    async def delete(self, entity: int | HasId) -> None:
        """Delete one; already gone is done.

        Raises:
            NotFound: It was gone already, and `re_raise` is set.
            OutcomeUnknown: Toggl never confirmed it.
        """
        await self._remove(to_id(entity), self._path(to_id(entity)))

    async def invalidate(self) -> None:
        """Drop what is cached: Toggl has changed it along with something else."""
        await self._collection.invalidate()
        await self._collection.invalidate_related()

    async def _remove(self, entity_id: int, path: str) -> None:
        async with self._mutation("delete", entity_id) as mutation:
            try:
                await self._transport.send("DELETE", path, query=self.DELETE_PARAMS, change=mutation)
            except NotFound:
                await self._evict(entity_id)
            else:
                mutation.write_through(entity_id, None)

    async def _create(self, body: Mapping[str, Any], matches: Callable[[E], bool], path: str | None = None) -> E:
        """Create one, at most once: when the answer is lost, look before saying so."""
        before = (await self.read(use_reserve=True)).collection.items.keys()
        async with self._mutation("add") as mutation:
            try:
                response = await self._transport.send("POST", path or self._path(), body=body, change=mutation)
                item = self._parse_confirmation(response)
            except OutcomeUnknown as error:
                return await self._reconcile_create(before, matches, error)
            mutation.write_through(item.id, item)
            return item

    async def _update(self, entity_id: int, body: Mapping[str, Any], path: str | None = None) -> E | None:
        """Send a change and return what it made of the thing; one that says nothing is not sent."""
        if not body:
            return await self.get(entity_id)
        async with self._mutation("edit", entity_id) as mutation:
            try:
                response = await self._transport.send("PUT", path or self._path(entity_id), body=body, change=mutation)
            except NotFound:
                return await self._evict(entity_id)
            item = self._parse_confirmation(response)
            mutation.write_through(item.id, item)
            return item

    async def _evict(self, entity_id: int) -> None:
        """Take out what Toggl does not have any more.

        Raises:
            NotFound: `re_raise` is set.
        """
        await self._collection.write_through(entity_id, None)
        if self.re_raise:
            raise NotFound(self._not_found_message(entity_id))

    async def _reconcile_create(
        self, before: Container[int], matches: Callable[[E], bool], outcome_unknown: OutcomeUnknown
    ) -> E:
        """Return what a lost answer left at Toggl, if exactly one new thing can be it."""
        items = await self._refetch(outcome_unknown)
        candidates = [item for key, item in items.items() if key not in before and matches(item)]
        if len(candidates) != 1:
            raise outcome_unknown
        return candidates[0]

    async def _refetch(self, outcome_unknown: OutcomeUnknown) -> Mapping[int, E]:
        """Return everything as it is at Toggl after a lost answer, or raise the doubt if it cannot be seen."""
        await self._collection.invalidate()
        try:
            return (await self.read(refresh=True, use_reserve=True)).collection.items
        except TogglError as error:
            raise outcome_unknown from error

    @asynccontextmanager
    async def _mutation(self, verb: str, entity_id: int | None = None) -> AsyncGenerator[Mutation[E]]:
        """Settle a change when it ends, and drop the snapshot when it is not known whether it went through."""
        mutation, outcome = self._collection.begin(entity_id), "unknown"
        try:
            yield mutation
            outcome = "confirmed"
        except TogglError as error:
            outcome = error.code
            raise
        finally:
            _log.info("%s %s %s in workspace %d: %s", verb, self.KIND, entity_id or "", self.workspace_id, outcome)
            is_unknown = outcome in ("unknown", OutcomeUnknown.code)
            is_settled = outcome not in ("unknown", "confirmed", OutcomeUnknown.code)
            keys = [] if is_settled else self._keys_to_invalidate(verb, is_unknown=is_unknown)
            drops_related = self.IN_ACCOUNT_RESPONSE and (not is_settled or outcome == NotFound.code)
            await self._collection.settle(mutation, keys, drops_related=drops_related)

    def _keys_to_invalidate(self, verb: str, *, is_unknown: bool) -> list[Key]:
        """Return the collections that are not to be believed after a change."""
        own_keys = [self._collection.key] if is_unknown else []
        related_keys = [self._collection.key._replace(kind=kind) for kind in self.INVALIDATES.get(verb, ())]
        entry_keys = [self._entry_cache.key] if is_unknown and verb in self.CASCADES_TO_ENTRIES else []
        return [*own_keys, *related_keys, *entry_keys]

    async def _update_entries(self, change: Callable[[TimeEntry], TimeEntry]) -> None:
        """Write through what a confirmed change has done to the workspace's time entries."""
        await self._entry_cache.update_where(
            lambda entry: change(entry) if entry.workspace_id == self.workspace_id else entry
        )

    def _parse_confirmation(self, row: object) -> E:
        """Return what the answer to a change means; an unreadable one confirms nothing."""
        try:
            return self._parse_row(row)
        except Unreachable as error:
            message = f"Toggl did not say what became of the {self.KIND}. Look at it before asking again."
            raise OutcomeUnknown(message) from error


class ListedEndpoint(CachedEndpoint[E]):
    """A resource whose things are simply listed."""

    async def collect(self, *, refresh: bool = False) -> list[E]:
        """Return every one of them, archived ones too, by name."""
        reading = await self.read(refresh=refresh)
        return [item for _, _, item in reading.collection.by_name]
