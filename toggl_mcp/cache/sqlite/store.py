"""A cache in one SQLite file, shared by every process that opens it."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import anyio
import anyio.to_thread

from toggl_mcp.cache.sqlite import tables
from toggl_mcp.cache.sqlite.connection import SqliteFile
from toggl_mcp.cache.store import DEFAULT_EXPIRY, ExpireAfter, Key, Mark, Row, Snapshot, holds, seconds
from toggl_mcp.models.clock import Clock, SystemClock
from toggl_mcp.models.quota import Bucket, queued

T = TypeVar("T")

FORMAT = tables.SCHEMA.version
"""The format of the file."""

PATIENCE = 5.0
"""Seconds to wait for another process that holds the file."""


class SqliteStore:
    """Keeps the cache in a file, or in memory where there can be no file.

    A question for one row is answered on the calling thread, in some 30 microseconds. Every other step is one
    transaction in a worker thread, so that a cancelled call never leaves half a step.

    Each method but `aclose` raises CacheBusy when another process holds the file for longer than `patience` seconds.
    """

    def __init__(
        self,
        path: Path,
        *,
        expire_after: ExpireAfter = DEFAULT_EXPIRY,
        clock: Clock | None = None,
        patience: float = PATIENCE,
    ) -> None:
        self.expire_after = seconds(expire_after)
        self.clock = clock or SystemClock()
        self.owed: set[Key] = set()
        self._file = SqliteFile(path, tables.SCHEMA, patience)

    @property
    def problem(self) -> str | None:
        """Why the file could not be used, and what to do about it; None while it can."""
        return self._file.problem

    async def mark(self, key: Key) -> Mark:
        """Return how far the collection has come."""
        return await self._glance(lambda db: tables.get_state(db, key).mark)

    async def row(self, key: Key, row_id: int) -> Row:
        """Return one row, at a cost that does not grow with the collection."""
        return await self._glance(lambda db: tables.get_row(db, key, row_id))

    async def read(self, key: Key) -> Snapshot | None:
        """Return the snapshot, however old; None when there is none."""

        def look(db: sqlite3.Connection) -> Snapshot | None:
            state = tables.get_state(db, key)
            return None if state.fetched is None else Snapshot(state.mark, tables.get_rows(db, key, state.size))

        return await anyio.to_thread.run_sync(self._file.read, look)

    async def replace(self, key: Key, rows: Mapping[int, str], *, seen: int, fetched_at: float) -> bool:
        """Store a whole collection, unless a write came in since version `seen`; tell whether it was stored."""

        def work(db: sqlite3.Connection) -> bool:
            state = tables.get_state(db, key)
            if state.version != seen:
                return False
            there = tables.get_rows(db, key, state.size)
            tables.drop_rows(db, key, there.keys() - rows.keys())
            tables.put_rows(db, key, ((row_id, text) for row_id, text in rows.items() if there.get(row_id) != text))
            tables.put_state(db, key, state._replace(fetched=float(fetched_at), size=len(rows)))
            return True

        return await self._change(work)

    async def write(self, key: Key, row_id: int, text: str | None, *, seen: Row | None = None) -> Mark:
        """Put one row in, or take it out, and count a write (without a snapshot only count); return the mark then.

        If the row is not as it was `seen` any more, or all were read anew, nobody can tell which of two answers is the
        later: the snapshot is dropped instead.
        """

        def work(db: sqlite3.Connection) -> Mark:
            state = tables.get_state(db, key)
            if seen is not None and (seen.mark.fetched_at, seen.text) != _now(db, key, row_id):
                tables.drop_all_rows(db, key)
                state = state._replace(fetched=None, size=0)
            size = state.size
            if state.fetched is not None:
                size -= tables.drop_rows(db, key, [row_id])
                if text is not None:
                    tables.put_rows(db, key, [(row_id, text)])
                    size += 1
            after = state._replace(version=state.version + 1, size=size)
            tables.put_state(db, key, after)
            return after.mark

        return await self._change(work)

    async def forget(self, key: Key) -> None:
        """Drop the snapshot, and count a write."""

        def work(db: sqlite3.Connection) -> None:
            state = tables.get_state(db, key)
            tables.drop_all_rows(db, key)
            tables.put_state(db, key, state._replace(version=state.version + 1, fetched=None, size=0))

        await self._change(work)

    async def claim(self, key: Key, seconds: float) -> float | None:
        """Win the right to refresh, and return when it lapses by itself (UNIX time); None while another has it."""

        def work(db: sqlite3.Connection) -> float | None:
            state = tables.get_state(db, key)
            now = float(self.clock())
            if holds(state.claimed, state.lease, now):
                return None
            tables.put_state(db, key, state._replace(claimed=now, lease=float(seconds)))
            return now + seconds

        return await self._change(work)

    async def release(self, key: Key, until: float) -> None:
        """Give the right to refresh back that lapses then, unless it has lapsed and another has won it."""

        def work(db: sqlite3.Connection) -> None:
            state = tables.get_state(db, key)
            if state.claimed + state.lease == until:
                tables.put_state(db, key, state._replace(claimed=0.0, lease=0.0))

        await self._change(work)

    async def buckets(self, scope: str) -> Sequence[Bucket]:
        """Return every bucket that was ever noted, expired ones too."""
        return await self._glance(lambda db: tables.get_buckets(db, scope))

    async def note(self, scope: str, bucket: Bucket) -> None:
        """Put down what an answer said, in place of what was known of that bucket."""
        await self._change(lambda db: tables.put_bucket(db, scope, bucket))

    async def turn(self, scope: str, patience: float) -> float:
        """Take the next turn to send a request, and return how many seconds to wait for it."""

        def work(db: sqlite3.Connection) -> float:
            due, wait = queued(tables.get_due(db, scope), self.clock(), patience)
            tables.put_due(db, scope, due)
            return wait

        return await self._change(work)

    async def aclose(self) -> None:
        """Let go of the file; the next use opens it again."""
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(self._file.close)

    async def _glance(self, look: Callable[[sqlite3.Connection], T]) -> T:
        seen = self._file.glance(look)
        return await anyio.to_thread.run_sync(self._file.read, look) if seen is None else seen

    async def _change(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return await anyio.to_thread.run_sync(self._file.change, work)


def _now(db: sqlite3.Connection, key: Key, row_id: int) -> tuple[float | None, str | None]:
    mark, text = tables.get_row(db, key, row_id)
    return mark.fetched_at, text
