"""A Toggl resource of a workspace: read through the cache, written through to Toggl.

A creation whose response is lost is never sent again: `_create` leaves it to `_reconcile_create`, which reads the list
and returns the only new item that matches, or else raises OutcomeUnknown. `_change` invalidates what is in doubt.
"""

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager
from copy import copy
from datetime import UTC, datetime
from functools import cached_property
from types import TracebackType
from typing import Any, ClassVar, Generic, Self, TypeVar

from toggl_mcp.api import AsyncClient, Auth, Timeout, Transport
from toggl_mcp.cache.store import Key, Store
from toggl_mcp.endpoints.core.cached_collection import CachedCollection, Change
from toggl_mcp.endpoints.core.collection import CacheRead, Collection, Lookup
from toggl_mcp.endpoints.core.keys import HasId, names_key, to_id
from toggl_mcp.endpoints.core.paging import FetchedPage, PagedFetch
from toggl_mcp.endpoints.core.parsing import parse_items, parse_model, parse_rows, unreadable_confirmation_error
from toggl_mcp.endpoints.core.session import Session
from toggl_mcp.errors import REFUSALS, NoCache, NotFound, OutcomeUnknown, TogglError, Unreachable
from toggl_mcp.models.base import WorkspaceResource, is_id
from toggl_mcp.models.query import Query

_log = logging.getLogger(__name__)

E = TypeVar("E", bound=WorkspaceResource)
Cascade = Callable[[E | None], Awaitable[None]]
"""Writes through what a confirmed change, to the item or to none, has done to other collections."""

MAX_PAGE_SIZE = 200
"""Rows in a page, as many as Toggl allows."""

ITEM_NEGATIVE_TTL_SECONDS = 60.0
"""Seconds for which a collection may show that something does not exist."""


class CachedEndpoint(Generic[E]):
    """A resource of a workspace: reads go through the cache, changes are written through to it.

    Args:
        workspace_id: The workspace, or its id.
        auth: `BasicAuth(token, "api_token")`.
        cache: The store of its collection; None requests it from Toggl every time.
        client: An HTTP client to share, which is neither changed nor closed; its `base_url`, if any, is used.
        timeout: Seconds for each of connecting, sending, receiving; or httpx's `Timeout`.
        re_raise: Raise `NotFound` instead of returning None, serve no stale collection, and send no request twice.
        retries: How often a request is repeated where that is safe.
    """

    MODEL: type[E]
    KIND: ClassVar[str]
    PATH: ClassVar[str]
    LIST_PARAMS: ClassVar[dict[str, str]] = {}
    """The query parameters with which Toggl lists all of them, archived ones too."""
    PAGED: ClassVar[bool] = False
    """Whether Toggl lists them in pages; the last one is not full."""
    DELETE_PARAMS: ClassVar[dict[str, str]] = {}
    """The query parameters of a deletion."""
    IN_ACCOUNT_RESPONSE: ClassVar[bool] = True
    """Whether Toggl sends the names of these with the account."""
    INVALIDATES: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """For each verb, the kinds of resources that Toggl changes with it."""

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
        session = Session(auth, cache, client=client, timeout=timeout, re_raise=re_raise, retries=retries)
        self._bind(to_id(workspace_id), session)

    @classmethod
    def from_session(cls, session: Session, workspace_id: int) -> Self:
        """Return a workspace's endpoint on a session that it shares with others."""
        endpoint = cls.__new__(cls)
        endpoint._bind(workspace_id, session)  # noqa: SLF001 - the other half of its constructor
        return endpoint

    def _bind(self, workspace_id: int, session: Session) -> None:
        self.workspace_id = workspace_id
        self.cache = session.cache
        self.re_raise = session.re_raise
        self._session = session
        self._transport = session.transport
        self._clock = session.store.clock
        self._pages = PagedFetch(self._fetch_page, self._clock)
        self._collection = CachedCollection(
            session.store,
            Key(session.scope, self.KIND, workspace_id),
            self.MODEL,
            session.transport,
            self._fetch_all,
            ttl_seconds=session.store.expire_after,
            may_be_stale=session.may_be_stale,
        )

    @cached_property
    def reserved(self) -> Self:
        """The same endpoint for reads that a change depends on: they may use the last requests of the hour, too."""
        endpoint = copy(self)
        endpoint._transport = self._transport.reserved  # noqa: SLF001 - a copy of itself
        endpoint._collection = self._collection.reserved  # noqa: SLF001 - a copy of itself
        return endpoint

    async def aclose(self) -> None:
        """Close the HTTP client if it was opened here; the cache stays open."""
        await self._session.aclose()

    async def __aenter__(self) -> Self:
        """Return the endpoint."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        await self.aclose()

    async def get(self, entity: int | HasId, *, refresh: bool = False) -> E | None:
        """Return one by its id; None if Toggl has none.

        Raises:
            NotFound: Toggl has none, and `re_raise` is set.
        """
        item = (await self.find(to_id(entity), refresh=refresh)).item
        if item is None and self.re_raise:
            raise NotFound(self._not_found_message(to_id(entity)))
        return item

    async def delete(self, entity: int | HasId) -> None:
        """Delete one by its id; it is no error if Toggl has none.

        Raises:
            NotFound: Toggl has none, and `re_raise` is set.
            OutcomeUnknown: Toggl never confirmed it.
        """
        await self._remove(to_id(entity), self._path(to_id(entity)))

    async def collect(self, *, refresh: bool = False) -> list[E]:
        """Return all of them by name, archived ones too."""
        read = await self.read(refresh=refresh)
        return [item for _, _, item in read.collection.by_name]

    async def read(self, *, refresh: bool = False) -> CacheRead[E]:
        """Return all of them, with where they come from and when Toggl sent them."""
        if refresh:
            self._pages.restart()
        return await self._collection.read(refresh=refresh)

    def try_get(self, entity: int | HasId) -> E | None:
        """Return one from the fresh cache without waiting, in any thread; None where only `get` can tell."""
        lookup = self._collection.try_get_fresh(to_id(entity))
        return None if lookup is None else lookup.item

    async def find(self, entity_id: int, *, refresh: bool = False) -> Lookup[E]:
        """Return one by its id, or that Toggl has none, with where that comes from and when Toggl sent it.

        Before it denies that one exists it requests them from Toggl, at most once a minute.

        Raises:
            Unreachable: Toggl has one, in a form that cannot be read.
        """
        if self.cache is None:
            return Lookup(await self._fetch_one(entity_id), "toggl", self._now())
        lookup = None if refresh else self._collection.try_get_fresh(entity_id)
        if lookup is not None and (lookup.item is not None or self._proves_absence(lookup.as_of)):
            return lookup
        read = await self.read_authoritative(
            lambda collection: entity_id in collection.items, refresh=refresh or lookup is not None
        )
        return Lookup(read.collection.get(entity_id), read.source, read.as_of)

    async def read_authoritative(
        self, is_found: Callable[[Collection[E]], bool], *, refresh: bool = False
    ) -> CacheRead[E]:
        """Return all of them, requested again where the cached ones do not have what is looked for.

        Args:
            is_found: Whether a collection has what is looked for.
            refresh: Request them even if the cached ones have it.
        """
        read = await self.read(refresh=refresh)
        if read.source == "toggl" or is_found(read.collection):
            return read
        if read.source == "cache" and self._proves_absence(read.as_of):
            return read
        return await self.read(refresh=True)

    async def find_by_name(self, name: str, *, refresh: bool = False) -> tuple[list[E], CacheRead[E]]:
        """Return those of exactly a name, archived ones too, and the read that they were found in.

        Case is ignored; accents are ignored where no name has them.
        """
        read = await self.read_authoritative(lambda collection: bool(collection.find_by_name(name)), refresh=refresh)
        return read.collection.find_by_name(name), read

    async def find_by_ref(
        self, ref: str, *, refresh: bool = False, is_name_fresh: bool = False
    ) -> tuple[list[E], CacheRead[E]]:
        """Return the one of an id and those of a name, and the read that they were found in.

        Args:
            ref: The id or the name.
            refresh: Request them from Toggl even if the cached ones have it.
            is_name_fresh: Request them for a name, unless that was done within the last minute.

        Raises:
            Unreachable: Toggl has one of that id, in a form that cannot be read.
        """
        may_be_cached = is_id(ref) or not is_name_fresh
        read = await self.read_authoritative(
            lambda collection: may_be_cached and bool(collection.find_by_ref(ref)), refresh=refresh
        )
        matches = read.collection.find_by_ref(ref)
        if not matches and is_id(ref):
            read.collection.get(int(ref))
        return matches, read

    async def fresh_or_none(self) -> Collection[E] | None:
        """Return the cached collection if it is fresh, without a request; None if it is not."""
        return await self._collection.fresh_or_none()

    async def load_cache(self) -> list[E]:
        """Return the cached ones if they are fresh, without a request; none if they are not.

        Raises:
            NoCache: The endpoint has no cache.
        """
        if self.cache is None:
            message = f"This {type(self).__name__} has no cache; make it with cache=SqliteStore(path) or MemoryStore()."
            raise NoCache(message)
        cached = await self.fresh_or_none()
        return [] if cached is None else list(cached.items.values())

    async def query(self, *queries: Query) -> list[E]:
        """Return those of `load_cache` that match every query.

        Raises:
            NoCache: The endpoint has no cache.
            InvalidArguments: A query names no field, or compares what cannot be compared.
        """
        return [item for item in await self.load_cache() if all(query.matches(item) for query in queries)]

    async def invalidate(self) -> None:
        """Drop the cached collection: Toggl has changed it with another resource."""
        await self._collection.invalidate(drops_names=True)

    async def _fetch_one(self, entity_id: int) -> E | None:
        """Return one as Toggl has it."""
        try:
            return self._parse_row(await self._transport.send("GET", self._path(entity_id)))
        except NotFound:
            return None

    async def _fetch_all(self, transport: Transport) -> Mapping[int, E | None]:
        """Return all of them as Toggl has them; None is one that cannot be read."""
        return await self._pages.fetch(transport, (await self._collection.get_version()).number)

    async def _fetch_page(self, transport: Transport, number: int, former: Mapping[int, E | None]) -> FetchedPage[E]:
        paging = {"page": str(number), "per_page": str(MAX_PAGE_SIZE)} if self.PAGED else {}
        rows = self._extract_rows(await transport.send("GET", self._path(), query=self.LIST_PARAMS | paging))
        items = parse_items(rows, self._parse_row)
        is_last = not self.PAGED or len(rows) < MAX_PAGE_SIZE or items.keys() <= former.keys()
        return FetchedPage(items, None if is_last else number + 1)

    def _extract_rows(self, response: object) -> list[object]:
        """Return the rows of a list's response."""
        return parse_rows(response)

    def _parse_row(self, row: object) -> E:
        """Return a row of a response as a model; a row without a workspace is of this one."""
        return parse_model(self.MODEL, row, wid=self.workspace_id)

    def _path(self, *parts: int | str) -> str:
        """Return the path of all of them, or of one by its id, or of a verb of one."""
        return "/".join(map(str, ("workspaces", self.workspace_id, self.PATH, *parts)))

    def _not_found_message(self, entity_id: int) -> str:
        kind = self.KIND.replace("_", " ")
        return f"There is no {kind} {entity_id} in workspace {self.workspace_id}; list_{self.PATH} has their ids."

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)

    def _proves_absence(self, as_of: datetime) -> bool:
        return self._clock() - as_of.timestamp() < ITEM_NEGATIVE_TTL_SECONDS

    async def _remove(self, entity_id: int, path: str, cascade: Cascade[E] | None = None) -> None:
        async with self._change("delete", entity_id) as change:
            try:
                await self._transport.send("DELETE", path, query=self.DELETE_PARAMS, change=change.pending)
            except NotFound:
                await self._evict(entity_id)
            except OutcomeUnknown as error:
                is_denied, was_cached = isinstance(error.__cause__, NotFound), change.expected.text is not None
                if not is_denied and (not was_cached or entity_id in (await self._refetch_refused(error)).ids):
                    raise
                change.add_confirmed_row(entity_id, None)
            else:
                change.add_confirmed_row(entity_id, None)
            if cascade is not None:
                await cascade(None)

    async def _create(self, body: Mapping[str, Any], matches: Callable[[E], bool], path: str | None = None) -> E:
        """Create one, at most once: after a lost response, look for it at Toggl."""
        ids_before = (await self.reserved.read()).collection.ids
        async with self._change("add") as change:
            try:
                response = await self._transport.send("POST", path or self._path(), body=body, change=change.pending)
                item = await self._parse_confirmation(change, response)
            except OutcomeUnknown as error:
                return await self._reconcile_create(ids_before, matches, error)
            change.add_confirmed_row(item.id, item)
            return item

    async def _update(
        self, entity_id: int, body: Mapping[str, Any], path: str | None = None, cascade: Cascade[E] | None = None
    ) -> E | None:
        """Send a change and return the changed one, or None if Toggl has none; an empty change is not sent."""
        if not body:
            return await self.get(entity_id)
        path = path or self._path(entity_id)
        async with self._change("edit", entity_id) as change:
            try:
                response = await self._transport.send("PUT", path, body=body, change=change.pending)
                item = await self._parse_confirmation(change, response)
            except NotFound:
                return await self._evict(entity_id)
            except OutcomeUnknown as error:
                item = (await self._refetch_refused(error)).find_updated(entity_id, body, error)
                if item is None:
                    return await self._evict(entity_id)
            change.add_confirmed_row(item.id, item)
            if cascade is not None:
                await cascade(item)
            return item

    async def _evict(self, entity_id: int) -> None:
        """Remove one that Toggl does not have from the cache.

        Raises:
            NotFound: `re_raise` is set.
        """
        await self._collection.write_through(entity_id, None)
        if self.re_raise:
            raise NotFound(self._not_found_message(entity_id))

    async def _reconcile_create(
        self, before: AbstractSet[int], matches: Callable[[E], bool], outcome_unknown: OutcomeUnknown
    ) -> E:
        """Return what a creation whose response was lost has created, if exactly one new item matches it."""
        collection = await self._refetch(outcome_unknown)
        candidates = [item for key, item in collection.items.items() if key not in before and matches(item)]
        # A new row that cannot be read may be what was created, and a row that had no id before may be the new match:
        # then neither of them is taken for it, nor is the creation taken to have failed.
        is_doubtful = collection.unreadable_ids - before or min(before, default=0) < 0
        if len(candidates) != 1 or is_doubtful:
            raise outcome_unknown
        return candidates[0]

    async def _refetch_refused(self, outcome_unknown: OutcomeUnknown) -> Collection[E]:
        """Return all of them as Toggl has them after the repeat of a change was refused; raise if it was not."""
        # A repeat that got no response either may still be on its way.
        if not isinstance(outcome_unknown.__cause__, REFUSALS):
            raise outcome_unknown
        return await self._refetch(outcome_unknown)

    async def _refetch(self, outcome_unknown: OutcomeUnknown) -> Collection[E]:
        """Return all of them as Toggl has them after a lost response; raise `outcome_unknown` if it gives no answer."""
        await self._collection.invalidate()
        try:
            return (await self.reserved.read(refresh=True)).collection
        except TogglError as error:
            raise outcome_unknown from error

    @asynccontextmanager
    async def _change(self, verb: str, entity_id: int | None = None) -> AsyncGenerator[Change[E]]:
        """Open a change, and settle it when it ends: log its outcome, and invalidate what it may have altered."""
        dependent_keys = [self._collection.key._replace(kind=kind) for kind in self.INVALIDATES.get(verb, ())]
        # A change that is cut off may have been applied, as one without a confirmation.
        keys, drops_names, outcome = [*self._keys_if_applied(verb), *dependent_keys], True, "unknown"
        account_keys = [names_key(self._collection.key.scope)] if self.IN_ACCOUNT_RESPONSE else []
        change = await self._collection.open_change(entity_id, [*keys, *account_keys])
        try:
            yield change
            keys, outcome = dependent_keys, "confirmed"
        except TogglError as error:
            outcome = error.code
            if not isinstance(error, OutcomeUnknown):  # It was not applied; but what is not found may be named still.
                keys, drops_names = [], isinstance(error, NotFound)
            raise
        finally:
            _log.info("%s %s %s in workspace %d: %s", verb, self.KIND, entity_id or "", self.workspace_id, outcome)
            try:
                await self._collection.settle_change(change, keys, drops_names=drops_names and self.IN_ACCOUNT_RESPONSE)
            except BaseException:  # No scope shields from asyncio's own cancellation, so it may not be stored.
                await self._collection.invalidate(*keys, names_key(self._collection.key.scope))
                raise

    def _keys_if_applied(self, verb: str) -> list[Key]:  # noqa: ARG002 - overridden by endpoints with cascades
        """Return the keys of the collections that a change has altered if it was applied."""
        return [self._collection.key]

    async def _parse_confirmation(self, change: Change[E], row: object) -> E:
        """Return the response to a change as a model; one that cannot be read confirms nothing."""
        try:
            return self._parse_row(row)
        except Unreachable as error:
            await self._collection.record_remaining(change)
            raise unreadable_confirmation_error(self.KIND) from error
