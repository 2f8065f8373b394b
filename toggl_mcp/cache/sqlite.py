"""A cache in one SQLite file, shared by every process that opens it."""

import sqlite3
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

import anyio
import anyio.to_thread

from toggl_mcp.cache.sqlite_file import Damaged, Schema, SqliteFile
from toggl_mcp.cache.store import DEFAULT_EXPIRY, ExpireAfter, Key, Mark, Row, Snapshot, holds, seconds
from toggl_mcp.models.quota import Bucket

PATIENCE = 5.0
"""Seconds to wait for another process that holds the file."""

SCHEMA = Schema(
    version=1,
    tables=(
        """CREATE TABLE collection (
            scope TEXT, kind TEXT, parent INTEGER, version INTEGER NOT NULL, fetched REAL, size INTEGER NOT NULL,
            claimed REAL NOT NULL, lease REAL NOT NULL, checked INTEGER NOT NULL, PRIMARY KEY (scope, kind, parent)
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE entity (
            scope TEXT, kind TEXT, parent INTEGER, id INTEGER, body BLOB NOT NULL, checked INTEGER NOT NULL,
            PRIMARY KEY (scope, kind, parent, id)
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE bucket (
            scope TEXT, name TEXT, remaining INTEGER NOT NULL, resets_at REAL NOT NULL, checked INTEGER NOT NULL,
            PRIMARY KEY (scope, name)
        ) STRICT, WITHOUT ROWID""",
    ),
)

GET_STATE = """SELECT version, fetched, size, claimed, lease, checked FROM collection
    WHERE scope = ? AND kind = ? AND parent = ?"""
PUT_STATE = "INSERT OR REPLACE INTO collection VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
GET_ROW = """SELECT version, fetched, size, claimed, lease, collection.checked, body, entity.checked
    FROM collection LEFT JOIN entity ON entity.scope = collection.scope AND entity.kind = collection.kind
        AND entity.parent = collection.parent AND entity.id = ?
    WHERE collection.scope = ? AND collection.kind = ? AND collection.parent = ?"""
GET_ROWS = "SELECT id, body, checked FROM entity WHERE scope = ? AND kind = ? AND parent = ?"
PUT_ROW = "INSERT OR REPLACE INTO entity VALUES (?, ?, ?, ?, ?, ?)"
DROP_ROW = "DELETE FROM entity WHERE scope = ? AND kind = ? AND parent = ? AND id = ?"
DROP_ROWS = "DELETE FROM entity WHERE scope = ? AND kind = ? AND parent = ?"
GET_BUCKETS = "SELECT name, remaining, resets_at, checked FROM bucket WHERE scope = ? ORDER BY name"
PUT_BUCKET = "INSERT OR REPLACE INTO bucket VALUES (?, ?, ?, ?, ?)"

T = TypeVar("T")
_StateRow = tuple[int, float | None, int, float, float, int]


class _State(NamedTuple):
    """What is known of a collection besides its rows; `size` is how many there are."""

    version: int = 0
    fetched: float | None = None
    size: int = 0
    claimed: float = 0.0
    lease: float = 0.0

    @property
    def mark(self) -> Mark:
        return Mark(self.version, self.fetched)


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
        clock: Callable[[], float] = time.time,
        patience: float = PATIENCE,
    ) -> None:
        self.expire_after = seconds(expire_after)
        self.clock = clock
        self._file = SqliteFile(path, SCHEMA, patience)

    async def mark(self, key: Key) -> Mark:
        """Return how far the collection has come."""
        return await self._glance(lambda db: _state(db, key).mark)

    async def row(self, key: Key, row_id: int) -> Row:
        """Return one row, at a cost that does not grow with the collection."""
        return await self._glance(lambda db: _row(db, key, row_id))

    async def read(self, key: Key) -> Snapshot | None:
        """Return the snapshot, however old; None when there is none."""

        def look(db: sqlite3.Connection) -> Snapshot | None:
            state = _state(db, key)
            return None if state.fetched is None else Snapshot(state.mark, _rows(db, key, state))

        return await anyio.to_thread.run_sync(self._file.read, look)

    async def replace(self, key: Key, rows: Mapping[int, str], *, seen: int, fetched_at: float) -> bool:
        """Store a whole collection, unless a write came in since version `seen`; tell whether it was stored."""

        def work(db: sqlite3.Connection) -> bool:
            state = _state(db, key)
            if state.version != seen:
                return False
            there = _rows(db, key, state)
            gone = there.keys() - rows.keys()
            db.executemany(DROP_ROW, ((*key, row_id) for row_id in gone))
            changed = sorted(rows.items() - there.items())
            db.executemany(PUT_ROW, (_packed(key, row_id, text) for row_id, text in changed))
            _put_state(db, key, state._replace(fetched=float(fetched_at), size=len(rows)))
            return True

        return await self._change(work)

    async def write(self, key: Key, row_id: int, text: str | None) -> None:
        """Put one row in, or take it out, and count a write; without a snapshot only count."""

        def work(db: sqlite3.Connection) -> None:
            state = _state(db, key)
            size = state.size
            if state.fetched is not None:
                size -= db.execute(DROP_ROW, (*key, row_id)).rowcount
                if text is not None:
                    db.execute(PUT_ROW, _packed(key, row_id, text))
                    size += 1
            _put_state(db, key, state._replace(version=state.version + 1, size=size))

        await self._change(work)

    async def forget(self, key: Key) -> None:
        """Drop the snapshot, and count a write."""

        def work(db: sqlite3.Connection) -> None:
            state = _state(db, key)
            db.execute(DROP_ROWS, key)
            _put_state(db, key, state._replace(version=state.version + 1, fetched=None, size=0))

        await self._change(work)

    async def claim(self, key: Key, seconds: float) -> bool:
        """Win or lose the right to refresh; it lapses by itself."""

        def work(db: sqlite3.Connection) -> bool:
            state = _state(db, key)
            now = float(self.clock())
            if holds(state.claimed, state.lease, now):
                return False
            _put_state(db, key, state._replace(claimed=now, lease=float(seconds)))
            return True

        return await self._change(work)

    async def release(self, key: Key) -> None:
        """Give the right to refresh back."""

        def work(db: sqlite3.Connection) -> None:
            _put_state(db, key, _state(db, key)._replace(claimed=0.0, lease=0.0))

        await self._change(work)

    async def buckets(self, scope: str) -> Sequence[Bucket]:
        """Return every bucket that was ever noted, expired ones too."""
        return await self._glance(lambda db: _buckets(db, scope))

    async def note(self, scope: str, bucket: Bucket) -> None:
        """Put down what an answer said, in place of what was known of that bucket."""
        kept = bucket._replace(resets_at=float(bucket.resets_at))
        await self._change(lambda db: db.execute(PUT_BUCKET, (scope, *kept, _checksum(scope, *kept))))

    async def aclose(self) -> None:
        """Let go of the file; the next use opens it again."""
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(self._file.close)

    async def _glance(self, look: Callable[[sqlite3.Connection], T]) -> T:
        seen = self._file.glance(look)
        return await anyio.to_thread.run_sync(self._file.read, look) if seen is None else seen

    async def _change(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return await anyio.to_thread.run_sync(self._file.change, work)


def _state(db: sqlite3.Connection, key: Key) -> _State:
    found: list[_StateRow] = db.execute(GET_STATE, key).fetchall()
    return _checked_state(key, found[0]) if found else _State()


def _checked_state(key: Key, found: _StateRow) -> _State:
    state = _State(*found[:5])
    if _checksum(*key, *state) != found[5]:
        raise _altered()
    return state


def _put_state(db: sqlite3.Connection, key: Key, state: _State) -> None:
    db.execute(PUT_STATE, (*key, *state, _checksum(*key, *state)))


def _row(db: sqlite3.Connection, key: Key, row_id: int) -> Row:
    found: list[tuple[int, float | None, int, float, float, int, object, object]]
    found = db.execute(GET_ROW, (row_id, *key)).fetchall()
    if not found:
        return Row(_State().mark, None)
    mark = _checked_state(key, found[0][:6]).mark
    body, checked = found[0][6:]
    missing = body is None and checked is None
    return Row(mark, None if missing else _text(_checksum(*key), row_id, body, checked))


def _rows(db: sqlite3.Connection, key: Key, state: _State) -> dict[int, str]:
    found: list[tuple[int, object, object]] = db.execute(GET_ROWS, key).fetchall()
    seed = _checksum(*key)
    rows = {row_id: _text(seed, row_id, body, checked) for row_id, body, checked in found}
    if len(rows) != state.size:
        message = "rows are missing"
        raise Damaged(message)
    return rows


def _buckets(db: sqlite3.Connection, scope: str) -> list[Bucket]:
    found: list[tuple[str, int, float, int]] = db.execute(GET_BUCKETS, (scope,)).fetchall()
    if any(_checksum(scope, *bucket[:3]) != bucket[3] for bucket in found):
        raise _altered()
    return [Bucket(*bucket[:3]) for bucket in found]


def _packed(key: Key, row_id: int, text: str) -> tuple[str, str, int, int, bytes, int]:
    body = text.encode("utf-8", "surrogatepass")
    return (*key, row_id, body, _row_checksum(_checksum(*key), row_id, body))


def _text(seed: int, row_id: int, body: object, checked: object) -> str:
    if not isinstance(body, bytes) or _row_checksum(seed, row_id, body) != checked:
        raise _altered()
    return body.decode("utf-8", "surrogatepass")


def _checksum(*values: object) -> int:
    """SQLite does not notice a flipped bit in a value; this does."""
    return zlib.crc32(repr(values).encode())


def _row_checksum(seed: int, row_id: int, body: bytes) -> int:
    return zlib.crc32(body, zlib.crc32(str(row_id).encode(), seed))


def _altered() -> Damaged:
    return Damaged("a value was altered")
