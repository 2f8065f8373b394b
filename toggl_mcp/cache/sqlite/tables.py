"""The tables of the SQLite cache. Every row carries a checksum, which is looked at whenever the row is read."""

import sqlite3
import zlib
from collections.abc import Iterable
from typing import NamedTuple

from toggl_mcp.cache.sqlite.connection import Damaged, Schema
from toggl_mcp.cache.store import Key, Mark, Row
from toggl_mcp.models.quota import Bucket

SCHEMA = Schema(
    version=1,
    tables=(
        """CREATE TABLE collection (
            scope TEXT, kind TEXT, parent INTEGER, version INTEGER NOT NULL, fetched REAL, size INTEGER NOT NULL,
            claimed REAL NOT NULL, lease REAL NOT NULL, checked INTEGER NOT NULL, PRIMARY KEY (scope, kind, parent)
        ) WITHOUT ROWID""",
        """CREATE TABLE entity (
            scope TEXT, kind TEXT, parent INTEGER, id INTEGER, body BLOB NOT NULL, checked INTEGER NOT NULL,
            PRIMARY KEY (scope, kind, parent, id)
        ) WITHOUT ROWID""",
        """CREATE TABLE bucket (
            scope TEXT, name TEXT, remaining INTEGER NOT NULL, resets_at REAL NOT NULL, checked INTEGER NOT NULL,
            PRIMARY KEY (scope, name)
        ) WITHOUT ROWID""",
        """CREATE TABLE queue (
            scope TEXT PRIMARY KEY, due REAL NOT NULL, checked INTEGER NOT NULL
        ) WITHOUT ROWID""",
    ),
)

_GET_STATE = """SELECT version, fetched, size, claimed, lease, checked FROM collection
    WHERE scope = ? AND kind = ? AND parent = ?"""
_PUT_STATE = "INSERT OR REPLACE INTO collection VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_GET_ROW = """SELECT version, fetched, size, claimed, lease, collection.checked, body, entity.checked
    FROM collection LEFT JOIN entity ON entity.scope = collection.scope AND entity.kind = collection.kind
        AND entity.parent = collection.parent AND entity.id = ?
    WHERE collection.scope = ? AND collection.kind = ? AND collection.parent = ?"""
_GET_ROWS = "SELECT id, body, checked FROM entity WHERE scope = ? AND kind = ? AND parent = ?"
_PUT_ROW = "INSERT OR REPLACE INTO entity VALUES (?, ?, ?, ?, ?, ?)"
_DROP_ROW = "DELETE FROM entity WHERE scope = ? AND kind = ? AND parent = ? AND id = ?"
_GET_BUCKETS = "SELECT name, remaining, resets_at, checked FROM bucket WHERE scope = ? ORDER BY name"
_PUT_BUCKET = "INSERT OR REPLACE INTO bucket VALUES (?, ?, ?, ?, ?)"

_GET_DUE = "SELECT due, checked FROM queue WHERE scope = ?"
_PUT_DUE = "INSERT OR REPLACE INTO queue VALUES (?, ?, ?)"

_StateRow = tuple[int, float | None, int, float, float, int]


class State(NamedTuple):
    """What is known of a collection besides its rows: `size` is how many there are."""

    version: int = 0
    fetched: float | None = None
    size: int = 0
    claimed: float = 0.0
    lease: float = 0.0

    @property
    def mark(self) -> Mark:
        """How far the collection has come."""
        return Mark(self.version, self.fetched)


def get_state(db: sqlite3.Connection, key: Key) -> State:
    """Return the state of a collection, by one statement; that of an unknown one is `State()`."""
    found: list[_StateRow] = db.execute(_GET_STATE, key).fetchall()
    return _checked_state(key, found[0]) if found else State()


def put_state(db: sqlite3.Connection, key: Key, state: State) -> None:
    """Put the state of a collection in the place of the former."""
    db.execute(_PUT_STATE, (*key, *state, _checksum(*key, *state)))


def get_row(db: sqlite3.Connection, key: Key, row_id: int) -> Row:
    """Return one row with its collection's mark, by one statement."""
    found: list[tuple[int, float | None, int, float, float, int, object, object]]
    found = db.execute(_GET_ROW, (row_id, *key)).fetchall()
    if not found:
        return Row(State().mark, None)
    mark = _checked_state(key, found[0][:6]).mark
    body, checked = found[0][6:]
    absent = body is None and checked is None
    return Row(mark, None if absent else _text(_checksum(*key), row_id, body, checked))


def get_rows(db: sqlite3.Connection, key: Key, size: int) -> dict[int, str]:
    """Return all rows of a collection, `size` in number."""
    found: list[tuple[int, object, object]] = db.execute(_GET_ROWS, key).fetchall()
    seed = _checksum(*key)
    rows = {row_id: _text(seed, row_id, body, checked) for row_id, body, checked in found}
    if len(rows) != size:
        message = "rows are missing"
        raise Damaged(message)
    return rows


def put_rows(db: sqlite3.Connection, key: Key, rows: Iterable[tuple[int, str]]) -> None:
    """Put rows in, in the place of those with the same ids."""
    seed = _checksum(*key)
    bodies = ((row_id, text.encode("utf-8", "surrogatepass")) for row_id, text in rows)
    db.executemany(_PUT_ROW, ((*key, row_id, body, _row_checksum(seed, row_id, body)) for row_id, body in bodies))


def drop_rows(db: sqlite3.Connection, key: Key, row_ids: Iterable[int]) -> int:
    """Take rows out, and return how many there were."""
    return db.executemany(_DROP_ROW, ((*key, row_id) for row_id in row_ids)).rowcount


def drop_all_rows(db: sqlite3.Connection, key: Key) -> None:
    """Take all rows of a collection out."""
    db.execute("DELETE FROM entity WHERE scope = ? AND kind = ? AND parent = ?", key)


def get_buckets(db: sqlite3.Connection, scope: str) -> list[Bucket]:
    """Return the buckets of a scope, by one statement."""
    found: list[tuple[str, int, float, int]] = db.execute(_GET_BUCKETS, (scope,)).fetchall()
    if any(_checksum(scope, *bucket[:3]) != bucket[3] for bucket in found):
        raise _altered()
    return [Bucket(*bucket[:3]) for bucket in found]


def put_bucket(db: sqlite3.Connection, scope: str, bucket: Bucket) -> None:
    """Put a bucket in the place of the one with its name."""
    kept = bucket._replace(resets_at=float(bucket.resets_at))
    db.execute(_PUT_BUCKET, (scope, *kept, _checksum(scope, *kept)))


def get_due(db: sqlite3.Connection, scope: str) -> float:
    """Return when a scope's queue is empty; 0 for an unknown one."""
    found: list[tuple[float, int]] = db.execute(_GET_DUE, (scope,)).fetchall()
    if any(_checksum(scope, due) != checked for due, checked in found):
        raise _altered()
    return found[0][0] if found else 0.0


def put_due(db: sqlite3.Connection, scope: str, due: float) -> None:
    """Put down when a scope's queue is empty."""
    db.execute(_PUT_DUE, (scope, float(due), _checksum(scope, float(due))))


def _checked_state(key: Key, found: _StateRow) -> State:
    state = State(*found[:5])
    if _checksum(*key, *state) != found[5]:
        raise _altered()
    return state


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
