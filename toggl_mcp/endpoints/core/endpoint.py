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
from toggl_mcp.cache.store import Key, Row, Store
from toggl_mcp.endpoints.core.cached_collection import Snapshots
from toggl_mcp.endpoints.core.collection import Collection, Found, Reading, named
from toggl_mcp.endpoints.core.keys import HasId, id_of, quota_of, scope_of
from toggl_mcp.endpoints.core.parsing import parsed, rows
from toggl_mcp.endpoints.time_entry_cache import EntryLog
from toggl_mcp.errors import NoCache, NotFound, OutcomeUnknown, TogglError, Unreachable
from toggl_mcp.models.base import Thing
from toggl_mcp.models.query import Query
from toggl_mcp.models.time_entries import TimeEntry

E = TypeVar("E", bound=Thing)
PER_PAGE = 200
"""The longest page that Toggl gives."""

JUST_NOW = 60.0
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
    EVERYTHING: ClassVar[dict[str, str]] = {}
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
        self.workspace_id = id_of(workspace_id)
        self.cache = cache
        self.re_raise = re_raise
        self._client = client or connect()
        self._client_is_ours = client is None
        store = MemoryStore(expire_after=0) if cache is None else cache
        self._clock = store.clock
        scope = scope_of(auth, self._client)
        self._transport = Transport(
            self._client, auth, quota_of(store, scope), timeout=timeout, retries=0 if re_raise else retries
        )
        self._entries = EntryLog(store, scope, self._transport, may_be_stale=cache is not None and not re_raise)
        self._snapshots = self._kept(store, scope, may_be_stale=cache is not None and not re_raise)

    async def aclose(self) -> None:
        """Close the HTTP client if it was made here; the cache stays open."""
        if self._client_is_ours:
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
        found = (await self.find(id_of(entity), refresh=refresh)).item
        if found is None and self.re_raise:
            raise NotFound(self._none(id_of(entity)))
        return found

    async def read(self, *, refresh: bool = False, urgent: bool = False) -> Reading[E]:
        """Return all of them, and how they came to be known; what is `urgent` may use the hour's last requests."""
        return await self._snapshots.read(refresh=refresh, urgent=urgent)

    async def find(self, entity_id: int, *, refresh: bool = False, urgent: bool = False) -> Found[E]:
        """Return one by its id, or that there is none, and how that came to be known.

        Toggl is asked before anything is denied, unless it was asked less than a minute ago.
        """
        if self.cache is None:
            return Found(await self._single(entity_id, urgent=urgent), "toggl", self._now())
        if not refresh:
            found = await self._snapshots.peek(entity_id)
            if found is not None and (found.item is not None or self._just_now(found.as_of)):
                return found
            refresh = found is not None
        reading = await self.sure(lambda known: entity_id in known.items, refresh=refresh, urgent=urgent)
        return Found(reading.collection.items.get(entity_id), reading.source, reading.as_of)

    async def sure(
        self, knows: Callable[[Collection[E]], bool], *, refresh: bool = False, urgent: bool = False
    ) -> Reading[E]:
        """Return all of them, read again from Toggl where an older reading would be ground to deny something.

        Args:
            knows: Tells whether what is asked for is there.
            refresh: Read them from Toggl in any case.
            urgent: Use the last requests of the hour if need be.
        """
        reading = await self.read(refresh=refresh, urgent=urgent)
        if reading.source == "toggl" or knows(reading.collection):
            return reading
        if reading.source == "cache" and self._just_now(reading.as_of):
            return reading
        return await self.read(refresh=True, urgent=urgent)

    async def named(self, name: str, *, refresh: bool = False, urgent: bool = False) -> tuple[list[E], Reading[E]]:
        """Return every one of exactly that name, in any case, archived ones too, and how that came to be known."""
        reading = await self.sure(lambda known: bool(named(known, name)), refresh=refresh, urgent=urgent)
        return named(reading.collection, name), reading

    async def cached(self) -> Collection[E] | None:
        """Return all of them if they are cached and fresh, without asking Toggl; None if not."""
        return await self._snapshots.cached()

    async def load_cache(self) -> list[E]:
        """Return what is cached and fresh, without asking Toggl.

        Raises:
            NoCache: The endpoint was made without one.
        """
        if self.cache is None:
            message = f"This {type(self).__name__} has no cache; make it with cache=SqliteStore(path) or MemoryStore()."
            raise NoCache(message)
        cached = await self.cached()
        return [] if cached is None else list(cached.items.values())

    async def query(self, *queries: Query) -> list[E]:
        """Return the cached and fresh models that fit every query, without asking Toggl.

        Raises:
            NoCache: The endpoint was made without one.
            InvalidArguments: A query names no field, or compares what cannot be compared.
        """
        return [item for item in await self.load_cache() if all(query.fits(item) for query in queries)]

    def _kept(self, store: Store, scope: str, *, may_be_stale: bool) -> Snapshots[E]:
        """Return the collection that this reads from."""
        key = Key(scope, self.KIND, self.workspace_id)
        return Snapshots(store, key, self.MODEL, self._listed, keep=store.expire_after, may_be_stale=may_be_stale)

    async def _single(self, entity_id: int, *, urgent: bool = False) -> E | None:
        """Ask Toggl for one."""
        try:
            return self._parsed(await self._transport.send("GET", self._path(entity_id), urgent=urgent))
        except NotFound:
            return None

    async def _listed(self, *, urgent: bool) -> Mapping[int, E]:
        """Ask Toggl for all of them."""
        items: dict[int, E] = {}
        for number in count(1):
            paging = {"page": str(number), "per_page": str(PER_PAGE)} if self.PAGED else {}
            query = self.EVERYTHING | paging
            listed = self._rows(await self._transport.send("GET", self._path(), query=query, urgent=urgent))
            before = len(items)
            items |= {item.id: item for item in map(self._parsed, listed)}
            if not self.PAGED or len(listed) < PER_PAGE or len(items) == before:
                break
        return items

    def _rows(self, answer: object) -> list[object]:
        """Return the rows of a list."""
        return rows(answer)

    def _parsed(self, row: object) -> E:
        """Return what one row of an answer means; a row without its workspace belongs to this one."""
        return parsed(self.MODEL, row, wid=self.workspace_id)

    def _path(self, entity_id: int | None = None, verb: str = "") -> str:
        parts = ("workspaces", self.workspace_id, self.PATH, entity_id, verb)
        return "/".join(str(part) for part in parts if part)

    def _none(self, entity_id: int) -> str:
        kind = self.KIND.replace("_", " ")
        return f"There is no {kind} {entity_id} in workspace {self.workspace_id}; list_{self.PATH} has their ids."

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)

    def _just_now(self, as_of: datetime) -> bool:
        return self._clock() - as_of.timestamp() < JUST_NOW


_log = logging.getLogger(__name__)


class CachedEndpoint(CachedReader[E]):
    """The verbs that every resource has; `CachedReader` tells the constructor's parameters."""

    DELETION: ClassVar[dict[str, str]] = {}
    """The query that a deletion is sent with."""
    RELATED: ClassVar[bool] = True
    """Whether the names of these are told along with the account."""
    ECHOES: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """For each verb, the kinds of things that Toggl changes along with it."""
    AMENDS: ClassVar[tuple[str, ...]] = ()
    """Verbs that change time entries along with it, which is written through when they are confirmed."""

    async def delete(self, entity: int | HasId) -> None:
        """Delete one; already gone is done.

        Raises:
            NotFound: It was gone already, and `re_raise` is set.
            OutcomeUnknown: Toggl never confirmed it.
        """
        await self._remove(id_of(entity), self._path(id_of(entity)))

    async def forget(self) -> None:
        """Drop what is cached: Toggl has changed it along with something else."""
        await self._snapshots.forget()
        await self._snapshots.forget_related()

    async def _remove(self, entity_id: int, path: str) -> None:
        async with self._change("delete", entity_id):
            try:
                await self._transport.send("DELETE", path, query=self.DELETION)
            except NotFound:
                await self._gone(entity_id)
            else:
                await self._snapshots.put(entity_id, None)

    async def _create(self, body: Mapping[str, Any], same: Callable[[E], bool], path: str | None = None) -> E:
        """Create one, at most once: when the answer is lost, look before saying so."""
        before = (await self.read(urgent=True)).collection.items.keys()
        async with self._change("add") as seen:
            try:
                item = self._answered(await self._transport.send("POST", path or self._path(), body=body))
            except OutcomeUnknown as doubt:
                return await self._looked_for(before, same, doubt)
            await self._snapshots.put(item.id, item, seen)
            return item

    async def _update(self, entity_id: int, body: Mapping[str, Any], path: str | None = None) -> E | None:
        """Send a change and return what it made of the thing; one that says nothing is not sent."""
        if not body:
            return await self.get(entity_id)
        async with self._change("edit", entity_id) as seen:
            try:
                item = self._answered(await self._transport.send("PUT", path or self._path(entity_id), body=body))
            except NotFound:
                return await self._gone(entity_id)
            await self._snapshots.put(item.id, item, seen)
            return item

    async def _gone(self, entity_id: int) -> None:
        """Take out what Toggl does not have any more.

        Raises:
            NotFound: `re_raise` is set.
        """
        await self._snapshots.put(entity_id, None)
        if self.re_raise:
            raise NotFound(self._none(entity_id))

    async def _looked_for(self, before: Container[int], same: Callable[[E], bool], doubt: OutcomeUnknown) -> E:
        """Return what a lost answer left at Toggl, if exactly one new thing can be it."""
        items = await self._look(doubt)
        new = [item for key, item in items.items() if key not in before and same(item)]
        if len(new) != 1:
            raise doubt
        return new[0]

    async def _look(self, doubt: OutcomeUnknown) -> Mapping[int, E]:
        """Return everything as it is at Toggl after a lost answer, or raise the doubt if it cannot be seen."""
        await self._snapshots.forget()
        try:
            return (await self.read(refresh=True, urgent=True)).collection.items
        except TogglError as error:
            raise doubt from error

    @asynccontextmanager
    async def _change(self, verb: str, entity_id: int | None = None) -> AsyncGenerator[Row]:
        """Put a change on record, and forget the snapshot when it is not known whether it went through.

        Yields the row from before the change.
        """
        seen, outcome = await self._snapshots.row(entity_id), "unknown"
        try:
            yield seen
            outcome = "confirmed"
        except TogglError as error:
            outcome = error.code
            raise
        finally:
            _log.info("%s %s %s in workspace %d: %s", verb, self.KIND, entity_id or "", self.workspace_id, outcome)
            doubt = outcome in ("unknown", OutcomeUnknown.code)
            if doubt or outcome == "confirmed":
                await self._snapshots.forget_all(self._doomed(verb, doubt=doubt))
            if self.RELATED and outcome in ("unknown", "confirmed", OutcomeUnknown.code, NotFound.code):
                await self._snapshots.forget_related()

    def _doomed(self, verb: str, *, doubt: bool) -> list[Key]:
        """Return the collections that are not to be believed after a change."""
        own = [self._snapshots.key] if doubt else []
        echoes = [self._snapshots.key._replace(kind=kind) for kind in self.ECHOES.get(verb, ())]
        log = [self._entries.key] if doubt and verb in self.AMENDS else []
        return [*own, *echoes, *log]

    async def _amend(self, change: Callable[[TimeEntry], TimeEntry]) -> None:
        """Write through what a confirmed change has done to the workspace's time entries."""
        await self._entries.amend(lambda entry: change(entry) if entry.workspace_id == self.workspace_id else entry)

    def _answered(self, row: object) -> E:
        """Return what the answer to a change means; an unreadable one confirms nothing."""
        try:
            return self._parsed(row)
        except Unreachable as error:
            message = f"Toggl did not say what became of the {self.KIND}. Look at it before asking again."
            raise OutcomeUnknown(message) from error


class ListedEndpoint(CachedEndpoint[E]):
    """A resource whose things are simply listed."""

    async def collect(self, *, refresh: bool = False) -> list[E]:
        """Return every one of them, archived ones too, by name."""
        reading = await self.read(refresh=refresh)
        return [item for _, _, item in reading.collection.ordered]
