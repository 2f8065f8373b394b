"""The reading half of a resource: from the cache while it is fresh, else from Toggl."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from itertools import count
from types import TracebackType
from typing import ClassVar, Generic, Self, TypeVar

from toggl_mcp.api import AsyncClient, Auth, Timeout, Transport, connect
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.cache.store import Key, Store
from toggl_mcp.endpoints.answers import parsed, rows
from toggl_mcp.endpoints.collection import Collection, Found, Reading
from toggl_mcp.endpoints.identity import HasId, id_of, quota_of, scope_of
from toggl_mcp.endpoints.log import EntryLog
from toggl_mcp.endpoints.pages import named
from toggl_mcp.endpoints.snapshots import Snapshots
from toggl_mcp.errors import NoCache, NotFound
from toggl_mcp.models.base import Thing
from toggl_mcp.models.query import Query

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
