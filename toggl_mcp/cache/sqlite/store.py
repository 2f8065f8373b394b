"""A store in one SQLite file, shared by every process that opens it."""

import sqlite3
from collections.abc import Callable, Collection, Container, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import anyio
import anyio.to_thread

from toggl_mcp.cache.sqlite import tables
from toggl_mcp.cache.sqlite.connection import SqliteFile
from toggl_mcp.cache.sqlite.owner import Owner, is_alive
from toggl_mcp.cache.store import (
    DEFAULT_TTL_SECONDS,
    ExpireAfter,
    Key,
    Row,
    RowWrite,
    Snapshot,
    Version,
    expiry_seconds,
    is_unchanged,
    lease_active,
    may_replace,
)
from toggl_mcp.errors import CacheBusy
from toggl_mcp.models.clock import Clock, SystemClock
from toggl_mcp.models.journal import ChangeRecord
from toggl_mcp.models.quota import Admission, Bucket, PendingChange, find_scarcest

T = TypeVar("T")

FORMAT = tables.SCHEMA.version
"""The format of the file; the name of the default file holds it, so that versions do not replace each other's files."""

BUSY_TIMEOUT_SECONDS = 5.0
"""Seconds to wait for a lock of another process on the file."""


class SqliteStore:
    """Keeps the cache in a file, or in memory where the file cannot be used.

    A read of one row runs on the calling thread, in some 30 microseconds; the way to a worker thread takes longer.
    Every other step is one transaction in a worker thread, which the cancellation of its caller does not interrupt.

    Each method but `aclose` raises CacheBusy if another process locks the file for more than `busy_timeout` seconds.
    """

    def __init__(
        self,
        path: Path,
        *,
        expire_after: ExpireAfter = DEFAULT_TTL_SECONDS,
        clock: Clock | None = None,
        busy_timeout: float = BUSY_TIMEOUT_SECONDS,
    ) -> None:
        self.expire_after = expiry_seconds(expire_after)
        self.clock = clock or SystemClock()
        self.pending_invalidations: set[Key] = set()
        self._path = path
        self._file = SqliteFile(path, tables.SCHEMA, busy_timeout)
        self._owner = Owner(path)
        self._unsettled_ids: set[str] = set()
        """The changes that could not be settled while the file was busy: the next transaction does."""

    @property
    def problem(self) -> str | None:
        """Why the file cannot be used, and what to do about it; None while it can."""
        return self._file.problem

    async def get_version(
        self,
        key: Key,
        *,
        waited_seconds: float = 0.0,  # noqa: ARG002 - by one clock, the caller can tell
        is_refresh: bool = False,  # noqa: ARG002 - the same
    ) -> Version:
        """Return the version of a collection."""
        owner_id = self._owner.id
        state = self._file.try_read(lambda db: tables.get_trusted_state(db, key, owner_id))
        if state is None:
            state = await self._drop_abandoned_and_query(key, lambda db: tables.get_state(db, key))
        return state.stored_version

    async def get_row(self, key: Key, row_id: int) -> Row:
        """Return one row."""
        row = self.try_get_row(key, row_id)
        return row or await self._drop_abandoned_and_query(key, lambda db: tables.get_row(db, key, row_id))

    def try_get_row(self, key: Key, row_id: int) -> Row | None:
        """Return one row without waiting, on the calling thread; None where only `get_row` can tell."""
        owner_id = self._owner.id
        return self._file.try_read(lambda db: tables.get_trusted_row(db, key, row_id, owner_id))

    async def read(self, key: Key) -> Snapshot | None:
        """Return the snapshot."""

        def query(db: sqlite3.Connection) -> Snapshot | None:
            state = tables.get_state(db, key)
            return (
                None
                if state.fetched_at is None
                else Snapshot(state.stored_version, tables.get_rows(db, key, state.size))
            )

        return await anyio.to_thread.run_sync(self._file.read, query)

    async def replace(self, key: Key, rows: Mapping[int, str], *, expected: Version, fetched_at: float) -> bool:
        """Store a snapshot, unless the collection has been written to, or the stored one was requested later."""

        def transaction_body(db: sqlite3.Connection) -> bool:
            state = tables.get_state(db, key)
            if not may_replace(state.stored_version, expected, fetched_at):
                return False
            stored = tables.get_rows(db, key, state.size)
            tables.drop_rows(db, key, stored.keys() - rows.keys())
            tables.put_rows(db, key, ((row_id, text) for row_id, text in rows.items() if stored.get(row_id) != text))
            tables.put_state(db, key, state._replace(fetched_at=float(fetched_at), size=len(rows)))
            return True

        return await self._change(transaction_body)

    async def write(
        self,
        scope: str,
        *,
        rows: Sequence[RowWrite] = (),
        invalidate: Sequence[Key] = (),
        bucket: Bucket | None = None,
        settled_id: str | None = None,
        records: Sequence[ChangeRecord] = (),
    ) -> Sequence[Version]:
        """Write rows, drop snapshots, record a bucket, and settle a change."""

        def transaction_body(db: sqlite3.Connection) -> Sequence[Version]:
            if bucket is not None:
                tables.put_bucket(db, scope, bucket)
            versions = [_write_row(db, *row) for row in rows]
            for key in invalidate:
                _drop_snapshot(db, key)
            if settled_id is not None:
                tables.drop_pending(db, settled_id)
                if settled_id not in {record.record_id for record in records}:
                    tables.drop_record(db, settled_id)
            for record in records:
                tables.put_record(db, scope, record)
            return versions

        try:
            return await self._change(transaction_body)
        except CacheBusy:
            if settled_id is not None:
                self._unsettled_ids.add(settled_id)
            raise

    async def list_records(self, scope: str) -> Sequence[ChangeRecord]:
        """Return the records of the journal."""

        def query(db: sqlite3.Connection) -> Sequence[ChangeRecord]:
            return tables.get_records(db, scope)

        return await anyio.to_thread.run_sync(self._file.read, query)

    async def list_pending(self, key: Key) -> Collection[str]:
        """Return the ids of the pending changes of other processes that live, which may alter a collection."""

        def query() -> Collection[str]:
            owners = self._file.read(lambda db: tables.get_others_pending(db, key, self._owner.id))
            return [record_id for record_id, owner_id in owners.items() if is_alive(self._path, owner_id)]

        return await anyio.to_thread.run_sync(query)

    async def acquire_lease(self, key: Key, seconds: float, *, held_until: float | None = None) -> float | None:
        """Acquire the lease to refresh, or renew it."""

        def transaction_body(db: sqlite3.Connection) -> float | None:
            state, now = tables.get_state(db, key), float(self.clock())
            is_held = state.leased_at + state.lease_seconds == held_until
            if not is_held and (held_until is not None or lease_active(state.leased_at, state.lease_seconds, now)):
                return None
            tables.put_state(db, key, state._replace(leased_at=now, lease_seconds=float(seconds)))
            return now + seconds

        return await self._change(transaction_body)

    async def release_lease(self, key: Key, held_until: float) -> None:
        """Release the lease to refresh: it lasts no longer."""
        await self.acquire_lease(key, 0, held_until=held_until)

    async def list_buckets(self, scope: str) -> Sequence[Bucket]:
        """Return every recorded bucket."""

        def query(db: sqlite3.Connection) -> Sequence[Bucket]:
            return tables.get_buckets(db, scope)

        buckets = self._file.try_read(query)
        if buckets is None:
            return await anyio.to_thread.run_sync(self._file.read, query)
        return buckets

    async def reserve_slot(
        self,
        scope: str,
        bucket_names: Container[str],
        reserved: int,
        max_wait_seconds: float,
        pending: PendingChange | None = None,
    ) -> Admission:
        """Reserve the next slot to send a request, and record a change with it."""

        def transaction_body(db: sqlite3.Connection) -> Admission:
            now = self.clock()
            bucket = find_scarcest(tables.get_buckets(db, scope), bucket_names, now)
            if bucket is not None and bucket.remaining <= reserved:
                return Admission(bucket, 0.0)
            queue, wait_seconds = tables.get_queue(db, scope).reserve(now, max_wait_seconds)
            tables.put_queue(db, scope, queue)
            if pending is not None and wait_seconds <= max_wait_seconds:
                tables.put_pending(db, pending, self._owner.id)
                if pending.record is not None:
                    tables.put_record(db, scope, pending.record)
                    tables.drop_old_records(db, scope, now)
            return Admission(bucket, wait_seconds)

        def hold_owner_and_reserve() -> Admission:
            with suppress(OSError, sqlite3.Error):  # Without its lock, the change counts as abandoned at once.
                self._owner.hold()
            return self._file.change(transaction_body)

        return await (anyio.to_thread.run_sync(hold_owner_and_reserve) if pending else self._change(transaction_body))

    async def throttle(self, scope: str, pause_seconds: float) -> None:
        """Let requests wait for a pause, and then send none in a burst for a while."""

        def transaction_body(db: sqlite3.Connection) -> None:
            tables.put_queue(db, scope, tables.get_queue(db, scope).throttle(self.clock(), pause_seconds))

        await self._change(transaction_body)

    async def aclose(self) -> None:
        """Close the file; the next use opens it again."""
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(self._close)

    def _close(self) -> None:
        self._file.close()
        self._owner.release()
        self._owner = Owner(self._path)

    async def _drop_abandoned_and_query(self, key: Key, query: Callable[[sqlite3.Connection], T]) -> T:
        """Drop what a process that ended has left in doubt, if this collection is part of it; then run a query."""

        def drop_and_query() -> T:
            owners = self._file.read(lambda db: tables.get_others_pending(db, key, self._owner.id))
            dead_owners = [owner_id for owner_id in {*owners.values()} if not is_alive(self._path, owner_id)]
            if dead_owners:
                self._file.change(lambda db: _drop_abandoned(db, dead_owners))
            return self._file.read(query)

        return await anyio.to_thread.run_sync(drop_and_query)

    async def _change(self, transaction_body: Callable[[sqlite3.Connection], T]) -> T:
        unsettled_ids = frozenset(self._unsettled_ids)

        def settle_and_run(db: sqlite3.Connection) -> T:
            for record_id in unsettled_ids:
                _drop_snapshots(db, tables.pop_pending_keys(db, record_id=record_id))
            return transaction_body(db)

        result = await anyio.to_thread.run_sync(self._file.change, settle_and_run)
        self._unsettled_ids -= unsettled_ids
        return result


def _write_row(db: sqlite3.Connection, key: Key, row_id: int, text: str | None, expected: Row | None) -> Version:
    state = tables.get_state(db, key)
    if expected is not None and not is_unchanged(expected, tables.get_row(db, key, row_id)):
        tables.drop_all_rows(db, key)
        state = state._replace(fetched_at=None, size=0)
    size = state.size
    if state.fetched_at is not None:
        size -= tables.drop_rows(db, key, [row_id])
        if text is not None:
            tables.put_rows(db, key, [(row_id, text)])
            size += 1
    after = state._replace(version=state.version + 1, size=size)
    tables.put_state(db, key, after)
    return after.stored_version


def _drop_snapshot(db: sqlite3.Connection, key: Key) -> None:
    state = tables.get_state(db, key)
    tables.drop_all_rows(db, key)
    tables.put_state(db, key, state._replace(version=state.version + 1, fetched_at=None, size=0))


def _drop_abandoned(db: sqlite3.Connection, owner_ids: Sequence[str]) -> None:
    for owner_id in owner_ids:
        _drop_snapshots(db, tables.pop_pending_keys(db, owner_id=owner_id))


def _drop_snapshots(db: sqlite3.Connection, keys: Sequence[Key]) -> None:
    for key in keys:
        _drop_snapshot(db, key)
