"""A store in one SQLite file, shared by every process that opens it."""

import sqlite3
from collections.abc import Callable, Container, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import anyio
import anyio.to_thread

from toggl_mcp.cache.sqlite import tables
from toggl_mcp.cache.sqlite.connection import SqliteFile
from toggl_mcp.cache.store import (
    DEFAULT_TTL_SECONDS,
    ExpireAfter,
    Key,
    OpenChange,
    Row,
    RowWrite,
    Snapshot,
    Version,
    expiry_seconds,
    lease_active,
)
from toggl_mcp.models.clock import Clock, SystemClock
from toggl_mcp.models.quota import Bucket, find_scarcest

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
        self._file = SqliteFile(path, tables.SCHEMA, busy_timeout)

    @property
    def problem(self) -> str | None:
        """Why the file cannot be used, and what to do about it; None while it can."""
        return self._file.problem

    async def get_version(self, key: Key) -> Version:
        """Return the version of a collection."""
        return await self._try_read(lambda db: tables.get_state(db, key).stored_version)

    async def get_row(self, key: Key, row_id: int) -> Row:
        """Return one row."""
        return await self._try_read(lambda db: tables.get_row(db, key, row_id))

    def try_get_row(self, key: Key, row_id: int) -> Row | None:
        """Return one row without waiting, on the calling thread; None where only `get_row` can tell."""
        return self._file.try_read(lambda db: tables.get_row(db, key, row_id))

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

    async def replace(self, key: Key, rows: Mapping[int, str], *, expected: int, fetched_at: float) -> bool:
        """Store a snapshot, unless the collection has been written to."""

        def transaction_body(db: sqlite3.Connection) -> bool:
            state = tables.get_state(db, key)
            if state.version != expected:
                return False
            stored = tables.get_rows(db, key, state.size)
            tables.drop_rows(db, key, stored.keys() - rows.keys())
            tables.put_rows(db, key, ((row_id, text) for row_id, text in rows.items() if stored.get(row_id) != text))
            tables.put_state(db, key, state._replace(fetched_at=float(fetched_at), size=len(rows)))
            return True

        return await self._change(transaction_body)

    async def write(self, key: Key, row_id: int, text: str | None, *, expected: Row | None = None) -> Version:
        """Write one row."""
        return await self._change(lambda db: _write(db, RowWrite(key, row_id, text, expected)))

    async def invalidate(self, key: Key) -> None:
        """Drop the snapshot."""
        await self._change(lambda db: _invalidate(db, key))

    async def open_change(
        self, key: Key, row_id: int | None, bucket_names: Container[str], max_wait_seconds: float
    ) -> OpenChange:
        """Reserve a slot for a change, and return the row before it."""

        def transaction_body(db: sqlite3.Connection) -> OpenChange:
            now = self.clock()
            expected = (
                Row(tables.get_state(db, key).stored_version, None)
                if row_id is None
                else tables.get_row(db, key, row_id)
            )
            bucket = find_scarcest(tables.get_buckets(db, key.scope), bucket_names, now)
            is_spent = bucket is not None and bucket.remaining <= 0
            wait_seconds = 0.0 if is_spent else _reserve_slot(db, key.scope, now, max_wait_seconds)
            return OpenChange(expected, bucket, wait_seconds)

        return await self._change(transaction_body)

    async def settle_change(
        self,
        scope: str,
        *,
        writes: Sequence[RowWrite] = (),
        invalidate: Sequence[Key] = (),
        bucket: Bucket | None = None,
    ) -> Sequence[Version]:
        """Write a change through, and record what remains."""

        def transaction_body(db: sqlite3.Connection) -> Sequence[Version]:
            if bucket is not None:
                tables.put_bucket(db, scope, bucket)
            versions = [_write(db, write) for write in writes]
            for key in invalidate:
                _invalidate(db, key)
            return versions

        return await self._change(transaction_body)

    async def acquire_lease(self, key: Key, seconds: float) -> float | None:
        """Acquire the lease to refresh."""

        def transaction_body(db: sqlite3.Connection) -> float | None:
            state = tables.get_state(db, key)
            now = float(self.clock())
            if lease_active(state.leased_at, state.lease_seconds, now):
                return None
            tables.put_state(db, key, state._replace(leased_at=now, lease_seconds=float(seconds)))
            return now + seconds

        return await self._change(transaction_body)

    async def release_lease(self, key: Key, until: float) -> None:
        """Release the lease to refresh."""

        def transaction_body(db: sqlite3.Connection) -> None:
            state = tables.get_state(db, key)
            if state.leased_at + state.lease_seconds == until:
                tables.put_state(db, key, state._replace(leased_at=0.0, lease_seconds=0.0))

        await self._change(transaction_body)

    async def list_buckets(self, scope: str) -> Sequence[Bucket]:
        """Return every recorded bucket."""
        return await self._try_read(lambda db: tables.get_buckets(db, scope))

    async def record(self, scope: str, bucket: Bucket) -> None:
        """Record a bucket."""
        await self._change(lambda db: tables.put_bucket(db, scope, bucket))

    async def reserve_slot(self, scope: str, max_wait_seconds: float) -> float:
        """Reserve the next slot to send a request."""
        return await self._change(lambda db: _reserve_slot(db, scope, self.clock(), max_wait_seconds))

    async def throttle(self, scope: str, pause_seconds: float) -> None:
        """Let requests wait for a pause, and then send none in a burst for a while."""

        def transaction_body(db: sqlite3.Connection) -> None:
            tables.put_queue(db, scope, tables.get_queue(db, scope).throttle(self.clock(), pause_seconds))

        await self._change(transaction_body)

    async def aclose(self) -> None:
        """Close the file; the next use opens it again."""
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(self._file.close)

    async def _try_read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        result = self._file.try_read(query)
        return await anyio.to_thread.run_sync(self._file.read, query) if result is None else result

    async def _change(self, transaction_body: Callable[[sqlite3.Connection], T]) -> T:
        return await anyio.to_thread.run_sync(self._file.change, transaction_body)


def _write(db: sqlite3.Connection, write: RowWrite) -> Version:
    key, row_id, text, expected = write
    state = tables.get_state(db, key)
    if expected is not None and not _is_unchanged(expected, tables.get_row(db, key, row_id)):
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


def _is_unchanged(expected: Row, stored: Row) -> bool:
    return (expected.version.fetched_at, expected.text) == (stored.version.fetched_at, stored.text)


def _invalidate(db: sqlite3.Connection, key: Key) -> None:
    state = tables.get_state(db, key)
    tables.drop_all_rows(db, key)
    tables.put_state(db, key, state._replace(version=state.version + 1, fetched_at=None, size=0))


def _reserve_slot(db: sqlite3.Connection, scope: str, now: float, max_wait_seconds: float) -> float:
    queue, wait_seconds = tables.get_queue(db, scope).reserve(now, max_wait_seconds)
    tables.put_queue(db, scope, queue)
    return wait_seconds
