"""A Toggl resource of a workspace, read through the cache."""

from collections.abc import Callable, Mapping
from copy import copy
from datetime import UTC, datetime
from functools import cached_property
from types import TracebackType
from typing import ClassVar, Generic, Self, TypeVar

from toggl_mcp.api import AsyncClient, Auth, Timeout, Transport
from toggl_mcp.cache.store import Key, Store
from toggl_mcp.endpoints.core.cached_collection import CachedCollection
from toggl_mcp.endpoints.core.collection import CacheRead, Collection, Lookup
from toggl_mcp.endpoints.core.keys import HasId, to_id
from toggl_mcp.endpoints.core.paging import FetchedPage, PagedFetch
from toggl_mcp.endpoints.core.parsing import parse_items, parse_model, parse_rows
from toggl_mcp.endpoints.core.session import Session
from toggl_mcp.errors import NoCache, NotFound
from toggl_mcp.models.base import WorkspaceResource, is_id
from toggl_mcp.models.query import Query

E = TypeVar("E", bound=WorkspaceResource)
FoundT = TypeVar("FoundT")
MAX_PAGE_SIZE = 200
"""Rows in a page, as many as Toggl allows."""

ITEM_NEGATIVE_TTL_SECONDS = 60.0
"""Seconds for which a collection may show that something does not exist."""


class ReadEndpoint(Generic[E]):
    """A resource of a workspace, read through the cache.

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
    IN_ACCOUNT_RESPONSE: ClassVar[bool] = True
    """Whether Toggl sends the names of these with the account."""

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
        """Return one by its id, or that Toggl has none, with where that comes from and when it was requested.

        Before it denies that one exists it requests them from Toggl, at most once a minute.

        Raises:
            Unreachable: Toggl has one, in a form that cannot be read.
        """
        if self.cache is None:
            return Lookup(await self._fetch_one(entity_id), "toggl", self._now())
        lookup = None if refresh else self._collection.try_get_fresh(entity_id)
        if lookup is not None and (lookup.item is not None or self._proves_absence(lookup.as_of)):
            return lookup
        _, read = await self.read_authoritative(
            lambda collection: collection.items.get(entity_id), refresh=refresh or lookup is not None
        )
        return Lookup(read.collection.get(entity_id), read.source, read.as_of)

    async def read_authoritative(
        self, find: Callable[[Collection[E]], FoundT], *, refresh: bool = False, is_fresh: bool = False
    ) -> tuple[FoundT, CacheRead[E]]:
        """Return what is found in all of them, and these, requested again where it is nothing in the cached ones.

        Args:
            find: Returns what is looked for in a collection; what is false is nothing.
            refresh: Request them even if the cached ones have it.
            is_fresh: Request them even then, unless that was done within the last minute.
        """
        read = await self.read(refresh=refresh)
        found = find(read.collection)
        if read.source == "toggl" or (found and not is_fresh):
            return found, read
        if read.source == "cache" and self._proves_absence(read.as_of):
            return found, read
        read = await self.read(refresh=True)
        return find(read.collection), read

    async def find_by_name(self, name: str, *, refresh: bool = False) -> tuple[list[E], CacheRead[E]]:
        """Return those of exactly a name, archived ones too, and the read that they were found in.

        Case is ignored; accents are ignored where no name has them.
        """
        return await self.read_authoritative(lambda collection: collection.find_by_name(name), refresh=refresh)

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
        matches, read = await self.read_authoritative(
            lambda collection: collection.find_by_ref(ref), refresh=refresh, is_fresh=is_name_fresh and not is_id(ref)
        )
        if not matches and is_id(ref):
            read.collection.get(int(ref))
        return matches, read

    async def fresh_or_none(self) -> Collection[E] | None:
        """Return the cached collection if it is fresh, without a request; None if it is not."""
        return await self._collection.fresh_or_none()

    async def any_age_or_none(self) -> Collection[E] | None:
        """Return the cached collection, however old, without a request; None if there is none."""
        return await self._collection.any_age_or_none()

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
        is_full = len(rows) >= MAX_PAGE_SIZE
        items = parse_items(rows, self._parse_row)
        is_last = not self.PAGED or not is_full or items.keys() <= former.keys()
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
