"""One collection: from the cache while it is fresh, else from Toggl, asked once for everybody who waits."""

import logging
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from math import inf
from typing import Generic, Protocol, TypeVar

import anyio
from pydantic import BaseModel, TypeAdapter, ValidationError

from toggl_mcp.cache.store import Key, Row, RowWrite, Store, Version
from toggl_mcp.endpoints.core.collection import CacheRead, Collection, Lookup, as_of
from toggl_mcp.endpoints.core.keys import related_key
from toggl_mcp.endpoints.core.mutation import Mutation
from toggl_mcp.errors import CacheBusy, QuotaSpent, RateLimited, TogglError, Unreachable

M = TypeVar("M", bound=BaseModel)
M_co = TypeVar("M_co", bound=BaseModel, covariant=True)

_log = logging.getLogger(__name__)

LEASE_SECONDS = 5.0
"""For how long others wait for one that asks: a killed process keeps nobody longer."""
POLL_SECONDS = 0.05
MAX_STALE_SECONDS = 24 * 3600.0
"""For how long past its freshness a snapshot is better than no answer."""
MAX_CLOCK_LEAD_SECONDS = 60.0
"""How far ahead of the clock a snapshot may lie before it is taken for a mistake."""


class Fetch(Protocol[M_co]):
    """Asks Toggl for a whole collection."""

    async def __call__(self, *, use_reserve: bool) -> Mapping[int, M_co]:
        """Return all of it; with `use_reserve` it may use the last requests of the hour."""
        ...


class Snapshots(Generic[M]):
    """Reads and writes one collection.

    Args:
        store: Where it is kept.
        key: Its name there.
        model: What it consists of.
        fetch: Asks Toggl for all of it.
        keep: For how many seconds a snapshot is fresh; None is for ever.
        may_be_stale: Whether an older snapshot may stand in when Toggl cannot be asked.
    """

    def __init__(
        self,
        store: Store,
        key: Key,
        model: type[M],
        fetch: Fetch[M],
        *,
        ttl_seconds: float | None,
        may_be_stale: bool,
    ) -> None:
        self._store = store
        self.key = key
        self._model = model
        self._list_adapter: TypeAdapter[list[M]] = TypeAdapter(list[model])  # pyright: ignore[reportInvalidTypeForm] - a run-time type
        self._fetch = fetch
        self._ttl_seconds = ttl_seconds
        self._may_be_stale = may_be_stale
        self._collection: Collection[M] | None = None
        self._single_flight = anyio.Lock()
        self._failure: TogglError | None = None

    async def read(self, *, refresh: bool = False, use_reserve: bool = False) -> CacheRead[M]:
        """Return the whole collection; with `refresh` only as Toggl has it after this call.

        What is `use_reserve`, because a change depends on it, may use the last requests of the hour.

        Raises:
            QuotaSpent, RateLimited, Unreachable: There is no answer, and no snapshot that may stand in for it.
        """
        since = self._store.clock() if refresh else self._fresh_since()
        if collection := await self._read_newer_than(since):
            return CacheRead(collection, "cache")
        try:
            return await self._revalidate(since, use_reserve=use_reserve)
        except (QuotaSpent, RateLimited, Unreachable):
            collection = await self._stale_if_error() if self._may_be_stale and not refresh else None
            if collection is None:
                raise
            return CacheRead(collection, "stale")

    async def get_fresh(self, row_id: int) -> Lookup[M] | None:
        """Return what a fresh snapshot says of one id, at a cost that does not grow with it; None without one."""
        await self._apply_pending_invalidations()
        version, text = await self._store.get_row(self.key, row_id)
        if not self._is_newer_than(version, self._fresh_since()):
            return None
        item = self._parse_row(text)
        return None if item is None and text is not None else Lookup(item, "cache", as_of(version))

    async def get_any_age(self, row_id: int) -> M | None:
        """Return what the last snapshot says of one id, however old it is."""
        await self._apply_pending_invalidations()
        return self._parse_row((await self._store.get_row(self.key, row_id)).text)

    def _parse_row(self, text: str | None) -> M | None:
        """Return what a row says; None if it was written by a version that says it otherwise."""
        try:
            return None if text is None else self._model.model_validate_json(text)
        except ValidationError:
            return None

    async def fresh_or_none(self) -> Collection[M] | None:
        """Return the fresh snapshot without ever asking Toggl; None without one."""
        return await self._read_newer_than(self._fresh_since())

    async def any_age_or_none(self) -> Collection[M] | None:
        """Return the last snapshot, however old it is, without asking Toggl; None without one."""
        return await self._read_newer_than(-inf)

    async def get_version(self) -> Version:
        """Return how far the collection has come."""
        return await self._store.get_version(self.key)

    async def get_row(self, row_id: int | None) -> Row:
        """Return a row as it is kept now, to be compared with when a change is confirmed; none without an id."""
        return Row(await self.get_version(), None) if row_id is None else await self._store.get_row(self.key, row_id)

    def begin(self, row_id: int | None) -> Mutation[M]:
        """Return a change of this collection that is not sent yet."""
        return Mutation(self._store, self.key, row_id)

    async def settle(self, mutation: Mutation[M], doubtful_keys: Sequence[Key], *, drops_related: bool) -> None:
        """Write a change through that has ended, drop what it made doubtful, and record what remains, in one step."""
        self._store.pending_invalidations.update(doubtful_keys)  # First of all: what follows may be cut off.
        writes = [RowWrite(self.key, row_id, _dump(item), expected) for row_id, item, expected in mutation.rows]
        related_write = RowWrite(related_key(self.key.scope), self.key.parent, None)
        all_writes = [*writes, related_write] if drops_related else writes
        if not all_writes and not doubtful_keys and mutation.bucket is None:
            return
        with anyio.CancelScope(shield=True), self._invalidate_later_if_busy(*(write.key for write in all_writes)):
            versions = await self._store.settle_change(
                self.key.scope, writes=all_writes, invalidate=doubtful_keys, bucket=mutation.bucket
            )
            self._store.pending_invalidations.difference_update(doubtful_keys)
            for (row_id, item, _), version in zip(mutation.rows, versions, strict=False):
                self._keep_write(row_id, item, version)

    async def write_through(self, row_id: int, item: M | None, expected: Row | None = None) -> None:
        """Write a confirmed change through: a model as it is now, or None for one that is gone.

        `expected` is the row from before the change was sent: what has come in since may be later than its answer.
        """
        with anyio.CancelScope(shield=True), self._invalidate_later_if_busy(self.key):
            self._keep_write(row_id, item, await self._store.write(self.key, row_id, _dump(item), expected=expected))

    def _keep_write(self, row_id: int, item: M | None, version: Version) -> None:
        """Apply a stored write to the parsed collection too, if that is what it was before the write."""
        if self._collection is not None and self._collection.version == version._replace(number=version.number - 1):
            self._collection = self._collection.with_write(row_id, item, version)

    async def invalidate(self) -> None:
        """Drop what is in doubt."""
        await self.invalidate_all([self.key])

    async def invalidate_all(self, keys: Sequence[Key]) -> None:
        """Drop collections of the store that are in doubt."""
        self._store.pending_invalidations.update(keys)  # First of all: what follows may be cut off.
        with anyio.CancelScope(shield=True):
            for key in keys:
                with self._invalidate_later_if_busy(key):
                    await self._store.invalidate(key)
                    self._store.pending_invalidations.discard(key)

    async def invalidate_related(self) -> None:
        """Drop the names that came along with the account for this workspace: one of them has changed."""
        key = related_key(self.key.scope)
        with anyio.CancelScope(shield=True), self._invalidate_later_if_busy(key):
            await self._store.write(key, self.key.parent, None)

    @contextmanager
    def _invalidate_later_if_busy(self, *keys: Key) -> Generator[None]:
        """Let a change that Toggl has heard stand, and believe nothing until the cache can be told of it."""
        try:
            yield
        except CacheBusy:
            _log.exception("The cache could not be told of a change; other processes see it when it expires.")
            self._store.pending_invalidations.update(keys)

    async def _apply_pending_invalidations(self) -> None:
        if self.key in self._store.pending_invalidations:
            await self._store.invalidate(self.key)
            self._store.pending_invalidations.discard(self.key)

    async def _revalidate(self, since: float, *, use_reserve: bool) -> CacheRead[M]:
        failed_before = self._failure
        async with self._single_flight:
            if self._failure is not None and self._failure is not failed_before and not use_reserve:
                raise self._failure
            while (collection := await self._read_newer_than(since)) is None:
                if (leased_until := await self._store.acquire_lease(self.key, LEASE_SECONDS)) is not None:
                    return await self._revalidate_with_lease(since, leased_until, use_reserve=use_reserve)
                await anyio.sleep(POLL_SECONDS)
            return CacheRead(collection, "cache")

    async def _revalidate_with_lease(self, since: float, leased_until: float, *, use_reserve: bool) -> CacheRead[M]:
        try:
            if collection := await self._read_newer_than(since):
                return CacheRead(collection, "cache")
            return await self._fetch_and_store(use_reserve=use_reserve)
        except TogglError as error:
            self._failure = error
            raise
        finally:
            with anyio.CancelScope(shield=True), self._invalidate_later_if_busy(self.key):
                await self._store.release_lease(self.key, leased_until)

    async def store_if_unchanged(
        self, items: Mapping[int, M], *, expected: Version, requested_at: float
    ) -> CacheRead[M]:
        """Keep what Toggl has sent, unless something was written since version `expected`, and return it."""
        texts = {key: item.model_dump_json(exclude_none=True) for key, item in items.items()}
        collection = Collection(items, Version(expected.number, requested_at))
        with anyio.CancelScope(shield=True), self._invalidate_later_if_busy(self.key):
            if await self._store.replace(self.key, texts, expected=expected.number, fetched_at=requested_at):
                self._collection = collection
        return CacheRead(collection, "toggl")

    async def _fetch_and_store(self, *, use_reserve: bool) -> CacheRead[M]:
        version = await self.get_version()
        requested_at = self._store.clock()
        return await self.store_if_unchanged(
            await self._fetch(use_reserve=use_reserve), expected=version, requested_at=requested_at
        )

    async def _stale_if_error(self) -> Collection[M] | None:
        return await self._read_newer_than(self._fresh_since() - MAX_STALE_SECONDS)

    async def _read_newer_than(self, since: float) -> Collection[M] | None:
        """Return the snapshot if it was asked for after `since`, parsed at most once a version."""
        await self._apply_pending_invalidations()
        version = await self._store.get_version(self.key)
        if not self._is_newer_than(version, since):
            return None
        if self._collection is None or self._collection.version != version:
            snapshot = await self._store.read(self.key)
            if snapshot is None:
                return None
            try:
                models = self._list_adapter.validate_json(f"[{','.join(snapshot.rows.values())}]")
            except ValidationError:  # Another version has written it: as good as nothing.
                return None
            self._collection = Collection(dict(zip(snapshot.rows, models, strict=True)), snapshot.version)
        return self._collection

    def _is_newer_than(self, version: Version, since: float) -> bool:
        return (
            version.fetched_at is not None
            and since < version.fetched_at <= self._store.clock() + MAX_CLOCK_LEAD_SECONDS
        )

    def _fresh_since(self) -> float:
        return -inf if self._ttl_seconds is None else self._store.clock() - self._ttl_seconds


def _dump(item: BaseModel | None) -> str | None:
    return None if item is None else item.model_dump_json(exclude_none=True)
