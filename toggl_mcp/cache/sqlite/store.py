"""A cache in one SQLite file, shared by every process that opens it."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
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
    Row,
    Snapshot,
    Version,
    expiry_seconds,
    lease_active,
)
from toggl_mcp.models.clock import Clock, SystemClock
from toggl_mcp.models.quota import Bucket, gcra

T = TypeVar("T")

FORMAT = tables.SCHEMA.version
"""The format of the file."""

BUSY_TIMEOUT_SECONDS = 5.0
"""Seconds to wait for another process that holds the file."""


class SqliteStore:
    """Keeps the cache in a file, or in memory where there can be no file.

    A question for one row is answered on the calling thread, in some 30 microseconds. Every other step is one
    transaction in a worker thread, so that a cancelled call never leaves half a step.

    Each method but `aclose` raises CacheBusy when another process holds the file for over `busy_timeout` seconds.
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
        """Why the file could not be used, and what to do about it; None while it can."""
        return self._file.problem

    async def get_version(self, key: Key) -> Version:
        """Return how far the collection has come."""
        return await self._try_read(lambda db: tables.get_state(db, key).stored_version)

    async def get_row(self, key: Key, row_id: int) -> Row:
        """Return one row, at a cost that does not grow with the collection."""
        return await self._try_read(lambda db: tables.get_row(db, key, row_id))

    def try_get_row(self, key: Key, row_id: int) -> Row | None:
        """Return one row without waiting, on the calling thread; None where only `get_row` can tell."""
        return self._file.try_read(lambda db: tables.get_row(db, key, row_id))

    async def read(self, key: Key) -> Snapshot | None:
        """Return the snapshot, however old; None when there is none."""

        def query(db: sqlite3.Connection) -> Snapshot | None:
            state = tables.get_state(db, key)
            return (
                None
                if state.fetched_at is None
                else Snapshot(state.stored_version, tables.get_rows(db, key, state.size))
            )

        return await anyio.to_thread.run_sync(self._file.read, query)

    async def replace(self, key: Key, rows: Mapping[int, str], *, expected: int, fetched_at: float) -> bool:
        """Store a whole collection, unless a write came in since version `expected`; tell whether it was stored."""

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
        """Put one row in, or take it out, and count a write (without a snapshot only count); return the mark then.

        If the row is no longer the `expected` one, or all were read anew, nobody can tell which of two answers is the
        later: the snapshot is dropped instead.
        """

        def transaction_body(db: sqlite3.Connection) -> Version:
            state = tables.get_state(db, key)
            if expected is not None and (expected.version.fetched_at, expected.text) != _current_row(db, key, row_id):
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

        return await self._change(transaction_body)

    async def invalidate(self, key: Key) -> None:
        """Drop the snapshot, and count a write."""

        def transaction_body(db: sqlite3.Connection) -> None:
            state = tables.get_state(db, key)
            tables.drop_all_rows(db, key)
            tables.put_state(db, key, state._replace(version=state.version + 1, fetched_at=None, size=0))

        await self._change(transaction_body)

    async def acquire_lease(self, key: Key, seconds: float) -> float | None:
        """Win the right to refresh, and return when it lapses by itself (UNIX time); None while another has it."""

        def transaction_body(db: sqlite3.Connection) -> float | None:
            state = tables.get_state(db, key)
            now = float(self.clock())
            if lease_active(state.leased_at, state.lease_seconds, now):
                return None
            tables.put_state(db, key, state._replace(leased_at=now, lease_seconds=float(seconds)))
            return now + seconds

        return await self._change(transaction_body)

    async def release_lease(self, key: Key, until: float) -> None:
        """Give the right to refresh back that lapses then, unless it has lapsed and another has won it."""

        def transaction_body(db: sqlite3.Connection) -> None:
            state = tables.get_state(db, key)
            if state.leased_at + state.lease_seconds == until:
                tables.put_state(db, key, state._replace(leased_at=0.0, lease_seconds=0.0))

        await self._change(transaction_body)

    async def list_buckets(self, scope: str) -> Sequence[Bucket]:
        """Return every bucket that was ever noted, expired ones too."""
        return await self._try_read(lambda db: tables.get_buckets(db, scope))

    async def record(self, scope: str, bucket: Bucket) -> None:
        """Put down what an answer said, in place of what was known of that bucket."""
        await self._change(lambda db: tables.put_bucket(db, scope, bucket))

    async def reserve_slot(self, scope: str, max_wait_seconds: float) -> float:
        """Take the next turn to send a request, and return how many seconds to wait for it."""

        def transaction_body(db: sqlite3.Connection) -> float:
            due, wait = gcra(tables.get_due(db, scope), self.clock(), max_wait_seconds)
            tables.put_due(db, scope, due)
            return wait

        return await self._change(transaction_body)

    async def aclose(self) -> None:
        """Let go of the file; the next use opens it again."""
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(self._file.close)

    async def _try_read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        expected = self._file.try_read(query)
        return await anyio.to_thread.run_sync(self._file.read, query) if expected is None else expected

    async def _change(self, transaction_body: Callable[[sqlite3.Connection], T]) -> T:
        return await anyio.to_thread.run_sync(self._file.change, transaction_body)


def _current_row(db: sqlite3.Connection, key: Key, row_id: int) -> tuple[float | None, str | None]:
    mark, text = tables.get_row(db, key, row_id)
    return mark.fetched_at, text
