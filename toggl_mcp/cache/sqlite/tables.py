"""The tables of the SQLite cache, and every statement on them.

Every row carries a checksum of its key and its values, verified whenever the row is read: SQLite notices damage to the
structure of a page, but not a flipped bit within a value, and nothing altered may be served.

Each statement is fetched to its end, as an open one would keep a lock on the file.
"""

import sqlite3
import zlib
from collections.abc import Iterable
from typing import NamedTuple, cast

from toggl_mcp.cache.sqlite.connection import CorruptFile, Schema
from toggl_mcp.cache.store import Key, Row, Version
from toggl_mcp.models.journal import MAX_CHANGES, MAX_JOURNAL_SECONDS, ChangeRecord
from toggl_mcp.models.quota import Bucket, PendingChange, Queue

SCHEMA = Schema(
    version=5,
    tables=(
        """CREATE TABLE collection (
            scope TEXT, kind TEXT, parent INTEGER, version INTEGER NOT NULL, fetched_at REAL, size INTEGER NOT NULL,
            leased_at REAL NOT NULL, lease_seconds REAL NOT NULL, checksum INTEGER NOT NULL,
            PRIMARY KEY (scope, kind, parent)
        ) WITHOUT ROWID""",
        """CREATE TABLE entity (
            scope TEXT, kind TEXT, parent INTEGER, id INTEGER, body BLOB NOT NULL, checksum INTEGER NOT NULL,
            PRIMARY KEY (scope, kind, parent, id)
        ) WITHOUT ROWID""",
        """CREATE TABLE bucket (
            scope TEXT, name TEXT, remaining INTEGER NOT NULL, resets_at REAL NOT NULL, checksum INTEGER NOT NULL,
            PRIMARY KEY (scope, name)
        ) WITHOUT ROWID""",
        """CREATE TABLE queue (
            scope TEXT PRIMARY KEY, empty_at REAL NOT NULL, throttled_at REAL NOT NULL, checksum INTEGER NOT NULL
        ) WITHOUT ROWID""",
        """CREATE TABLE pending (
            scope TEXT, kind TEXT, parent INTEGER, record_id TEXT, owner_id TEXT NOT NULL, checksum INTEGER NOT NULL,
            PRIMARY KEY (scope, kind, parent, record_id)
        ) WITHOUT ROWID""",
        """CREATE TABLE journal (
            sequence INTEGER PRIMARY KEY, record_id TEXT NOT NULL UNIQUE, scope TEXT NOT NULL, change_id TEXT NOT NULL,
            made_at REAL NOT NULL, checksum INTEGER NOT NULL, body BLOB NOT NULL
        )""",
        "CREATE INDEX change_of_journal ON journal (scope, change_id, made_at)",
    ),
)

_GET_STATE = """SELECT version, fetched_at, size, leased_at, lease_seconds, checksum FROM collection
    WHERE scope = ? AND kind = ? AND parent = ?"""
_PUT_STATE = "INSERT OR REPLACE INTO collection VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_GET_ROW = """SELECT version, fetched_at, size, leased_at, lease_seconds, collection.checksum, body, entity.checksum
    FROM collection LEFT JOIN entity ON entity.scope = collection.scope AND entity.kind = collection.kind
        AND entity.parent = collection.parent AND entity.id = ?
    WHERE collection.scope = ? AND collection.kind = ? AND collection.parent = ?"""
# One statement, as a second one would cost half as much again as the read of a row. It returns first whether a change
# of another owner is pending, and then what the former ones return, or nulls for a collection that was never stored.
_GET_TRUSTED_STATE = """SELECT
        EXISTS (SELECT * FROM pending WHERE scope = ?1 AND kind = ?2 AND parent = ?3 AND owner_id <> ?4),
        version, fetched_at, size, leased_at, lease_seconds, checksum
    FROM (SELECT 1) LEFT JOIN collection ON scope = ?1 AND kind = ?2 AND parent = ?3"""
_GET_TRUSTED_ROW = """SELECT
        EXISTS (SELECT * FROM pending WHERE scope = ?1 AND kind = ?2 AND parent = ?3 AND owner_id <> ?4),
        version, fetched_at, size, leased_at, lease_seconds, collection.checksum, body, entity.checksum
    FROM (SELECT 1) LEFT JOIN collection ON collection.scope = ?1 AND collection.kind = ?2 AND collection.parent = ?3
        LEFT JOIN entity ON entity.scope = ?1 AND entity.kind = ?2 AND entity.parent = ?3 AND entity.id = ?5"""
_GET_ROWS = "SELECT id, body, checksum FROM entity WHERE scope = ? AND kind = ? AND parent = ?"
_PUT_ROW = "INSERT OR REPLACE INTO entity VALUES (?, ?, ?, ?, ?, ?)"
_DROP_ROW = "DELETE FROM entity WHERE scope = ? AND kind = ? AND parent = ? AND id = ?"
_GET_BUCKETS = "SELECT name, remaining, resets_at, checksum FROM bucket WHERE scope = ? ORDER BY name"
_PUT_BUCKET = "INSERT OR REPLACE INTO bucket VALUES (?, ?, ?, ?, ?)"

_GET_QUEUE = "SELECT empty_at, throttled_at, checksum FROM queue WHERE scope = ?"
_PUT_QUEUE = "INSERT OR REPLACE INTO queue VALUES (?, ?, ?, ?)"

_GET_PENDING = "SELECT record_id, owner_id, checksum FROM pending WHERE scope = ? AND kind = ? AND parent = ?"
_OF_CHANGES = "FROM pending WHERE owner_id = ? OR record_id = ?"
_PUT_PENDING = "INSERT OR REPLACE INTO pending VALUES (?, ?, ?, ?, ?, ?)"

_PUT_RECORD = """INSERT INTO journal (record_id, scope, change_id, made_at, checksum, body) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (record_id) DO UPDATE SET checksum = excluded.checksum, body = excluded.body"""
_GET_RECORDS = "SELECT record_id, checksum, body FROM journal WHERE scope = ? ORDER BY sequence"
_DROP_OLD_RECORDS = """DELETE FROM journal WHERE scope = ?1 AND (made_at < ?2 OR sequence <= (
    SELECT MAX(sequence) AS latest FROM journal WHERE scope = ?1
    GROUP BY change_id ORDER BY latest DESC LIMIT 1 OFFSET ?3))"""

_StateRow = tuple[int, float | None, int, float, float, int]
_JoinedRow = tuple[int, float | None, int, float, float, int, object, object]


class State(NamedTuple):
    """A collection without its rows: `size` is how many it has, `leased_at` when a refresh was last begun."""

    version: int = 0
    fetched_at: float | None = None
    size: int = 0
    leased_at: float = 0.0
    lease_seconds: float = 0.0

    @property
    def stored_version(self) -> Version:
        """The number of writes, and when Toggl was asked for the snapshot."""
        return Version(self.version, self.fetched_at)


def get_state(db: sqlite3.Connection, key: Key) -> State:
    """Return the state of a collection; `State()` if it was never stored."""
    rows: list[_StateRow] = db.execute(_GET_STATE, key).fetchall()
    return _verify_state(key, rows[0]) if rows else State()


def get_trusted_state(db: sqlite3.Connection, key: Key, owner_id: str) -> State | None:
    """Return the state of a collection, as `get_state` does; None while another owner's change is pending."""
    ((is_doubtful, *row),) = db.execute(_GET_TRUSTED_STATE, (*key, owner_id)).fetchall()
    if is_doubtful:
        return None
    return State() if row[0] is None else _verify_state(key, cast("_StateRow", tuple(row)))


def put_state(db: sqlite3.Connection, key: Key, state: State) -> None:
    """Store the state of a collection."""
    db.execute(_PUT_STATE, (*key, *state, _checksum(*key, *state)))


def get_row(db: sqlite3.Connection, key: Key, row_id: int) -> Row:
    """Return one row and the version of its collection, by one statement, so that they belong together."""
    rows: list[_JoinedRow] = db.execute(_GET_ROW, (row_id, *key)).fetchall()
    return _verify_row(key, row_id, rows[0]) if rows else Row(Version(), None)


def get_trusted_row(db: sqlite3.Connection, key: Key, row_id: int, owner_id: str) -> Row | None:
    """Return one row and the version of its collection; None while another owner's change is pending."""
    ((is_doubtful, *row),) = db.execute(_GET_TRUSTED_ROW, (*key, owner_id, row_id)).fetchall()
    if is_doubtful:
        return None
    return Row(Version(), None) if row[0] is None else _verify_row(key, row_id, cast("_JoinedRow", tuple(row)))


def get_rows(db: sqlite3.Connection, key: Key, size: int) -> dict[int, str]:
    """Return all rows of a collection.

    Raises:
        CorruptFile: They are not `size` in number: a checksum does not tell of a row that is missing.
    """
    stored: Iterable[tuple[int, object, object]] = db.execute(_GET_ROWS, key)
    seed = _checksum(*key)
    rows = {row_id: _verify_text(seed, row_id, body, checksum) for row_id, body, checksum in stored}
    if len(rows) != size:
        message = "rows are missing"
        raise CorruptFile(message)
    return rows


def put_rows(db: sqlite3.Connection, key: Key, rows: Iterable[tuple[int, str]]) -> None:
    """Insert rows, or replace those with the same ids."""
    seed = _checksum(*key)
    bodies = ((row_id, text.encode("utf-8", "surrogatepass")) for row_id, text in rows)
    db.executemany(_PUT_ROW, ((*key, row_id, body, _row_checksum(seed, row_id, body)) for row_id, body in bodies))


def drop_rows(db: sqlite3.Connection, key: Key, row_ids: Iterable[int]) -> int:
    """Delete rows, and return how many of them there were."""
    return db.executemany(_DROP_ROW, ((*key, row_id) for row_id in row_ids)).rowcount


def drop_all_rows(db: sqlite3.Connection, key: Key) -> None:
    """Delete all rows of a collection."""
    db.execute("DELETE FROM entity WHERE scope = ? AND kind = ? AND parent = ?", key)


def get_buckets(db: sqlite3.Connection, scope: str) -> list[Bucket]:
    """Return the buckets of a scope."""
    rows: list[tuple[str, int, float, int]] = db.execute(_GET_BUCKETS, (scope,)).fetchall()
    if any(_checksum(scope, *bucket[:3]) != bucket[3] for bucket in rows):
        raise _altered_error()
    return [Bucket(*bucket[:3]) for bucket in rows]


def put_bucket(db: sqlite3.Connection, scope: str, bucket: Bucket) -> None:
    """Insert a bucket, or replace the one with its name."""
    stored = bucket._replace(resets_at=float(bucket.resets_at))
    db.execute(_PUT_BUCKET, (scope, *stored, _checksum(scope, *stored)))


def get_queue(db: sqlite3.Connection, scope: str) -> Queue:
    """Return the queue of a scope's requests; an empty one for an unknown scope."""
    rows: list[tuple[float, float, int]] = db.execute(_GET_QUEUE, (scope,)).fetchall()
    if any(_checksum(scope, *times) != checksum for *times, checksum in rows):
        raise _altered_error()
    return Queue(*rows[0][:2]) if rows else Queue()


def put_queue(db: sqlite3.Connection, scope: str, queue: Queue) -> None:
    """Store the queue of a scope's requests."""
    stored = Queue(*map(float, queue))
    db.execute(_PUT_QUEUE, (scope, *stored, _checksum(scope, *stored)))


def get_others_pending(db: sqlite3.Connection, key: Key, owner_id: str) -> dict[str, str]:
    """Return the pending changes of other owners that may have altered a collection: each one's owner by its id."""
    rows: list[tuple[str, str, int]] = db.execute(_GET_PENDING, key).fetchall()
    if any(_checksum(*key, *ids) != checksum for *ids, checksum in rows):
        raise _altered_error()
    return {record_id: owner for record_id, owner, _ in rows if owner != owner_id}


def put_pending(db: sqlite3.Connection, pending: PendingChange, owner_id: str) -> None:
    """Record a change, for each collection that it may alter."""
    ids = pending.record_id, owner_id
    db.executemany(_PUT_PENDING, ((*key, *ids, _checksum(*key, *ids)) for key in pending.keys))


def drop_pending(db: sqlite3.Connection, record_id: str) -> None:
    """Delete the record of a change."""
    db.execute("DELETE FROM pending WHERE record_id = ?", (record_id,))


def pop_pending_keys(db: sqlite3.Connection, *, owner_id: str = "", record_id: str = "") -> list[Key]:
    """Delete the records of an owner's changes, or of one, and return the collections that these may have altered."""
    ids = owner_id, record_id
    rows = db.execute(f"SELECT DISTINCT scope, kind, parent {_OF_CHANGES}", ids).fetchall()
    db.execute(f"DELETE {_OF_CHANGES}", ids)
    return [Key(*row) for row in rows]


def put_record(db: sqlite3.Connection, scope: str, record: ChangeRecord) -> None:
    """Insert a record of the journal, or replace the one with its id."""
    body = record.model_dump_json(exclude_defaults=True).encode("utf-8", "surrogatepass")
    checksum = _checksum(record.record_id, scope, body)
    db.execute(_PUT_RECORD, (record.record_id, scope, record.change_id, record.made_at, checksum, body))


def drop_record(db: sqlite3.Connection, record_id: str) -> None:
    """Delete a record of the journal."""
    db.execute("DELETE FROM journal WHERE record_id = ?", (record_id,))


def drop_old_records(db: sqlite3.Connection, scope: str, now: float) -> None:
    """Delete the records of a scope that are too old, and those before its last changes."""
    db.execute(_DROP_OLD_RECORDS, (scope, now - MAX_JOURNAL_SECONDS, MAX_CHANGES))


def get_records(db: sqlite3.Connection, scope: str) -> list[ChangeRecord]:
    """Return the records of a scope's journal in the order in which they were inserted."""
    rows: list[tuple[str, int, bytes]] = db.execute(_GET_RECORDS, (scope,)).fetchall()
    if any(_checksum(record_id, scope, body) != checksum for record_id, checksum, body in rows):
        raise _altered_error()
    return [ChangeRecord.model_validate_json(body) for _, _, body in rows]


def _verify_state(key: Key, row: _StateRow) -> State:
    state = State(*row[:5])
    if _checksum(*key, *state) != row[5]:
        raise _altered_error()
    return state


def _verify_row(key: Key, row_id: int, row: _JoinedRow) -> Row:
    version, (body, checksum) = _verify_state(key, row[:6]).stored_version, row[6:]
    is_missing = body is None and checksum is None
    return Row(version, None if is_missing else _verify_text(_checksum(*key), row_id, body, checksum))


def _verify_text(seed: int, row_id: int, body: object, checksum: object) -> str:
    if not isinstance(body, bytes) or _row_checksum(seed, row_id, body) != checksum:
        raise _altered_error()
    return body.decode("utf-8", "surrogatepass")


def _checksum(*values: object) -> int:
    """Return the CRC32 of a key and its values."""
    return zlib.crc32(repr(values).encode())


def _row_checksum(seed: int, row_id: int, body: bytes) -> int:
    """Return the CRC32 of a row; `seed` is that of its key, computed once for all rows of a collection."""
    return zlib.crc32(body, zlib.crc32(str(row_id).encode(), seed))


def _altered_error() -> CorruptFile:
    return CorruptFile("a value was altered")
