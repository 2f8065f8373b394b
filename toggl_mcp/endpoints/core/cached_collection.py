"""A collection: read from the cache while it is fresh, else from Toggl, by one request for all that wait.

It stores the result of a change, and drops what a lost response left in doubt; endpoint.py decides which.
"""

import logging
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from functools import cache, cached_property
from math import inf
from typing import ClassVar, Generic, NamedTuple, Self, TypeVar, cast

import anyio
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from toggl_mcp.api import Transport
from toggl_mcp.cache.store import MAX_CLOCK_LEAD_SECONDS, Key, Row, RowWrite, Store, Version
from toggl_mcp.endpoints.core.change import Cascade, Change, ConfirmedRow, open_record
from toggl_mcp.endpoints.core.collection import CacheRead, Collection, Lookup
from toggl_mcp.endpoints.core.keys import names_key
from toggl_mcp.endpoints.core.lease import HELD_LOCK, POLL_SECONDS, Lease
from toggl_mcp.errors import CacheBusy, QuotaSpent, RateLimited, Unreachable
from toggl_mcp.models.base import parse_stored
from toggl_mcp.models.journal import ChangeRecord, RowChange
from toggl_mcp.models.metrics import record_read
from toggl_mcp.models.quota import Bucket, PendingChange

M = TypeVar("M", bound=BaseModel)

_log = logging.getLogger(__name__)

MAX_STALE_SECONDS = 24 * 3600.0
"""Seconds past its freshness for which a collection is served where Toggl gives no answer."""

Fetch = Callable[[Transport], Awaitable[Mapping[int, M | None]]]
"""Returns a whole collection as Toggl has it, by id; None is a row that cannot be read."""
UNREADABLE = "null"
"""The stored text of a row that Toggl has, and that cannot be read: it shows neither what it is nor that it is gone."""


@dataclass(slots=True)
class _SingleFlight(Generic[M]):
    """What the readers of a collection share: its parsed form, who of them fetches, and how that ended."""

    collection: Collection[M] | None = None
    lock: anyio.Lock = field(default_factory=anyio.Lock)
    requests: int = 0
    """How many were begun."""
    response: Collection[M] | None = None
    """What the last request has returned, stored or not."""
    error: Exception | None = None


class _Requirement(NamedTuple):
    """What a read requires of a snapshot: that it was requested after `since`, and is not too far ahead of the clock.

    `began_at` and `requests` are when the read began, and after how many requests: what was requested since has all
    that was confirmed before, even where it is hidden from others. Nothing else will do for a refresh.
    """

    since: float
    began_at: float = inf
    requests: int = 0
    is_refresh: bool = False


@cache
def _make_list_adapter(model: type[BaseModel]) -> TypeAdapter[list[BaseModel | None]]:
    """Return what reads a stored list, built once for each model: that takes longer than an account takes to open."""
    return TypeAdapter(list[model | None])  # pyright: ignore[reportInvalidTypeForm] - a run-time type


class CachedCollection(Generic[M]):
    """Reads and writes one collection of the store, and fetches it from Toggl when it is not fresh.

    Args:
        store: Where it is stored.
        key: Its key there.
        model: The type of its items.
        transport: Sends the requests of `fetch`.
        fetch: Returns all of its items as Toggl has them.
        ttl_seconds: For how many seconds it is fresh; None is for ever.
        may_be_stale: Whether to serve an older one where Toggl gives no answer.
    """

    DELETIONS_ARE_FINAL: ClassVar[bool] = True
    """Whether what is gone is gone, whatever else was written meanwhile."""

    def __init__(
        self,
        store: Store,
        key: Key,
        model: type[M],
        transport: Transport,
        fetch: Fetch[M],
        *,
        ttl_seconds: float | None,
        may_be_stale: bool,
    ) -> None:
        self._store = store
        self.key = key
        self._model = model
        self._list_adapter = cast("TypeAdapter[list[M | None]]", _make_list_adapter(model))
        self._transport = transport
        self._fetch = fetch
        self.ttl_seconds = ttl_seconds
        self._may_be_stale = may_be_stale
        self._flight = _SingleFlight[M]()

    @cached_property
    def reserved(self) -> Self:
        """The same collection for reads that a change depends on: they may use the last requests of the hour, too."""
        collection = copy(self)
        collection._transport = self._transport.reserved  # noqa: SLF001 - a copy of itself
        return collection

    async def read(self, *, refresh: bool = False) -> CacheRead[M]:
        """Return the whole collection; with `refresh` as Toggl has it after this call.

        Raises:
            QuotaSpent, RateLimited, Unreachable: Toggl gave no answer, and no stale collection may be served instead.
        """
        began_at, requests = self._store.clock(), self._flight.requests
        since = began_at if refresh else self._fresh_since()
        requirement = _Requirement(since, began_at, requests, is_refresh=refresh)
        if collection := await self._read_stored(requirement):
            read = CacheRead(collection, "cache")
        else:
            read = await self._fetch_or_read_stale(requirement, may_be_stale=self._may_be_stale and not refresh)
        record_read(read.source)
        return read

    async def _fetch_or_read_stale(self, requirement: _Requirement, *, may_be_stale: bool) -> CacheRead[M]:
        try:
            return await self._refresh(requirement)
        except (QuotaSpent, RateLimited, Unreachable):
            oldest = _Requirement(requirement.since - MAX_STALE_SECONDS)
            if may_be_stale and (collection := await self._read_stored(oldest)):
                return CacheRead(collection, "stale")
            raise

    def try_get_fresh(self, row_id: int) -> Lookup[M] | None:
        """Return one item, or its absence, from the fresh collection, without waiting; None where only `read` can tell.

        It is safe in any thread, and its cost does not grow with the collection.
        """
        row = None if self.key in self._store.pending_invalidations else self._store.try_get_row(self.key, row_id)
        if row is None or not self._is_as_required(row.version, _Requirement(self._fresh_since())):
            return None
        item = self._parse_row(row.text)
        if item is None and row.text is not None:
            return None
        record_read("cache")
        return Lookup(item, "cache", row.version.as_of)

    async def get_any_age(self, row_id: int) -> M | None:
        """Return one item from the cached collection, however old that is; None if it has none."""
        await self._apply_pending_invalidations()
        return self._parse_row((await self._store.get_row(self.key, row_id)).text)

    def _parse_row(self, text: str | None) -> M | None:
        """Return a row as a model; None if it is unreadable, or another version has written it in another form."""
        return parse_stored(self._model, text)

    async def fresh_or_none(self) -> Collection[M] | None:
        """Return the cached collection if it is fresh, without a request; None if it is not."""
        return await self._read_stored(_Requirement(self._fresh_since()))

    async def any_age_or_none(self) -> Collection[M] | None:
        """Return the cached collection, however old, without a request; None if there is none."""
        return await self._read_stored(_Requirement(-inf))

    async def get_version(self) -> Version:
        """Return the version of the stored collection, which counts what a busy cache has not stored yet, too."""
        await self._apply_pending_invalidations()
        return await self._store.get_version(self.key)

    async def get_row(self, row_id: int) -> Row:
        """Return the stored row of an id."""
        return await self._store.get_row(self.key, row_id)

    async def find_dependents(self, row_id: int, kind: str, verb: str) -> Cascade:
        """Return what the deletion of an item does to the cached items of another kind that refer to it."""
        field = f"{self.key.kind}_id"
        snapshot = await self._store.read(self.key._replace(kind=kind))
        row_changes: list[RowChange] = []
        for dependent_id, text in snapshot.rows.items() if snapshot else ():
            fields: dict[str, object] = from_json(text) or {}  # Of an unreadable row there is none.
            if fields.get(field) == row_id:
                # When Toggl changed it is not known: it may be now, or not count as a change.
                remaining = {name: value for name, value in fields.items() if name not in (field, "updated_at")}
                after = to_json(remaining).decode() if verb == "edit" else None
                row_changes.append(RowChange(dependent_id, text, after))
        return Cascade(kind, row_changes, verb)

    async def open_change(self, verb: str, workspace_id: int, row_ids: Sequence[int], keys: Sequence[Key]) -> Change[M]:
        """Return a change that is not sent yet, and may alter these collections.

        The rows are those that it changes, or that it changes along with a creation.
        """
        store, key = self._store, self.key
        rows = {row_id: await store.get_row(key, row_id) for row_id in row_ids}
        record = open_record(verb, key, workspace_id, store.clock(), rows)
        version = rows[row_ids[0]].version if rows else await store.get_version(key)
        lock = HELD_LOCK.get()
        pending = PendingChange(record.record_id, keys, record=record)
        if lock is not None:
            pending.keys, pending.require_lock = [*keys, lock.key], lock.require
        return Change(rows, Row(version, None), pending, record, records=(record,))

    async def settle_change(self, change: Change[M], keys_to_invalidate: Sequence[Key], *, drops_names: bool) -> None:
        """Write a change through that has ended, drop what it made doubtful, and record what remains."""
        pending = change.pending
        await self._write(
            change.rows,
            keys_to_invalidate,
            drops_names=drops_names,
            bucket=pending.bucket,
            settled_id=pending.record_id if pending.is_recorded else None,
            records=change.records if pending.is_recorded else (),
        )

    async def record_remaining(self, change: Change[M]) -> None:
        """Record what remains after a change before the change is settled: Toggl is read first."""
        bucket, change.pending.bucket = change.pending.bucket, None
        await self._write(bucket=bucket)

    async def write_through(self, row_id: int, item: M | None, expected: Row | None = None) -> None:
        """Write a confirmed change through: the changed item, or None for a deleted one.

        `expected` is the row from before the change was sent. If another was stored since, it is not known which of
        the two is the later, and the store drops the collection.
        """
        await self._write([ConfirmedRow(row_id, item, expected)])

    async def invalidate(self, *other_keys: Key, drops_names: bool = False) -> None:
        """Drop the stored collection and others.

        With `drops_names` also the names in use in this workspace that came with the account: one has changed.
        """
        await self._write(invalidate=[self.key, *other_keys], drops_names=drops_names)

    async def _write(
        self,
        rows: Sequence[ConfirmedRow[M]] = (),
        invalidate: Sequence[Key] = (),
        *,
        drops_names: bool = False,
        bucket: Bucket | None = None,
        settled_id: str | None = None,
        records: Sequence[ChangeRecord] = (),
    ) -> None:
        """Write to the store in one step, which neither a cancellation nor a busy cache prevents for good."""
        pending_invalidations = self._store.pending_invalidations
        pending_invalidations.update(invalidate)  # First of all: what follows may be cut off.
        writes = [
            RowWrite(self.key, row_id, None, None if self.DELETIONS_ARE_FINAL else expected)
            if item is None
            else RowWrite(self.key, row_id, item.model_dump_json(exclude_none=True), expected)
            for row_id, item, expected in rows
        ]
        if drops_names:
            writes.append(RowWrite(names_key(self.key.scope), self.key.parent, None))
        if not writes and not invalidate and bucket is None and settled_id is None:
            return
        with anyio.CancelScope(shield=True), self._invalidate_later_if_busy(*(write.key for write in writes)):
            versions = await self._store.write(
                self.key.scope,
                rows=writes,
                invalidate=invalidate,
                bucket=bucket,
                settled_id=settled_id,
                records=records,
            )
            pending_invalidations.difference_update(invalidate)
            for (row_id, item, _), version in zip(rows, versions, strict=False):
                collection = self._flight.collection  # The write applies to it too, if it is the one from before.
                if collection is not None and collection.version == version._replace(number=version.number - 1):
                    self._flight.collection = collection.with_write(row_id, item, version)

    @contextmanager
    def _invalidate_later_if_busy(self, *keys: Key) -> Generator[None]:
        """Let a confirmed change succeed while the store is busy; the keys are invalidated before they are read."""
        try:
            yield
        except CacheBusy:
            _log.exception(
                "The cache is busy, so a change was not written to it. Other processes see it when the cache expires."
            )
            self._store.pending_invalidations.update(keys)

    async def _apply_pending_invalidations(self) -> None:
        if self.key in self._store.pending_invalidations:
            await self._store.write(self.key.scope, invalidate=[self.key])
            self._store.pending_invalidations.discard(self.key)

    async def _refresh(self, requirement: _Requirement) -> CacheRead[M]:
        """Fetch the collection once for all that wait for it, in this process and in others."""
        flight, lease = self._flight, Lease(self._store, self.key)
        error_before = flight.error
        async with flight.lock:
            # Requested after this read began, so it has all that was confirmed before. The store need not show it: it
            # does not while somebody changes the collection.
            if flight.response is not None and flight.requests > requirement.requests:
                return CacheRead(flight.response, "cache")
            # A request that failed for the one before us would fail for each of us in turn; what failed for want of
            # quota may go well from the reserve.
            if flight.error is not None and flight.error is not error_before and not self._transport.use_reserve:
                raise flight.error
            while True:
                if collection := await self._read_stored(requirement):
                    return CacheRead(collection, "cache")
                if await lease.acquire():
                    break
                await anyio.sleep(POLL_SECONDS)  # Another process fetches it: either it comes, or its lease lapses.
            try:
                async with lease.hold():
                    return await self._fetch_and_store(requirement)
            except Exception as error:
                flight.error = error
                raise

    async def _fetch_and_store(self, requirement: _Requirement) -> CacheRead[M]:
        """Fetch the collection as the holder of the lease."""
        # The holder before this one may have stored it between the look and the lease.
        if collection := await self._read_stored(requirement):
            return CacheRead(collection, "cache")
        version, requested_at = await self.get_version(), self._store.clock()
        flight = self._flight
        flight.requests, flight.response = flight.requests + 1, None
        flight.collection = None  # Two of them would take twice the memory; the store still has it.
        items = await self._fetch(self._transport)
        read = await self.store_if_unchanged(items, expected=version, requested_at=requested_at)
        flight.response = read.collection
        return read

    async def store_if_unchanged(
        self, items: Mapping[int, M | None], *, expected: Version, requested_at: float
    ) -> CacheRead[M]:
        """Store a fetched collection, unless a later one was stored since version `expected`, and return it."""
        texts = {
            key: UNREADABLE if item is None else item.model_dump_json(exclude_none=True) for key, item in items.items()
        }
        collection = Collection[M].of(items, Version(expected.number, requested_at))
        with anyio.CancelScope(shield=True), self._invalidate_later_if_busy(self.key):
            if await self._store.replace(self.key, texts, expected=expected, fetched_at=requested_at):
                self._flight.collection = collection
        return CacheRead(collection, "toggl")

    async def _read_stored(self, requirement: _Requirement) -> Collection[M] | None:
        """Return the stored collection if it is as required, parsed at most once a version."""
        await self._apply_pending_invalidations()
        waited_seconds = max(0.0, self._store.clock() - requirement.began_at)
        version = await self._store.get_version(
            self.key, waited_seconds=waited_seconds, is_refresh=requirement.is_refresh
        )
        if not self._is_as_required(version, requirement):
            return None
        if self._flight.collection is None or self._flight.collection.version != version:
            snapshot = await self._store.read(self.key)
            if snapshot is None:
                return None
            try:
                models = self._list_adapter.validate_json(f"[{','.join(snapshot.rows.values())}]")
            except ValidationError:  # Another version has written it in another form: it counts as missing.
                return None
            self._flight.collection = Collection[M].of(dict(zip(snapshot.rows, models, strict=True)), snapshot.version)
        return self._flight.collection

    def _is_as_required(self, version: Version, requirement: _Requirement) -> bool:
        # What is ahead of the clock was requested before the clock was set back: maybe before a refresh began.
        latest = self._store.clock() + (0 if requirement.is_refresh else MAX_CLOCK_LEAD_SECONDS)
        return version.fetched_at is not None and requirement.since < version.fetched_at <= latest

    def _fresh_since(self) -> float:
        return -inf if self.ttl_seconds is None else self._store.clock() - self.ttl_seconds
